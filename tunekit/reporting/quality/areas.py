"""Areas under ROC curves with their intervals, those of averages over classes among them.

The area is a mean over pairs of a positive and a negative row. Its variance comes from how much
each row contributes to it (the structural components of DeLong et al.). Where some contributions
belong together, as those of one row to the micro average do, they are added first (Obuchowski);
where a row contributes to the areas of several classes, as in the macro average, its
contributions are averaged first. Both are DeLong's interval where there are two classes.

References
----------
E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson: Comparing the areas under two or more correlated
receiver operating characteristic curves: a nonparametric approach. Biometrics 44, 1988.
X. Sun, W. Xu: Fast implementation of DeLong's algorithm for comparing the areas under correlated
receiver operating characteristic curves. IEEE Signal Processing Letters 21, 2014.
N. A. Obuchowski: Nonparametric analysis of clustered ROC curve data. Biometrics 53, 1997.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

#: Low and high end; NaN where there is none.
Interval = tuple[float, float]

_NONE: Interval = (math.nan, math.nan)


def area_interval(
    truth: NDArray[np.bool_], score: NDArray[np.float64], level: float
) -> tuple[float, float, float]:
    """Return the area under a ROC curve and its interval by DeLong, on the logit scale.

    Parameters
    ----------
    truth : ndarray of bool of shape (n_rows,)
        Which rows are positive; both kinds occur.
    score : ndarray of shape (n_rows,)
        Finite, greater for rows that are rather positive.
    level : float
        Such as 0.95.

    Returns
    -------
    area, low, high : float
        The ends are NaN where the area is 0 or 1, or a kind has one row: the variance is then
        estimated as 0, or cannot be.
    """
    return clustered_interval(truth, score, np.arange(len(truth)), level)


def clustered_interval(
    truth: NDArray[np.bool_], score: NDArray[np.float64], cluster: NDArray[np.int64], level: float
) -> tuple[float, float, float]:
    """Return the area under a ROC curve and its interval where observations belong together.

    Parameters are those of :func:`area_interval`, and ``cluster``, which numbers the clusters
    from 0.
    """
    of_positives, of_negatives = _components(truth, score)
    area = float(of_positives.mean())
    n_clusters = int(cluster.max()) + 1
    positive = _sums(cluster[truth], of_positives - area, n_clusters) / len(of_positives)
    negative = _sums(cluster[~truth], of_negatives - area, n_clusters) / len(of_negatives)
    variance = (
        _unbiased(len(np.unique(cluster[truth]))) * float(positive @ positive)
        + _unbiased(len(np.unique(cluster[~truth]))) * float(negative @ negative)
        + 2 * _unbiased(len(np.unique(cluster))) * float(positive @ negative)
    )
    return (area, *logit_interval(area, variance, level))


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
        of_positives, of_negatives = _components(truth, scores[:, column])
        areas.append(of_positives.mean())
        share[truth] += of_positives
        # Of the negatives of this class, so many are of each row's own.
        share[~truth] += of_negatives * counts[true[~truth]] / len(of_negatives)
    share /= len(columns)
    variance = 0.0
    for label in np.unique(true):
        own = share[true == label]
        variance += _unbiased(len(own)) * float(np.var(own)) / len(own)
    return logit_interval(float(np.mean(areas)), variance, level)


def logit_interval(area: float, variance: float, level: float) -> Interval:
    """Return an interval that stays within 0 and 1; NaN where there is no variance."""
    if not 0 < area < 1 or not 0 < variance < math.inf:
        return _NONE
    middle = math.log(area / (1 - area))
    reach = float(norm.ppf(0.5 + level / 2)) * math.sqrt(variance) / (area * (1 - area))
    return _expit(middle - reach), _expit(middle + reach)


def _expit(value: float) -> float:
    return 0.5 * (1 + math.tanh(value / 2))


def _components(
    truth: NDArray[np.bool_], score: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for each positive row the share of negatives below it, and the other way round."""
    positives, negatives = score[truth], score[~truth]
    ranks = rankdata(score)
    below = (ranks[truth] - rankdata(positives)) / len(negatives)
    above = 1 - (ranks[~truth] - rankdata(negatives)) / len(positives)
    return below, above


def _sums(
    cluster: NDArray[np.int64], values: NDArray[np.float64], n_clusters: int
) -> NDArray[np.float64]:
    return np.asarray(np.bincount(cluster, values, minlength=n_clusters), dtype=np.float64)


def _unbiased(n: int) -> float:
    return n / (n - 1) if n > 1 else math.inf
