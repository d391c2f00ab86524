"""Collects what the checks of a study look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tunekit.analysis.learning.reference import Reference, reference_of, training_of
from tunekit.analysis.search.data import SearchData, collect_search, has_score
from tunekit.core.predictions import Curve, Predictions
from tunekit.tracking.artifacts import TEST_PREDICTIONS, VALIDATION_PREDICTIONS, read_json
from tunekit.tracking.encoding import ARCHITECTURE, DATA
from tunekit.tracking.study_reader import (
    Execution,
    TrackedStudy,
    TrackedTrial,
    read_curves,
    read_predictions,
)


@dataclass(frozen=True)
class Evidence:
    """What the checks of a study look at.

    Attributes
    ----------
    search : SearchData
    best : TrackedTrial or None
        Of all engines; None where no trial has a score.
    execution : Execution
        The newest of the engine that found it.
    curves : sequence of Curve
        Of the best trial, one a fold.
    held_out : Predictions or None
        Of the best trial, on the rows that its splits held out.
    test : Predictions or None
        Of the winner, on a test split.
    data : mapping
        What was tracked of the data; empty in an older store.
    architecture : mapping
        What was tracked of the best estimator; empty in an older store, or without a refit.
    """

    search: SearchData
    best: TrackedTrial | None
    execution: Execution
    curves: Sequence[Curve] = ()
    held_out: Predictions | None = None
    test: Predictions | None = None
    data: Mapping[str, Any] | None = None
    architecture: Mapping[str, Any] | None = None

    @property
    def study(self) -> TrackedStudy:
        """The study."""
        return self.search.study

    @property
    def scoring(self) -> str:
        """Name of the score; greater is better."""
        return self.search.scoring

    @property
    def n_splits(self) -> int:
        """How many splits a trial is judged on."""
        return int(self.execution.info.get("n_splits", 1))

    @property
    def scores(self) -> list[float]:
        """All scores of the winner's engine, the best first."""
        engine = self.execution.engine
        return [
            each.score for each in self.study.trials if each.engine == engine and has_score(each)
        ]

    @property
    def training(self) -> Mapping[str, Any]:
        """How the best network was trained: epochs, early_stopping; empty where there is none."""
        return training_of(self.architecture or {}, self._params)

    @property
    def reference(self) -> Reference:
        """What the learning curves of the best trial are measured against."""
        return reference_of(self.held_out, self.architecture or {}, self._params)

    @property
    def _params(self) -> Mapping[str, Any]:
        return {} if self.best is None else self.best.params


def collect_evidence(study: TrackedStudy, search: SearchData | None = None) -> Evidence:
    """Return what the checks of a study look at.

    Parameters
    ----------
    study : TrackedStudy
        With one execution or more.
    search : SearchData or None, default=None
        Where it was collected already.

    Returns
    -------
    Evidence

    Raises
    ------
    TrackingError
        When the store fails.
    """
    search = search or collect_search(study)
    best = next((each for each in study.trials if has_score(each)), None)
    engine = study.executions[0].engine if best is None else best.engine
    own = [each for each in study.executions if each.engine == engine]
    judged = next((each for each in own if each.tested), None)
    kept = best is not None and best.has_predictions
    return Evidence(
        search=search,
        best=best,
        execution=own[0],
        curves=() if best is None else tuple(read_curves(study, best)),
        held_out=read_predictions(study, best.run_id, VALIDATION_PREDICTIONS)
        if best and kept
        else None,
        test=read_predictions(study, judged.run_id, TEST_PREDICTIONS) if judged else None,
        data=_newest(study, own, DATA),
        architecture=_newest(study, own, ARCHITECTURE),
    )


def _newest(study: TrackedStudy, executions: Sequence[Execution], name: str) -> Any:
    """Return what the newest execution that has a file holds in it; None where none has it."""
    found = (read_json(study, each.run_id, name) for each in executions)
    return next((each for each in found if each is not None), None)
