"""Refuses metrics of Keras that would count something else than their name says."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tunekit.exceptions import ParameterError
from tunekit.models.architectures.base import Task

_CLASSES: tuple[Task, ...] = ("binary", "multiclass", "multilabel")
_YES_OR_NO: tuple[Task, ...] = ("binary", "multilabel")
_SEVERAL: tuple[Task, ...] = ("multiclass",)
_NUMBERS: tuple[Task, ...] = ("regression",)

# The tasks of metrics that are not for all; metrics of categories are for several classes.
_TASKS: Mapping[str, tuple[Task, ...]] = {
    "AUC": _CLASSES,
    "BinaryAccuracy": _YES_OR_NO,
    "BinaryCrossentropy": _YES_OR_NO,
    "BinaryIoU": _YES_OR_NO,
    "F1Score": _CLASSES,
    "FBetaScore": _CLASSES,
    "FalseNegatives": _CLASSES,
    "FalsePositives": _CLASSES,
    "Hinge": _YES_OR_NO,
    "KLDivergence": ("multiclass", "regression"),
    "MeanAbsolutePercentageError": _NUMBERS,
    "OneHotIoU": _SEVERAL,
    "OneHotMeanIoU": _SEVERAL,
    "Precision": _CLASSES,
    "PrecisionAtRecall": _CLASSES,
    "R2Score": _NUMBERS,
    "Recall": _CLASSES,
    "RecallAtPrecision": _CLASSES,
    "SensitivityAtSpecificity": _CLASSES,
    "SpecificityAtSensitivity": _CLASSES,
    "SquaredHinge": _YES_OR_NO,
    "TrueNegatives": _CLASSES,
    "TruePositives": _CLASSES,
}
_USUAL = {"regression": "mae"}
_INSTEAD = {
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
# They compare the columns of each row, and need so many to say anything.
_ALONG_ROWS = {
    "ConcordanceCorrelation": 3,
    "CosineSimilarity": 2,
    "KLDivergence": 2,
    "PearsonCorrelation": 3,
}
_ON_LOGITS = ("CategoricalHinge", "Hinge", "SquaredHinge")
_LAST = (-1, 1)  # the axis of a row's columns


@dataclass(frozen=True)
class Setting:
    """What a metric is measured on.

    Attributes
    ----------
    task : {"binary", "multiclass", "multilabel", "regression"}
    units : int
        Outputs of the network.
    probabilities : bool
        Whether the network ends in probabilities.
    one_hot : bool
        Whether the targets of several classes are one-hot, else numbers of classes.
    """

    task: Task
    units: int
    probabilities: bool
    one_hot: bool


def check_metric(name: str, kind: Any, given: Any, setting: Setting) -> None:
    """Refuse a metric of Keras that would count something else than its name says.

    Parameters
    ----------
    name : str
        Of its column.
    kind : type or callable
        Its class; a metric of the user's own is not checked.
    given : str, keras.metrics.Metric or callable
    setting : Setting

    Raises
    ------
    ParameterError
        With the next step.
    """
    if not inspect.isclass(kind):
        return
    _check_task(name, kind.__name__, setting.task)
    _check_columns(name, kind.__name__, given, setting)
    if kind.__name__ in _ON_LOGITS and setting.probabilities:
        raise ParameterError(
            f"metrics: {name!r} takes logits, and the network ends in probabilities, as another "
            f"metric, the loss or the architecture wants it: leave {name!r} out."
        )
    if setting.task == "multiclass":
        _check_form(name, one_hot=setting.one_hot)
    if isinstance(given, kind):
        _check_object(kind.__name__, given, setting)


def _check_task(name: str, kind: str, task: Task) -> None:
    tasks = _SEVERAL if "categorical" in name else _TASKS.get(kind)
    if tasks is not None and task not in tasks:
        what = "several classes" if tasks == _SEVERAL else f"{' and '.join(tasks)} targets"
        other = _INSTEAD.get((kind, task)) or _USUAL.get(task, "accuracy")
        raise ParameterError(
            f"metrics: {name!r} is for {what}, these targets are {task}: take another, such as "
            f"{other!r}."
        )


def _check_columns(name: str, kind: str, given: Any, setting: Setting) -> None:
    """Refuse a metric that has the same value for all predictions."""
    if (least := _ALONG_ROWS.get(kind, 0)) > setting.units:
        other = "pearson_correlation" if setting.task == "regression" else "accuracy"
        raise ParameterError(
            f"metrics: {name!r} compares the columns of each row, and the network has "
            f"{setting.units} output{'s' if setting.units > 1 else ''}, not {least} or more: take "
            f"the name {other!r}."
        )
    if "TopK" in kind:
        k = getattr(given, "k", 5)  # Keras's default
        if k >= setting.units:
            raise ParameterError(
                f"metrics: {name!r} with k={k} is 1 for {setting.units} classes, whatever is "
                f"predicted: give an object, keras.metrics.{kind}(k=2), or take 'accuracy'."
            )


def _check_form(name: str, *, one_hot: bool) -> None:
    """Refuse a metric that takes the other form of the targets of several classes."""
    if name.startswith("sparse") is not one_hot:
        return
    if one_hot:
        raise ParameterError(
            f"metrics: {name!r} takes the numbers of classes, and the loss or another metric "
            f"takes one-hot targets: take {name.removeprefix('sparse_')!r}."
        )
    raise ParameterError(
        f"metrics: {name!r} takes one-hot targets, and the loss the numbers of classes: leave "
        f"loss=None, or take 'categorical_crossentropy'."
    )


def _check_object(kind: str, given: Any, setting: Setting) -> None:
    """Refuse settings that do not fit the outputs of the network."""
    if kind in ("Accuracy", "Mean", "Sum"):
        raise ParameterError(
            f"metrics: keras.metrics.{kind} does not compare labels with what the network gives: "
            f"take the name 'accuracy' or 'mae'."
        )
    if kind in ("IoU", "MeanIoU"):
        other = "OneHotMeanIoU" if setting.task == "multiclass" else "BinaryIoU"
        raise ParameterError(
            f"metrics: keras.metrics.{kind} takes the numbers of classes, and the network gives a "
            f"column for each: give a keras.metrics.{other}."
        )
    if kind in ("F1Score", "FBetaScore"):
        if given.average is None:
            raise ParameterError(
                f"metrics: {given.name!r} gives a number for each class, and a column of history_ "
                f"holds one an epoch: give it average='macro'."
            )
        if given.threshold is None and setting.task in _YES_OR_NO:
            raise ParameterError(
                f"metrics: {given.name!r} without a threshold takes the largest output of each "
                f"row for its label: give it threshold=0.5, or take the name 'f1_score'."
            )
    axis = getattr(given, "axis", getattr(given, "_fn_kwargs", {}).get("axis", -1))
    if axis not in _LAST:
        raise ParameterError(
            f"metrics: {given.name!r} has axis={axis!r}, along the rows of a batch: leave axis "
            f"at -1."
        )
