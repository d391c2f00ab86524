"""Precision, recall and related metrics of each class."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunekit.analysis.metrics.confusion import confusion_of
from tunekit.analysis.metrics.precision_recall import PrecisionRecall
from tunekit.analysis.metrics.roc import Roc
from tunekit.analysis.metrics.rows import ClassRows, Undefined, class_rows
from tunekit.core.predictions import Predictions
from tunekit.statistics.proportions import wilson_ends
from tunekit.statistics.roc_auc import Ends


@dataclass(frozen=True)
class ClassQuality:
    """Metrics of one class; undefined values are NaN.

    Attributes
    ----------
    label : str
    support, predicted : int
        Number of predictions for rows of the class, and of predictions of the class.
    n_rows : int
        Number of rows of the class; with repeated folds there are more predictions.
    precision, recall : float
        Proportion of its predictions, and of its rows, that are correct.
    precision_interval, recall_interval : (float, float)
        Wilson intervals; several predictions of one row count as one.
    f1 : float
        F1 score from the counts of all folds together.
    auc, average_precision : float
        Values of the class against the rest; with several folds, their mean.
    known : bool
        Whether it is a class of the model.
    """

    label: str
    support: int
    predicted: int
    n_rows: int
    precision: float
    precision_interval: Ends
    recall: float
    recall_interval: Ends
    f1: float
    auc: float
    average_precision: float
    known: bool


@dataclass(frozen=True)
class PerClass:
    """Metrics of all classes, in the order of their labels.

    Attributes
    ----------
    classes : tuple of ClassQuality
    accuracy : float
    accuracy_interval : (float, float)
        Wilson interval; several predictions of one row count as one.
    level : float
        Confidence level of the intervals.
    """

    classes: tuple[ClassQuality, ...]
    accuracy: float
    accuracy_interval: Ends
    level: float

    def worst_first(self) -> tuple[ClassQuality, ...]:
        """Return the classes by F1 score, the worst first, undefined scores last."""
        return tuple(sorted(self.classes, key=lambda each: (math.isnan(each.f1), each.f1)))


def per_class(
    predictions: Predictions,
    *,
    level: float = 0.95,
    roc: Roc | Undefined | None = None,
    precision_recall: PrecisionRecall | Undefined | None = None,
) -> PerClass | Undefined:
    """Return precision, recall, F1 and support of each class.

    Parameters
    ----------
    predictions : Predictions
        Predictions of a classifier.
    level : float, default=0.95
        Confidence level of the intervals, from 0 to 1.
    roc, precision_recall : Roc, PrecisionRecall, Undefined or None
        Curves of the same predictions, for the areas, which are NaN without them. For two classes,
        only the areas of ``classes[1]`` are defined.

    Returns
    -------
    PerClass or Undefined
    """
    rows = class_rows(predictions)
    if isinstance(rows, Undefined):
        return rows
    counts = confusion_of(rows).counts
    of_labels = LabelCounts(
        names=rows.names,
        correct=np.diag(counts),
        support=counts.sum(axis=1),
        predicted=counts.sum(axis=0),
        rows=_distinct(rows, rows.true),
        rows_predicted=_distinct(rows, rows.predicted),
        known=frozenset(rows.columns.tolist()),
    )
    accuracy = np.trace(counts) / len(rows.rows)
    low, high = wilson_ends(accuracy, rows.row_weights.sum(), level)
    return PerClass(
        classes=qualities(of_labels, level, roc, precision_recall),
        accuracy=float(accuracy),
        accuracy_interval=(float(low[0]), float(high[0])),
        level=level,
    )


@dataclass(frozen=True)
class LabelCounts:
    """Counts of predictions by label, each of shape (n_labels,).

    Attributes
    ----------
    names : tuple of str
    correct, support, predicted : ndarray of int
        Number of predictions that are correct, for rows with the label, and of the label.
    rows, rows_predicted : ndarray
        Number of distinct rows behind ``support`` and ``predicted``.
    known : frozenset of int
        Positions of the labels that the model knows.
    """

    names: tuple[str, ...]
    correct: NDArray[np.int64]
    support: NDArray[np.int64]
    predicted: NDArray[np.int64]
    rows: NDArray[np.float64]
    rows_predicted: NDArray[np.float64]
    known: frozenset[int]


def qualities(
    counts: LabelCounts,
    level: float,
    roc: Roc | Undefined | None,
    precision_recall: PrecisionRecall | Undefined | None,
) -> tuple[ClassQuality, ...]:
    """Return the metrics of each label from its counts, see :func:`per_class`."""
    precision = _shares(counts.correct, counts.predicted)
    recall = _shares(counts.correct, counts.support)
    f1 = _shares(2 * counts.correct, counts.support + counts.predicted)
    of_predicted = wilson_ends(precision, counts.rows_predicted, level)
    of_rows = wilson_ends(recall, counts.rows, level)
    return tuple(
        ClassQuality(
            label=label,
            support=int(counts.support[i]),
            predicted=int(counts.predicted[i]),
            n_rows=round(counts.rows[i]),
            precision=float(precision[i]),
            precision_interval=(float(of_predicted[0][i]), float(of_predicted[1][i])),
            recall=float(recall[i]),
            recall_interval=(float(of_rows[0][i]), float(of_rows[1][i])),
            f1=float(f1[i]),
            auc=roc.area(label) if isinstance(roc, Roc) else math.nan,
            average_precision=(
                precision_recall.average_precision(label)
                if isinstance(precision_recall, PrecisionRecall)
                else math.nan
            ),
            known=i in counts.known,
        )
        for i, label in enumerate(counts.names)
    )


def _distinct(rows: ClassRows, labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the number of distinct rows of each label."""
    sums = np.bincount(labels, rows.row_weights, minlength=len(rows.names))
    return np.asarray(sums, dtype=np.float64)


def _shares(parts: NDArray[np.int64], wholes: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(wholes > 0, parts / np.maximum(wholes, 1), np.nan)
