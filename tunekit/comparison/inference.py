"""The interval of one candidate's score, and the difference of two candidates, by the design."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tunekit.comparison.design import (
    NO_TEST,
    Design,
    EvaluatedOn,
    Method,
    choose,
    of_pool,
    without_test,
)
from tunekit.comparison.pooled_scores import PooledScores
from tunekit.comparison.row_inference import (
    binary,
    difference_of_areas,
    interval_on_rows,
    right,
    strata,
)
from tunekit.core.comparison_info import TEST_SPLIT, ComparisonInfo, Fit
from tunekit.core.predictions import Predictions
from tunekit.evaluation.predict import joined
from tunekit.evaluation.rescoring import bounds, reproduced
from tunekit.statistics.bootstrap import (
    Resamples,
    Statistic,
    bootstrap_difference,
    bootstrap_interval,
    resample,
)
from tunekit.statistics.corrected_ttest import corrected_difference, mean_interval
from tunekit.statistics.estimates import Difference, Interval
from tunekit.statistics.multiple_testing import holm, letters
from tunekit.statistics.proportions import cochran, mcnemar, paired_difference
from tunekit.statistics.seed_variance import (
    SeedScores,
    score_seeds,
    seeds_difference,
    seeds_interval,
)

_GROUNDS: tuple[EvaluatedOn, EvaluatedOn] = ("folds", "test")
_SMALL = 0.01  # a difference of so much, or of so large a share, is none in practice
_NAN = float("nan")
_MISSING = "a fit failed, or was not made yet"
_UNDEFINED = "the score is undefined on some folds"
_NOT_AGAIN = "the score cannot be computed again from the predictions"


def fits_on(fits: Sequence[Fit], on: EvaluatedOn) -> list[Fit]:
    """Return the fits judged on the folds, or on the test split."""
    return [fit for fit in fits if (fit.split == TEST_SPLIT) == (on == "test")]


def gathered(fits: Sequence[Fit], seed: int) -> Predictions | None:
    """Return what a candidate said with one seed, of all rows that it was judged on.

    Parameters
    ----------
    fits : sequence of Fit
        Of one candidate, on one ground.
    seed : int

    Returns
    -------
    Predictions or None
        A row once for each fold that held it out; None where a fit failed or there is none.
    """
    own = [fit for fit in fits if fit.seed == seed]
    parts = [fit.predictions for fit in own if fit.predictions is not None]
    if not parts or len(parts) < len(own):
        return None
    return joined(parts, [max(fit.split, 0) for fit in own])


def equivalence(info: ComparisonInfo, scorer: str, reference: float) -> float:
    """Return half the width of the region of practical equivalence, in units of a score.

    Without one given it is 0.01, the usual choice for scores that end at 1 (Benavoli et al.,
    2017); for errors and costs, which have a unit, 1% of the reference.

    Parameters
    ----------
    info : ComparisonInfo
    scorer : str
    reference : float
        Score of one of the two.
    """
    if info.rope is not None:
        return info.rope
    has_unit = scorer.startswith("neg_") or info.scoring[scorer] == "minimize"
    return _SMALL * abs(reference) if has_unit else _SMALL


class Inference:
    """Says of the candidates of a comparison how good they are and how they differ.

    Parameters
    ----------
    info : ComparisonInfo
    fits : sequence of Fit
        Of all candidates.
    """

    def __init__(self, info: ComparisonInfo, fits: Sequence[Fit]) -> None:
        self._info = info
        self._fits = {
            (name, on): [fit for fit in fits_on(fits, on) if fit.candidate == name]
            for name in info.names
            for on in _GROUNDS
        }
        # A score is computed again for a thousand draws, and the same ones serve all pairs.
        self._again = functools.cache(self._statistics)
        self._drawn = functools.cache(self._resamples)
        self.scores = functools.cache(self._scores)
        self._pools = PooledScores(info, {name: self.fits(name, "folds") for name in info.names})
        self._seeded = functools.cache(self._seed_scores)
        self.difference = functools.cache(self._difference)
        self.interval = functools.cache(self._interval)

    def design(self, scorer: str, on: EvaluatedOn) -> Design:
        """Return the design, which minds what cannot be computed again from predictions.

        Parameters
        ----------
        scorer : str
        on : {"folds", "test"}

        Raises
        ------
        ParameterError
            When there is no such scorer, or no test split.
        """
        found = self._choose(scorer, on)
        if found.unit in ("folds", "pooled"):
            return found
        names = self._info.names
        sound = [each for each in names if math.isfinite(self.score(each, scorer, on))]
        only_once = [each for each in sound if self._again(each, scorer, on) is None]
        return without_test(found, scorer, sound, only_once)

    def _choose(self, scorer: str, on: EvaluatedOn) -> Design:
        found = choose(self._info, scorer, on)
        if found.unit != "folds" or not self._pools.of(scorer):
            return found
        return of_pool(self._info, scorer, self._pools.fewest)

    def score(self, name: str, scorer: str, on: EvaluatedOn) -> float:
        """Return a candidate's score, of all folds and seeds; NaN where a fit failed."""
        if on == "folds" and (pools := self._pools.of(scorer)):
            return pools[name].value if name in pools else _NAN
        return float(np.mean(self.scores(name, scorer, on)))

    def fits(self, name: str, on: EvaluatedOn) -> list[Fit]:
        """Return a candidate's fits, those judged on the folds or on the test split."""
        return self._fits[name, on]

    def _scores(self, name: str, scorer: str, on: EvaluatedOn) -> NDArray[np.float64]:
        """Return a candidate's score by fold, the mean over seeds; NaN where a fit is missing."""
        own = {(fit.split, fit.seed): fit.scores for fit in self.fits(name, on)}
        folds = range(self._info.n_splits) if on == "folds" else [TEST_SPLIT]
        seeds = self._info.seeds
        return np.array(
            [np.mean([own.get((f, s), {}).get(scorer, _NAN) for s in seeds]) for f in folds]
        )

    def _interval(self, name: str, scorer: str, on: EvaluatedOn) -> Interval:
        """Return a candidate's score with its interval; without a value where a fit failed.

        Parameters
        ----------
        name : str
            Of the candidate.
        scorer : str
        on : {"folds", "test"}
        """
        info, own, design = self._info, self.fits(name, on), self._choose(scorer, on)
        scores = self.scores(name, scorer, on)
        if not math.isfinite(self.score(name, scorer, on)):
            n_whole = len(info.seeds) * (info.n_splits if on == "folds" else 1)
            missing = len(own) < n_whole or any(fit.error for fit in own)
            note = _MISSING if missing else _UNDEFINED
            return Interval(_NAN, _NAN, _NAN, info.level, design.interval, note)
        if design.unit == "pooled":
            found = bootstrap_interval(self._pools.drawn(name, scorer), info.level)
            return _bounded(replace(found, method=design.interval), scorer)
        if design.unit == "folds":
            return _bounded(mean_interval(scores.tolist(), _ratio(own), info.level), scorer)
        again = self._again(name, scorer, on)
        if again is None:
            value = float(scores.mean())
            return Interval(value, _NAN, _NAN, info.level, design.interval, _NOT_AGAIN)
        if design.unit == "seeds":
            return _bounded(seeds_interval(self._seeded(name, scorer, on), info.level), scorer)
        drawn = functools.partial(self._drawn, name, scorer, on)
        return interval_on_rows(scorer, _predictions(own[0]), drawn, info.level)

    def _difference(self, first: str, second: str, scorer: str, on: EvaluatedOn) -> Difference:
        """Return by how much one candidate's score lies above another's, in units of the score.

        For a cost, of which less is better, the first is better where it lies below. NaN where a
        fit failed.
        """
        info, design = self._info, self._choose(scorer, on)
        sign = -1 if info.scoring[scorer] == "minimize" else 1
        scores = [sign * self.scores(name, scorer, on) for name in (first, second)]
        values = [self.score(name, scorer, on) for name in (first, second)]
        if not all(map(math.isfinite, values)):
            return _undefined(_NAN, 0.0, design, _MISSING)
        rope = equivalence(info, scorer, sign * values[1])
        if design.unit == "pooled":
            drawn = [self._pools.drawn(name, scorer) for name in (first, second)]
            found = bootstrap_difference(*drawn, rope=rope, level=info.level)
            return replace(found, test=design.test)
        if design.unit == "folds":
            lists = scores[0].tolist(), scores[1].tolist()
            found = corrected_difference(
                *lists, _ratio(self.fits(first, on)), rope=rope, level=info.level
            )
            return _turned(self._with_rows(found, (first, second), scorer, on), sign)
        again = self._again(first, scorer, on), self._again(second, scorer, on)
        if again[0] is None or again[1] is None:
            value = float(scores[0].mean() - scores[1].mean())
            undefined = _undefined(value, rope, replace(design, test=NO_TEST), _NOT_AGAIN)
            return _turned(undefined, sign)
        found = self._of_rows((first, second), scorer, on, rope)
        return self._with_rows(found, (first, second), scorer, on)

    def _with_rows(
        self, found: Difference, names: tuple[str, str], scorer: str, on: EvaluatedOn
    ) -> Difference:
        """Return a difference of classifiers that has no p-value with McNemar's, row by row.

        There is no spread to go by where all folds agree, and where one is right on whole classes
        that the other is wrong on. A test of rows that points the other way says nothing of it.
        """
        if not math.isnan(found.p_value) or self._info.task != "classification":
            return found
        if any(self._again(name, scorer, on) is None for name in names):
            return found
        rights = []
        for name in names:
            said = gathered(self.fits(name, on), self._info.seeds[0])
            assert said is not None  # noqa: S101 - it has a score
            once = np.unique(said.rows, return_index=True)[1]  # repeated folds hold a row out twice
            rights.append(right(said)[once])
        if found.value * (rights[0].mean() - rights[1].mean()) <= 0:
            return found
        p_value, test = mcnemar(rights[0], rights[1])
        return replace(found, p_value=p_value, test=test)

    def _of_rows(
        self, names: tuple[str, str], scorer: str, on: EvaluatedOn, rope: float
    ) -> Difference:
        """Return the difference of two candidates that were judged on the same rows once a seed."""
        level, design = self._info.level, choose(self._info, scorer, on)
        said = [_predictions(self.fits(name, on)[0]) for name in names]
        if design.unit == "seeds":
            seeded = [self._seeded(name, scorer, on) for name in names]
            return seeds_difference(*seeded, rope=rope, level=level)
        if design.method is Method.MCNEMAR:
            return paired_difference(*map(right, said), rope=rope, level=level)
        parts = [binary(each) for each in said]
        if design.method is Method.DELONG and parts[0] is not None and parts[1] is not None:
            return difference_of_areas(parts[0][0], (parts[0][1], parts[1][1]), rope, level)
        drawn = [self._drawn(name, scorer, on) for name in names]
        return bootstrap_difference(*drawn, rope=rope, level=level)

    def omnibus(self, names: Sequence[str], scorer: str, on: EvaluatedOn) -> float:
        """Return the p-value that candidates are alike: Cochran's Q, or NaN where it is not used.

        Parameters
        ----------
        names : sequence of str
            Of the candidates, those without a failed fit.
        scorer : str
        on : {"folds", "test"}
        """
        if not self.design(scorer, on).omnibus or len(names) < 2:  # noqa: PLR2004 - what can differ
            return _NAN
        if any(self._again(name, scorer, on) is None for name in names):
            return _NAN
        said = [_predictions(self.fits(name, on)[0]) for name in names]
        return cochran(np.stack([right(each) for each in said], axis=1))

    def groups(self, names: Sequence[str], scorer: str, on: EvaluatedOn) -> list[str]:
        """Return letters for candidates; those that share one cannot be told apart.

        Parameters
        ----------
        names : sequence of str
            Of candidates without a failed fit, best first.
        scorer : str
        on : {"folds", "test"}

        Returns
        -------
        list of str
            By all pairs with Holm's correction. Empty where a pair has no test: nothing can be said
            of it then.
        """
        pairs = list(combinations(range(len(names)), 2))
        found = [self.difference(names[i], names[j], scorer, on).p_value for i, j in pairs]
        if not names or np.isnan(found).any():
            return [""] * len(names)
        apart = np.zeros((len(names), len(names)), dtype=bool)
        for (i, j), p_value in zip(pairs, holm(found), strict=True):
            apart[i, j] = apart[j, i] = p_value < 1 - self._info.level
        return letters(apart)

    def _statistics(self, name: str, scorer: str, on: EvaluatedOn) -> list[Statistic] | None:
        """Return what computes each seed's score again; None where it gives another value."""
        if self._info.scoring[scorer] == "minimize":
            return None  # of scikit-learn's scorers greater is better: this is another one
        found = []
        for fit in self.fits(name, on):
            if fit.predictions is None:
                return None
            statistic = reproduced(scorer, fit.predictions, fit.scores[scorer])
            if statistic is None:
                return None
            found.append(statistic)
        return found

    def _resamples(self, name: str, scorer: str, on: EvaluatedOn) -> Resamples:
        statistics = self._again(name, scorer, on)
        assert statistics is not None  # noqa: S101 - asked before
        return resample(statistics[0], strata(_predictions(self.fits(name, on)[0])))

    def _seed_scores(self, name: str, scorer: str, on: EvaluatedOn) -> SeedScores:
        statistics = self._again(name, scorer, on)
        assert statistics is not None  # noqa: S101 - asked before
        said = _predictions(self.fits(name, on)[0])
        # With one seed Wilson and McNemar let the shares of the classes vary, too.
        drawn_from = np.zeros(len(said.y_true), np.int64) if scorer == "accuracy" else strata(said)
        return score_seeds(statistics, drawn_from)


def _bounded(found: Interval, scorer: str) -> Interval:
    """Cut what a symmetric interval holds beyond the values that a score can have."""
    low, high = bounds(scorer)
    if not low <= found.value <= high:  # a scorer of the user's own has this name
        return found
    return replace(
        found, low=float(np.maximum(found.low, low)), high=float(np.minimum(found.high, high))
    )


def _ratio(fits: Sequence[Fit]) -> float:
    """Return how many rows were judged on for each that was fitted on, the mean over folds."""
    return float(np.mean([fit.n_test / fit.n_train for fit in fits]))


def _predictions(fit: Fit) -> Predictions:
    assert fit.predictions is not None  # noqa: S101 - it has a score
    return fit.predictions


def _undefined(value: float, rope: float, design: Design, note: str) -> Difference:
    return Difference(value, _NAN, _NAN, _NAN, _NAN, _NAN, _NAN, rope, design.test, note)


def _turned(found: Difference, sign: int) -> Difference:
    """Return a difference of costs in their own units: it was taken of their negatives."""
    if sign > 0:
        return found
    return replace(found, value=-found.value, low=-found.high, high=-found.low)
