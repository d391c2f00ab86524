"""Trains a compiled Keras model in traced programs or, if they do not support it, ``model.fit``."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunekit.core.keras_attributes import is_keras
from tunekit.core.runtime import load_keras, load_tensorflow
from tunekit.exceptions import TrainingDiverged
from tunekit.models.training.data_loss import separate_data_loss, separate_penalty
from tunekit.models.training.memory import clear_kernels, discard_gradients
from tunekit.models.training.programs import Arrays, Program, create_variables, program_for
from tunekit.models.training.weight_averages import (
    averaged_weights,
    averages_of,
    averaging_callbacks,
    reset,
)

#: Takes the number of an epoch, from 0, and its metrics. An exception it raises ends the training.
AfterEpoch = Callable[[int, Mapping[str, float]], None]
#: Takes rows and returns metrics on them, by name, with the current weights of the model.
Scorer = Callable[[Arrays], Mapping[str, float]]

_BATCH_HOOKS = [
    f"on_{what}batch_{when}"
    for what in ("", "train_", "test_", "predict_")
    for when in ("begin", "end")
] + ["on_test_begin", "on_test_end"]
# Methods that define a custom training or evaluation step if they are overridden.
_STEP_METHODS = (
    "compute_loss", "compute_metrics", "evaluate", "fit", "get_metrics_result",
    "make_test_function", "make_train_function", "reset_metrics", "test_step", "train_step",
)  # fmt: skip
_TEST_ROWS = 1024
#: The prefix of metrics on validation data, which Keras knows.
VALIDATION = "val_"


@dataclass(frozen=True)
class TrainingRun:
    """The data and the settings of one training.

    Attributes
    ----------
    data : Arrays
        Training rows, at least one.
    monitored : mapping of str to Arrays
        Rows to evaluate after each epoch, by the prefix of the names of their metrics. They are
        not used for training. Callbacks receive the metrics.
    batch_size : int
        Rows per batch, 1 or more; the last batch of an epoch may be smaller.
    epochs : int
        Number of passes over the training rows, 1 or more.
    rng : numpy.random.RandomState
        Shuffles the rows before each epoch.
    scorer : callable or None, default=None
        See :data:`Scorer`; called after each epoch for all rows. Callbacks receive its results.
    """

    data: Arrays
    monitored: Mapping[str, Arrays]
    batch_size: int
    epochs: int
    rng: np.random.RandomState
    scorer: Scorer | None = None

    def scores(self) -> dict[str, float]:
        """Return the metrics of the scorer on all rows, by name."""
        if self.scorer is None:
            return {}
        scores = dict(self.scorer(self.data.with_evaluation_weights()))
        for prefix, rows in self.monitored.items():
            scores |= {f"{prefix}{name}": value for name, value in self.scorer(rows).items()}
        return scores

    def order(self) -> NDArray[np.intp]:
        """Return the rows in the order of the next epoch."""
        return self.rng.permutation(len(self.data))

    @property
    def steps(self) -> int:
        """Number of batches per epoch."""
        return math.ceil(len(self.data) / self.batch_size)

    @property
    def test_rows(self) -> int:
        """Rows per batch in evaluation."""
        return max(self.batch_size, _TEST_ROWS)


def train(
    model: Any,
    run: TrainingRun,
    *,
    callbacks: Sequence[Any] = (),
    after_epoch: AfterEpoch,
    sync_weights: bool = True,
    fast: bool = True,
) -> None:
    """Train a compiled model.

    Traced programs and ``model.fit`` use the same batches and result in the same weights, up to
    rounding.

    Parameters
    ----------
    model : keras.Model
        Built and compiled; its weights are changed.
    run : TrainingRun
    callbacks : sequence of keras.callbacks.Callback, default=()
        Called as ``model.fit`` calls them.
    after_epoch : callable
        See :data:`AfterEpoch`; called after the callbacks.
    sync_weights : bool, default=True
        Whether ``after_epoch`` uses the model, which must then have its latest weights.
    fast : bool, default=True
        False to always use ``model.fit``.
    """
    keras = load_keras()
    last = keras.callbacks.LambdaCallback(on_epoch_end=lambda n, logs: after_epoch(n, logs or {}))
    on_tensorflow = keras.backend.backend() == "tensorflow"
    custom = _has_custom_steps(model)
    can_trace = on_tensorflow and not model.run_eagerly and not custom
    can_trace = can_trace and not any(map(_has_batch_hooks, callbacks))
    train_epochs = _train_fast if fast and can_trace else _train_with_keras
    if custom:  # custom steps support one weight per row
        run = replace(run, data=run.data.with_training_weights())
    try:
        with separate_data_loss(
            model, separate_weights=run.data.has_separate_weights, enabled=not custom
        ):
            train_epochs(model, run, callbacks, last, sync_weights=sync_weights)
    finally:
        for callback in callbacks:
            # Otherwise the callback would keep the model alive, and copies would include it.
            callback._model = None  # noqa: SLF001 - set_model may be overridden by the user
        if on_tensorflow:
            clear_kernels()


def check_finite(
    owner: str, model: Any, loss: float, place: str, *, regression: bool = False
) -> None:
    """Stop the training if the loss is NaN or infinite.

    Parameters
    ----------
    owner : str
        Name of the estimator, for the message.
    model : keras.Model
    loss : float
    place : str
        The epoch, for the message.
    regression : bool, default=False
        Whether the targets are numbers, which may be large.

    Raises
    ------
    TrainingDiverged
        When the loss is not finite.
    """
    if not math.isfinite(loss):
        rate = getattr(model.optimizer, "learning_rate", None)
        current = "" if rate is None else f" ({float(rate):g})"
        clip = (
            ""
            if getattr(model.optimizer, "clipnorm", None)
            else "limit the gradients (clipnorm=1.0), "
        )
        targets = " and the targets (TransformedTargetRegressor)" if regression else ""
        raise TrainingDiverged(
            f"{owner}: the loss is {loss:g} at {place}: lower learning_rate{current}, {clip}"
            f"or scale the inputs (StandardScaler){targets}."
        )


def epoch_line(epoch: int, epochs: int, logs: Mapping[str, float]) -> str:
    """Return the metrics of an epoch as one line of text."""
    numbers = "  ".join(f"{name} {value:.4f}" for name, value in logs.items())
    return f"epoch {epoch}/{epochs}  {numbers}"


def _has_custom_steps(model: Any) -> bool:
    """Return whether a model overrides a part of ``fit`` or ``evaluate``."""
    return any(
        name in vars(model) or not is_keras(getattr(type(model), name)) for name in _STEP_METHODS
    )


def _has_batch_hooks(callback: Any) -> bool:
    base = load_keras().callbacks.Callback
    return any(
        getattr(getattr(callback, hook), "__func__", None) is not getattr(base, hook)
        for hook in _BATCH_HOOKS
    )


def _train_fast(
    model: Any, run: TrainingRun, callbacks: Sequence[Any], last: Any, *, sync_weights: bool
) -> None:
    tf, keras = load_tensorflow(), load_keras()
    model.stop_training = False
    hooks = keras.callbacks.CallbackList(
        [*callbacks, last],
        add_history=True,
        model=model,
        verbose=0,
        epochs=run.epochs,
        steps=run.steps,
    )
    data = [tf.constant(part) for part in run.data.parts]
    monitored = {
        prefix: [tf.constant(part) for part in rows.parts] for prefix, rows in run.monitored.items()
    }
    logs: dict[str, float] = {}
    with program_for(model, run.data, run.batch_size) as program:
        averages = averages_of(model, callbacks)
        is_observed = monitored or callbacks or sync_weights or run.scorer
        validated = averages if is_observed else []
        # Whether the weights and the optimizer's state are copied to the model after each epoch.
        sync_all = bool(callbacks or validated)
        model_is_stale = False  # whether the program has newer weights than the model
        hooks.on_train_begin()
        try:
            for epoch in range(run.epochs):
                hooks.on_epoch_begin(epoch)
                if sync_all or epoch == 0:
                    program.load(model)  # a callback may have changed it
                model_is_stale = True
                logs = program.train(data, run.order(), run.batch_size)
                if sync_all or sync_weights or run.scorer:
                    program.store(model, optimizer=sync_all)
                    model_is_stale = not sync_all
                with averaged_weights(validated):
                    if validated:
                        program.load(model)
                    logs |= _metrics(program, monitored, run.test_rows)
                    separate_penalty(logs, monitored)
                    logs |= run.scores()
                    hooks.on_epoch_end(epoch, logs)
                if model.stop_training:
                    break
        finally:
            if model_is_stale:
                program.store(model, optimizer=True)
    model.optimizer.finalize_variable_values(model.trainable_weights)
    hooks.on_train_end(logs)
    reset(averages)


def _metrics(program: Program, monitored: Mapping[str, Any], batch_size: int) -> dict[str, float]:
    return {
        f"{prefix}{name}": value
        for prefix, rows in monitored.items()
        for name, value in program.test(rows, batch_size).items()
    }


def _train_with_keras(
    model: Any,
    run: TrainingRun,
    callbacks: Sequence[Any],
    last: Any,
    *,
    sync_weights: bool,  # noqa: ARG001 - model.fit always updates the model
) -> None:
    validation = run.monitored.get(VALIDATION)
    batches = _batches(run)
    # Keras reads the first batches before the first epoch, and calls their on_epoch_end then.
    shuffle = load_keras().callbacks.LambdaCallback(on_epoch_begin=lambda *_: batches.shuffle())
    on_tensorflow = load_keras().backend.backend() == "tensorflow"
    if not model.optimizer.built:  # built inside a trace, some start with other averages
        model.optimizer.build(model.trainable_variables)
    if on_tensorflow and not _has_custom_steps(model):
        create_variables(model, run.data)  # TensorFlow traces a function that creates some twice
    averages = averages_of(model, callbacks)
    with (
        discard_gradients() if on_tensorflow else contextlib.nullcontext(),
        averaging_callbacks(averages) as (first, final),
    ):
        every = [first, _evaluation(model, run), *callbacks, last, final]
        model.fit(
            batches,
            epochs=run.epochs,
            callbacks=[shuffle, *every],
            validation_data=validation.parts if validation else None,
            validation_batch_size=run.test_rows if validation else None,
            shuffle=False,
            verbose=0,
        )
    reset(averages)


def _evaluation(model: Any, run: TrainingRun) -> Any:
    """Return a callback that adds the metrics on the monitored rows for the next callbacks."""

    def evaluate(_epoch: int, logs: dict[str, float]) -> None:
        for prefix, rows in run.monitored.items():
            if prefix == VALIDATION:
                continue
            metrics = model.evaluate(
                *rows.parts[:2],
                sample_weight=rows.weight,
                batch_size=run.test_rows,
                verbose=0,
                return_dict=True,
            )
            logs.update({f"{prefix}{name}": value for name, value in metrics.items()})
        separate_penalty(logs, run.monitored)
        logs.update(run.scores())

    return load_keras().callbacks.LambdaCallback(on_epoch_end=evaluate)


def _batches(run: TrainingRun) -> Any:
    """Return the batches of the fast loop, in the same order, as a Keras dataset."""
    dataset: Any = load_keras().utils.PyDataset

    class Batches(dataset):
        def __init__(self) -> None:
            super().__init__()
            self._order = np.arange(len(run.data))

        def __len__(self) -> int:
            return run.steps

        def __getitem__(self, number: int) -> tuple[Any, ...]:
            start = number * run.batch_size
            rows = self._order[start : start + run.batch_size]
            return tuple(part[rows] for part in run.data.parts)

        def shuffle(self) -> None:
            self._order = run.order()

    return Batches()
