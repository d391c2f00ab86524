"""Inference for a comparison: intervals of scores, and differences of candidates."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tunekit.comparison.inference_methods import (
    NO_TEST,
    Design,
    EvaluatedOn,
    Method,
    choose,
    pooled_design,
    without_test,
)
from tunekit.comparison.pooled_scores import PooledScores
from tunekit.comparison.row_inference import (
    binary,
    difference_of_areas,
    interval_on_rows,
    is_correct,
    strata,
)
from tunekit.core.comparison_info import TEST_SPLIT, ComparisonInfo, Fit
from tunekit.core.predictions import Predictions
from tunekit.evaluation.predict import joined
from tunekit.evaluation.rescoring import reproduced, within_bounds
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

_EVALUATED_ON: tuple[EvaluatedOn, EvaluatedOn] = ("folds", "test")
_ROPE = 0.01  # absolute or relative difference that is negligible in practice
_NAN = float("nan")
_MISSING = "a fit failed or has not run yet"
_UNDEFINED = "the score is undefined on some folds"
_NOT_REPRODUCED = "the score cannot be computed again from the predictions"


def fits_on(fits: Sequence[Fit], on: EvaluatedOn) -> list[Fit]:
    """Return the fits that were evaluated on the folds, or on the test split."""
    return [fit for fit in fits if (fit.split == TEST_SPLIT) == (on == "test")]


def gathered(fits: Sequence[Fit], seed: int) -> Predictions | None:
    """Return the predictions of a candidate with one seed, for all validation or test rows.

    Parameters
    ----------
    fits : sequence of Fit
        Fits of one candidate, on the folds or on the test split.
    seed : int

    Returns
    -------
    Predictions or None
        Repeated folds repeat rows. None if a fit failed or there is none.
    """
    with_seed = [fit for fit in fits if fit.seed == seed]
    parts = [fit.predictions for fit in with_seed if fit.predictions is not None]
    if not parts or len(parts) < len(with_seed):
        return None
    return joined(parts, [max(fit.split, 0) for fit in with_seed])


def equivalence(info: ComparisonInfo, scorer: str, reference: float) -> float:
    """Return half the width of the region of practical equivalence, in units of the score.

    The default is 0.01, the usual choice for scores with a maximum of 1 (Benavoli et al., 2017).
    For errors and costs, which have a unit, it is 1% of the reference.

    Parameters
    ----------
    info : ComparisonInfo
    scorer : str
    reference : float
        Score of one of the two candidates.
    """
    if info.rope is not None:
        return info.rope
    has_unit = info.known_as(scorer).startswith("neg_") or info.scoring[scorer] == "minimize"
    return _ROPE * abs(reference) if has_unit else _ROPE


class Inference:
    """Scores, intervals, differences and tests for the candidates of a comparison.

    Parameters
    ----------
    info : ComparisonInfo
    fits : sequence of Fit
        Fits of all candidates.
    """

    def __init__(self, info: ComparisonInfo, fits: Sequence[Fit]) -> None:
        self._info = info
        self._fits = {
            (name, on): [fit for fit in fits_on(fits, on) if fit.candidate == name]
            for name in info.names
            for on in _EVALUATED_ON
        }
        # Cached, because all pairs use the same bootstrap samples.
        self._statistics = functools.cache(self._compute_statistics)
        self._resamples = functools.cache(self._compute_resamples)
        self.scores = functools.cache(self._scores)
        self._pooled = PooledScores(info, {name: self.fits(name, "folds") for name in info.names})
        self._seed_scores = functools.cache(self._compute_seed_scores)
        self.difference = functools.cache(self._difference)
        self.interval = functools.cache(self._interval)

    def design(self, scorer: str, on: EvaluatedOn) -> Design:
        """Return the design; it accounts for scores that predictions do not reproduce.

        Parameters
        ----------
        scorer : str
        on : {"folds", "test"}

        Raises
        ------
        ParameterError
            When there is no such scorer, or no test split.
        """
        design = self._choose(scorer, on)
        if design.unit in ("folds", "pooled"):
            return design
        names = self._info.names
        scored = [each for each in names if math.isfinite(self.score(each, scorer, on))]
        only_once = [each for each in scored if self._statistics(each, scorer, on) is None]
        return without_test(design, scorer, scored, only_once)

    def _choose(self, scorer: str, on: EvaluatedOn) -> Design:
        design = choose(self._info, scorer, on)
        if design.unit != "folds" or not self._pooled.by_candidate(scorer):
            return design
        return pooled_design(self._info, scorer, self._pooled.fewest)

    def score(self, name: str, scorer: str, on: EvaluatedOn) -> float:
        """Return the score of a candidate over all folds and seeds; NaN if a fit failed."""
        if on == "folds" and (pooled := self._pooled.by_candidate(scorer)):
            return pooled[name].value if name in pooled else _NAN
        return float(np.mean(self.scores(name, scorer, on)))

    def fits(self, name: str, on: EvaluatedOn) -> list[Fit]:
        """Return the fits of a candidate on the folds, or on the test split."""
        return self._fits[name, on]

    def _scores(self, name: str, scorer: str, on: EvaluatedOn) -> NDArray[np.float64]:
        """Return the score of each fold, averaged over seeds; NaN if a fit is missing."""
        scores = {(fit.split, fit.seed): fit.scores for fit in self.fits(name, on)}
        folds = range(self._info.n_splits) if on == "folds" else [TEST_SPLIT]
        seeds = self._info.seeds
        return np.array(
            [np.mean([scores.get((f, s), {}).get(scorer, _NAN) for s in seeds]) for f in folds]
        )

    def scores_by_seed(self, name: str, scorer: str, on: EvaluatedOn) -> NDArray[np.float64]:
        """Return the score with each seed over all folds; NaN if a fit failed."""
        if on == "folds" and (pooled := self._pooled.by_candidate(scorer)):
            unknown = np.full(len(self._info.seeds), _NAN)
            return self._pooled.by_seed(name, scorer) if name in pooled else unknown
        scores = {(fit.split, fit.seed): fit.scores for fit in self.fits(name, on)}
        folds = range(self._info.n_splits) if on == "folds" else [TEST_SPLIT]
        return np.array(
            [
                np.mean([scores.get((f, seed), {}).get(scorer, _NAN) for f in folds])
                for seed in self._info.seeds
            ]
        )

    def _interval(self, name: str, scorer: str, on: EvaluatedOn) -> Interval:
        """Return the score of a candidate with its interval; NaN if a fit failed.

        Parameters
        ----------
        name : str
            Name of the candidate.
        scorer : str
        on : {"folds", "test"}
        """
        info, fits, design = self._info, self.fits(name, on), self._choose(scorer, on)
        scores = self.scores(name, scorer, on)
        if not math.isfinite(self.score(name, scorer, on)):
            n_expected = len(info.seeds) * (info.n_splits if on == "folds" else 1)
            missing = len(fits) < n_expected or any(fit.error for fit in fits)
            note = _MISSING if missing else _UNDEFINED
            return Interval(_NAN, _NAN, _NAN, info.level, design.interval, note)
        if design.unit == "pooled":
            interval = bootstrap_interval(self._pooled.resamples(name, scorer), info.level)
            return within_bounds(replace(interval, method=design.interval), info.known_as(scorer))
        if design.unit == "folds":
            interval = mean_interval(scores.tolist(), _ratio(fits), info.level)
            return within_bounds(interval, info.known_as(scorer))
        if self._statistics(name, scorer, on) is None:
            value = float(scores.mean())
            return Interval(value, _NAN, _NAN, info.level, design.interval, _NOT_REPRODUCED)
        if design.unit == "seeds":
            interval = seeds_interval(self._seed_scores(name, scorer, on), info.level)
            return within_bounds(interval, info.known_as(scorer))
        resamples = functools.partial(self._resamples, name, scorer, on)
        return interval_on_rows(design.method, _predictions(fits[0]), resamples, info.level)

    def _difference(self, first: str, second: str, scorer: str, on: EvaluatedOn) -> Difference:
        """Return the score of one candidate minus that of another; NaN if a fit failed.

        For a cost, where less is better, a negative difference means that the first is better.
        """
        info, design = self._info, self._choose(scorer, on)
        sign = -1 if info.scoring[scorer] == "minimize" else 1
        scores = [sign * self.scores(name, scorer, on) for name in (first, second)]
        values = [self.score(name, scorer, on) for name in (first, second)]
        if not all(map(math.isfinite, values)):
            return _undefined(_NAN, 0.0, design, _MISSING)
        rope = equivalence(info, scorer, sign * values[1])
        if design.unit == "pooled":
            resamples = [self._pooled.resamples(name, scorer) for name in (first, second)]
            difference = bootstrap_difference(*resamples, rope=rope, level=info.level)
            return replace(difference, test=design.test)
        if design.unit == "folds":
            lists = scores[0].tolist(), scores[1].tolist()
            difference = corrected_difference(
                *lists, _ratio(self.fits(first, on)), rope=rope, level=info.level
            )
            return _in_units(self._with_row_test(difference, (first, second), scorer, on), sign)
        if any(self._statistics(name, scorer, on) is None for name in (first, second)):
            value = float(scores[0].mean() - scores[1].mean())
            undefined = _undefined(value, rope, replace(design, test=NO_TEST), _NOT_REPRODUCED)
            return _in_units(undefined, sign)
        difference = self._difference_on_rows((first, second), scorer, on, rope)
        return self._with_row_test(difference, (first, second), scorer, on)

    def _with_row_test(
        self, difference: Difference, names: tuple[str, str], scorer: str, on: EvaluatedOn
    ) -> Difference:
        """Return a difference without p-value with that of McNemar's test, for classifiers.

        A p-value is missing if the variance is 0: all folds have the same difference, or one
        candidate is right on whole classes that the other gets wrong. McNemar's test is not used
        if it points in the opposite direction.
        """
        if not math.isnan(difference.p_value) or self._info.task != "classification":
            return difference
        if any(self._statistics(name, scorer, on) is None for name in names):
            return difference
        correct = []
        for name in names:
            predictions = gathered(self.fits(name, on), self._info.seeds[0])
            assert predictions is not None  # noqa: S101 - the candidate has a score
            # Repeated folds repeat rows.
            unique = np.unique(predictions.rows, return_index=True)[1]
            correct.append(is_correct(predictions)[unique])
        if difference.value * (correct[0].mean() - correct[1].mean()) <= 0:
            return difference
        p_value, test = mcnemar(correct[0], correct[1])
        return replace(difference, p_value=p_value, test=test)

    def _difference_on_rows(
        self, names: tuple[str, str], scorer: str, on: EvaluatedOn, rope: float
    ) -> Difference:
        """Return the difference of two candidates on the same rows, evaluated once per seed."""
        level, design = self._info.level, choose(self._info, scorer, on)
        predictions = [_predictions(self.fits(name, on)[0]) for name in names]
        first, second = (binary(each) for each in predictions)
        match design.method:
            case Method.SEEDS_T:
                seed_scores = [self._seed_scores(name, scorer, on) for name in names]
                return seeds_difference(*seed_scores, rope=rope, level=level)
            case Method.MCNEMAR:
                return paired_difference(*map(is_correct, predictions), rope=rope, level=level)
            case Method.DELONG if first is not None and second is not None:
                return difference_of_areas(first[0], (first[1], second[1]), rope, level)
            case Method.DELONG | Method.PAIRED_BOOTSTRAP:
                resamples = [self._resamples(name, scorer, on) for name in names]
                return bootstrap_difference(*resamples, rope=rope, level=level)
        raise NotImplementedError(f"there is no difference on rows for {design.method}")

    def omnibus(self, names: Sequence[str], scorer: str, on: EvaluatedOn) -> float:
        """Return the p-value of Cochran's Q for equal candidates; NaN if it is not used.

        Parameters
        ----------
        names : sequence of str
            Candidates without a failed fit.
        scorer : str
        on : {"folds", "test"}
        """
        if not self.design(scorer, on).omnibus or len(names) < 2:  # noqa: PLR2004 - a pair
            return _NAN
        if any(self._statistics(name, scorer, on) is None for name in names):
            return _NAN
        predictions = [_predictions(self.fits(name, on)[0]) for name in names]
        return cochran(np.stack([is_correct(each) for each in predictions], axis=1))

    def groups(self, names: Sequence[str], scorer: str, on: EvaluatedOn) -> list[str]:
        """Return letters; candidates that share a letter are not significantly different.

        Parameters
        ----------
        names : sequence of str
            Candidates without a failed fit, best first.
        scorer : str
        on : {"folds", "test"}

        Returns
        -------
        list of str
            Letters from tests of all pairs with Holm's correction; empty strings if a pair has no
            test.
        """
        pairs = list(combinations(range(len(names)), 2))
        p_values = [self.difference(names[i], names[j], scorer, on).p_value for i, j in pairs]
        if not names or np.isnan(p_values).any():
            return [""] * len(names)
        different = np.zeros((len(names), len(names)), dtype=bool)
        for (i, j), p_value in zip(pairs, holm(p_values), strict=True):
            different[i, j] = different[j, i] = p_value < 1 - self._info.level
        return letters(different)

    def _compute_statistics(
        self, name: str, scorer: str, on: EvaluatedOn
    ) -> list[Statistic] | None:
        """Return functions that reproduce the score of each seed; None if that is not possible."""
        if self._info.scoring[scorer] == "minimize":
            return None  # not a scorer of scikit-learn, where greater is better
        statistics = []
        for fit in self.fits(name, on):
            if fit.predictions is None:
                return None
            statistic = reproduced(self._info.known_as(scorer), fit.predictions, fit.scores[scorer])
            if statistic is None:
                return None
            statistics.append(statistic)
        return statistics

    def _compute_resamples(self, name: str, scorer: str, on: EvaluatedOn) -> Resamples:
        statistics = self._statistics(name, scorer, on)
        assert statistics is not None  # noqa: S101 - checked by the callers
        return resample(statistics[0], strata(_predictions(self.fits(name, on)[0])))

    def _compute_seed_scores(self, name: str, scorer: str, on: EvaluatedOn) -> SeedScores:
        statistics = self._statistics(name, scorer, on)
        assert statistics is not None  # noqa: S101 - checked by the callers
        predictions = _predictions(self.fits(name, on)[0])
        # With a single seed, Wilson's interval and McNemar's test are not stratified either.
        unstratified = self._info.known_as(scorer) == "accuracy"
        n_rows = len(predictions.y_true)
        classes = np.zeros(n_rows, np.int64) if unstratified else strata(predictions)
        return score_seeds(statistics, classes)


def _ratio(fits: Sequence[Fit]) -> float:
    """Return the number of validation rows per training row, the mean over folds."""
    return float(np.mean([fit.n_test / fit.n_train for fit in fits]))


def _predictions(fit: Fit) -> Predictions:
    assert fit.predictions is not None  # noqa: S101 - the fit has a score
    return fit.predictions


def _undefined(value: float, rope: float, design: Design, note: str) -> Difference:
    return Difference(value, _NAN, _NAN, _NAN, _NAN, _NAN, _NAN, rope, design.test, note)


def _in_units(difference: Difference, sign: int) -> Difference:
    """Return a difference in units of the score; for costs, it was computed from negated scores."""
    if sign > 0:
        return difference
    return replace(difference, value=-difference.value, low=-difference.high, high=-difference.low)
