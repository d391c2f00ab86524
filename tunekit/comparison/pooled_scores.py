"""Scores of candidates on all folds together, where a fold has few rows."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence

import numpy as np

from tunekit.core.comparison_info import ComparisonInfo, Fit
from tunekit.evaluation.pooling import Pooled, is_pooled, pool
from tunekit.statistics.bootstrap import Resamples, resample


class PooledScores:
    """The scores of candidates that are of the rows of all folds together.

    Parameters
    ----------
    info : ComparisonInfo
    fits : mapping of str to sequence of Fit
        Of each candidate, on the folds.
    """

    def __init__(self, info: ComparisonInfo, fits: Mapping[str, Sequence[Fit]]) -> None:
        self._info = info
        self._fits = fits
        self.of = functools.cache(self._of)
        self.drawn = functools.cache(self._drawn)

    @property
    def fewest(self) -> int:
        """Rows of the smallest fold."""
        return min(fit.n_test for own in self._fits.values() for fit in own)

    def _of(self, scorer: str) -> dict[str, Pooled]:
        """Return the scores by candidate; empty where they are means over folds.

        All candidates are measured in one way: where one cannot be, none is.
        """
        info = self._info
        whole = {
            name: own
            for name, own in self._fits.items()
            if len(own) == info.n_splits * len(info.seeds) and not any(fit.error for fit in own)
        }
        if info.n_splits == 1 or not whole or info.scoring[scorer] == "minimize":
            return {}
        every = [fit for own in whole.values() for fit in own]
        values = [fit.scores[scorer] for fit in every]
        if not is_pooled(scorer, [fit.n_test for fit in every], values):
            return {}
        found = {name: self._pool(own, scorer) for name, own in whole.items()}
        known = {name: each for name, each in found.items() if each is not None}
        return known if len(known) == len(found) else {}

    def _pool(self, fits: Sequence[Fit], scorer: str) -> Pooled | None:
        places = {(fit.seed, fit.split): fit for fit in fits}
        parts = [
            [places[seed, split] for split in range(self._info.n_splits)]
            for seed in self._info.seeds
        ]
        said = [[fit.predictions for fit in own if fit.predictions is not None] for own in parts]
        if any(len(each) < len(own) for each, own in zip(said, parts, strict=True)):
            return None
        return pool(scorer, said, [[fit.scores[scorer] for fit in own] for own in parts])

    def _drawn(self, name: str, scorer: str) -> Resamples:
        """Return a score of rows that were drawn again, which vary as those of other data would.

        Nadeau and Bengio widen the variance of the mean of k folds of m rows, s²/k, by the rows
        judged on for each fitted on: s² (1/k + m/n_fit). Of rows drawn again that is their variance
        times 1 + k m/n_fit, where k m are all rows.
        """
        found = self.of(scorer)[name]
        n_fit = float(np.mean([fit.n_train for fit in self._fits[name]]))
        drawn = resample(found.statistic, found.strata)
        return drawn.widened(math.sqrt(1 + len(found.rows) / n_fit))
