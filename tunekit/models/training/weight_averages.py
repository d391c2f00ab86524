"""Moving averages of the weights, which optimizers with ``use_ema=True`` compute.

Keras validates the weights of the last step during training, and replaces them by their averages
only at the end: no metric describes the trained model, and early stopping discards the averages.
See findings/keras-early-stopping-undoes-averaged-weights.sh. Here the averages are in the model
while it is validated and while callbacks run after an epoch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from tunekit.core.runtime import load_keras
from tunekit.models.variables import values_of

#: Pairs of a weight and its moving average, both variables of Keras.
Averages: TypeAlias = Sequence[tuple[Any, Any]]


def averages_of(model: Any, callbacks: Sequence[Any] = ()) -> Averages:
    """Return the weights of a model with their moving averages.

    Parameters
    ----------
    model : keras.Model
        Its optimizer is built.
    callbacks : sequence of keras.callbacks.Callback, default=()
        If one is a ``SwapEMAWeights``, it exchanges the weights itself, and there are no pairs.

    Returns
    -------
    list of (keras.Variable, keras.Variable)
        Empty if the optimizer computes no averages.
    """
    if any(isinstance(each, load_keras().callbacks.SwapEMAWeights) for each in callbacks):
        return []
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    pairs: list[tuple[Any, Any]] = []
    for each in getattr(optimizer, "optimizers", [optimizer]):
        if getattr(each, "use_ema", False) and each.built:  # Keras builds those with weights
            averages = each._model_variables_moving_average  # noqa: SLF001 - there is no other way
            pairs += zip(each._trainable_variables, averages, strict=True)  # noqa: SLF001
    return [(weight, average) for weight, average in pairs if average is not None]


def exchange(averages: Averages) -> None:
    """Exchange the values of the weights and of their averages."""
    for weight, average in averages:
        (value,) = values_of([weight])
        weight.assign(average)
        average.assign(value)


def reset(averages: Averages) -> None:
    """Give each average the value of its weight, from which a continued training starts.

    Early stopping may have restored other weights than the last averages.
    """
    for weight, average in averages:
        average.assign(weight)


@contextmanager
def averaged_weights(averages: Averages) -> Iterator[None]:
    """Give a model the averages as its weights, and its own weights back at the end."""
    exchange(averages)
    try:
        yield
    finally:
        exchange(averages)


@contextmanager
def averaging_callbacks(averages: Averages) -> Iterator[tuple[Any, Any]]:
    """Provide the first and the last callback of a ``model.fit`` that validates averages.

    All callbacks between them find the averages in the model at the end of an epoch. If the fit
    raises an error, the model has its own weights afterwards.
    """
    callback: Any = load_keras().callbacks.Callback
    exchanged = False

    def swap() -> None:
        nonlocal exchanged
        exchange(averages)
        exchanged = not exchanged

    class First(callback):
        def on_test_begin(self, logs: Any = None) -> None:  # noqa: ARG002 - a hook of Keras
            swap()

        def on_test_end(self, logs: Any = None) -> None:  # noqa: ARG002
            swap()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
            swap()

    class Last(callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
            swap()

    try:
        yield First(), Last()
    finally:
        if exchanged:
            exchange(averages)
