"""The base class of the classifier and the regressor: reads data, trains and predicts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import is_regressor
from sklearn.utils import check_consistent_length, check_random_state, column_or_1d
from sklearn.utils.validation import check_is_fitted

from tunekit.core.epoch_hooks import EpochHooks, epoch_hooks
from tunekit.exceptions import DataError, TrainingDiverged
from tunekit.models.architectures.base import Meta, name_of
from tunekit.models.epoch_metrics import EpochScorer, separate
from tunekit.models.estimator_files import SavableEstimator
from tunekit.models.inputs import read, read_inputs, read_more
from tunekit.models.metric_directions import direct, metrics_of, monitored_metrics
from tunekit.models.network import Recipe, dense, new_network
from tunekit.models.param_validation import Check, check_training, n_batches, resolve_batch_size
from tunekit.models.sample_weights import Scale, row_weights
from tunekit.models.training.callbacks import callbacks_of_fit, copies_of
from tunekit.models.training.data_loss import PENALTY
from tunekit.models.training.loop import (
    VALIDATION,
    TrainingRun,
    check_finite,
    epoch_line,
    train,
)
from tunekit.models.training.programs import Arrays
from tunekit.models.validation_split import split_rows

_COMPILING = ("optimizer", "learning_rate", "momentum", "clipnorm", "loss", "metrics")
_HELD_OUT = "held_out_"


class KerasEstimator(SavableEstimator, ABC):
    """Builds and trains a network and predicts with it; subclasses define the targets.

    The hyperparameters are those of :class:`tunekit.KerasClassifier`.
    """

    batch_size: int | str
    callbacks: Sequence[Any] | None
    dtype: str
    early_stopping: bool
    epochs: int
    learning_rate: float
    lr_schedule: str | None
    metrics: Sequence[Any] | None
    optimizer: Any
    patience: int
    random_state: int | np.random.RandomState | None
    validation_fraction: float
    validation_rows: str | None
    verbose: int
    warm_start: bool

    # Metadata routing passes groups unless the user declines them.
    __metadata_request__fit = MappingProxyType({"groups": True})

    @abstractmethod
    def _fit_targets(self, y: NDArray[Any], *, resume: bool) -> None:
        """Learn the form of the targets, or check that it is that of the earlier fit."""

    @abstractmethod
    def _meta(self, input_shape: tuple[int, ...]) -> Meta:
        """Describe the data to an architecture."""

    @abstractmethod
    def _encode(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return the targets as the network's loss takes them."""

    @abstractmethod
    def _target_weights(self, y: NDArray[Any]) -> NDArray[np.float64] | None:
        """Return the row weights that the targets imply, such as class weights."""

    @abstractmethod
    def _strata(self, y: NDArray[Any]) -> NDArray[Any] | None:
        """Return the classes to stratify the validation rows by."""

    @abstractmethod
    def _known_rows(self, y: NDArray[Any]) -> NDArray[np.bool_]:
        """Return which rows have a target that occurs in training."""

    @property
    def model_(self) -> Any:
        """The trained network, a ``keras.Model``; that of a classifier returns probabilities."""
        check_is_fitted(self)
        return self._network.final

    @property
    def loss_curve_(self) -> list[float]:
        """Training loss of each epoch."""
        check_is_fitted(self, "history_")
        return [float(value) for value in self.history_["loss"]]

    @property
    def n_iter_(self) -> int:
        """Number of epochs trained."""
        check_is_fitted(self, "history_")
        return len(self.history_)

    @property
    def n_params_(self) -> int:
        """Number of parameters of the network."""
        check_is_fitted(self)
        return int(self._network.model.count_params())

    def _fit(  # noqa: PLR0913 - all parameters of the public fit methods
        self,
        X: Any,
        y: Any,
        *,
        sample_weight: Any = None,
        validation_data: tuple[Any, ...] | None = None,
        held_out: tuple[Any, Any] | None = None,
        on_epoch: Callable[[int], None] | None = None,
        on_metrics: Callable[[int, Mapping[str, float]], None] | None = None,
        groups: Any = None,
        single_epoch: bool = False,
        resume: bool,
    ) -> Self:
        """Train a new network, or continue training the existing one with ``resume``.

        With ``single_epoch`` training takes one epoch and uses all rows.
        """
        params, check = self.get_params(), Check(type(self).__name__)
        check_training(params, check)
        if single_epoch:
            reason = "partial_fit trains one epoch, with all rows"
            self._refuse_ineffective(["early_stopping", "lr_schedule"], params, reason, check)
        resume = resume and hasattr(self, "_network")
        if not resume:
            self.__dict__.pop("_network", None)  # it may not match the new data
        # partial_fit does not see all rows, so it cannot scale by their mean.
        scale = self._scale if resume else (Scale() if single_epoch else None)
        hooks = EpochHooks(held_out, on_epoch, on_metrics)
        if not single_epoch:
            hooks = hooks.completed(epoch_hooks(self, X, y, weighted=sample_weight is not None))
        X, y = read(self, X, y, dtype=self._float_type, reset=not resume)
        groups = None if groups is None else column_or_1d(groups)
        check_consistent_length(X, groups)
        weight = row_weights(sample_weight, self._target_weights(y), X, scale=scale)
        self._scale = weight.scale
        if not weight.training.all():
            positive = weight.training > 0
            X, y, weight = X[positive], y[positive], weight.take(positive)
            groups = None if groups is None else groups[positive]
        self._fit_targets(y, resume=resume)
        extra = {VALIDATION: validation_data, _HELD_OUT: hooks.held_out}
        shape = tuple(X.shape[1:])
        rows = {
            prefix: self._monitored_rows(prefix, each, shape)
            for prefix, each in extra.items()
            if each is not None
        }
        rng = self._rng if resume else self._new_rng()
        split = None
        if self.early_stopping and not single_epoch and validation_data is None:
            labels, last = self._strata(y), self.validation_rows == "last"
            split = split_rows(
                len(y), self.validation_fraction, rng, labels=labels, groups=groups, last=last
            )
        n = len(y if split is None else split[0])
        steps = None if single_epoch else self.epochs * n_batches(self.batch_size, n)
        self._prepare_network(shape, params, check, rng, resume=resume, steps=steps)
        data = self._arrays(X, y, weight.column())
        monitored = {prefix: self._arrays(*each) for prefix, each in rows.items() if each}
        if split is not None:
            monitored = {VALIDATION: data.take(split[1]).with_evaluation_weights(), **monitored}
            data = data.take(split[0])
        self._train(data, monitored, hooks, 1 if single_epoch else self.epochs)
        return self

    def _validate_params(self) -> None:
        """Check the parameters of training, as scikit-learn's estimators check theirs."""
        check_training(self.get_params(), Check(type(self).__name__))

    @property
    def _float_type(self) -> type:
        return np.float64 if self.dtype == "float64" else np.float32

    def _prepare_network(
        self,
        input_shape: tuple[int, ...],
        params: Mapping[str, Any],
        check: Check,
        rng: np.random.RandomState,
        *,
        resume: bool,
        steps: int | None,
    ) -> None:
        """Build and compile a network, or check that the existing one can be trained further."""
        with check.named():
            self.callbacks_ = copies_of(self.callbacks)
            recipe = self._recipe(input_shape, params, check, steps=steps)
            network = self._network.resumed(recipe) if resume else new_network(recipe, rng)
        if network.compiled_by_user:
            reason = f"architecture {name_of(recipe.architecture)} compiles its model itself"
            unused = [n for n in (*_COMPILING, "lr_schedule") if n not in recipe.hyperparameters]
            self._refuse_ineffective(unused, params, reason, check)
        if self.callbacks_:
            compiled = network.compiled_by_user
            known = metrics_of(network.model) if compiled else monitored_metrics(self._metrics())
            direct(self.callbacks_, known)
        self._network = network
        if not resume:
            self._rng, self.history_ = rng, pd.DataFrame()

    def _recipe(
        self,
        input_shape: tuple[int, ...],
        params: Mapping[str, Any],
        check: Check,
        *,
        steps: int | None = None,
    ) -> Recipe:
        function = self._architecture_function(check)
        arguments = self._architecture_arguments(function, params, check)
        self._check_optimizer_settings(params, check)
        compiling = {**{name: params[name] for name in _COMPILING}, "metrics": self._metrics()}
        meta = replace(self._meta(input_shape), steps=steps)
        return Recipe(function, meta, arguments, compiling)

    def _metrics(self) -> tuple[Any, ...]:
        return tuple(self.metrics) if self.metrics is not None else ()

    def _new_rng(self) -> np.random.RandomState:
        if self.random_state is None:  # scikit-learn would use NumPy's global generator
            return np.random.RandomState()
        rng: np.random.RandomState = check_random_state(self.random_state)
        return rng

    def _arrays(self, X: Any, y: NDArray[Any], weight: NDArray[np.float64] | None) -> Arrays:
        return Arrays(
            dense(X), self._encode(y), None if weight is None else weight.astype(self._float_type)
        )

    def _monitored_rows(
        self, prefix: str, data: tuple[Any, ...], shape: tuple[int, ...]
    ) -> tuple[Any, NDArray[Any], NDArray[np.float64] | None] | None:
        """Return rows to evaluate each epoch, without ``held_out`` rows of unknown targets."""
        name = "validation_data" if prefix == VALIDATION else "held_out"
        X, y, weight = read_more(self, data, name, dtype=self._float_type, shape=shape)
        known = self._known_rows(y)
        if prefix == VALIDATION and not known.all():
            raise DataError(
                f"{type(self).__name__}: {name} contains labels that do not occur in y: "
                f"{np.unique(y[~known]).tolist()}."
            )
        if not known.any():
            return None
        return X[known], y[known], None if weight is None else weight[known] / self._scale.measured

    def _train(
        self,
        data: Arrays,
        monitored: Mapping[str, Arrays],
        hooks: EpochHooks,
        epochs: int,
    ) -> None:
        """Train the network and store its history, even if an exception ends the fit."""
        history: list[Any] = self.history_.to_dict("records")
        batch_size = resolve_batch_size(self.batch_size, len(data))
        last = len(history) + epochs
        monitor = f"{VALIDATION}loss" if VALIDATION in monitored else "loss"
        callbacks = callbacks_of_fit(self, self.callbacks_, monitor=monitor, epochs=epochs)
        model, owner, regression = self._network.model, type(self).__name__, is_regressor(self)
        meta = self._meta(self._network.input_shape)
        _, scored = separate(self._metrics(), meta)
        scorer = EpochScorer(scored, meta, self._network_outputs) if scored else None

        def after_epoch(number: int, logs: Mapping[str, float]) -> None:
            history.append({name: float(value) for name, value in logs.items()})
            place = f"epoch {len(history)} of {last}"
            objective = logs["loss"] + logs.get(PENALTY, 0.0)
            check_finite(owner, model, objective, place, regression=regression)
            if self.verbose:
                print(epoch_line(len(history), last, history[-1]))  # noqa: T201 - asked for
            if hooks.on_metrics:
                hooks.on_metrics(number, history[-1])
            if hooks.on_epoch:
                hooks.on_epoch(number)

        try:
            train(
                model,
                TrainingRun(data, monitored, batch_size, epochs, self._rng, scorer),
                callbacks=callbacks,
                after_epoch=after_epoch,
                sync_weights=hooks.on_epoch is not None,
            )
        except TrainingDiverged:
            del self._network  # a diverged network cannot predict
            raise
        finally:
            self.history_ = pd.DataFrame(history).rename_axis("epoch")

    def _network_outputs(self, X: Any) -> tuple[NDArray[Any], bool]:
        """Return the outputs of the network, and whether they are probabilities."""
        return self._network.outputs(X), False

    def _validated_inputs(self, X: Any) -> Any:
        """Return the inputs of a fitted estimator, validated."""
        check_is_fitted(self)
        return read_inputs(self, X, dtype=self._float_type, shape=self._network.input_shape)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_network")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        return tags
