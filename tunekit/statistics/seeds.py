"""One split and several seeds: seeds and rows are drawn again together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tunekit.statistics.bootstrap import RESAMPLES, Statistic, from_draws
from tunekit.statistics.results import Difference, Interval

TEST = "bootstrap over seeds and rows, paired by both"


def seeds_interval(
    statistics: Sequence[Statistic],
    strata: NDArray[np.int64],
    *,
    level: float = 0.95,
    n_resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Return a model's mean score over seeds, with an interval for other seeds and other rows.

    Parameters
    ----------
    statistics : sequence of callable
        One a seed: takes positions of rows and returns the score of the model of that seed.
    strata : ndarray of shape (n_rows,)
        Class of each row, as an integer.
    level : float, default=0.95
    n_resamples : int, default=1000
    seed : int, default=0

    References
    ----------
    X. Bouthillier et al., "Accounting for variance in machine learning benchmarks", Proceedings
    of Machine Learning and Systems 3, 2021: the variance of seeds and of rows belong together.
    """
    rows = np.arange(len(strata))
    value = float(np.mean([each(rows) for each in statistics]))
    draws = _draws(statistics, strata, n_resamples, seed)
    method, nan = "bootstrap over seeds and rows", float("nan")
    if np.ptp(draws) == 0:
        return Interval(value, nan, nan, level, method, "all resamples agree")
    low, high = _ends(value, draws, len(statistics), level)
    return Interval(value, low, high, level, method)


def seeds_difference(
    first: Sequence[Statistic],
    second: Sequence[Statistic],
    strata: NDArray[np.int64],
    *,
    rope: float,
    level: float = 0.95,
    n_resamples: int = RESAMPLES,
    seed: int = 0,
) -> Difference:
    """Return the difference of two models' mean scores over the same seeds and rows.

    Parameters are those of :func:`seeds_interval`, for two models, and ``rope``, half the width
    of the region of practical equivalence.
    """

    def pair(one: Statistic, other: Statistic) -> Statistic:
        return lambda rows: one(rows) - other(rows)

    pairs = [pair(one, other) for one, other in zip(first, second, strict=True)]
    rows = np.arange(len(strata))
    value = float(np.mean([each(rows) for each in pairs]))
    draws = _draws(pairs, strata, n_resamples, seed)
    widened = value + (draws - draws.mean()) * _widening(len(pairs))
    ends = _ends(value, draws, len(pairs), level)
    return from_draws(value, widened, rope=rope, ends=ends, test=TEST)


def _draws(
    statistics: Sequence[Statistic], strata: NDArray[np.int64], n_resamples: int, seed: int
) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    groups = [np.flatnonzero(strata == each) for each in np.unique(strata)]
    draws = np.empty(n_resamples)
    for i in range(n_resamples):
        rows = np.concatenate([rng.choice(group, len(group)) for group in groups])
        chosen = rng.integers(len(statistics), size=len(statistics))
        scores = {int(each): statistics[each](rows) for each in np.unique(chosen)}
        draws[i] = np.mean([scores[int(each)] for each in chosen])
    return draws


def _widening(n_seeds: int) -> float:
    """Return by how much the spread of few seeds, drawn from themselves, is too small."""
    return float(np.sqrt(n_seeds / (n_seeds - 1))) if n_seeds > 1 else 1.0


def _ends(
    value: float, draws: NDArray[np.float64], n_seeds: int, level: float
) -> tuple[float, float]:
    tails = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2]) - draws.mean()
    low, high = value + tails * _widening(n_seeds)
    return float(low), float(high)
