"""Metrics of a classification with several labels per row.

References
----------
M. S. Sorower: A literature survey on algorithms for multi-label learning. Oregon State University,
2010.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import multilabel_confusion_matrix, precision_recall_fscore_support

from tunekit.analysis.metrics.label_rows import LabelRows
from tunekit.analysis.metrics.per_class import LabelCounts, PerClass, qualities
from tunekit.analysis.metrics.precision_recall import PrecisionRecall
from tunekit.analysis.metrics.roc import Roc
from tunekit.analysis.metrics.rows import Undefined
from tunekit.statistics.proportions import wilson_ends

_AVERAGES = ("macro", "micro", "weighted", "samples")


@dataclass(frozen=True)
class Average:
    """Averages of precision, recall and F1, as scikit-learn defines them.

    Attributes
    ----------
    kind : {"macro", "micro", "weighted", "samples"}
    precision, recall, f1 : float
        An undefined value of a label or of a row counts as 0.
    """

    kind: str
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class MultiLabel:
    """Metrics of a classification with several labels per row.

    Attributes
    ----------
    by_label : PerClass
        Metrics of each label. Its ``accuracy`` is the subset accuracy: the proportion of
        predictions that have all labels of their row, and no others.
    counts : ndarray of int of shape (n_labels, 2, 2)
        Confusion matrix of each label, with true values in rows: without and with the label.
    hamming_loss : float
        Proportion of wrong values among all pairs of a row and a label, from 0 to 1.
    hamming_of_base : float
        That of always predicting the more frequent value of each label.
    averages : tuple of Average
        Over labels (macro, weighted), over all pairs (micro), and over rows (samples).
    labels_per_row, predicted_per_row : float
        Mean number of true and of predicted labels.
    n_predictions, n_rows : int
        Number of predictions and of distinct rows.
    """

    by_label: PerClass
    counts: NDArray[np.int64]
    hamming_loss: float
    hamming_of_base: float
    averages: tuple[Average, ...]
    labels_per_row: float
    predicted_per_row: float
    n_predictions: int
    n_rows: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the labels."""
        return tuple(each.label for each in self.by_label.classes)


def multilabel(
    rows: LabelRows,
    *,
    level: float = 0.95,
    roc: Roc | Undefined | None = None,
    precision_recall: PrecisionRecall | Undefined | None = None,
) -> MultiLabel:
    """Return the metrics of each label and of whole rows, over all folds together.

    Parameters
    ----------
    rows : LabelRows
    level : float, default=0.95
        Confidence level of the intervals, from 0 to 1.
    roc, precision_recall : Roc, PrecisionRecall, Undefined or None
        Curves of the same predictions, for the areas, which are NaN without them.
    """
    true, predicted, weights = rows.true, rows.predicted, rows.row_weights
    exact = (true == predicted).all(axis=1).mean()
    low, high = wilson_ends(exact, weights.sum(), level)
    counts = LabelCounts(
        names=rows.names,
        correct=(true & predicted).sum(axis=0),
        support=true.sum(axis=0),
        predicted=predicted.sum(axis=0),
        rows=weights @ true,
        rows_predicted=weights @ predicted,
        known=frozenset(range(len(rows.names))),
    )
    rates = true.mean(axis=0)
    return MultiLabel(
        by_label=PerClass(
            classes=qualities(counts, level, roc, precision_recall),
            accuracy=float(exact),
            accuracy_interval=(float(low[0]), float(high[0])),
            level=level,
        ),
        counts=multilabel_confusion_matrix(true, predicted),
        hamming_loss=float((true != predicted).mean()),
        hamming_of_base=float(np.minimum(rates, 1 - rates).mean()),
        averages=tuple(_average(rows, kind) for kind in _AVERAGES),
        labels_per_row=float(true.sum(axis=1).mean()),
        predicted_per_row=float(predicted.sum(axis=1).mean()),
        n_predictions=len(true),
        n_rows=len(np.unique(rows.rows)),
    )


def _average(rows: LabelRows, kind: str) -> Average:
    values = precision_recall_fscore_support(
        rows.true, rows.predicted, average=kind, zero_division=0.0
    )
    return Average(kind, *(float(each) for each in values[:3]))
