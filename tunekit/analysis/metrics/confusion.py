"""Confusion matrices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunekit.analysis.metrics.rows import ClassRows, Undefined, class_rows
from tunekit.core.predictions import Predictions


@dataclass(frozen=True)
class Mixup:
    """One class predicted for another.

    Attributes
    ----------
    true, predicted : str
    count : int
        Number of predictions.
    share : float
        Proportion of all predictions for rows of the true class.
    """

    true: str
    predicted: str
    count: int
    share: float


@dataclass(frozen=True)
class Confusion:
    """A confusion matrix.

    Attributes
    ----------
    labels : tuple of str
        The model's classes and other labels of the rows, sorted by label.
    counts : ndarray of int of shape (n_labels, n_labels)
        Number of predictions by true (rows) and predicted label (columns), summed over the folds.
    shares : ndarray of shape (n_labels, n_labels)
        Counts relative to those of the true label; NaN if it has no rows.
    unseen : tuple of str
        Labels unknown to the model; all predictions for their rows are errors.
    worst : tuple of Mixup
        All kinds of mistakes, the most frequent first.
    n_rows : int
        Number of distinct rows; with repeated folds there are more predictions.
    """

    labels: tuple[str, ...]
    counts: NDArray[np.int64]
    shares: NDArray[np.float64]
    unseen: tuple[str, ...]
    worst: tuple[Mixup, ...]
    n_rows: int

    @property
    def total(self) -> int:
        """Number of predictions."""
        return int(self.counts.sum())

    @property
    def wrong(self) -> int:
        """Number of incorrect predictions."""
        return self.total - int(np.trace(self.counts))


def confusion(predictions: Predictions) -> Confusion | Undefined:
    """Return the confusion matrix.

    Parameters
    ----------
    predictions : Predictions
        Predictions of a classifier.

    Returns
    -------
    Confusion or Undefined
    """
    rows = class_rows(predictions)
    return rows if isinstance(rows, Undefined) else confusion_of(rows)


def confusion_of(rows: ClassRows) -> Confusion:
    """Return the confusion matrix of class rows."""
    n_labels = len(rows.names)
    pairs = rows.true * n_labels + rows.predicted
    counts = np.bincount(pairs, minlength=n_labels**2).reshape(n_labels, n_labels)
    n_rows = len(np.unique(rows.rows))
    return confusion_of_counts(rows.names, counts, n_rows, unseen=rows.unseen)


def confusion_of_counts(
    labels: tuple[str, ...],
    counts: NDArray[np.int64],
    n_rows: int,
    *,
    unseen: tuple[str, ...] = (),
) -> Confusion:
    """Return the confusion matrix with given counts; see :class:`Confusion` for the parameters."""
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.where(totals > 0, counts / np.maximum(totals, 1), np.nan)
    return Confusion(
        labels=labels,
        counts=counts,
        shares=shares,
        unseen=unseen,
        worst=_worst(labels, counts, shares),
        n_rows=n_rows,
    )


def _worst(
    labels: tuple[str, ...], counts: NDArray[np.int64], shares: NDArray[np.float64]
) -> tuple[Mixup, ...]:
    true, predicted = np.nonzero(counts * ~np.eye(len(labels), dtype=bool))
    count, share = counts[true, predicted], shares[true, predicted]
    order = np.lexsort((predicted, true, -share, -count))
    return tuple(
        Mixup(labels[true[i]], labels[predicted[i]], int(count[i]), float(share[i])) for i in order
    )
