"""Intervals and tests for one split and several seeds: variance due to seeds and rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import bisect
from scipy.special import stdtrit

from tunekit.statistics.bootstrap import RESAMPLES, Resamples, Statistic, resample
from tunekit.statistics.estimates import Difference, Interval

METHOD = "t over seeds and rows"
TEST = "t-test over seeds and rows, paired by both"

_NAN = float("nan")
_LEAST = -690.0  # logarithm of the smallest tail probability above 0
_NO_SPREAD = "the score does not vary with seeds or rows"


@dataclass(frozen=True)
class SeedScores:
    """Scores of a model with several seeds. Models on the same rows share the resampled rows.

    Attributes
    ----------
    by_seed : ndarray of shape (n_seeds,)
        Score of each seed on all rows.
    rows : Resamples
        Bootstrap resamples of the mean over seeds.
    """

    by_seed: NDArray[np.float64]
    rows: Resamples

    def minus(self, other: SeedScores) -> SeedScores:
        """Return the difference from another model's scores."""
        return SeedScores(self.by_seed - other.by_seed, self.rows.minus(other.rows))

    @property
    def value(self) -> float:
        """The mean over seeds."""
        return float(self.by_seed.mean())

    @property
    def varies(self) -> bool:
        """Whether the score varies with seeds or rows by more than rounding."""
        if not len(self.rows.draws) or not np.isfinite(self.rows.draws).all():
            return False
        return self.reach(0.1) > 1e-12 * abs(self.value)

    def reach(self, tail: float) -> float:
        """Return the half-width of the interval of the mean for other seeds and other rows.

        The half-widths for seeds and for rows are those of t distributions; their squares are
        added.

        Parameters
        ----------
        tail : float
            Tail probability on each side, above 0 and up to 0.5.
        """
        n_seeds, n_rows = len(self.by_seed), self.rows.n_rows
        df_rows = n_rows - self.rows.n_classes  # corrects the bootstrap's underestimate
        of_seeds = float(self.by_seed.std(ddof=1)) / math.sqrt(n_seeds)
        of_rows = float(self.rows.draws.std()) * math.sqrt(n_rows / df_rows)
        parts = ((of_seeds, n_seeds - 1), (of_rows, df_rows))
        return math.hypot(*(float(stdtrit(df, tail)) * error for error, df in parts if error))

    def tail(self, distance: float) -> float:
        """Return the probability of a deviation beyond a distance on one side."""
        if distance < 0:
            return 1 - self.tail(-distance)
        ends = _LEAST, math.log(0.5)
        if self.reach(math.exp(ends[0])) <= distance:
            return 0.0
        return math.exp(bisect(lambda log: self.reach(math.exp(log)) - distance, *ends))


def score_seeds(
    statistics: Sequence[Statistic],
    strata: NDArray[np.int64],
    *,
    n_resamples: int = RESAMPLES,
    seed: int = 0,
) -> SeedScores:
    """Score each seed's model on all rows, and resample the mean score.

    Parameters
    ----------
    statistics : sequence of callable
        One per seed, two or more: takes positions of rows and returns the score of its model.
    strata : ndarray of shape (n_rows,)
        Class of each row, as an integer.
    n_resamples : int, default=1000
    seed : int, default=0
    """

    def mean(rows: NDArray[np.int64]) -> float:
        return float(np.mean([each(rows) for each in statistics]))

    return SeedScores(
        np.array([each(np.arange(len(strata))) for each in statistics], dtype=float),
        resample(mean, strata, n_resamples=n_resamples, seed=seed, accelerated=False),
    )


def seeds_interval(scores: SeedScores, level: float = 0.95) -> Interval:
    """Return a model's mean score over seeds, with an interval for other seeds and other rows.

    Parameters
    ----------
    scores : SeedScores
    level : float, default=0.95

    Returns
    -------
    Interval
        A t distribution accounts for the uncertain variance of few seeds. Its half-width and that
        of the resampled rows are combined as a root sum of squares (MOVER), which is conservative:
        Satterthwaite's degrees of freedom give twice the nominal error rate for two seeds.

    References
    ----------
    X. Bouthillier et al., "Accounting for variance in machine learning benchmarks", Proceedings
    of Machine Learning and Systems 3, 2021: include both the variance of seeds and that of rows.
    G. Y. Zou and A. Donner, "Construction of confidence limits about effect measures: a general
    approach", Statistics in Medicine 27, 2008: limits of a sum from those of its parts.
    """
    if not scores.varies:
        return Interval(scores.value, _NAN, _NAN, level, METHOD, _NO_SPREAD)
    reach = scores.reach((1 - level) / 2)
    return Interval(scores.value, scores.value - reach, scores.value + reach, level, METHOD)


def seeds_difference(
    first: SeedScores, second: SeedScores, *, rope: float, level: float = 0.95
) -> Difference:
    """Return the difference of two models' mean scores over the same seeds and rows.

    Parameters
    ----------
    first, second : SeedScores
        Scores of each model, greater is better, with the same seeds and resampled rows.
    rope : float
        Half the width of the region of practical equivalence.
    level : float, default=0.95

    Returns
    -------
    Difference
        The interval is that of :func:`seeds_interval`. The p-value is the significance level at
        which a bound is 0. The probabilities treat the bounds of all levels as a posterior. NaN if
        the models differ by the same amount with every seed and on all rows.
    """
    difference = first.minus(second)
    value = difference.value
    if not difference.varies and value == 0:
        note = "both have the same score with every seed"
        return Difference(0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, rope, TEST, note)
    if not difference.varies:
        return Difference(value, _NAN, _NAN, _NAN, _NAN, _NAN, _NAN, rope, TEST, _NO_SPREAD)
    reach = difference.reach((1 - level) / 2)
    better, worse = difference.tail(rope - value), difference.tail(rope + value)
    p_value = min(1.0, 2 * difference.tail(abs(value)))
    bounds, same = (value - reach, value + reach), max(0.0, 1 - better - worse)
    return Difference(value, *bounds, p_value, better, same, worse, rope, TEST)
