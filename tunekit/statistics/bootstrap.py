"""Intervals of any statistic, by drawing rows again within their classes."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import DegenerateDataWarning, bootstrap

from tunekit.statistics.results import Difference, Interval

#: Takes positions of rows, with repeats, and returns a number.
Statistic = Callable[[NDArray[np.int64]], float]

RESAMPLES = 1000

_ACCELERATED = 1000  # rows up to which the bias is corrected: it takes a statistic a row
_LEAST = 2  # rows of a class that can be drawn again


def bootstrap_interval(
    statistic: Statistic,
    strata: NDArray[np.int64],
    *,
    level: float = 0.95,
    n_resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Return a statistic of rows with its bootstrap interval.

    Parameters
    ----------
    statistic : callable
        Takes positions of rows, an ndarray of int, and returns a number.
    strata : ndarray of shape (n_rows,)
        Class of each row, as an integer: rows are drawn again class by class, so that none goes
        missing. All 0 for a regression.
    level : float, default=0.95
        Between 0 and 1.
    n_resamples : int, default=1000
    seed : int, default=0

    Returns
    -------
    Interval
        By the bias-corrected and accelerated method up to 1,000 rows, by percentiles above, where
        the two agree and the first takes long. Undefined where all resamples agree.

    References
    ----------
    B. Efron, "Better bootstrap confidence intervals", Journal of the American Statistical
    Association 82, 1987.
    """
    value = float(statistic(np.arange(len(strata))))
    drawn = _draw(statistic, strata, level, n_resamples, seed)
    method = f"bootstrap, {drawn[0]}"
    if not np.isfinite(drawn[1:3]).all() or drawn[1] == drawn[2]:
        nan = float("nan")
        return Interval(value, nan, nan, level, method, "all resamples agree")
    return Interval(value, drawn[1], drawn[2], level, method)


def bootstrap_difference(
    first: Statistic,
    second: Statistic,
    strata: NDArray[np.int64],
    *,
    rope: float,
    level: float = 0.95,
    n_resamples: int = RESAMPLES,
    seed: int = 0,
) -> Difference:
    """Return the difference of two models' scores on the same rows, drawn again in pairs.

    Parameters
    ----------
    first, second : callable
        Take positions of rows and return each model's score, greater is better.
    strata : ndarray of shape (n_rows,)
        Class of each row, as an integer.
    rope : float
        Half the width of the region of practical equivalence.
    level : float, default=0.95
    n_resamples : int, default=1000
    seed : int, default=0

    Returns
    -------
    Difference
        Its probabilities are shares of the resamples; its p-value is the smallest level at which
        a percentile interval leaves 0 out.
    """

    def statistic(rows: NDArray[np.int64]) -> float:
        return first(rows) - second(rows)

    value = float(statistic(np.arange(len(strata))))
    _, low, high, draws = _draw(statistic, strata, level, n_resamples, seed)
    return from_draws(value, draws, rope=rope, ends=(low, high), test="paired bootstrap")


def from_draws(
    value: float,
    draws: NDArray[np.float64],
    *,
    rope: float,
    ends: tuple[float, float],
    test: str,
) -> Difference:
    """Return what resampled differences say.

    Parameters
    ----------
    value : float
        The difference itself.
    draws : ndarray of shape (n_resamples,)
    rope : float
    ends : (float, float)
        Of its interval.
    test : str
        Name, for people.
    """
    if np.ptp(draws) == 0:
        same = abs(value) <= rope
        note = "the two differ by the same in every resample"
        exact = (0.0, 1.0, 0.0) if same else (float(value > 0), 0.0, float(value < 0))
        return Difference(value, value, value, float(value == 0), *exact, rope, test, note)
    # One is added to both, since a share of resamples is never exactly 0.
    below, above = (draws <= 0).sum() + 1, (draws >= 0).sum() + 1
    p_value = min(1.0, 2 * float(min(below, above)) / (len(draws) + 1))
    better, worse = float((draws > rope).mean()), float((draws < -rope).mean())
    same_share = max(0.0, 1 - better - worse)
    return Difference(value, *ends, p_value, better, same_share, worse, rope, test)


def row_mean(losses: NDArray[np.float64]) -> Statistic:
    """Return the statistic that is the mean of a number for each row, such as right or wrong."""

    def statistic(rows: NDArray[np.int64]) -> float:
        return float(losses[rows].mean())

    return statistic


def remembered(statistic: Statistic) -> Statistic:
    """Return a statistic that is computed once for the same rows, as pairs share their draws."""
    known: dict[bytes, float] = {}

    def looked_up(rows: NDArray[np.int64]) -> float:
        key = hashlib.blake2b(np.ascontiguousarray(rows).tobytes(), digest_size=16).digest()
        if key not in known:
            known[key] = statistic(rows)
        return known[key]

    return looked_up


def _draw(
    statistic: Statistic, strata: NDArray[np.int64], level: float, n_resamples: int, seed: int
) -> tuple[str, float, float, NDArray[np.float64]]:
    """Return the method's name, the ends of the interval, and the resampled statistics."""
    groups = [np.flatnonzero(strata == each) for each in np.unique(strata)]
    fixed = np.concatenate([[], *(each for each in groups if len(each) < _LEAST)]).astype(int)
    free = [each for each in groups if len(each) >= _LEAST]
    if not free:
        return "percentile", float("nan"), float("nan"), np.zeros(1)

    def of_parts(*parts: NDArray[np.int64]) -> float:
        return statistic(np.concatenate([fixed, *parts]))

    method = "BCa" if len(strata) <= _ACCELERATED else "percentile"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateDataWarning)
        warnings.simplefilter("ignore", RuntimeWarning)  # of the same, a division by 0
        found = _scipy(free, of_parts, method, level, n_resamples, seed)
        ends = found.confidence_interval
        if method == "BCa" and not np.isfinite([ends.low, ends.high]).all():
            method = "percentile"  # the bias is without bound where no resample lies below
            found = _scipy(free, of_parts, method, level, n_resamples, seed)
            ends = found.confidence_interval
    return method, float(ends.low), float(ends.high), found.bootstrap_distribution


def _scipy(
    parts: Sequence[NDArray[np.int64]],
    statistic: Callable[..., float],
    method: str,
    level: float,
    n_resamples: int,
    seed: int,
) -> Any:
    return bootstrap(
        parts,
        statistic,
        vectorized=False,
        paired=False,
        confidence_level=level,
        n_resamples=n_resamples,
        method=method,
        rng=np.random.default_rng(seed),
    )
