"""Trains a compiled Keras model, in traced programs where it can and by ``model.fit`` elsewhere."""

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
from tunekit.models.training.data_loss import measured_apart, separate_penalty
from tunekit.models.training.memory import forgetting, tidy
from tunekit.models.training.programs import Arrays, program_for

#: Takes an epoch's number, from 0, and its metrics. What it raises ends the training.
AfterEpoch = Callable[[int, Mapping[str, float]], None]
#: Takes rows and returns metrics on them, by name, with the weights that the model has.
Judging = Callable[[Arrays], Mapping[str, float]]

_BATCH_HOOKS = [
    f"on_{what}batch_{when}"
    for what in ("", "train_", "test_", "predict_")
    for when in ("begin", "end")
] + ["on_test_begin", "on_test_end"]
_OWN_WAYS = (
    "compute_loss", "compute_metrics", "evaluate", "fit", "get_metrics_result",
    "make_test_function", "make_train_function", "reset_metrics", "test_step", "train_step",
)  # fmt: skip
_TEST_ROWS = 1024
#: The prefix of metrics on validation data, which Keras knows.
VALIDATION = "val_"


@dataclass(frozen=True)
class TrainingRun:
    """What a model is trained on, and for how long.

    Attributes
    ----------
    data : Arrays
        What to learn from, at least one row.
    watched : mapping of str to Arrays
        What to measure after each epoch, by the prefix of the metrics' names; the model does
        not learn from it. Callbacks see the metrics.
    batch_size : int
        Rows of a batch, 1 or more; the last batch of an epoch may be smaller.
    epochs : int
        Passes over the data, 1 or more.
    rng : numpy.random.RandomState
        Shuffles the rows before each epoch.
    judge : callable or None, default=None
        See :data:`Judging`; asked after each epoch of all rows. Callbacks see what it returns.
    """

    data: Arrays
    watched: Mapping[str, Arrays]
    batch_size: int
    epochs: int
    rng: np.random.RandomState
    judge: Judging | None = None

    def judged(self) -> dict[str, float]:
        """Return the metrics of all rows, by name."""
        if self.judge is None:
            return {}
        found = dict(self.judge(self.data.measured()))
        for prefix, rows in self.watched.items():
            found |= {f"{prefix}{name}": value for name, value in self.judge(rows).items()}
        return found

    def order(self) -> NDArray[np.intp]:
        """Return the rows in the order of the next epoch."""
        return self.rng.permutation(len(self.data))

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        return math.ceil(len(self.data) / self.batch_size)

    @property
    def test_rows(self) -> int:
        """Rows that are measured at a time."""
        return max(self.batch_size, _TEST_ROWS)


def train(
    model: Any,
    course: TrainingRun,
    *,
    callbacks: Sequence[Any] = (),
    after_epoch: AfterEpoch,
    in_step: bool = True,
    fast: bool = True,
) -> None:
    """Train a compiled model.

    Both ways of training see the same batches and leave the same weights, up to rounding.

    Parameters
    ----------
    model : keras.Model
        Built and compiled; its weights are changed.
    course : TrainingRun
    callbacks : sequence of keras.callbacks.Callback, default=()
        Called as ``model.fit`` calls them.
    after_epoch : callable
        See :data:`AfterEpoch`; called after the callbacks.
    in_step : bool, default=True
        Whether ``after_epoch`` looks at the model, which must then have its latest weights.
    fast : bool, default=True
        False for ``model.fit`` in any case.
    """
    keras = load_keras()
    last = keras.callbacks.LambdaCallback(on_epoch_end=lambda n, logs: after_epoch(n, logs or {}))
    on_tensorflow = keras.backend.backend() == "tensorflow"
    itself = _trains_itself(model)
    can = on_tensorflow and not model.run_eagerly and not itself
    can = can and not any(map(_sees_batches, callbacks))
    way = _train_fast if fast and can else _train_with_keras
    if itself:  # its own steps know one weight of a row
        course = replace(course, data=course.data.learned())
    try:
        with measured_apart(model, weighs_apart=course.data.weighs_apart, can=not itself):
            way(model, course, callbacks, last, in_step=in_step)
    finally:
        for callback in callbacks:
            # Or it would keep the model alive, and be copied with it. The hook is the user's.
            callback._model = None  # noqa: SLF001
        if on_tensorflow:
            tidy()


def check_converging(
    owner: str, model: Any, loss: float, place: str, *, of_numbers: bool = False
) -> None:
    """Stop a training that has left the numbers.

    Parameters
    ----------
    owner : str
        Name of the estimator, for the message.
    model : keras.Model
    loss : float
    place : str
        Which epoch.
    of_numbers : bool, default=False
        Whether the targets are numbers, which may be large.

    Raises
    ------
    TrainingDiverged
        When the loss is not finite.
    """
    if not math.isfinite(loss):
        rate = getattr(model.optimizer, "learning_rate", None)
        named = "" if rate is None else f" ({float(rate):g})"
        clip = (
            ""
            if getattr(model.optimizer, "clipnorm", None)
            else "limit the gradients (clipnorm=1.0), "
        )
        targets = " and the targets (TransformedTargetRegressor)" if of_numbers else ""
        raise TrainingDiverged(
            f"{owner}: the loss is {loss:g} at {place}: lower learning_rate{named}, {clip}"
            f"or scale the inputs (StandardScaler){targets}."
        )


def epoch_line(epoch: int, epochs: int, logs: Mapping[str, float]) -> str:
    """Return an epoch's metrics in one line, for people."""
    numbers = "  ".join(f"{name} {value:.4f}" for name, value in logs.items())
    return f"epoch {epoch}/{epochs}  {numbers}"


def _trains_itself(model: Any) -> bool:
    """Tell whether a model does a part of ``fit`` in its own way."""
    return any(
        name in vars(model) or not is_keras(getattr(type(model), name)) for name in _OWN_WAYS
    )


def _sees_batches(callback: Any) -> bool:
    plain = load_keras().callbacks.Callback
    return any(
        getattr(getattr(callback, hook), "__func__", None) is not getattr(plain, hook)
        for hook in _BATCH_HOOKS
    )


def _train_fast(
    model: Any, course: TrainingRun, callbacks: Sequence[Any], last: Any, *, in_step: bool
) -> None:
    tf, keras = load_tensorflow(), load_keras()
    model.stop_training = False
    hooks = keras.callbacks.CallbackList(
        [*callbacks, last],
        add_history=True,
        model=model,
        verbose=0,
        epochs=course.epochs,
        steps=course.steps,
    )
    data = [tf.constant(part) for part in course.data.parts]
    watched = {
        prefix: [tf.constant(part) for part in rows.parts]
        for prefix, rows in course.watched.items()
    }
    logs: dict[str, float] = {}
    with program_for(model, course.data, course.batch_size) as program:
        behind = False  # whether the program knows more than the model
        hooks.on_train_begin()
        try:
            for epoch in range(course.epochs):
                hooks.on_epoch_begin(epoch)
                if callbacks or epoch == 0:
                    program.load(model)  # a callback may have changed it since
                behind = True
                logs = program.train(data, course.order(), course.batch_size)
                for prefix, rows in watched.items():
                    seen = program.test(rows, course.test_rows)
                    logs |= {f"{prefix}{name}": value for name, value in seen.items()}
                separate_penalty(logs, watched)
                if callbacks or in_step or course.judge:
                    program.store(model, optimizer=bool(callbacks))
                    behind = not callbacks
                logs |= course.judged()
                hooks.on_epoch_end(epoch, logs)
                if model.stop_training:
                    break
        finally:
            if behind:
                program.store(model, optimizer=True)
    model.optimizer.finalize_variable_values(model.trainable_weights)
    hooks.on_train_end(logs)


def _train_with_keras(
    model: Any,
    course: TrainingRun,
    callbacks: Sequence[Any],
    last: Any,
    *,
    in_step: bool,  # noqa: ARG001 - it always is
) -> None:
    main = course.watched.get(VALIDATION)
    batches = _batches(course)
    # Keras looks at the first batches before the first epoch, and calls their on_epoch_end then.
    shuffle = load_keras().callbacks.LambdaCallback(on_epoch_begin=lambda *_: batches.shuffle())
    on_tensorflow = load_keras().backend.backend() == "tensorflow"
    if not model.optimizer.built:  # inside a trace, some would begin with other averages
        model.optimizer.build(model.trainable_variables)
    with forgetting() if on_tensorflow else contextlib.nullcontext():
        model.fit(
            batches,
            epochs=course.epochs,
            callbacks=[shuffle, _watch(model, course), *callbacks, last],
            validation_data=main.parts if main else None,
            validation_batch_size=course.test_rows if main else None,
            shuffle=False,
            verbose=0,
        )


def _watch(model: Any, course: TrainingRun) -> Any:
    """Return a callback that adds the metrics on other rows to those that the next ones see."""

    def measure(_epoch: int, logs: dict[str, float]) -> None:
        for prefix, rows in course.watched.items():
            if prefix == VALIDATION:
                continue
            seen = model.evaluate(
                *rows.parts[:2],
                sample_weight=rows.weight,
                batch_size=course.test_rows,
                verbose=0,
                return_dict=True,
            )
            logs.update({f"{prefix}{name}": value for name, value in seen.items()})
        separate_penalty(logs, course.watched)
        logs.update(course.judged())

    return load_keras().callbacks.LambdaCallback(on_epoch_end=measure)


def _batches(course: TrainingRun) -> Any:
    """Return the batches that the fast loop sees, in the same order, as Keras takes them."""
    dataset: Any = load_keras().utils.PyDataset

    class Batches(dataset):
        def __init__(self) -> None:
            super().__init__()
            self._order = np.arange(len(course.data))

        def __len__(self) -> int:
            return course.steps

        def __getitem__(self, number: int) -> tuple[Any, ...]:
            start = number * course.batch_size
            rows = self._order[start : start + course.batch_size]
            return tuple(part[rows] for part in course.data.parts)

        def shuffle(self) -> None:
            self._order = course.order()

    return Batches()
