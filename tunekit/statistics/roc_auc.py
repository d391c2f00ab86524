"""Intervals of areas under ROC curves, and a test of two areas on the same rows."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from tunekit.statistics.estimates import Interval

_ROUNDING = 1e-14  # rounding error of 0


def auc_interval(
    truth: NDArray[np.bool_], score: NDArray[np.float64], level: float = 0.95
) -> Interval:
    """Return an area under the ROC curve with DeLong's interval, taken on the logit scale.

    Parameters
    ----------
    truth : ndarray of shape (n_rows,)
        Whether each row belongs to the positive class.
    score : ndarray of shape (n_rows,)
        Greater for rows that are more likely positive.
    level : float, default=0.95
        Between 0 and 1.

    Returns
    -------
    Interval
        Undefined if a class is absent. If the area is 0 or 1, if the score is the same for all
        rows, or if a class has a single row, DeLong's variance is 0 or unknown: only the bounds
        are NaN.

    References
    ----------
    E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, "Comparing the areas under two or more
    correlated receiver operating characteristic curves", Biometrics 44, 1988.
    X. Sun and W. Xu, "Fast implementation of DeLong's algorithm", IEEE Signal Processing Letters
    21, 2014.
    """
    method, nan = "DeLong, logit", float("nan")
    if truth.all() or not truth.any():
        return Interval(nan, nan, nan, level, method, "only one class is present")
    areas, covariance = areas_and_covariance(truth, score[None, :])
    area, variance = float(areas[0]), float(covariance[0, 0])
    if min(truth.sum(), (~truth).sum()) == 1:
        return Interval(area, nan, nan, level, method, "a class has only one row")
    if not 0 < area < 1:
        return Interval(area, nan, nan, level, method, "the classes are separated perfectly")
    if variance <= _ROUNDING:
        note = "DeLong's variance is 0, as for a score that is the same for all rows"
        return Interval(area, nan, nan, level, method, note)
    return Interval(area, *logit_ends(area, variance, level), level, method)


def logit_ends(area: float, variance: float, level: float) -> tuple[float, float]:
    """Return the bounds of an interval on the logit scale, which are within 0 and 1.

    Parameters
    ----------
    area : float
        Between 0 and 1.
    variance : float
        Variance of the area, above 0.
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
    """Return the difference of two areas, its standard error and its p-value.

    Parameters
    ----------
    truth : ndarray of shape (n_rows,)
        Whether each row belongs to the positive class; both classes occur.
    first, second : ndarray of shape (n_rows,)
        Scores of two models for the same rows.

    Returns
    -------
    difference, error, p_value : float
        If both order the rows equally, the error is 0 and the p-value is 1. If the areas differ
        although the variance is 0, and one of them is 0 or 1, the p-value is that of a rank test:
        2 divided by the number of ways to choose the positive rows. NaN if the variance is
        unknown.
    """
    areas, covariance = areas_and_covariance(truth, np.stack([first, second]))
    difference = float(areas[0] - areas[1])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    if variance <= _ROUNDING:
        if abs(difference) <= _ROUNDING:
            return difference, 0.0, 1.0
        is_perfect = bool(np.isin(areas, [0.0, 1.0]).any())
        n_orders = math.comb(len(truth), int(truth.sum()))
        return difference, 0.0, min(1.0, 2 / n_orders) if is_perfect else float("nan")
    error = float(np.sqrt(variance))
    return difference, error, float(2 * norm.sf(abs(difference) / error))


def areas_and_covariance(
    truth: NDArray[np.bool_], scores: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the areas of several models on the same rows, and DeLong's covariance.

    Parameters
    ----------
    truth : ndarray of shape (n_rows,)
        Whether each row belongs to the positive class; both classes occur.
    scores : ndarray of shape (n_models, n_rows)

    Returns
    -------
    areas : ndarray of shape (n_models,)
    covariance : ndarray of shape (n_models, n_models)
        NaN if a class has a single row.
    """
    of_positive, of_negative = components(truth, scores)
    covariance = _covariance(of_positive) / of_positive.shape[1]
    covariance += _covariance(of_negative) / of_negative.shape[1]
    return of_positive.mean(axis=1), covariance


def components(
    truth: NDArray[np.bool_], scores: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return DeLong's structural components: the contribution of each row to the areas.

    Parameters
    ----------
    truth : ndarray of shape (n_rows,)
        Whether each row belongs to the positive class; both classes occur.
    scores : ndarray of shape (n_models, n_rows)

    Returns
    -------
    of_positive : ndarray of shape (n_models, n_positive)
        Fraction of the negative rows that each positive row is ranked above; ties count half.
    of_negative : ndarray of shape (n_models, n_negative)
        Fraction of the positive rows that are ranked above each negative row.
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


#: Lower and upper bound; NaN if undefined.
Ends = tuple[float, float]


_UNDEFINED: Ends = (math.nan, math.nan)


def clustered_interval(
    truth: NDArray[np.bool_], score: NDArray[np.float64], cluster: NDArray[np.int64], level: float
) -> tuple[float, float, float]:
    """Return the area under a ROC curve and its interval for clustered observations.

    Parameters
    ----------
    truth : ndarray of bool of shape (n_observations,)
        Whether each observation is positive; both classes occur.
    score : ndarray of shape (n_observations,)
        Finite, greater for observations that are more likely positive.
    cluster : ndarray of int of shape (n_observations,)
        Number of the cluster of each observation, from 0.
    level : float
        Between 0 and 1.

    Returns
    -------
    area, low, high : float
        The bounds are NaN if the area is 0 or 1, or a class occurs in a single cluster: the
        variance is then estimated as 0, or cannot be estimated.
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
    return (area, *_bounds(area, variance, level))


def macro_interval(
    true: NDArray[np.int64], scores: NDArray[np.float64], columns: NDArray[np.int64], level: float
) -> Ends:
    """Return the interval of the mean one-vs-rest area over several classes.

    Parameters
    ----------
    true : ndarray of int of shape (n_rows,)
        Label of each row.
    scores : ndarray of shape (n_rows, n_classes)
        Scores of the classes to average over.
    columns : ndarray of int of shape (n_classes,)
        The label of each column, which some rows have and others do not.
    level : float
        Between 0 and 1.

    Returns
    -------
    low, high : float
        NaN if a label has a single row, or the mean is 0 or 1.
    """
    contributions, areas = np.zeros(len(true)), []
    counts = np.bincount(true, minlength=int(columns.max()) + 1)
    for column, label in enumerate(columns):
        truth = true == label
        (of_positives,), (of_negatives,) = components(truth, scores[:, column][None, :])
        areas.append(of_positives.mean())
        contributions[truth] += of_positives
        # Weight by the number of rows of each row's label among the negatives of this class.
        contributions[~truth] += of_negatives * counts[true[~truth]] / len(of_negatives)
    contributions /= len(columns)
    variance = 0.0
    for label in np.unique(true):
        of_label = contributions[true == label]
        variance += _unbiased(len(of_label)) * float(np.var(of_label)) / len(of_label)
    return _bounds(float(np.mean(areas)), variance, level)


def label_macro_interval(
    truth: NDArray[np.bool_], scores: NDArray[np.float64], level: float
) -> Ends:
    """Return the interval of the mean area over several labels of the same rows.

    A row may have any number of labels, so it contributes to the area of each. As in
    :func:`clustered_interval`, the contributions of a row form a cluster (Obuchowski, 1997).

    Parameters
    ----------
    truth : ndarray of bool of shape (n_rows, n_labels)
        Whether each row has each label; some rows have it and others do not.
    scores : ndarray of shape (n_rows, n_labels)
        Finite, greater for rows that are more likely to have the label.
    level : float
        Between 0 and 1.

    Returns
    -------
    low, high : float
        NaN if a label has a single row, or all rows but one, or if the mean is 0 or 1.
    """
    if (np.minimum(truth.sum(axis=0), (~truth).sum(axis=0)) < 2).any():  # noqa: PLR2004
        return _UNDEFINED
    contributions, areas = np.zeros(len(truth)), []
    for column, has_label in enumerate(truth.T):
        (of_positives,), (of_negatives,) = components(has_label, scores[:, column][None, :])
        areas.append(of_positives.mean())
        contributions[has_label] += (of_positives - areas[-1]) / len(of_positives)
        contributions[~has_label] += (of_negatives - areas[-1]) / len(of_negatives)
    contributions /= len(areas)
    variance = _unbiased(len(truth)) * float(contributions @ contributions)
    return _bounds(float(np.mean(areas)), variance, level)


def _bounds(area: float, variance: float, level: float) -> Ends:
    if not 0 < area < 1 or not 0 < variance < math.inf:
        return _UNDEFINED
    return logit_ends(area, variance, level)


def _sums(
    cluster: NDArray[np.int64], values: NDArray[np.float64], n_clusters: int
) -> NDArray[np.float64]:
    return np.asarray(np.bincount(cluster, values, minlength=n_clusters), dtype=np.float64)


def _unbiased(n: int) -> float:
    return n / (n - 1) if n > 1 else math.inf
