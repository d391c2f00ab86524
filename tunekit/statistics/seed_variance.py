"""One split and several seeds: how much a score varies with both, seeds and rows."""

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
_LEAST = -690.0  # logarithm of the least tail that is told from 0
_NO_SPREAD = "neither seeds nor rows make a difference"


@dataclass(frozen=True)
class SeedScores:
    """A model's score with several seeds. Models on the same rows share the draws.

    Attributes
    ----------
    by_seed : ndarray of shape (n_seeds,)
    rows : Resamples
        The mean over seeds, of rows that were drawn again.
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
        """Whether the score does, with seeds or with rows, and not by rounding alone."""
        if not len(self.rows.draws) or not np.isfinite(self.rows.draws).all():
            return False
        return self.reach(0.1) > 1e-12 * abs(self.value)

    def reach(self, tail: float) -> float:
        """Return how far off the mean over other seeds and other rows may lie.

        The reach of each alone is that of a t distribution; their squares are added.

        Parameters
        ----------
        tail : float
            Probability on each side of lying further off, above 0 and up to 0.5.
        """
        n_seeds, n_rows = len(self.by_seed), self.rows.n_rows
        free = n_rows - self.rows.n_classes  # rows drawn from themselves vary too little
        of_seeds = float(self.by_seed.std(ddof=1)) / math.sqrt(n_seeds)
        of_rows = float(self.rows.draws.std()) * math.sqrt(n_rows / free)
        parts = ((of_seeds, n_seeds - 1), (of_rows, free))
        return math.hypot(*(float(stdtrit(df, tail)) * error for error, df in parts if error))

    def tail(self, distance: float) -> float:
        """Return the probability of lying further than a distance off on one side."""
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
    """Score each seed's model on all rows, and their mean on rows drawn again.

    Parameters
    ----------
    statistics : sequence of callable
        One a seed, two or more: takes positions of rows and returns the score of its model.
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


def seeds_interval(found: SeedScores, level: float = 0.95) -> Interval:
    """Return a model's mean score over seeds, with an interval for other seeds and other rows.

    Parameters
    ----------
    found : SeedScores
    level : float, default=0.95

    Returns
    -------
    Interval
        Few seeds tell their spread badly, and a t distribution makes up for it. Its reach and that
        of rows drawn again are added in square (MOVER), which is on the safe side: degrees of
        freedom by Satterthwaite let two seeds err twice as often as they say.

    References
    ----------
    X. Bouthillier et al., "Accounting for variance in machine learning benchmarks", Proceedings
    of Machine Learning and Systems 3, 2021: the variance of seeds and of rows belong together.
    G. Y. Zou and A. Donner, "Construction of confidence limits about effect measures: a general
    approach", Statistics in Medicine 27, 2008: how limits of parts give those of a sum.
    """
    if not found.varies:
        return Interval(found.value, _NAN, _NAN, level, METHOD, _NO_SPREAD)
    reach = found.reach((1 - level) / 2)
    return Interval(found.value, found.value - reach, found.value + reach, level, METHOD)


def seeds_difference(
    first: SeedScores, second: SeedScores, *, rope: float, level: float = 0.95
) -> Difference:
    """Return the difference of two models' mean scores over the same seeds and rows.

    Parameters
    ----------
    first, second : SeedScores
        Of each model's score, greater is better, with the same seeds and draws.
    rope : float
        Half the width of the region of practical equivalence.
    level : float, default=0.95

    Returns
    -------
    Difference
        The interval is that of :func:`seeds_interval`; the p-value is the level at which it ends
        at 0, and the probabilities read the ends of all levels as a posterior. NaN where the models
        differ by the same with every seed and on all rows.
    """
    found = first.minus(second)
    value = found.value
    if not found.varies and value == 0:
        note = "the two have the same score with every seed"
        return Difference(0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, rope, TEST, note)
    if not found.varies:
        return Difference(value, _NAN, _NAN, _NAN, _NAN, _NAN, _NAN, rope, TEST, _NO_SPREAD)
    reach = found.reach((1 - level) / 2)
    better, worse = found.tail(rope - value), found.tail(rope + value)
    p_value = min(1.0, 2 * found.tail(abs(value)))
    ends, same = (value - reach, value + reach), max(0.0, 1 - better - worse)
    return Difference(value, *ends, p_value, better, same, worse, rope, TEST)
