"""Separates the data loss of a network from the penalties of its regularizers.

Keras adds penalties to its ``loss``, and applies class weights to the loss and to metrics. Neither
is comparable between networks with different penalties or class weights. This module reports the
data loss and the penalty as two numbers, and uses sample weights without class weights for all
reported losses and metrics.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from tunekit.core.keras_attributes import is_keras
from tunekit.core.runtime import load_keras

# See findings/keras-val-loss-holds-the-penalty.sh.
#: The column of the penalty in a history: the mean over the batches of an epoch.
PENALTY = "penalty"

# Names of the internal means: the data loss with evaluation weights and with training weights, and
# the penalty.
_DATA_LOSS = "loss_of_the_data"
_TRAINING_LOSS = "minimised_loss_of_the_data"
_PENALTY_MEAN = "penalty_added_to_the_loss"
_REPLACED = ("_compile_loss", "_compile_metrics", "_aggregate_additional_loss")


class _Loss:
    """Replaces the compiled loss of a model and records means of its values.

    Parameters
    ----------
    loss : CompileLoss
        The compiled loss of Keras, without penalties.
    penalized : bool
        Whether there is a penalty, which Keras adds to the result.
    separate_weights : bool
        Whether training weights and evaluation weights differ.
    """

    def __init__(self, loss: Any, *, penalized: bool, separate_weights: bool) -> None:
        self.inner = loss
        self.options = {"penalized": penalized, "separate_weights": separate_weights}
        mean = load_keras().metrics.Mean
        self._training_loss = mean(name=_TRAINING_LOSS) if penalized else None
        # Measured separately: the difference of two large losses would be mostly rounding error.
        self._penalty = mean(name=_PENALTY_MEAN) if penalized else None
        self._data_loss = mean(name=_DATA_LOSS) if separate_weights else None

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        training, evaluation = _split_weights(sample_weight)
        loss = self.inner(y_true, y_pred, training)
        n = load_keras().ops.shape(y_pred)[0]
        if self._training_loss is not None and self._penalty is not None:
            self._training_loss.update_state(loss, sample_weight=n)
            self._penalty.update_state(0.0, sample_weight=n)
            self._n_rows = n
        if self._data_loss is not None:
            data_loss = loss if training is evaluation else self.inner(y_true, y_pred, evaluation)
            self._data_loss.update_state(data_loss, sample_weight=n)
        return loss

    # See findings/keras-regularizer-needs-float32.sh.
    def penalize(self, value: Any) -> Any:
        """Return a penalty for the current batch, and add it to the mean.

        It has the dtype of the loss, because Keras adds it to the loss only then.
        """
        ops, number = load_keras().ops, load_keras().config.floatx()
        added = ops.cast(ops.sum(value), number)
        if self._penalty is not None:
            self._penalty.total.assign_add(added * ops.cast(self._n_rows, number))
        return added

    @property
    def metrics(self) -> list[Any]:
        means = (self._training_loss, self._penalty, self._data_loss)
        return [*self.inner.metrics, *(mean for mean in means if mean is not None)]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class _Metrics:
    """Replaces the compiled metrics of a model and passes the evaluation weights to them.

    Parameters
    ----------
    metrics : CompileMetrics
    """

    def __init__(self, metrics: Any) -> None:
        self.inner = metrics

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.inner.update_state(y_true, y_pred, _split_weights(sample_weight)[1])

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class _Penalty:
    """Replaces a model's penalty function; a bound method would count as a setting of the model."""

    def __init__(self, loss: _Loss) -> None:
        self._loss = loss

    def __call__(self, value: Any) -> Any:
        return self._loss.penalize(value)


def _split_weights(weight: Any) -> tuple[Any, Any]:
    """Return the training weights and the evaluation weights."""
    if weight is None or len(weight.shape) == 1:
        return weight, weight
    return weight[:, 0], weight[:, 1]


@contextmanager
def separate_data_loss(
    model: Any, *, separate_weights: bool, enabled: bool = True
) -> Iterator[None]:
    """Make a compiled model report its data loss, if that differs from the loss it minimizes.

    Parameters
    ----------
    model : keras.Model
        It is restored at the end of the block.
    separate_weights : bool
        Whether training weights and evaluation weights differ.
    enabled : bool, default=True
        False for a model with a custom ``train_step`` or ``compute_loss``, whose loss is reported
        unchanged.
    """
    penalized = _is_penalized(model)
    if not (enabled and (separate_weights or penalized)):
        yield
        return
    before = dict(vars(model))
    _replace_loss(model, penalized=penalized, separate_weights=separate_weights)
    _forget_traces(model)
    try:
        yield
    finally:
        for name in _REPLACED:
            vars(model).pop(name, None)
            if name in before:
                vars(model)[name] = before[name]
        _forget_traces(model)


def data_loss_options(model: Any) -> tuple[tuple[str, bool], ...]:
    """Return how a compiled model separates its data loss, as a part of the key of its program."""
    loss = vars(model)["_compile_loss"]
    return tuple(loss.options.items()) if isinstance(loss, _Loss) else ()


def separate_like(model: Any, other: Any) -> None:
    """Make a compiled model separate its data loss in the same way as another model."""
    loss = vars(other)["_compile_loss"]
    if isinstance(loss, _Loss):
        _replace_loss(model, **loss.options)


def _replace_loss(model: Any, **options: bool) -> None:
    attributes = vars(model)  # setattr would make Keras track metrics twice
    attributes["_compile_loss"] = _Loss(attributes["_compile_loss"], **options)
    if attributes["_compile_metrics"] is not None:
        attributes["_compile_metrics"] = _Metrics(attributes["_compile_metrics"])
    attributes["_aggregate_additional_loss"] = _Penalty(attributes["_compile_loss"])


def _forget_traces(model: Any) -> None:
    """Make Keras trace its functions again, because their traces contain the loss."""
    model.train_function = model.test_function = None


def _is_penalized(model: Any) -> bool:
    """Return whether Keras may add penalties to the data loss."""
    return any(
        not is_keras(type(layer)) or getattr(layer, "activity_regularizer", None) is not None
        for layer in model._flatten_layers()  # noqa: SLF001 - nested models, too
    ) or any(getattr(each, "regularizer", None) for each in model.trainable_variables)


def separate_penalty(logs: dict[str, float], prefixes: Iterable[str]) -> None:
    """Replace the ``loss`` of an epoch by the data loss, and add the penalty.

    Parameters
    ----------
    logs : dict
        Metrics as reported by Keras; changed in place.
    prefixes : iterable of str
        Prefixes of the metrics on the monitored rows.
    """
    for prefix in ("", *prefixes):
        loss, training, data = (f"{prefix}{name}" for name in ("loss", _TRAINING_LOSS, _DATA_LOSS))
        if training in logs:
            logs[loss], penalty = logs.pop(training), logs.pop(f"{prefix}{_PENALTY_MEAN}")
            if not prefix:
                logs[PENALTY] = penalty
        if data in logs:
            logs[loss] = logs.pop(data)
