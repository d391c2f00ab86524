"""Result of a comparison: a ranking, all pairs, and both as files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from tunekit.comparison.inference import Inference, gathered
from tunekit.comparison.inference_methods import Design, EvaluatedOn, check
from tunekit.comparison.tables import (
    as_json,
    as_latex,
    as_markdown,
    column_of,
    table_of_pairs,
    written,
)
from tunekit.core.comparison_info import ComparisonInfo, Fit
from tunekit.core.named import real
from tunekit.core.notebook import short_html
from tunekit.core.predictions import Predictions
from tunekit.exceptions import ParameterError, did_you_mean
from tunekit.statistics.rank_tests import without_rounding

_TABLES = ("ranking", "pairwise")

TableName = Literal["ranking", "pairwise"]


class Comparison:
    """Result of a comparison of candidates on the same splits, with significance tests.

    :func:`tunekit.compare` and :func:`tunekit.load_comparison` return it.

    Parameters
    ----------
    info : ComparisonInfo
    fits : sequence of Fit
    run_id, tracking_uri : str or None
        ID of the parent run in MLflow, and its store; None without tracking.

    Attributes
    ----------
    name : str
    candidates : list of str
        Names in the order given.
    info : ComparisonInfo
    fits : tuple of Fit
        Fits of all candidates on all splits with all seeds.
    run_id, tracking_uri : str or None
    """

    def __init__(
        self,
        info: ComparisonInfo,
        fits: Sequence[Fit],
        *,
        run_id: str | None = None,
        tracking_uri: str | None = None,
    ) -> None:
        self.info = info
        self.fits = tuple(fits)
        self.name = info.name
        self.candidates = info.names
        self.run_id = run_id
        self.tracking_uri = tracking_uri
        self._inference = Inference(info, self.fits)

    def __repr__(self) -> str:
        """Return the name and the number of candidates."""
        return f"Comparison({self.name!r}, {len(self.candidates)} candidates)"

    def _repr_html_(self) -> str:
        """Return the HTML for notebooks: the ranking and the test."""
        ranking = self.ranking().reset_index()
        columns = ["rank", "candidate", "score", "low", "high", "group", "fit_time"]
        sentence = f"{self.info.scorer} over {self.info.cv}. {self.design().of_letters}"
        return short_html(f"Comparison {self.name!r}", [sentence], ranking[columns])

    def design(self, scorer: str | None = None, *, on: EvaluatedOn = "folds") -> Design:
        """Return which interval and test are used, and why.

        Parameters
        ----------
        scorer : str or None, default=None
            None uses the first scorer.
        on : {"folds", "test"}, default="folds"

        Raises
        ------
        ParameterError
            When there is no such scorer, or no test split.
        """
        return self._inference.design(scorer or self.info.scorer, on)

    def scores(
        self,
        scorer: str | None = None,
        *,
        on: EvaluatedOn = "folds",
        by: Literal["fold", "seed"] = "fold",
    ) -> pd.DataFrame:
        """Return the score of each candidate on each fold or with each seed.

        Parameters
        ----------
        scorer : str or None, default=None
            None uses the first scorer.
        on : {"folds", "test"}, default="folds"
        by : {"fold", "seed"}, default="fold"
            ``"fold"`` averages over the seeds, ``"seed"`` over the folds. With small folds, the
            score with a seed is that of all rows together, as in :meth:`ranking`.

        Returns
        -------
        DataFrame of shape (n_folds or n_seeds, n_candidates)
            The index contains the numbers of the folds, or the seeds. NaN if a fit failed.

        Raises
        ------
        ParameterError
            When there is no such scorer, or no test split, or ``by`` has another value.
        """
        scorer = scorer or self.info.scorer
        check(self.info, scorer, on)
        if by not in ("fold", "seed"):
            raise ParameterError(f"by must be 'fold' or 'seed', got {by!r}.")
        scores = self._inference.scores if by == "fold" else self._inference.scores_by_seed
        frame = pd.DataFrame({name: scores(name, scorer, on) for name in self.candidates})
        return (frame if by == "fold" else frame.set_axis(list(self.info.seeds))).rename_axis(by)

    def predictions(self, candidate: str, *, on: EvaluatedOn = "folds") -> Predictions | None:
        """Return the predictions of a candidate with the first seed, for validation or test rows.

        Parameters
        ----------
        candidate : str
        on : {"folds", "test"}, default="folds"

        Returns
        -------
        Predictions or None
            Repeated folds repeat rows. None if a fit failed.

        Raises
        ------
        ParameterError
            When there is no such candidate, or no test split.
        """
        check(self.info, self.info.scorer, on)
        self._check(candidate)
        return gathered(self._inference.fits(candidate, on), self.info.seeds[0])

    def params(self, candidate: str) -> list[dict[str, Any]]:
        """Return the configurations that a search selected for a candidate.

        Parameters
        ----------
        candidate : str

        Returns
        -------
        list of dict
            For a finalist, its configuration; for a tuner, the best configuration of each fit, in
            the order of ``fits``; empty for others.

        Raises
        ------
        ParameterError
            When there is no such candidate.
        """
        self._check(candidate)
        described = self.info.candidates[self.candidates.index(candidate)]
        if described.params:
            return [real(dict(described.params))]
        fits = [fit for fit in self.fits if fit.candidate == candidate]
        return [real(dict(fit.params)) for fit in fits if fit.params]

    def ranking(self, scorer: str | None = None, *, on: EvaluatedOn = "folds") -> pd.DataFrame:
        """Return the candidates, best first.

        Parameters
        ----------
        scorer : str or None, default=None
            Scorer for the ranking; None uses the first one.
        on : {"folds", "test"}, default="folds"
            Whether scores are those on the folds (or the hold-out), or on the test split.

        Returns
        -------
        DataFrame
            One row per candidate: ``rank`` (equal scores share a rank; missing if a fit failed),
            ``score`` (the mean, or the pooled score if folds are small, see :meth:`design`),
            ``low`` and ``high`` (its interval), ``std`` (over the folds), ``group`` (candidates
            that share a letter are not significantly different, by tests of all pairs with Holm's
            correction), the means of the other scorers (with the suffix ``" (scorer)"`` if the
            name is that of another column), ``fit_time`` (median, seconds), ``predict_time``
            (median, seconds per row), ``n_params``, ``n_bytes``, and ``error``. For finalists,
            there is also ``search_score``, the score in the search.

        Raises
        ------
        ParameterError
            When there is no such scorer, or no test split.
        """
        scorer = scorer or self.info.scorer
        check(self.info, scorer, on)
        rows = [self._row(name, scorer, on) for name in self.candidates]
        frame = pd.DataFrame(rows, index=pd.Index(self.candidates, name="candidate"))
        ascending = self.info.scoring[scorer] == "minimize"
        level = pd.Series(without_rounding(frame["score"]), index=frame.index)
        frame["rank"] = level.rank(method="min", ascending=ascending).astype("Int64")
        frame = frame.loc[level.sort_values(ascending=ascending, kind="stable").index]
        frame["group"] = self._groups(list(frame.index), scorer, on)
        first = ["rank", "score", "low", "high", "std", "group"]
        frame = frame[[*first, *(each for each in frame if each not in first)]]
        frame.attrs = {"scorer": scorer, "on": on, "level": self.info.level}
        return frame

    def pairwise(
        self, scorer: str | None = None, *, on: EvaluatedOn = "folds", all_pairs: bool | None = None
    ) -> pd.DataFrame:
        """Return the difference of pairs of candidates, the better one first.

        Parameters
        ----------
        scorer : str or None, default=None
            None uses the first scorer.
        on : {"folds", "test"}, default="folds"
        all_pairs : bool or None, default=None
            Whether to compare all pairs, or each candidate with the baseline. None compares with
            the baseline if there is one.

        Returns
        -------
        DataFrame
            One row per pair: ``first``, ``second``, ``difference`` (first minus second), ``low``
            and ``high`` (its interval), ``p_value``, ``p_corrected`` (by Holm's method, for the
            pairs shown), the probabilities that the first is ``better`` or ``worse`` by more than
            ``rope`` or ``equivalent``, the ``verdict`` (which of these has at least 95%), ``test``
            and ``note``. ``attrs["omnibus_p"]`` is the p-value of Cochran's Q if it is used.

        Raises
        ------
        ParameterError
            When there is no such scorer, no test split, or no baseline with ``all_pairs=False``.
        """
        scorer = scorer or self.info.scorer
        check(self.info, scorer, on)
        pairs = self._pairs(scorer, on, all_pairs=all_pairs)
        frame = table_of_pairs(
            pairs, [self._inference.difference(*pair, scorer, on) for pair in pairs]
        )
        design = self._inference.design(scorer, on)
        frame.attrs = {
            "scorer": scorer,
            "on": on,
            "level": self.info.level,
            "test": design.test,
            "why": design.why,
            "omnibus_p": self._inference.omnibus(self._scored(scorer, on), scorer, on),
        }
        return frame

    def to_csv(
        self,
        path: str | Path | None = None,
        *,
        table: TableName = "ranking",
        scorer: str | None = None,
        on: EvaluatedOn = "folds",
    ) -> str:
        """Return the ranking or the pairs as CSV, and write it to a file if a path is given.

        Parameters
        ----------
        path : str, Path or None, default=None
            Missing parent folders are created.
        table : {"ranking", "pairwise"}, default="ranking"
        scorer : str or None, default=None
            None uses the first scorer.
        on : {"folds", "test"}, default="folds"

        Raises
        ------
        ParameterError
            When there is no such table, scorer or test split, or the file cannot be written.
        """
        return written(self._table(table, scorer, on).to_csv(index=False), path)

    def to_json(
        self,
        path: str | Path | None = None,
        *,
        table: TableName = "ranking",
        scorer: str | None = None,
        on: EvaluatedOn = "folds",
    ) -> str:
        """Return the table as a JSON list of rows. The parameters are those of :meth:`to_csv`."""
        return written(as_json(self._table(table, scorer, on)), path)

    def to_latex(
        self,
        path: str | Path | None = None,
        *,
        table: TableName = "ranking",
        scorer: str | None = None,
        on: EvaluatedOn = "folds",
    ) -> str:
        """Return the table as LaTeX with booktabs. The parameters are those of :meth:`to_csv`."""
        return written(as_latex(self._table(table, scorer, on)), path)

    def to_markdown(
        self,
        path: str | Path | None = None,
        *,
        table: TableName = "ranking",
        scorer: str | None = None,
        on: EvaluatedOn = "folds",
    ) -> str:
        """Return the table as Markdown. The parameters are those of :meth:`to_csv`."""
        return written(as_markdown(self._table(table, scorer, on)), path)

    def _check(self, candidate: str) -> None:
        if candidate not in self.candidates:
            raise ParameterError(
                f"the comparison {self.name!r} has no candidate {candidate!r}."
                f"{did_you_mean(candidate, self.candidates)}"
            )

    def _scored(self, scorer: str, on: EvaluatedOn) -> list[str]:
        """Return the candidates without a failed fit, best first."""
        values = {each: self._inference.score(each, scorer, on) for each in self.candidates}
        means = pd.Series(values, dtype=float).dropna()
        means[:] = without_rounding(means)
        ascending = self.info.scoring[scorer] == "minimize"
        return [str(each) for each in means.sort_values(ascending=ascending, kind="stable").index]

    def _row(self, name: str, scorer: str, on: EvaluatedOn) -> dict[str, Any]:
        fits = self._inference.fits(name, on)
        interval = self._inference.interval(name, scorer, on)
        scores = self._inference.scores(name, scorer, on)
        row: dict[str, Any] = {"score": interval.value, "low": interval.low, "high": interval.high}
        row["std"] = float(scores.std()) if len(scores) > 1 else math.nan
        others = [each for each in self.info.scoring if each != scorer]
        means = {each: self._inference.score(name, each, on) for each in others}
        row |= {column_of(each): mean for each, mean in means.items()}
        row["fit_time"] = _median([fit.fit_time for fit in fits])
        row["predict_time"] = _median([fit.predict_time / fit.n_test for fit in fits])
        row["n_params"] = _largest([fit.n_params for fit in fits])
        row["n_bytes"] = _largest([fit.n_bytes for fit in self.fits if fit.candidate == name])
        if self.info.kind == "finalists":
            described = next(each for each in self.info.candidates if each.name == name)
            row["search_score"] = described.search_score
        row["error"] = next((fit.error for fit in fits if fit.error), "")
        row["note"] = interval.note
        return row

    def _groups(self, names: Sequence[str], scorer: str, on: EvaluatedOn) -> list[str]:
        """Return the letters of candidates in the given order; empty for those that failed."""
        without_failure = set(self._scored(scorer, on))
        scored = [name for name in names if name in without_failure]
        letters = dict(zip(scored, self._inference.groups(scored, scorer, on), strict=True))
        return [letters.get(name, "") for name in names]

    def _pairs(
        self, scorer: str, on: EvaluatedOn, *, all_pairs: bool | None
    ) -> list[tuple[str, str]]:
        scored, baseline = self._scored(scorer, on), self.info.baseline
        if all_pairs is False and baseline is None:
            raise ParameterError(
                f"the comparison {self.name!r} has no baseline: call compare with baseline='…', "
                f"the name of a candidate, or compare all pairs."
            )
        if baseline is None or all_pairs:
            return list(combinations(scored, 2))
        return [(name, baseline) for name in scored if name != baseline and baseline in scored]

    def _table(self, table: str, scorer: str | None, on: EvaluatedOn) -> pd.DataFrame:
        if table not in _TABLES:
            raise ParameterError(f"table must be 'ranking' or 'pairwise', got {table!r}.")
        if table == "ranking":
            return self.ranking(scorer, on=on).reset_index()
        return self.pairwise(scorer, on=on)


def _median(values: Sequence[float]) -> float:
    return float(np.median(values)) if values else math.nan


def _largest(values: Sequence[int | None]) -> float:
    known = [each for each in values if each is not None]
    return float(max(known)) if known else math.nan
