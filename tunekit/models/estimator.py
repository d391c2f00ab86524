"""What the classifier and the regressor have in common: reading data, training, asking."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import is_regressor
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from tunekit.exceptions import DataError, TrainingDiverged
from tunekit.models.architectures.base import Meta, name_of
from tunekit.models.epoch_metrics import EpochScorer, separate
from tunekit.models.estimator_files import SavableEstimator
from tunekit.models.inputs import read, read_inputs, read_more
from tunekit.models.network import Recipe, dense, new_network
from tunekit.models.param_validation import Check, batches_of, check_training, rows_of_a_batch
from tunekit.models.sample_weights import Scale, weigh
from tunekit.models.training.callbacks import callbacks_of_fit, copies_of
from tunekit.models.training.data_loss import PENALTY
from tunekit.models.training.loop import (
    VALIDATION,
    TrainingRun,
    check_converging,
    epoch_line,
    train,
)
from tunekit.models.training.programs import Arrays
from tunekit.models.validation_split import put_aside

_COMPILING = ("optimizer", "learning_rate", "momentum", "clipnorm", "loss", "metrics")
_HELD_OUT = "held_out_"


class KerasEstimator(SavableEstimator, ABC):
    """Builds, trains and asks a network; what it learns is up to those that derive from it.

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

    @abstractmethod
    def _learn_targets(self, y: NDArray[Any], *, go_on: bool) -> None:
        """Find out what there is to learn, or check that it is what was learned before."""

    @abstractmethod
    def _meta(self, input_shape: tuple[int, ...]) -> Meta:
        """Describe the data to an architecture."""

    @abstractmethod
    def _encode(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return what the network should give."""

    @abstractmethod
    def _weights(self, y: NDArray[Any]) -> NDArray[np.float64] | None:
        """Return weights that follow from the targets."""

    @abstractmethod
    def _strata(self, y: NDArray[Any]) -> NDArray[Any] | None:
        """Return the classes whose shares rows put aside should keep."""

    @abstractmethod
    def _known(self, y: NDArray[Any]) -> NDArray[np.bool_]:
        """Return the rows whose target training has seen."""

    @property
    def model_(self) -> Any:
        """The trained network, a ``keras.Model``."""
        check_is_fitted(self)
        return self._network.model

    @property
    def loss_curve_(self) -> list[float]:
        """The loss of each epoch."""
        check_is_fitted(self, "history_")
        return [float(value) for value in self.history_["loss"]]

    @property
    def n_iter_(self) -> int:
        """Epochs trained."""
        check_is_fitted(self, "history_")
        return len(self.history_)

    @property
    def n_params_(self) -> int:
        """Weights of the network."""
        return int(self.model_.count_params())

    def _fit(  # noqa: PLR0913 - all that the public fits take
        self,
        X: Any,
        y: Any,
        *,
        sample_weight: Any = None,
        validation_data: tuple[Any, ...] | None = None,
        held_out: tuple[Any, Any] | None = None,
        on_epoch: Callable[[int], None] | None = None,
        on_metrics: Callable[[int, Mapping[str, float]], None] | None = None,
        once: bool = False,
        go_on: bool,
    ) -> Self:
        """Train the network, a new one or, with ``go_on``, the one there is.

        With ``once`` all rows are learned from for one epoch.
        """
        params, check = self.get_params(), Check(type(self).__name__)
        check_training(params, check)
        if once:
            reason = "partial_fit trains one epoch, with all rows"
            self._refuse(["early_stopping", "lr_schedule"], params, reason, check)
        go_on = go_on and hasattr(self, "_network")
        if not go_on:
            self.__dict__.pop("_network", None)  # it does not fit what is now read
        # partial_fit does not see all rows, whose mean would be the scale.
        scale = self._scale if go_on else (Scale() if once else None)
        X, y = read(self, X, y, dtype=self._number, reset=not go_on)
        weight = weigh(sample_weight, self._weights(y), X, scale=scale)
        self._scale = weight.scale
        if not weight.learned.all():
            counted = weight.learned > 0
            X, y, weight = X[counted], y[counted], weight.take(counted)
        self._learn_targets(y, go_on=go_on)
        given = {VALIDATION: validation_data, _HELD_OUT: held_out}
        shape = tuple(X.shape[1:])
        rows = {
            prefix: self._rows(prefix, each, shape)
            for prefix, each in given.items()
            if each is not None
        }
        rng = self._rng if go_on else self._generator()
        aside = None
        if self.early_stopping and not once and validation_data is None:
            labels, last = self._strata(y), self.validation_rows == "last"
            aside = put_aside(len(y), self.validation_fraction, rng, labels=labels, last=last)
        n = len(y if aside is None else aside[0])
        steps = None if once else self.epochs * batches_of(self.batch_size, n)
        self._make_ready(shape, params, check, rng, go_on=go_on, steps=steps)
        data = self._arrays(X, y, weight.column())
        watched = {prefix: self._arrays(*each) for prefix, each in rows.items() if each}
        if aside is not None:
            watched = {VALIDATION: data.take(aside[1]).measured(), **watched}
            data = data.take(aside[0])
        self._train(data, watched, on_epoch, on_metrics, 1 if once else self.epochs)
        return self

    @property
    def _number(self) -> type:
        return np.float64 if self.dtype == "float64" else np.float32

    def _make_ready(
        self,
        input_shape: tuple[int, ...],
        params: Mapping[str, Any],
        check: Check,
        rng: np.random.RandomState,
        *,
        go_on: bool,
        steps: int | None,
    ) -> None:
        """Build and compile the network, or check that it can go on."""
        with check.owned():
            self.callbacks_ = copies_of(self.callbacks)
            recipe = self._recipe(input_shape, params, check, steps=steps)
            network = self._network.after(recipe) if go_on else new_network(recipe, rng)
        if network.compiled_by_user:
            reason = f"architecture {name_of(recipe.architecture)} compiles its model itself"
            idle = [n for n in (*_COMPILING, "lr_schedule") if n not in recipe.hyperparameters]
            self._refuse(idle, params, reason, check)
        self._network = network
        if not go_on:
            self._rng, self.history_ = rng, pd.DataFrame()

    def _recipe(
        self,
        input_shape: tuple[int, ...],
        params: Mapping[str, Any],
        check: Check,
        *,
        steps: int | None = None,
    ) -> Recipe:
        function = self._function(check)
        given = self._given_to(function, params, check)
        self._refuse_beside_optimizer(params, check)
        compiling = {**{name: params[name] for name in _COMPILING}, "metrics": self._metrics()}
        meta = replace(self._meta(input_shape), steps=steps)
        return Recipe(function, meta, given, compiling)

    def _metrics(self) -> tuple[Any, ...]:
        return tuple(self.metrics) if self.metrics is not None else ()

    def _generator(self) -> np.random.RandomState:
        if self.random_state is None:  # for which scikit-learn takes NumPy's global generator
            return np.random.RandomState()
        rng: np.random.RandomState = check_random_state(self.random_state)
        return rng

    def _arrays(self, X: Any, y: NDArray[Any], weight: NDArray[np.float64] | None) -> Arrays:
        return Arrays(
            dense(X), self._encode(y), None if weight is None else weight.astype(self._number)
        )

    def _rows(
        self, prefix: str, data: tuple[Any, ...], shape: tuple[int, ...]
    ) -> tuple[Any, NDArray[Any], NDArray[np.float64] | None] | None:
        """Return rows to measure on, of those held out only what training has targets of."""
        name = "validation_data" if prefix == VALIDATION else "held_out"
        X, y, weight = read_more(self, data, name, dtype=self._number, shape=shape)
        known = self._known(y)
        if prefix == VALIDATION and not known.all():
            raise DataError(
                f"{type(self).__name__}: {name} has labels that y has not: "
                f"{np.unique(y[~known]).tolist()}."
            )
        if not known.any():
            return None
        return X[known], y[known], None if weight is None else weight[known] / self._scale.measured

    def _train(
        self,
        data: Arrays,
        watched: Mapping[str, Arrays],
        on_epoch: Callable[[int], None] | None,
        on_metrics: Callable[[int, Mapping[str, float]], None] | None,
        epochs: int,
    ) -> None:
        """Train the network and keep its history, also where something ends the fit."""
        history: list[Any] = self.history_.to_dict("records")
        batch_size = rows_of_a_batch(self.batch_size, len(data))
        last = len(history) + epochs
        monitor = f"{VALIDATION}loss" if VALIDATION in watched else "loss"
        callbacks = callbacks_of_fit(self, self.callbacks_, monitor=monitor, epochs=epochs)
        model, owner, numbers = self._network.model, type(self).__name__, is_regressor(self)
        meta = self._meta(self._network.input_shape)
        _, scored = separate(self._metrics(), meta)
        judge = EpochScorer(scored, meta, self._ask) if scored else None

        def after_epoch(number: int, logs: Mapping[str, float]) -> None:
            history.append({name: float(value) for name, value in logs.items()})
            place = f"epoch {len(history)} of {last}"
            minimised = logs["loss"] + logs.get(PENALTY, 0.0)
            check_converging(owner, model, minimised, place, of_numbers=numbers)
            if self.verbose:
                print(epoch_line(len(history), last, history[-1]))  # noqa: T201 - asked for
            if on_metrics:
                on_metrics(number, history[-1])
            if on_epoch:
                on_epoch(number)

        try:
            train(
                model,
                TrainingRun(data, watched, batch_size, epochs, self._rng, judge),
                callbacks=callbacks,
                after_epoch=after_epoch,
                in_step=on_epoch is not None,
            )
        except TrainingDiverged:
            del self._network  # it has nothing left to predict with
            raise
        finally:
            self.history_ = pd.DataFrame(history).rename_axis("epoch")

    def _ask(self, X: Any) -> tuple[NDArray[Any], bool]:
        """Return the outputs of the network, and whether these are probabilities."""
        return self._network.outputs(X), False

    def _inputs(self, X: Any) -> Any:
        """Return rows that may be new as the network takes them."""
        check_is_fitted(self)
        return read_inputs(self, X, dtype=self._number, shape=self._network.input_shape)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_network")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        return tags
