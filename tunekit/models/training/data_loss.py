"""Measures a network's loss on the data, without penalties.

Keras adds the penalties of regularizers to its ``loss``, and weighs metrics like the loss that is
minimised. Neither is comparable between networks: a stronger penalty or other weights of classes
make the loss another one. Here the loss of the data and the penalty are two numbers, and whatever
is measured uses the weights of the rows without those of the classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from tunekit.core.keras_attributes import is_keras
from tunekit.core.runtime import load_keras

#: The column of the penalty in a history, on average over an epoch's batches.
PENALTY = "penalty"

_OF_DATA = "loss_of_the_data"
_MINIMISED = "minimised_loss_of_the_data"
_ADDED = "penalty_added_to_the_loss"
_CHANGED = ("_compile_loss", "_compile_metrics", "_aggregate_additional_loss")


class _Loss:
    """Replaces a model's compiled loss, and keeps the means of its values.

    Parameters
    ----------
    loss : CompileLoss
        The compiled loss of Keras, without penalties.
    penalised : bool
        Whether there is a penalty, which Keras adds to what this gives.
    weighs_apart : bool
        Whether rows have different weights in training and in measured losses.
    """

    def __init__(self, loss: Any, *, penalised: bool, weighs_apart: bool) -> None:
        self.inner = loss
        self.kind = {"penalised": penalised, "weighs_apart": weighs_apart}
        mean = load_keras().metrics.Mean
        self._minimised = mean(name=_MINIMISED) if penalised else None
        # Of its own, since the loss may be so large that a difference is mostly rounding.
        self._penalty = mean(name=_ADDED) if penalised else None
        self._of_data = mean(name=_OF_DATA) if weighs_apart else None

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        learned, measured = _apart(sample_weight)
        loss = self.inner(y_true, y_pred, learned)
        n = load_keras().ops.shape(y_pred)[0]
        if self._minimised is not None and self._penalty is not None:
            self._minimised.update_state(loss, sample_weight=n)
            self._penalty.update_state(0.0, sample_weight=n)
            self._n_rows = n
        if self._of_data is not None:
            of_data = loss if learned is measured else self.inner(y_true, y_pred, measured)
            self._of_data.update_state(of_data, sample_weight=n)
        return loss

    def penalise(self, value: Any) -> Any:
        """Return a penalty of the batch that the loss was measured on, and add it to the mean.

        Keras adds it to the loss only where it has the dtype of the loss.
        """
        ops, number = load_keras().ops, load_keras().config.floatx()
        added = ops.cast(ops.sum(value), number)
        if self._penalty is not None:
            self._penalty.total.assign_add(added * ops.cast(self._n_rows, number))
        return added

    @property
    def metrics(self) -> list[Any]:
        means = (self._minimised, self._penalty, self._of_data)
        return [*self.inner.metrics, *(mean for mean in means if mean is not None)]

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
    """Stands for a model's function of a penalty; a method would count as a setting of it."""

    def __init__(self, loss: _Loss) -> None:
        self._loss = loss

    def __call__(self, value: Any) -> Any:
        return self._loss.penalise(value)


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
        Whether rows have different weights in training and in measured losses.
    can : bool, default=True
        False for a model with a ``train_step`` or ``compute_loss`` of its own, whose loss is
        what it says.
    """
    penalised = _is_penalised(model)
    if not (can and (weighs_apart or penalised)):
        yield
        return
    before = dict(vars(model))
    _measure_apart(model, penalised=penalised, weighs_apart=weighs_apart)
    _forget_traces(model)
    try:
        yield
    finally:
        for name in _CHANGED:
            vars(model).pop(name, None)
            if name in before:
                vars(model)[name] = before[name]
        _forget_traces(model)


def measured_as(model: Any) -> tuple[tuple[str, bool], ...]:
    """Return what a compiled model measures apart, to tell its programs from those of others."""
    loss = vars(model)["_compile_loss"]
    return tuple(loss.kind.items()) if isinstance(loss, _Loss) else ()


def measure_alike(model: Any, other: Any) -> None:
    """Let a compiled model measure what another one measures."""
    loss = vars(other)["_compile_loss"]
    if isinstance(loss, _Loss):
        _measure_apart(model, **loss.kind)


def _measure_apart(model: Any, **kind: bool) -> None:
    own = vars(model)  # setting an attribute would make Keras track metrics twice
    own["_compile_loss"] = _Loss(own["_compile_loss"], **kind)
    if own["_compile_metrics"] is not None:
        own["_compile_metrics"] = _Metrics(own["_compile_metrics"])
    own["_aggregate_additional_loss"] = _Penalty(own["_compile_loss"])


def _forget_traces(model: Any) -> None:
    """Let Keras trace its own functions again, which contain the measured losses."""
    model.train_function = model.test_function = None


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
        loss, minimised, of_data = (f"{prefix}{name}" for name in ("loss", _MINIMISED, _OF_DATA))
        if minimised in logs:
            logs[loss], added = logs.pop(minimised), logs.pop(f"{prefix}{_ADDED}")
            if not prefix:
                logs[PENALTY] = added
        if of_data in logs:
            logs[loss] = logs.pop(of_data)
