"""Collects what the report shows of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from tunekit.analysis.learning.reference import Reference, reference_of
from tunekit.comparison.design import EvaluatedOn
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
    found : Comparison
    best : str
        The candidate that ranks first.
    data : mapping
        What is known of the data, see :func:`tunekit.evaluation.describe.describe_data`.
    architecture : mapping
        What the best candidate is made of; empty where it is not known.
    mistakes, test_mistakes : Mistakes or None
        Inputs of its worst mistakes, on the folds and on the test split.
    reference : Reference, default=Reference()
        What the learning curves of the best candidate that has some are measured against.
    environment : mapping
        Versions of Python and packages.
    engine : str, default=""
        Of finalists, the engine whose search they come from; empty where it is not known.
    """

    tracked: TrackedComparison
    found: Comparison
    best: str
    data: Mapping[str, Any]
    architecture: Mapping[str, Any]
    mistakes: Mistakes | None
    test_mistakes: Mistakes | None
    reference: Reference = _UNKNOWN
    environment: Mapping[str, Any] = field(default_factory=dict)
    engine: str = ""

    @property
    def name(self) -> str:
        """Name of the comparison; of finalists that of their study."""
        return self.found.name

    @property
    def title(self) -> str:
        """The name in words; that of finalists includes their engine."""
        if self.found.info.kind != "finalists":
            return self.name
        return f"Finalists of {self.name}{self.engine and ', '}{self.engine}"

    @property
    def grounds(self) -> tuple[EvaluatedOn, ...]:
        """What candidates were judged on."""
        return ("folds", "test") if self.found.info.n_test else ("folds",)

    def rows_of(self, on: EvaluatedOn) -> str:
        """Return what the rows are that candidates were judged on."""
        if on == "test":
            return "test split"
        return "hold-out rows" if self.found.info.n_splits == 1 else "out-of-fold rows"

    @property
    def scoring(self) -> str:
        """Name of the scorer that ranks the candidates."""
        return self.found.info.scorer

    @property
    def validation(self) -> Predictions | None:
        """Predictions of the best candidate for the validation rows of its splits."""
        return self.found.predictions(self.best)

    @property
    def test(self) -> Predictions | None:
        """Predictions of the best candidate for the test split; None where there is none."""
        return self.found.predictions(self.best, on="test") if self.found.info.n_test else None

    @property
    def best_kind(self) -> str:
        """Class of the best candidate's estimator."""
        return next(each.kind for each in self.found.info.candidates if each.name == self.best)

    @property
    def best_is_dummy(self) -> bool:
        """Whether the best candidate ignores its inputs."""
        return self.best_kind.startswith("Dummy")

    @property
    def n_fits(self) -> int:
        """How many fits there are when every candidate has one on every split with every seed."""
        info = self.found.info
        return (info.n_splits + (info.n_test > 0)) * len(info.seeds) * len(info.candidates)

    @property
    def finished(self) -> bool:
        """Whether all fits are there."""
        return len(self.found.fits) == self.n_fits


def collect_comparison(
    client: Any, tracked: TrackedComparison, *, engine: str = ""
) -> ComparisonData:
    """Read from MLflow what the report shows of a comparison.

    Parameters
    ----------
    client : MlflowClient
    tracked : TrackedComparison
    engine : str, default=""
        Of finalists, the engine whose search they come from.

    Raises
    ------
    StudyError
        When no candidate was fitted on all splits yet.
    TrackingError
        When the store cannot be read.
    """
    found = Comparison(tracked.info, tracked.fits, run_id=tracked.run_id, tracking_uri=tracked.uri)
    ranking = found.ranking().dropna(subset=["score"])
    if ranking.empty:
        raise StudyError(
            f"the comparison {found.name!r} has no candidate with a score yet: run it, then report."
        )
    best = str(ranking.index[0])
    run = tracked.runs[best]
    architecture = read_json(client, run, ARCHITECTURE) or {}
    return ComparisonData(
        tracked=tracked,
        found=found,
        best=best,
        data=read_json(client, tracked.run_id, DATA) or {},
        architecture=architecture,
        mistakes=read_mistakes(client, run, MISTAKES),
        test_mistakes=read_mistakes(client, run, TEST_MISTAKES),
        reference=_reference(client, tracked, found, {best: architecture}),
        environment=read_json(client, tracked.run_id, ENVIRONMENT) or {},
        engine=engine or tracked.info.engine,
    )


def curves_of(found: Comparison) -> dict[str, list[Curve]]:
    """Return the learning curves on the folds of each candidate that has some, the best first."""
    ranking = found.ranking().dropna(subset=["score"])
    curves = {
        str(name): [
            fit.curve
            for fit in found.fits
            if fit.candidate == name and fit.split != TEST_SPLIT and fit.curve
        ]
        for name in ranking.index
    }
    return {name: own for name, own in curves.items() if own}


def _reference(
    client: Any,
    tracked: TrackedComparison,
    found: Comparison,
    known: Mapping[str, Mapping[str, Any]],
) -> Reference:
    learner = next(iter(curves_of(found)), None)
    if learner is None:
        return _UNKNOWN
    architecture = known.get(learner)
    if architecture is None:
        architecture = read_json(client, tracked.runs[learner], ARCHITECTURE) or {}
    return reference_of(found.predictions(learner), architecture, {})


_TURNED = {"better": "worse", "worse": "better"}


def pairs_with_best(data: ComparisonData, on: EvaluatedOn) -> pd.DataFrame:
    """Return the best candidate's pairs with all others that have a score there.

    Parameters
    ----------
    data : ComparisonData
    on : {"folds", "test"}

    Returns
    -------
    DataFrame
        By the other one's name, in the order of the ranking, those of
        :meth:`~tunekit.comparison.result.Comparison.pairwise` for all pairs; ``verdict`` is what
        the best one is, ``wins`` tells whether its score is the higher one, and ``apart`` whether
        the two can be told apart.
    """
    pairs = data.found.pairwise(on=on, all_pairs=True)
    own = pairs[(pairs["first"] == data.best) | (pairs["second"] == data.best)].copy()
    first = own["first"] == data.best
    turned = own["verdict"].map(lambda verdict: _TURNED.get(verdict, verdict))
    own["verdict"] = own["verdict"].where(first, turned)
    own["wins"] = first
    own["apart"] = own["p_corrected"] < 1 - data.found.info.level
    own = own.set_index(own["second"].where(first, own["first"]))
    ranking = data.found.ranking(on=on)["score"].dropna()
    return own.loc[[name for name in ranking.index if name in own.index]]


def not_shown_worse(data: ComparisonData) -> list[str]:
    """Return the candidates that are as good a choice as the best, as far as one can tell.

    They share a letter with it, on no ground is it probably better or told apart from them, and
    they are no dummies, which are compared with to be beaten.
    """
    kinds = {each.name: each.kind for each in data.found.info.candidates}
    groups = data.found.ranking().dropna(subset=["score"])["group"]
    names = [str(name) for name in groups.index if name != data.best]
    names = [name for name in names if share_a_letter(groups[name], groups[data.best])]
    for on in data.grounds:
        pairs = pairs_with_best(data, on)
        worse = (pairs["verdict"] == "better") | (pairs["apart"] & pairs["wins"])
        names = [name for name in names if name in pairs.index[~worse]]
    return [name for name in names if not kinds[name].startswith("Dummy")]
