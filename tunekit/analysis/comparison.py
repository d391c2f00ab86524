"""Data of a comparison for the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from tunekit.analysis.learning.reference import Reference, reference_of
from tunekit.comparison.inference_methods import EvaluatedOn
from tunekit.comparison.result import Comparison
from tunekit.core.comparison_info import TEST_SPLIT
from tunekit.core.predictions import Curve, Mistakes, Predictions
from tunekit.exceptions import StudyError
from tunekit.statistics.multiple_testing import share_a_letter
from tunekit.tracking.artifacts import (
    ARCHITECTURE,
    DATA,
    ENVIRONMENT,
    MISTAKES,
    TEST_MISTAKES,
    read_json,
    read_mistakes,
)
from tunekit.tracking.comparison_reader import TrackedComparison

_UNKNOWN = Reference()


@dataclass(frozen=True)
class ComparisonData:
    """Everything that the report shows of a comparison.

    Attributes
    ----------
    tracked : TrackedComparison
    comparison : Comparison
    best : str
        The candidate that ranks first.
    data : mapping
        Description of the data, see :func:`tunekit.evaluation.describe.describe_data`.
    architecture : mapping
        Description of the best candidate; empty if unknown.
    mistakes, test_mistakes : Mistakes or None
        Inputs of its worst mistakes, on the folds and on the test split.
    reference : Reference, default=Reference()
        Reference values for the learning curves of the best candidate that has any.
    environment : mapping
        Versions of Python and packages.
    engine : str, default=""
        For finalists, the engine of their search; empty if unknown.
    label : str, default=""
        Title in a report, unique there; for finalists, that of their study.
    """

    tracked: TrackedComparison
    comparison: Comparison
    best: str
    data: Mapping[str, Any]
    architecture: Mapping[str, Any]
    mistakes: Mistakes | None
    test_mistakes: Mistakes | None
    reference: Reference = _UNKNOWN
    environment: Mapping[str, Any] = field(default_factory=dict)
    engine: str = ""
    label: str = ""

    @property
    def name(self) -> str:
        """Name of the comparison in a report; for finalists, that of their study."""
        return self.label or self.comparison.name

    @property
    def title(self) -> str:
        """Title of the comparison; for finalists, it includes their engine."""
        if self.comparison.info.kind != "finalists":
            return self.name
        named = self.label in ("", self.comparison.name)  # otherwise, it contains the engine
        return f"Finalists of {self.name}{f', {self.engine}' if named and self.engine else ''}"

    @property
    def grounds(self) -> tuple[EvaluatedOn, ...]:
        """Rows that candidates were evaluated on: folds, and the test split if there is one."""
        return ("folds", "test") if self.comparison.info.n_test else ("folds",)

    def rows_of(self, on: EvaluatedOn) -> str:
        """Return a description of the rows that candidates were evaluated on."""
        if on == "test":
            return "test split"
        return "hold-out rows" if self.comparison.info.n_splits == 1 else "out-of-fold rows"

    @property
    def scoring(self) -> str:
        """Name of the scorer that ranks the candidates."""
        return self.comparison.info.scorer

    @property
    def validation(self) -> Predictions | None:
        """Predictions of the best candidate for the validation rows."""
        return self.comparison.predictions(self.best)

    @property
    def test(self) -> Predictions | None:
        """Predictions of the best candidate for the test split; None if there is none."""
        return (
            self.comparison.predictions(self.best, on="test")
            if self.comparison.info.n_test
            else None
        )

    @property
    def best_kind(self) -> str:
        """Class of the best candidate's estimator."""
        return next(each.kind for each in self.comparison.info.candidates if each.name == self.best)

    @property
    def dummies(self) -> frozenset[str]:
        """Names of the candidates that ignore their inputs."""
        candidates = self.comparison.info.candidates
        return frozenset(each.name for each in candidates if each.kind.startswith("Dummy"))

    @property
    def best_is_dummy(self) -> bool:
        """Whether the best candidate ignores its inputs."""
        return self.best in self.dummies

    @property
    def n_fits(self) -> int:
        """Number of fits of a finished comparison: candidates times splits times seeds."""
        info = self.comparison.info
        return (info.n_splits + (info.n_test > 0)) * len(info.seeds) * len(info.candidates)

    @property
    def finished(self) -> bool:
        """Whether all fits are done."""
        return len(self.comparison.fits) == self.n_fits


def collect_comparison(
    client: Any, tracked: TrackedComparison, *, engine: str = ""
) -> ComparisonData:
    """Read the data of a comparison for the report from MLflow.

    Parameters
    ----------
    client : MlflowClient
    tracked : TrackedComparison
    engine : str, default=""
        For finalists, the engine of their search.

    Raises
    ------
    StudyError
        If no candidate has been fitted on all splits yet.
    TrackingError
        If the store cannot be read.
    """
    comparison = Comparison(
        tracked.info, tracked.fits, run_id=tracked.run_id, tracking_uri=tracked.uri
    )
    ranking = comparison.ranking().dropna(subset=["score"])
    if ranking.empty:
        raise StudyError(
            f"the comparison {comparison.name!r} has no candidate with a score yet: run it before "
            f"you report on it."
        )
    best = str(ranking.index[0])
    run = tracked.runs[best]
    architecture = read_json(client, run, ARCHITECTURE) or {}
    return ComparisonData(
        tracked=tracked,
        comparison=comparison,
        best=best,
        data=read_json(client, tracked.run_id, DATA) or {},
        architecture=architecture,
        mistakes=read_mistakes(client, run, MISTAKES),
        test_mistakes=read_mistakes(client, run, TEST_MISTAKES),
        reference=_reference(client, tracked, comparison, {best: architecture}),
        environment=read_json(client, tracked.run_id, ENVIRONMENT) or {},
        engine=engine or tracked.info.engine,
    )


def curves_of(comparison: Comparison) -> dict[str, list[Curve]]:
    """Return the learning curves on the folds of each candidate that has any, the best first."""
    ranking = comparison.ranking().dropna(subset=["score"])
    curves = {
        str(name): [
            fit.curve
            for fit in comparison.fits
            if fit.candidate == name and fit.split != TEST_SPLIT and fit.curve
        ]
        for name in ranking.index
    }
    return {name: each for name, each in curves.items() if each}


def _reference(
    client: Any,
    tracked: TrackedComparison,
    comparison: Comparison,
    architectures: Mapping[str, Mapping[str, Any]],
) -> Reference:
    name = next(iter(curves_of(comparison)), None)
    if name is None:
        return _UNKNOWN
    architecture = architectures.get(name)
    if architecture is None:
        architecture = read_json(client, tracked.runs[name], ARCHITECTURE) or {}
    return reference_of(comparison.predictions(name), architecture, {})


_REVERSED = {"better": "worse", "worse": "better"}


def pairs_with_best(data: ComparisonData, on: EvaluatedOn) -> pd.DataFrame:
    """Return the best candidate's pairs with all others that have a score there.

    Parameters
    ----------
    data : ComparisonData
    on : {"folds", "test"}

    Returns
    -------
    DataFrame
        Rows of :meth:`~tunekit.comparison.result.Comparison.pairwise` for all pairs, by the name
        of the other candidate, in the order of the ranking. ``verdict`` applies to the best
        candidate, ``best_wins`` is whether its score is higher, and ``significant`` whether the
        difference is significant.
    """
    pairs = data.comparison.pairwise(on=on, all_pairs=True)
    pairs = pairs[(pairs["first"] == data.best) | (pairs["second"] == data.best)].copy()
    is_first = pairs["first"] == data.best
    reverse = pairs["verdict"].map(lambda verdict: _REVERSED.get(verdict, verdict))
    pairs["verdict"] = pairs["verdict"].where(is_first, reverse)
    pairs["best_wins"] = is_first
    pairs["significant"] = pairs["p_corrected"] < 1 - data.comparison.info.level
    pairs = pairs.set_index(pairs["second"].where(is_first, pairs["first"]))
    ranking = data.comparison.ranking(on=on)["score"].dropna()
    return pairs.loc[[name for name in ranking.index if name in pairs.index]]


def not_shown_worse(data: ComparisonData) -> list[str]:
    """Return the candidates that are not shown to be worse than the best.

    They share a letter with it. Neither on the folds nor on the test split is the best candidate
    probably or significantly better. Dummies are excluded.
    """
    kinds = {each.name: each.kind for each in data.comparison.info.candidates}
    groups = data.comparison.ranking().dropna(subset=["score"])["group"]
    names = [str(name) for name in groups.index if name != data.best]
    names = [name for name in names if share_a_letter(groups[name], groups[data.best])]
    for on in data.grounds:
        pairs = pairs_with_best(data, on)
        worse = (pairs["verdict"] == "better") | (pairs["significant"] & pairs["best_wins"])
        names = [name for name in names if name in pairs.index[~worse]]
    return [name for name in names if not kinds[name].startswith("Dummy")]
