"""Scores by fold: an interval for their mean, and the difference of two models.

Folds share most of the rows that they are fitted on, so their spread is too small for a standard
error. Nadeau and Bengio add the share of rows judged on to the variance of the mean; the Bayesian
correlated t-test leads to the same distribution and reads it as a posterior.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import t as student

from tunekit.statistics.estimates import Difference, Interval

TEST = "Nadeau and Bengio's corrected t-test"

_ROUNDING = 1e-12  # what it leaves of 0, as a share of the scores


def mean_interval(scores: Sequence[float], ratio: float, level: float = 0.95) -> Interval:
    """Return the mean score over folds with an interval that minds their overlap.

    Parameters
    ----------
    scores : sequence of float
        One a fold, finite.
    ratio : float
        Rows judged on over rows fitted on: a quarter for 5 folds.
    level : float, default=0.95
        Between 0 and 1.

    Returns
    -------
    Interval
        Undefined for one fold, and where all scores are equal.

    References
    ----------
    C. Nadeau and Y. Bengio, "Inference for the generalization error", Machine Learning 52, 2003.

    Examples
    --------
    >>> found = mean_interval([0.9, 0.8, 0.85, 0.95, 0.9], ratio=0.25)
    >>> round(found.low, 3), round(found.high, 3)
    (0.774, 0.986)
    """
    method, nan = "corrected t", float("nan")
    values = np.asarray(scores, dtype=float)
    mean = float(values.mean())
    if len(values) == 1:
        return Interval(mean, nan, nan, level, method, "there is one fold")
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
        One score a fold, greater is better; two folds or more.
    ratio : float
        Rows judged on over rows fitted on.
    rope : float
        Half the width of the region of practical equivalence, 0 or more.
    level : float, default=0.95
        Between 0 and 1.

    Returns
    -------
    Difference
        Where the difference is the same in every fold there is no spread to go by, and so neither
        interval nor p-value: folds share rows, and stratified ones have the same classes, so that
        they do not agree independently of each other as a sign test would have it.

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
    """Return the corrected standard error; 0 where scores of this size differ by rounding alone."""
    spread = float(values.std(ddof=1))
    if spread <= _ROUNDING * size:
        return 0.0
    return spread * math.sqrt(1 / len(values) + ratio)


def _without_spread(mean: float, rope: float, size: float) -> Difference:
    nan = float("nan")
    if abs(mean) <= _ROUNDING * size:
        note = "the two have the same score in every fold"
        return Difference(0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, rope, TEST, note)
    note = "the difference is the same in every fold: there is no spread to go by"
    return Difference(mean, nan, nan, nan, nan, nan, nan, rope, TEST, note)
