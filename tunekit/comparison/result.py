"""What a comparison found: a ranking, all pairs, and both as files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from tunekit.comparison.design import Design, EvaluatedOn, check
from tunekit.comparison.inference import Inference, gathered
from tunekit.comparison.tables import as_json, as_latex, as_markdown, table_of_pairs, written
from tunekit.core.comparison_info import ComparisonInfo, Fit
from tunekit.core.notebook import short_html
from tunekit.core.predictions import Predictions
from tunekit.exceptions import ParameterError, did_you_mean
from tunekit.statistics.rank_tests import without_rounding

_TABLES = ("ranking", "pairwise")

TableName = Literal["ranking", "pairwise"]


class Comparison:
    """Candidates on the same splits, ranked, with what can and what cannot be told apart.

    :func:`tunekit.compare` makes it, and :func:`tunekit.load_comparison` reads it from MLflow.

    Parameters
    ----------
    info : ComparisonInfo
    fits : sequence of Fit
    run_id, tracking_uri : str or None
        The parent run in MLflow and its store; None without tracking.

    Attributes
    ----------
    name : str
    candidates : list of str
        In the order given.
    info : ComparisonInfo
    fits : tuple of Fit
        Every candidate on every split with every seed.
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
        """Return its name, and how many candidates it ranks."""
        return f"Comparison({self.name!r}, {len(self.candidates)} candidates)"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the ranking, and how candidates are told apart."""
        ranking = self.ranking().reset_index()
        columns = ["rank", "candidate", "score", "low", "high", "group", "fit_time"]
        sentence = f"{self.info.scorer} over {self.info.cv}. {self.design().of_letters}"
        return short_html(f"Comparison {self.name!r}", [sentence], ranking[columns])

    def design(self, scorer: str | None = None, *, on: EvaluatedOn = "folds") -> Design:
        """Return which interval and test are used, and why.

        Parameters
        ----------
        scorer : str or None, default=None
            None takes the first.
        on : {"folds", "test"}, default="folds"

        Raises
        ------
        ParameterError
            When there is no such scorer, or no test split.
        """
        return self._inference.design(scorer or self.info.scorer, on)

    def scores(self, scorer: str | None = None, *, on: EvaluatedOn = "folds") -> pd.DataFrame:
        """Return the score of each candidate on each fold, the mean over seeds.

        Parameters are those of :meth:`design`.

        Returns
        -------
        DataFrame of shape (n_folds, n_candidates)
            NaN where a fit failed.
        """
        scorer = scorer or self.info.scorer
        check(self.info, scorer, on)
        columns = {name: self._inference.scores(name, scorer, on) for name in self.candidates}
        return pd.DataFrame(columns).rename_axis("fold")

    def predictions(self, candidate: str, *, on: EvaluatedOn = "folds") -> Predictions | None:
        """Return what a candidate said of the rows that it was judged on, with the first seed.

        Parameters
        ----------
        candidate : str
        on : {"folds", "test"}, default="folds"

        Returns
        -------
        Predictions or None
            A row once for each fold that held it out; None where a fit failed.

        Raises
        ------
        ParameterError
            When there is no such candidate, or no test split.
        """
        check(self.info, self.info.scorer, on)
        self._check(candidate)
        return gathered(self._inference.fits(candidate, on), self.info.seeds[0])

    def params(self, candidate: str) -> list[dict[str, Any]]:
        """Return what a search chose for a candidate.

        Parameters
        ----------
        candidate : str

        Returns
        -------
        list of dict
            Of a finalist its configuration; of a tuner what it chose on each split, in the order of
            ``fits``; empty for others.

        Raises
        ------
        ParameterError
            When there is no such candidate.
        """
        self._check(candidate)
        described = self.info.candidates[self.candidates.index(candidate)]
        if described.params:
            return [dict(described.params)]
        own = [fit for fit in self.fits if fit.candidate == candidate]
        return [dict(fit.params) for fit in own if fit.params]

    def ranking(self, scorer: str | None = None, *, on: EvaluatedOn = "folds") -> pd.DataFrame:
        """Return the candidates, best first.

        Parameters
        ----------
        scorer : str or None, default=None
            What ranks; None takes the first.
        on : {"folds", "test"}, default="folds"
            Judged on the folds (or the one hold-out), or on the test split.

        Returns
        -------
        DataFrame
            A candidate a row: ``rank`` (equal scores share one; none where a fit failed),
            ``score`` (the mean, or of small folds that of all rows together, see
            :meth:`design`), ``low`` and ``high`` (its interval), ``std`` (spread over the
            folds), ``group`` (candidates that share a letter cannot be told apart, by all pairs
            with Holm's correction), the means of the other scorers (one that is called like another
            column has ``" (scorer)"`` behind its name), ``fit_time`` (median,
            seconds), ``predict_time`` (median, seconds a row), ``n_params``, ``n_bytes``, and
            ``error``. Of finalists there is also ``search_score``, by which the search had chosen
            them.

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
            None takes the first.
        on : {"folds", "test"}, default="folds"
        all_pairs : bool or None, default=None
            Whether all pairs are compared, or each with the baseline; None compares with the
            baseline where one was declared.

        Returns
        -------
        DataFrame
            A pair a row: ``first``, ``second``, ``difference`` (first minus second), ``low`` and
            ``high`` (its interval), ``p_value``, ``p_corrected`` (Holm's, for the pairs shown),
            the probabilities ``better`` and ``worse`` (of the first, by more than ``rope``) and
            ``equivalent``, what is at least 95% probable of these (``verdict``), ``test`` and
            ``note``. ``attrs["omnibus_p"]`` is Cochran's Q for all, where it applies.

        Raises
        ------
        ParameterError
            When there is no such scorer, no test split, or no baseline where one is asked for.
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
            "omnibus_p": self._inference.omnibus(self._sound(scorer, on), scorer, on),
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
        """Return the ranking, or the pairs, as CSV, and write it where a path is given.

        Parameters
        ----------
        path : str, Path or None, default=None
            Folders on the way to it are made.
        table : {"ranking", "pairwise"}, default="ranking"
        scorer : str or None, default=None
            None takes the first.
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
        """Return the same as a JSON list of rows. Parameters are those of :meth:`to_csv`."""
        return written(as_json(self._table(table, scorer, on)), path)

    def to_latex(
        self,
        path: str | Path | None = None,
        *,
        table: TableName = "ranking",
        scorer: str | None = None,
        on: EvaluatedOn = "folds",
    ) -> str:
        """Return the same for LaTeX (booktabs). Parameters are those of :meth:`to_csv`."""
        return written(as_latex(self._table(table, scorer, on)), path)

    def to_markdown(
        self,
        path: str | Path | None = None,
        *,
        table: TableName = "ranking",
        scorer: str | None = None,
        on: EvaluatedOn = "folds",
    ) -> str:
        """Return the same for Markdown. Parameters are those of :meth:`to_csv`."""
        return written(as_markdown(self._table(table, scorer, on)), path)

    def _check(self, candidate: str) -> None:
        if candidate not in self.candidates:
            raise ParameterError(
                f"the comparison {self.name!r} has no candidate {candidate!r}."
                f"{did_you_mean(candidate, self.candidates)}"
            )

    def _sound(self, scorer: str, on: EvaluatedOn) -> list[str]:
        """Return the candidates of which no fit failed, best first."""
        values = {each: self._inference.score(each, scorer, on) for each in self.candidates}
        means = pd.Series(values, dtype=float).dropna()
        means[:] = without_rounding(means)
        ascending = self.info.scoring[scorer] == "minimize"
        return [str(each) for each in means.sort_values(ascending=ascending, kind="stable").index]

    def _row(self, name: str, scorer: str, on: EvaluatedOn) -> dict[str, Any]:
        own = self._inference.fits(name, on)
        found = self._inference.interval(name, scorer, on)
        spread = self._inference.scores(name, scorer, on)
        row: dict[str, Any] = {"score": found.value, "low": found.low, "high": found.high}
        row["std"] = float(spread.std()) if len(spread) > 1 else math.nan
        others = [each for each in self.info.scoring if each != scorer]
        means = {each: self._inference.score(name, each, on) for each in others}
        row |= {column_of(each): mean for each, mean in means.items()}
        row["fit_time"] = _median([fit.fit_time for fit in own])
        row["predict_time"] = _median([fit.predict_time / fit.n_test for fit in own])
        row["n_params"] = _largest([fit.n_params for fit in own])
        row["n_bytes"] = _largest([fit.n_bytes for fit in self.fits if fit.candidate == name])
        if self.info.kind == "finalists":
            described = next(each for each in self.info.candidates if each.name == name)
            row["search_score"] = described.search_score
        row["error"] = next((fit.error for fit in own if fit.error), "")
        row["note"] = found.note
        return row

    def _groups(self, names: Sequence[str], scorer: str, on: EvaluatedOn) -> list[str]:
        """Return letters for candidates in the order of the ranking; none for one that failed."""
        whole = set(self._sound(scorer, on))
        sound = [name for name in names if name in whole]
        given = dict(zip(sound, self._inference.groups(sound, scorer, on), strict=True))
        return [given.get(name, "") for name in names]

    def _pairs(
        self, scorer: str, on: EvaluatedOn, *, all_pairs: bool | None
    ) -> list[tuple[str, str]]:
        sound, baseline = self._sound(scorer, on), self.info.baseline
        if all_pairs is False and baseline is None:
            raise ParameterError(
                f"the comparison {self.name!r} has no baseline: call compare with baseline='…', "
                f"the name of a candidate, or compare all pairs."
            )
        if baseline is None or all_pairs:
            return list(combinations(sound, 2))
        return [(name, baseline) for name in sound if name != baseline and baseline in sound]

    def _table(self, table: str, scorer: str | None, on: EvaluatedOn) -> pd.DataFrame:
        if table not in _TABLES:
            raise ParameterError(f"table must be 'ranking' or 'pairwise', got {table!r}.")
        if table == "ranking":
            return self.ranking(scorer, on=on).reset_index()
        return self.pairwise(scorer, on=on)


def column_of(scorer: str) -> str:
    """Return the name of the column of a ranking with the means of a scorer that does not rank."""
    return f"{scorer} (scorer)" if scorer in _COLUMNS else scorer


_COLUMNS = frozenset(
    {
        *("rank", "score", "low", "high", "std", "group", "predict_time", "n_bytes"),
        *("search_score", "error", "note"),
    }
)


def _median(values: Sequence[float]) -> float:
    return float(np.median(values)) if values else math.nan


def _largest(values: Sequence[int | None]) -> float:
    known = [each for each in values if each is not None]
    return float(max(known)) if known else math.nan
