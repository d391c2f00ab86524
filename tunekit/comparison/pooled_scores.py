"""Pooled scores: scores computed over the rows of all folds, if folds are small."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tunekit.core.comparison_info import ComparisonInfo, Fit
from tunekit.evaluation.pooling import Pooled, is_pooled, pool
from tunekit.statistics.bootstrap import Resamples, resample


class PooledScores:
    """Pooled scores of the candidates of a comparison.

    Parameters
    ----------
    info : ComparisonInfo
    fits : mapping of str to sequence of Fit
        Fits of each candidate on the folds.
    """

    def __init__(self, info: ComparisonInfo, fits: Mapping[str, Sequence[Fit]]) -> None:
        self._info = info
        self._fits = fits
        self.by_candidate = functools.cache(self._by_candidate)
        self.resamples = functools.cache(self._resamples)

    @property
    def fewest(self) -> int:
        """Number of rows in the smallest fold."""
        return min(fit.n_test for fits in self._fits.values() for fit in fits)

    def _by_candidate(self, scorer: str) -> dict[str, Pooled]:
        """Return the pooled score of each candidate; empty if scores are means over folds.

        Scores are pooled for all candidates or for none, so that they are comparable.
        """
        info = self._info
        complete = {
            name: fits
            for name, fits in self._fits.items()
            if len(fits) == info.n_splits * len(info.seeds) and not any(fit.error for fit in fits)
        }
        if info.n_splits == 1 or not complete or info.scoring[scorer] == "minimize":
            return {}
        every = [fit for fits in complete.values() for fit in fits]
        values = [fit.scores[scorer] for fit in every]
        if not is_pooled(info.known_as(scorer), [fit.n_test for fit in every], values):
            return {}
        pooled = {name: self._pool(fits, scorer) for name, fits in complete.items()}
        defined = {name: each for name, each in pooled.items() if each is not None}
        return defined if len(defined) == len(pooled) else {}

    def by_seed(self, name: str, scorer: str) -> NDArray[np.float64]:
        """Return the pooled score of a candidate with each seed; their mean is its score."""
        pooled = [self._pool(self._fits[name], scorer, [seed]) for seed in self._info.seeds]
        return np.array([math.nan if each is None else each.value for each in pooled])

    def _pool(
        self, fits: Sequence[Fit], scorer: str, seeds: Sequence[int] | None = None
    ) -> Pooled | None:
        """Pool the fits with some seeds, by default with all."""
        fit_of = {(fit.seed, fit.split): fit for fit in fits}
        by_seed = [
            [fit_of[seed, split] for split in range(self._info.n_splits)]
            for seed in (self._info.seeds if seeds is None else seeds)
        ]
        predictions = [
            [fit.predictions for fit in folds if fit.predictions is not None] for folds in by_seed
        ]
        if any(len(some) < len(folds) for some, folds in zip(predictions, by_seed, strict=True)):
            return None
        scores = [[fit.scores[scorer] for fit in folds] for folds in by_seed]
        return pool(self._info.known_as(scorer), predictions, scores)

    def _resamples(self, name: str, scorer: str) -> Resamples:
        """Return bootstrap samples of a pooled score, widened for overlapping training sets.

        Nadeau and Bengio correct the variance of a mean over k folds of m rows, s²/k, for n
        training rows to s² (1/k + m/n). The bootstrap variance is therefore multiplied by
        1 + k m/n, where k m is the number of all rows.
        """
        pooled = self.by_candidate(scorer)[name]
        n_train = float(np.mean([fit.n_train for fit in self._fits[name]]))
        resamples = resample(pooled.statistic, pooled.strata)
        return resamples.widened(math.sqrt(1 + len(pooled.rows) / n_train))
