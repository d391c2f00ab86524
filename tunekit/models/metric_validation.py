"""Rejects Keras metrics that would not compute what their name says."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tunekit.exceptions import ParameterError
from tunekit.models.architectures.base import Task

_CLASSES: tuple[Task, ...] = ("binary", "multiclass", "multilabel")
_BINARY_COLUMNS: tuple[Task, ...] = ("binary", "multilabel")
_MULTICLASS: tuple[Task, ...] = ("multiclass",)
_REGRESSION: tuple[Task, ...] = ("regression",)

# The tasks of metrics that do not support all; categorical metrics are for multiclass targets.
_TASKS: Mapping[str, tuple[Task, ...]] = {
    "AUC": _CLASSES,
    "BinaryAccuracy": _BINARY_COLUMNS,
    "BinaryCrossentropy": _BINARY_COLUMNS,
    "BinaryIoU": _BINARY_COLUMNS,
    "F1Score": _CLASSES,
    "FBetaScore": _CLASSES,
    "FalseNegatives": _CLASSES,
    "FalsePositives": _CLASSES,
    "Hinge": _BINARY_COLUMNS,
    "KLDivergence": ("multiclass", "regression"),
    "MeanAbsolutePercentageError": _REGRESSION,
    "OneHotIoU": _MULTICLASS,
    "OneHotMeanIoU": _MULTICLASS,
    "Precision": _CLASSES,
    "PrecisionAtRecall": _CLASSES,
    "R2Score": _REGRESSION,
    "Recall": _CLASSES,
    "RecallAtPrecision": _CLASSES,
    "SensitivityAtSpecificity": _CLASSES,
    "SpecificityAtSensitivity": _CLASSES,
    "SquaredHinge": _BINARY_COLUMNS,
    "TrueNegatives": _CLASSES,
    "TruePositives": _CLASSES,
}
_ALTERNATIVES = {"regression": "mae"}
_REPLACEMENTS = {
    ("BinaryCrossentropy", "multiclass"): "categorical_crossentropy",
    ("Hinge", "multiclass"): "categorical_hinge",
    ("KLDivergence", "binary"): "binary_crossentropy",
    ("KLDivergence", "multilabel"): "binary_crossentropy",
    ("MeanAbsolutePercentageError", "binary"): "mae",
    ("MeanAbsolutePercentageError", "multiclass"): "mae",
    ("MeanAbsolutePercentageError", "multilabel"): "mae",
    ("R2Score", "binary"): "d2_brier_score",
    ("R2Score", "multiclass"): "d2_brier_score",
}
# Metrics that compare the columns of each row, and the number of columns that they need.
_MIN_COLUMNS = {
    "ConcordanceCorrelation": 3,
    "CosineSimilarity": 2,
    "KLDivergence": 2,
    "PearsonCorrelation": 3,
}
_ON_LOGITS = ("CategoricalHinge", "Hinge", "SquaredHinge")
_COLUMN_AXIS = (-1, 1)


@dataclass(frozen=True)
class Setting:
    """The outputs and targets that a metric is computed from.

    Attributes
    ----------
    task : {"binary", "multiclass", "multilabel", "regression"}
    units : int
        Number of outputs of the network.
    probabilities : bool
        Whether the network ends in probabilities.
    one_hot : bool
        Whether multiclass targets are one-hot; otherwise they are class indices.
    """

    task: Task
    units: int
    probabilities: bool
    one_hot: bool


def check_metric(name: str, kind: Any, given: Any, setting: Setting) -> None:
    """Reject a Keras metric that would not compute what its name says.

    Parameters
    ----------
    name : str
        Name of its column.
    kind : type or callable
        Its class; custom metrics are not checked.
    given : str, keras.metrics.Metric or callable
    setting : Setting

    Raises
    ------
    ParameterError
        When the metric does not suit the outputs or the targets; the message suggests another.
    """
    if not inspect.isclass(kind):
        return
    _check_task(name, kind.__name__, setting.task)
    _check_columns(name, kind.__name__, given, setting)
    if kind.__name__ in _ON_LOGITS and setting.probabilities:
        raise ParameterError(
            f"metrics: {name!r} takes logits, but the network ends in probabilities, which another "
            f"metric, the loss or the architecture requires: remove {name!r}."
        )
    if setting.task == "multiclass":
        _check_form(name, one_hot=setting.one_hot)
    if isinstance(given, kind):
        _check_object(kind.__name__, given, setting)


def _check_task(name: str, kind: str, task: Task) -> None:
    tasks = _MULTICLASS if "categorical" in name else _TASKS.get(kind)
    if tasks is not None and task not in tasks:
        what = "multiclass targets" if tasks == _MULTICLASS else f"{' and '.join(tasks)} targets"
        other = _REPLACEMENTS.get((kind, task)) or _ALTERNATIVES.get(task, "accuracy")
        raise ParameterError(
            f"metrics: {name!r} is for {what}, these targets are {task}: use another metric, such "
            f"as {other!r}."
        )


def _check_columns(name: str, kind: str, given: Any, setting: Setting) -> None:
    """Reject a metric that has the same value for all predictions."""
    if (n_required := _MIN_COLUMNS.get(kind, 0)) > setting.units:
        other = "pearson_correlation" if setting.task == "regression" else "accuracy"
        raise ParameterError(
            f"metrics: {name!r} compares the columns of each row and needs at least {n_required}, "
            f"but the network has {setting.units} output{'s' if setting.units > 1 else ''}: use "
            f"{other!r}."
        )
    if "TopK" in kind:
        k = getattr(given, "k", 5)  # Keras's default
        if k >= setting.units:
            raise ParameterError(
                f"metrics: {name!r} with k={k} is always 1 for {setting.units} classes: pass an "
                f"object, keras.metrics.{kind}(k=2), or use 'accuracy'."
            )


def _check_form(name: str, *, one_hot: bool) -> None:
    """Reject a metric that takes multiclass targets in the other form."""
    if name.startswith("sparse") is not one_hot:
        return
    if one_hot:
        raise ParameterError(
            f"metrics: {name!r} takes class indices, but the loss or another metric takes one-hot "
            f"targets: use {name.removeprefix('sparse_')!r}."
        )
    raise ParameterError(
        f"metrics: {name!r} takes one-hot targets, but the loss takes class indices: use "
        f"loss=None or 'categorical_crossentropy'."
    )


def _check_object(kind: str, given: Any, setting: Setting) -> None:
    """Reject settings that do not suit the outputs of the network."""
    if kind in ("Accuracy", "Mean", "Sum"):
        raise ParameterError(
            f"metrics: keras.metrics.{kind} does not compare targets with the outputs of the "
            f"network: use the name 'accuracy' or 'mae'."
        )
    if kind in ("IoU", "MeanIoU"):
        other = "OneHotMeanIoU" if setting.task == "multiclass" else "BinaryIoU"
        raise ParameterError(
            f"metrics: keras.metrics.{kind} takes class indices, but the network has one output "
            f"per class: use keras.metrics.{other}."
        )
    if kind in ("F1Score", "FBetaScore"):
        if given.average is None:
            raise ParameterError(
                f"metrics: {given.name!r} returns one number per class, but history_ has one "
                f"number per epoch: pass average='macro'."
            )
        if given.threshold is None and setting.task in _BINARY_COLUMNS:
            raise ParameterError(
                f"metrics: {given.name!r} without a threshold uses the largest output of each row "
                f"as its label: pass threshold=0.5, or use the name 'f1_score'."
            )
    axis = getattr(given, "axis", getattr(given, "_fn_kwargs", {}).get("axis", -1))
    if axis not in _COLUMN_AXIS:
        raise ParameterError(
            f"metrics: {given.name!r} has axis={axis!r}, the rows of a batch: use axis=-1."
        )
