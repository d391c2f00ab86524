"""Precision, recall and the like, class by class."""

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
    """What a model makes of one class; NaN is undefined.

    Attributes
    ----------
    label : str
    support, predicted : int
        Predictions for rows of the class, and predictions of the class.
    n_rows : int
        Rows of the class; with repeated folds there are more predictions.
    precision, recall : float
        Share of its predictions, and of its rows, that are right.
    precision_interval, recall_interval : (float, float)
        Wilson's; several predictions of one row count as one.
    f1 : float
        From the counts of all folds together.
    auc, average_precision : float
        Against the rest; with several folds the mean of theirs.
    known : bool
        Whether it is among the model's classes.
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
    """All classes, in the order of their labels.

    Attributes
    ----------
    classes : tuple of ClassQuality
    accuracy : float
    accuracy_interval : (float, float)
        Wilson's; several predictions of one row count as one.
    level : float
        Of the intervals.
    """

    classes: tuple[ClassQuality, ...]
    accuracy: float
    accuracy_interval: Ends
    level: float

    def worst_first(self) -> tuple[ClassQuality, ...]:
        """Return the classes by F1, the worst first, those without any last."""
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
        Of a classifier.
    level : float, default=0.95
        Of the intervals, from 0 to 1.
    roc, precision_recall : Roc, PrecisionRecall, Undefined or None
        Of the same predictions, for the areas; without, these are NaN. For two classes they have
        those of ``classes[1]`` alone.

    Returns
    -------
    PerClass or Undefined
    """
    found = class_rows(predictions)
    if isinstance(found, Undefined):
        return found
    counts = confusion_of(found).counts
    right, support, predicted = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    n_labels = len(found.names)
    precision, recall = _shares(right, predicted), _shares(right, support)
    f1 = _shares(2 * right, support + predicted)
    of_predicted = wilson_ends(precision, _distinct(found, found.predicted), level)
    n_rows = _distinct(found, found.true)
    of_rows = wilson_ends(recall, n_rows, level)
    known = set(found.columns.tolist())
    accuracy = right.sum() / len(found.rows)
    low, high = wilson_ends(accuracy, found.once.sum(), level)
    return PerClass(
        classes=tuple(
            ClassQuality(
                label=found.names[i],
                support=int(support[i]),
                predicted=int(predicted[i]),
                n_rows=round(n_rows[i]),
                precision=float(precision[i]),
                precision_interval=(float(of_predicted[0][i]), float(of_predicted[1][i])),
                recall=float(recall[i]),
                recall_interval=(float(of_rows[0][i]), float(of_rows[1][i])),
                f1=float(f1[i]),
                auc=roc.area(found.names[i]) if isinstance(roc, Roc) else math.nan,
                average_precision=(
                    precision_recall.average_precision(found.names[i])
                    if isinstance(precision_recall, PrecisionRecall)
                    else math.nan
                ),
                known=i in known,
            )
            for i in range(n_labels)
        ),
        accuracy=float(accuracy),
        accuracy_interval=(float(low[0]), float(high[0])),
        level=level,
    )


def _distinct(found: ClassRows, labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how many distinct rows stand behind each label."""
    sums = np.bincount(labels, found.once, minlength=len(found.names))
    return np.asarray(sums, dtype=np.float64)


def _shares(parts: NDArray[np.int64], wholes: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(wholes > 0, parts / np.maximum(wholes, 1), np.nan)
