"""Collects what the report shows of a study."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tunekit.analysis.comparison import ComparisonData, collect_comparison
from tunekit.core.predictions import Curve, Mistakes, Predictions
from tunekit.core.study_info import Direction
from tunekit.exceptions import StudyError
from tunekit.tracking.artifacts import MISTAKES, TEST_MISTAKES, read_json, read_mistakes
from tunekit.tracking.comparison_reader import find_comparisons, read_comparison
from tunekit.tracking.encoding import ARCHITECTURE, DATA
from tunekit.tracking.study_reader import (
    Execution,
    TrackedStudy,
    TrackedTrial,
    read_curves,
    read_predictions,
)


@dataclass(frozen=True)
class EngineSummary:
    """What one engine found.

    Attributes
    ----------
    engine : str
    execution : Execution
        The newest.
    best : TrackedTrial
    trials : tuple of TrackedTrial
        All of them, best first.
    """

    engine: str
    execution: Execution
    best: TrackedTrial
    trials: tuple[TrackedTrial, ...]

    def count(self, state: str) -> int:
        """Return how many trials ended in a state."""
        return sum(trial.state == state for trial in self.trials)

    @property
    def n_reused(self) -> int:
        """How many trials took over the result of an earlier one."""
        return sum(trial.reused for trial in self.trials)

    @property
    def saved(self) -> str:
        """What pruning saved, in words; empty where nothing was pruned."""
        own = [trial for trial in self.trials if not trial.reused]
        epochs = sum(trial.epochs_saved for trial in own)
        fits = sum(trial.fits_saved for trial in own)
        words = [f"{n} {what}" for n, what in ((fits, "fits"), (epochs, "epochs")) if n]
        return " with ".join(words)


@dataclass(frozen=True)
class StudyData:
    """Everything that the report shows of a study.

    Attributes
    ----------
    study : TrackedStudy
    engines : tuple of EngineSummary
        The engine with the best search score first.
    held_out : Predictions or None
        Of the best trial, on the rows that its folds or hold-out split kept back.
    test : Predictions or None
        Of the refitted best configuration, on the test split.
    curves : tuple of Curve
        Of the best trial, one a split.
    data : mapping
        What is known of the data, see :func:`tunekit.evaluation.describe.describe_data`.
    architecture : mapping
        What the winner is made of, see :func:`tunekit.evaluation.describe.describe_estimator`.
    mistakes, test_mistakes : Mistakes or None
        Inputs of the worst mistakes, on the rows held out and on the test split.
    finalists : tuple of ComparisonData
        The newest comparison of the finalists of each execution that is shown.
    """

    study: TrackedStudy
    engines: tuple[EngineSummary, ...]
    held_out: Predictions | None
    test: Predictions | None
    curves: tuple[Curve, ...]
    data: Mapping[str, Any] = field(default_factory=dict)
    architecture: Mapping[str, Any] = field(default_factory=dict)
    mistakes: Mistakes | None = None
    test_mistakes: Mistakes | None = None
    finalists: tuple[ComparisonData, ...] = ()

    @property
    def winner(self) -> EngineSummary:
        """The engine whose best trial has the highest search score."""
        return self.engines[0]

    @property
    def held_rows(self) -> str:
        """What the rows are that trials were judged on."""
        return (
            "hold-out rows" if self.winner.execution.info["n_splits"] == "1" else "out-of-fold rows"
        )

    @property
    def scoring(self) -> str:
        """Name of the objective that chooses the best trial."""
        return self.winner.execution.info["scoring"]

    @property
    def directions(self) -> Mapping[str, Direction]:
        """Where there are several objectives, the direction of each."""
        written = ast.literal_eval(self.winner.execution.info.get("objectives", "{}"))
        return {str(name): direction for name, direction in written.items()}

    @property
    def front(self) -> list[int]:
        """Where there are several objectives, the trials that none is better than in all."""
        directions = self.directions
        if not directions:
            return []
        gains = {
            trial.number: [
                value if directions.get(name) == "maximize" else -value
                for name, value in sorted(trial.objectives.items())
            ]
            for trial in self.study.trials
            if trial.state == "complete"
        }
        return [
            number
            for number, own in sorted(gains.items())
            if not any(
                other != own and all(a >= b for a, b in zip(other, own, strict=True))
                for other in gains.values()
            )
        ]


def collect(study: TrackedStudy) -> StudyData:
    """Read from MLflow what the report shows.

    Parameters
    ----------
    study : TrackedStudy
        From :mod:`tunekit.tracking.study_reader`.

    Returns
    -------
    StudyData

    Raises
    ------
    StudyError
        When no trial has a score.
    """
    if not study.trials or study.trials[0].state != "complete":
        raise StudyError(
            f"the study {study.name!r} has no finished trial yet: run it, then report."
        )
    engines = summaries_of(study)
    best, execution = engines[0].best, engines[0].execution
    return StudyData(
        study=study,
        engines=engines,
        held_out=(
            read_predictions(study, best.run_id, "predictions.npz")
            if best.has_predictions
            else None
        ),
        test=(
            read_predictions(study, execution.run_id, "test_predictions.npz")
            if execution.tested
            else None
        ),
        curves=tuple(read_curves(study, best)),
        data=read_json(study, execution.run_id, DATA) or {},
        architecture=read_json(study, execution.run_id, ARCHITECTURE) or {},
        mistakes=read_mistakes(study, best.run_id, MISTAKES),
        test_mistakes=read_mistakes(study, execution.run_id, TEST_MISTAKES),
        finalists=_finalists(study),
    )


def summaries_of(study: TrackedStudy) -> tuple[EngineSummary, ...]:
    """Return what each engine found, the best first.

    Of equal ones, that is the best whose best trial comes first among the trials of the study: it
    is the first one in figures and tables, too.
    """
    summaries = (_summary(study.trials, each) for each in _newest(study))
    found = [each for each in summaries if each is not None]
    return tuple(sorted(found, key=lambda each: study.trials.index(each.best)))


def _finalists(study: TrackedStudy) -> tuple[ComparisonData, ...]:
    """Return the newest comparison of the finalists of each engine."""
    engines = {each.run_id: each.engine for each in study.executions}
    found: dict[str, ComparisonData] = {}
    for run_id in find_comparisons(study.uri, study.name):
        tracked = read_comparison(study.uri, run_id)
        engine = engines.get(tracked.info.source)
        if engine is not None and engine not in found:
            with contextlib.suppress(StudyError):  # it has no score yet
                found[engine] = collect_comparison(tracked)
    return tuple(found[engine] for engine in sorted(found))


def _newest(study: TrackedStudy) -> list[Execution]:
    """Return each engine's newest execution, with every use of a test split counted in."""
    found = []
    for engine in dict.fromkeys(each.engine for each in study.executions):
        own = [each for each in study.executions if each.engine == engine]
        judged = next((each for each in own if each.tested), own[0])
        found.append(replace(judged, tested=study.tests(engine)))
    return found


def _summary(trials: Sequence[TrackedTrial], execution: Execution) -> EngineSummary | None:
    own = tuple(trial for trial in trials if trial.engine == execution.engine)
    complete = [trial for trial in own if trial.state == "complete"]
    if not complete:
        return None
    return EngineSummary(execution.engine, execution, complete[0], own)


_FINALISTS = 3


def read_finalists(
    study: TrackedStudy, most: int = _FINALISTS
) -> dict[str, tuple[TrackedTrial, list[Curve]]]:
    """Return the best trials of different configurations with their curves, by a short name.

    Parameters
    ----------
    study : TrackedStudy
    most : int, default=3
        How many.

    Raises
    ------
    TrackingError
        When the store fails.
    """
    best = [each for each in study.trials if each.state == "complete" and not each.reused][:most]
    found = {each.name: (each, read_curves(study, each)) for each in best}
    return {name: pair for name, pair in found.items() if pair[1]}
