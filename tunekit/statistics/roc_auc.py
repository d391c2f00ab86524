"""Areas under ROC curves: their interval, and a test of two on the same rows."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from tunekit.statistics.estimates import Interval

_ROUNDING = 1e-14  # what it leaves of 0


def auc_interval(
    truth: NDArray[np.bool_], score: NDArray[np.float64], level: float = 0.95
) -> Interval:
    """Return an area under the ROC curve with DeLong's interval, taken on the logit scale.

    Parameters
    ----------
    truth : ndarray of shape (n_rows,)
        Whether a row is of the positive class.
    score : ndarray of shape (n_rows,)
        Greater for rows that the model takes for positive.
    level : float, default=0.95
        Between 0 and 1.

    Returns
    -------
    Interval
        Undefined where a class is absent. Where the area is 0 or 1, the score is the same for all
        rows, or the area rests on one row of a class, DeLong's variance is 0 or unknown: the area
        stands without an interval.

    References
    ----------
    E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, "Comparing the areas under two or more
    correlated receiver operating characteristic curves", Biometrics 44, 1988.
    X. Sun and W. Xu, "Fast implementation of DeLong's algorithm", IEEE Signal Processing Letters
    21, 2014.
    """
    method, nan = "DeLong, logit", float("nan")
    if truth.all() or not truth.any():
        return Interval(nan, nan, nan, level, method, "only one class is there")
    areas, covariance = areas_and_covariance(truth, score[None, :])
    area, variance = float(areas[0]), float(covariance[0, 0])
    if min(truth.sum(), (~truth).sum()) == 1:
        return Interval(area, nan, nan, level, method, "a class has one row")
    if not 0 < area < 1:
        return Interval(area, nan, nan, level, method, "the classes are told apart without error")
    if variance <= _ROUNDING:
        note = "DeLong's variance is 0, as of a score that is the same for all rows"
        return Interval(area, nan, nan, level, method, note)
    return Interval(area, *logit_ends(area, variance, level), level, method)


def logit_ends(area: float, variance: float, level: float) -> tuple[float, float]:
    """Return the ends of an interval that stays within 0 and 1.

    Parameters
    ----------
    area : float
        Between 0 and 1.
    variance : float
        Of the area, above 0.
    level : float
        Between 0 and 1.
    """
    logit = np.log(area / (1 - area))
    reach = norm.ppf((1 + level) / 2) * np.sqrt(variance) / (area * (1 - area))
    low, high = (float(1 / (1 + np.exp(-end))) for end in (logit - reach, logit + reach))
    return low, high


def delong(
    truth: NDArray[np.bool_], first: NDArray[np.float64], second: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Return the difference of two areas, its standard error, and the p-value of none.

    Parameters
    ----------
    truth : ndarray of shape (n_rows,)
        Whether a row is of the positive class; both classes are there.
    first, second : ndarray of shape (n_rows,)
        Scores of two models for the same rows.

    Returns
    -------
    difference, error, p_value : float
        Where the two order the rows alike, the error is 0 and the p-value 1. Where they differ,
        and the variance is 0 all the same, one of them tells the classes apart without error: the
        p-value is that of the rank test of such an order, 2 in all the ways to place the positive
        rows. NaN where the variance is unknown.
    """
    areas, covariance = areas_and_covariance(truth, np.stack([first, second]))
    difference = float(areas[0] - areas[1])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    if variance <= _ROUNDING:
        if abs(difference) <= _ROUNDING:
            return difference, 0.0, 1.0
        without_error = bool(np.isin(areas, [0.0, 1.0]).any())
        ways = math.comb(len(truth), int(truth.sum()))
        return difference, 0.0, min(1.0, 2 / ways) if without_error else float("nan")
    error = float(np.sqrt(variance))
    return difference, error, float(2 * norm.sf(abs(difference) / error))


def areas_and_covariance(
    truth: NDArray[np.bool_], scores: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the areas of several models on the same rows, and DeLong's covariance of them.

    Parameters
    ----------
    truth : ndarray of shape (n_rows,)
        Whether a row is of the positive class; both classes are there.
    scores : ndarray of shape (n_models, n_rows)

    Returns
    -------
    areas : ndarray of shape (n_models,)
    covariance : ndarray of shape (n_models, n_models)
        NaN where a class has one row.
    """
    of_positive, of_negative = components(truth, scores)
    covariance = _covariance(of_positive) / of_positive.shape[1]
    covariance += _covariance(of_negative) / of_negative.shape[1]
    return of_positive.mean(axis=1), covariance


def components(
    truth: NDArray[np.bool_], scores: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what each row contributes to the areas: DeLong's structural components.

    Parameters
    ----------
    truth : ndarray of shape (n_rows,)
        Whether a row is of the positive class; both classes are there.
    scores : ndarray of shape (n_models, n_rows)

    Returns
    -------
    of_positive : ndarray of shape (n_models, n_positive)
        Which share of the negative rows each positive one stands above; ties count half.
    of_negative : ndarray of shape (n_models, n_negative)
        Which share of the positive rows stands above each negative one.
    """
    positive, negative = scores[:, truth], scores[:, ~truth]
    m, n = positive.shape[1], negative.shape[1]
    together = rankdata(np.concatenate([positive, negative], axis=1), axis=1)
    of_positive = (together[:, :m] - rankdata(positive, axis=1)) / n
    of_negative = 1 - (together[:, m:] - rankdata(negative, axis=1)) / m
    return of_positive, of_negative


def _covariance(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    if parts.shape[1] == 1:
        return np.full((len(parts), len(parts)), np.nan)
    return np.atleast_2d(np.cov(parts))


#: Low and high end; NaN where there is none.
Ends = tuple[float, float]


_NONE: Ends = (math.nan, math.nan)


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
) -> Ends:
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


def _ends(area: float, variance: float, level: float) -> Ends:
    if not 0 < area < 1 or not 0 < variance < math.inf:
        return _NONE
    return logit_ends(area, variance, level)


def _sums(
    cluster: NDArray[np.int64], values: NDArray[np.float64], n_clusters: int
) -> NDArray[np.float64]:
    return np.asarray(np.bincount(cluster, values, minlength=n_clusters), dtype=np.float64)


def _unbiased(n: int) -> float:
    return n / (n - 1) if n > 1 else math.inf
