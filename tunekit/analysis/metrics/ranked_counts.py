"""Rows at or above each threshold of a score, from which curves are computed.

The values are those of :func:`sklearn.metrics.roc_curve` and
:func:`sklearn.metrics.precision_recall_curve`, which check their arguments in each call. For
hundreds of classes with few rows each, that takes many times as long as the computation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class RankedCounts:
    """Counts at each distinct score, from the highest one on.

    Attributes
    ----------
    true, false : ndarray of int of shape (n_thresholds,)
        Number of rows with this score or a higher one that belong to the class, and of others.
    """

    true: NDArray[np.int64]
    false: NDArray[np.int64]

    @property
    def recall(self) -> NDArray[np.float64]:
        """True-positive rate at each threshold, from 0 to 1."""
        return np.asarray(self.true / self.true[-1])

    @property
    def precision(self) -> NDArray[np.float64]:
        """Proportion of rows of the class at each threshold, from 0 to 1."""
        return np.asarray(self.true / (self.true + self.false))

    @property
    def average_precision(self) -> float:
        """Mean precision, weighted by the increase of the recall."""
        return float(np.diff(self.recall, prepend=0.0) @ self.precision)

    def roc(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return false- and true-positive rates from (0, 0) to (1, 1), without points on lines."""
        corners = (np.diff(self.false, 2) != 0) | (np.diff(self.true, 2) != 0)
        shown = np.r_[True, corners, True][-len(self.true) :]
        false, true = (np.r_[0, each[shown]] for each in (self.false, self.true))
        return false / false[-1], true / true[-1]


def ranked_counts(truth: NDArray[np.bool_], score: NDArray[np.float64]) -> RankedCounts:
    """Return the counts at each threshold.

    Parameters
    ----------
    truth : ndarray of bool of shape (n_rows,)
        Whether each row belongs to the class. There are rows of both kinds.
    score : ndarray of shape (n_rows,)

    Examples
    --------
    >>> found = ranked_counts(np.array([True, False, True, False]), np.array([0.9, 0.9, 0.4, 0.1]))
    >>> found.true.tolist(), found.false.tolist()
    ([1, 2, 2], [1, 1, 2])
    >>> round(found.average_precision, 4)
    0.5833
    """
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    last = np.r_[np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1]
    true = np.cumsum(truth[order], dtype=np.int64)[last]
    return RankedCounts(true, last + 1 - true)
