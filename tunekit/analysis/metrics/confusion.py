"""Which classes are taken for which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunekit.analysis.metrics.rows import ClassRows, Undefined, class_rows
from tunekit.core.predictions import Predictions


@dataclass(frozen=True)
class Mixup:
    """One class taken for another.

    Attributes
    ----------
    true, predicted : str
    count : int
        Predictions.
    share : float
        Of all predictions for rows of the true class.
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
        The model's classes and those that only the rows have, sorted by label.
    counts : ndarray of int of shape (n_labels, n_labels)
        Predictions by true (down) and predicted label (across), summed over the folds.
    shares : ndarray of shape (n_labels, n_labels)
        Of each true label; NaN where there is no row of it.
    unseen : tuple of str
        Labels that the model did not know, so that all their rows are errors.
    worst : tuple of Mixup
        Every kind of mistake, the most frequent first.
    n_rows : int
        Distinct rows; with repeated folds there are more predictions.
    """

    labels: tuple[str, ...]
    counts: NDArray[np.int64]
    shares: NDArray[np.float64]
    unseen: tuple[str, ...]
    worst: tuple[Mixup, ...]
    n_rows: int

    @property
    def total(self) -> int:
        """Predictions."""
        return int(self.counts.sum())

    @property
    def wrong(self) -> int:
        """Predictions that are not right."""
        return self.total - int(np.trace(self.counts))


def confusion(predictions: Predictions) -> Confusion | Undefined:
    """Count which label was predicted for rows of which.

    Parameters
    ----------
    predictions : Predictions
        Of a classifier.

    Returns
    -------
    Confusion or Undefined
    """
    found = class_rows(predictions)
    return found if isinstance(found, Undefined) else confusion_of(found)


def confusion_of(found: ClassRows) -> Confusion:
    """Return the confusion matrix of rows that were read already."""
    n_labels = len(found.names)
    pairs = found.true * n_labels + found.predicted
    counts = np.bincount(pairs, minlength=n_labels**2).reshape(n_labels, n_labels)
    rows = counts.sum(axis=1, keepdims=True)
    shares = np.where(rows > 0, counts / np.maximum(rows, 1), np.nan)
    return Confusion(
        labels=found.names,
        counts=counts,
        shares=shares,
        unseen=found.unseen,
        worst=_worst(found.names, counts, shares),
        n_rows=len(np.unique(found.rows)),
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
