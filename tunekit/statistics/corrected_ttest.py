"""Corrected t-test for scores by fold: interval of the mean, and difference of two models.

Folds share most of their training rows, so the usual standard error is too small. Nadeau and
Bengio add the ratio of validation to training rows to the variance of the mean. The Bayesian
correlated t-test leads to the same distribution as a posterior.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import t as student

from tunekit.statistics.estimates import Difference, Interval

TEST = "Nadeau and Bengio's corrected t-test"

_ROUNDING = 1e-12  # rounding error of 0, relative to the scores


def mean_interval(scores: Sequence[float], ratio: float, level: float = 0.95) -> Interval:
    """Return the mean score over folds with an interval that accounts for their overlap.

    Parameters
    ----------
    scores : sequence of float
        One per fold, finite.
    ratio : float
        Number of validation rows divided by number of training rows: 0.25 for 5 folds.
    level : float, default=0.95
        Between 0 and 1.

    Returns
    -------
    Interval
        Undefined for a single fold, and if all scores are equal.

    References
    ----------
    C. Nadeau and Y. Bengio, "Inference for the generalization error", Machine Learning 52, 2003.

    Examples
    --------
    >>> interval = mean_interval([0.9, 0.8, 0.85, 0.95, 0.9], ratio=0.25)
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.774, 0.986)
    """
    method, nan = "corrected t", float("nan")
    values = np.asarray(scores, dtype=float)
    mean = float(values.mean())
    if len(values) == 1:
        return Interval(mean, nan, nan, level, method, "there is only one fold")
    error = _error(values, ratio, float(np.abs(values).max()))
    if error == 0:
        return Interval(mean, nan, nan, level, method, "all folds have the same score")
    reach = float(student.ppf((1 + level) / 2, len(values) - 1)) * error
    return Interval(mean, mean - reach, mean + reach, level, method)


def corrected_difference(
    first: Sequence[float],
    second: Sequence[float],
    ratio: float,
    *,
    rope: float,
    level: float = 0.95,
) -> Difference:
    """Return how much better one model is than another, from their scores on the same folds.

    Parameters
    ----------
    first, second : sequence of float
        One score per fold, greater is better; two folds or more.
    ratio : float
        Number of validation rows divided by number of training rows.
    rope : float
        Half the width of the region of practical equivalence, 0 or more.
    level : float, default=0.95
        Between 0 and 1.

    Returns
    -------
    Difference
        If the difference is the same in every fold, the variance cannot be estimated, so interval
        and p-value are NaN. A sign test is not an alternative: folds share training rows, and
        stratified folds have the same class distribution, so they are not independent.

    References
    ----------
    C. Nadeau and Y. Bengio, "Inference for the generalization error", Machine Learning 52, 2003.
    A. Benavoli, G. Corani, J. Demšar and M. Zaffalon, "Time for a change: a tutorial for comparing
    multiple classifiers through Bayesian analysis", Journal of Machine Learning Research 18, 2017.
    """
    one, other = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    values, size = one - other, float(np.abs([one, other]).max())
    mean, error = float(values.mean()), _error(values, ratio, size)
    if error == 0:
        return _without_spread(mean, rope, size)
    posterior = student(len(values) - 1, loc=mean, scale=error)
    reach = float(student.ppf((1 + level) / 2, len(values) - 1)) * error
    worse, better = float(posterior.cdf(-rope)), float(posterior.sf(rope))
    p_value = float(2 * student.sf(abs(mean) / error, len(values) - 1))
    low, high = mean - reach, mean + reach
    same = max(0.0, 1 - worse - better)
    return Difference(mean, low, high, p_value, better, same, worse, rope, TEST)


def _error(values: np.ndarray, ratio: float, size: float) -> float:
    """Return the corrected standard error; 0 if scores of this size differ by rounding only."""
    spread = float(values.std(ddof=1))
    if spread <= _ROUNDING * size:
        return 0.0
    return spread * math.sqrt(1 / len(values) + ratio)


def _without_spread(mean: float, rope: float, size: float) -> Difference:
    nan = float("nan")
    if abs(mean) <= _ROUNDING * size:
        note = "both have the same score in every fold"
        return Difference(0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, rope, TEST, note)
    note = "the difference is the same in every fold, so its variance cannot be estimated"
    return Difference(mean, nan, nan, nan, nan, nan, nan, rope, TEST, note)
