"""Measures a network's loss on the data alone.

Keras adds the penalties of regularizers to its ``loss``, and weighs metrics like the loss that is
minimised. Neither is comparable between networks: a stronger penalty or other weights of classes
make the loss another one. Here the loss of the data and the penalty are two numbers, and whatever
is measured uses the weights of the rows without those of the classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from tunekit.held import is_keras
from tunekit.runtime import load_keras

#: The column of the penalty in a history, on average over an epoch's batches.
PENALTY = "penalty"

_OF_DATA = "loss_of_the_data"
_CHANGED = ("_compile_loss", "_compile_metrics", "_aggregate_additional_loss")


class _Loss:
    """Stands for a model's compiled loss, and keeps the mean of what it gave.

    Parameters
    ----------
    loss : CompileLoss
        Keras's own, which knows nothing of penalties.
    """

    def __init__(self, loss: Any) -> None:
        self.inner = loss
        self._mean = load_keras().metrics.Mean(name=_OF_DATA)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        learned, measured = _apart(sample_weight)
        loss = self.inner(y_true, y_pred, learned)
        of_data = loss if learned is measured else self.inner(y_true, y_pred, measured)
        self._mean.update_state(of_data, sample_weight=load_keras().ops.shape(y_pred)[0])
        return loss

    @property
    def metrics(self) -> list[Any]:
        return [*self.inner.metrics, self._mean]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class _Metrics:
    """Stands for a model's compiled metrics, and gives them the weights to measure with.

    Parameters
    ----------
    metrics : CompileMetrics
    """

    def __init__(self, metrics: Any) -> None:
        self.inner = metrics

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.inner.update_state(y_true, y_pred, _apart(sample_weight)[1])

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class _Penalty:
    """Returns a penalty in the dtype of the loss: Keras adds the two only where that is its own."""

    def __call__(self, value: Any) -> Any:
        ops = load_keras().ops
        return ops.cast(ops.sum(value), load_keras().config.floatx())


def _apart(weight: Any) -> tuple[Any, Any]:
    """Return the weights to learn with and those to measure with."""
    if weight is None or len(weight.shape) == 1:
        return weight, weight
    return weight[:, 0], weight[:, 1]


@contextmanager
def measured_apart(model: Any, *, weighs_apart: bool, can: bool = True) -> Iterator[None]:
    """Let a compiled model measure the loss of the data apart where it is another one.

    Parameters
    ----------
    model : keras.Model
        It is left as it was.
    weighs_apart : bool
        Whether rows count differently in training and in what is measured.
    can : bool, default=True
        False for a model with a ``train_step`` or ``compute_loss`` of its own, whose loss is
        what it says.
    """
    if not (can and (weighs_apart or _is_penalised(model))):
        yield
        return
    before = dict(vars(model))
    measure_apart(model)
    _forget_traces(model)
    try:
        yield
    finally:
        for name in _CHANGED:
            vars(model).pop(name, None)
            if name in before:
                vars(model)[name] = before[name]
        _forget_traces(model)


def measure_apart(model: Any) -> None:
    """Let a compiled model measure the loss of the data apart from now on."""
    own = vars(model)  # setting an attribute would make Keras track metrics twice
    own["_compile_loss"] = _Loss(own["_compile_loss"])
    if own["_compile_metrics"] is not None:
        own["_compile_metrics"] = _Metrics(own["_compile_metrics"])
    own["_aggregate_additional_loss"] = _Penalty()


def _forget_traces(model: Any) -> None:
    """Let Keras trace its own functions again, which hold what is measured."""
    model.train_function = model.test_function = None


def measures_apart(model: Any) -> bool:
    """Tell whether a model measures the loss of the data apart."""
    return isinstance(vars(model).get("_compile_loss"), _Loss)


def _is_penalised(model: Any) -> bool:
    """Tell whether Keras may add anything to the loss of the data."""
    return any(
        not is_keras(type(layer)) or getattr(layer, "activity_regularizer", None) is not None
        for layer in model._flatten_layers()  # noqa: SLF001 - models within models, too
    ) or any(getattr(each, "regularizer", None) for each in model.trainable_variables)


def separate_penalty(logs: dict[str, float], prefixes: Iterable[str]) -> None:
    """Let an epoch's ``loss`` be that of the data, and put the penalty beside it.

    Parameters
    ----------
    logs : dict
        Metrics as Keras measures them; changed in place.
    prefixes : iterable of str
        Of the metrics on rows that the model does not learn from.
    """
    for prefix in ("", *prefixes):
        of_data = logs.pop(f"{prefix}{_OF_DATA}", None)
        if of_data is None:
            continue
        if not prefix:
            logs[PENALTY] = logs["loss"] - of_data
        logs[f"{prefix}loss"] = of_data
