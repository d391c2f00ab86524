"""Intervals of areas under ROC curves that are averaged over classes.

The area is a mean over pairs of a positive and a negative row. Its variance comes from how much
each row contributes to it (DeLong's structural components, see :mod:`tunekit.statistics.areas`).
Where some contributions belong together, as those of one row to the micro average do, they are
added first (Obuchowski); where a row contributes to the areas of several classes, as in the macro
average, its contributions are averaged first. With two classes both are DeLong's interval.

References
----------
N. A. Obuchowski: Nonparametric analysis of clustered ROC curve data. Biometrics 53, 1997.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tunekit.statistics.areas import components, logit_ends

#: Low and high end; NaN where there is none.
Interval = tuple[float, float]

_NONE: Interval = (math.nan, math.nan)


def clustered_interval(
    truth: NDArray[np.bool_], score: NDArray[np.float64], cluster: NDArray[np.int64], level: float
) -> tuple[float, float, float]:
    """Return the area under a ROC curve and its interval where observations belong together.

    Parameters
    ----------
    truth : ndarray of bool of shape (n_observations,)
        Which are positive; both kinds occur.
    score : ndarray of shape (n_observations,)
        Finite, greater for those that are rather positive.
    cluster : ndarray of int of shape (n_observations,)
        Those that belong together have the same number, from 0.
    level : float
        Such as 0.95.

    Returns
    -------
    area, low, high : float
        The ends are NaN where the area is 0 or 1, or a kind stands in one cluster: the variance
        is then estimated as 0, or cannot be.
    """
    (of_positives,), (of_negatives,) = components(truth, score[None, :])
    area = float(of_positives.mean())
    n_clusters = int(cluster.max()) + 1
    positive = _sums(cluster[truth], of_positives - area, n_clusters) / len(of_positives)
    negative = _sums(cluster[~truth], of_negatives - area, n_clusters) / len(of_negatives)
    variance = (
        _unbiased(len(np.unique(cluster[truth]))) * float(positive @ positive)
        + _unbiased(len(np.unique(cluster[~truth]))) * float(negative @ negative)
        + 2 * _unbiased(len(np.unique(cluster))) * float(positive @ negative)
    )
    return (area, *_ends(area, variance, level))


def macro_interval(
    true: NDArray[np.int64], scores: NDArray[np.float64], columns: NDArray[np.int64], level: float
) -> Interval:
    """Return the interval of the mean of several classes' areas against the rest.

    Parameters
    ----------
    true : ndarray of int of shape (n_rows,)
        Label of each row.
    scores : ndarray of shape (n_rows, n_classes)
        Of the classes that are averaged over.
    columns : ndarray of int of shape (n_classes,)
        The label of each column; rows of each occur, and rows of others.
    level : float

    Returns
    -------
    low, high : float
        NaN where a label has one row, or the mean is 0 or 1.
    """
    share, areas = np.zeros(len(true)), []
    counts = np.bincount(true, minlength=int(columns.max()) + 1)
    for column, label in enumerate(columns):
        truth = true == label
        (of_positives,), (of_negatives,) = components(truth, scores[:, column][None, :])
        areas.append(of_positives.mean())
        share[truth] += of_positives
        # Of the negatives of this class, so many are of each row's own.
        share[~truth] += of_negatives * counts[true[~truth]] / len(of_negatives)
    share /= len(columns)
    variance = 0.0
    for label in np.unique(true):
        own = share[true == label]
        variance += _unbiased(len(own)) * float(np.var(own)) / len(own)
    return _ends(float(np.mean(areas)), variance, level)


def _ends(area: float, variance: float, level: float) -> Interval:
    if not 0 < area < 1 or not 0 < variance < math.inf:
        return _NONE
    return logit_ends(area, variance, level)


def _sums(
    cluster: NDArray[np.int64], values: NDArray[np.float64], n_clusters: int
) -> NDArray[np.float64]:
    return np.asarray(np.bincount(cluster, values, minlength=n_clusters), dtype=np.float64)


def _unbiased(n: int) -> float:
    return n / (n - 1) if n > 1 else math.inf
