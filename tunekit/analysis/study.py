"""Data of a study for the report, read from MLflow once."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tunekit.analysis.comparison import ComparisonData, collect_comparison
from tunekit.analysis.learning.reference import Reference, reference_of, training_of
from tunekit.analysis.pareto import on_front
from tunekit.analysis.search.data import SearchData, collect_search, has_score
from tunekit.core.predictions import Curve, Mistakes, Predictions
from tunekit.core.study_info import Direction, StudyInfo
from tunekit.exceptions import StudyError
from tunekit.tracking.artifacts import (
    ARCHITECTURE,
    DATA,
    ENVIRONMENT,
    MISTAKES,
    TEST_MISTAKES,
    TEST_PREDICTIONS,
    VALIDATION_PREDICTIONS,
    read_json,
    read_mistakes,
)
from tunekit.tracking.comparison_reader import find_comparisons, read_comparison
from tunekit.tracking.study_reader import read_curves, read_predictions, with_spaces
from tunekit.tracking.tracked_study import Execution, TrackedStudy, TrackedTrial

_MOST_CURVES = 3  # best trials whose learning curves are read


@dataclass(frozen=True)
class EngineSummary:
    """Trials of one engine.

    Attributes
    ----------
    engine : str
    execution : Execution
        The newest one.
    best : TrackedTrial
    trials : tuple of TrackedTrial
        All of them, best first.
    """

    engine: str
    execution: Execution
    best: TrackedTrial
    trials: tuple[TrackedTrial, ...]

    def count(self, state: str) -> int:
        """Return the number of trials in a state."""
        return sum(trial.state == state for trial in self.trials)

    @property
    def n_reused(self) -> int:
        """Number of trials that reused the result of an earlier one."""
        return sum(trial.reused for trial in self.trials)


@dataclass(frozen=True)
class StudyData:
    """Data of a study for the report and its checks.

    Attributes
    ----------
    search : SearchData
        Data of the search figures.
    engines : tuple of EngineSummary
        The engine with the best search score first; empty if no trial has a score.
    execution : Execution
        The newest execution of the engine with the best trial.
    validation : Predictions or None
        Predictions of the best trial for the validation rows.
    test : Predictions or None
        Predictions of the refitted best configuration for the test split.
    curves : mapping of str to sequence of Curve
        Learning curves, one per split, of the best trials that have any, by the trial's name.
    data : mapping
        Description of the data, see :func:`tunekit.evaluation.describe.describe_data`.
    architecture : mapping
        Description of the best model, see
        :func:`tunekit.evaluation.describe.describe_estimator`.
    environment : mapping
        Versions of Python and packages of the newest execution.
    mistakes, test_mistakes : Mistakes or None
        Inputs of the worst mistakes, on the validation rows and on the test split.
    finalists : tuple of ComparisonData
        The newest comparison of the finalists of each engine.
    label : str, default=""
        Title in a report, if another source has the same name.
    """

    search: SearchData
    engines: tuple[EngineSummary, ...]
    execution: Execution
    validation: Predictions | None = None
    test: Predictions | None = None
    curves: Mapping[str, Sequence[Curve]] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    architecture: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    mistakes: Mistakes | None = None
    test_mistakes: Mistakes | None = None
    finalists: tuple[ComparisonData, ...] = ()
    label: str = ""

    @property
    def title(self) -> str:
        """Title in a report."""
        return self.label or self.study.name

    @property
    def study(self) -> TrackedStudy:
        """The tracked study."""
        return self.search.study

    @property
    def info(self) -> StudyInfo:
        """Settings of the study."""
        return self.execution.info

    @property
    def winner(self) -> EngineSummary:
        """The engine whose best trial has the highest search score."""
        return self.engines[0]

    @property
    def best(self) -> TrackedTrial | None:
        """The best trial of all engines; None if no trial has a score."""
        return self.engines[0].best if self.engines else None

    @property
    def best_curves(self) -> Sequence[Curve]:
        """Learning curves of the best trial, one per split."""
        return () if self.best is None else self.curves.get(self.best.name, ())

    @property
    def validation_rows(self) -> str:
        """Description of the rows that trials were evaluated on."""
        return "hold-out rows" if self.n_splits == 1 else "out-of-fold rows"

    @property
    def scoring(self) -> str:
        """Name of the scorer that selects the best trial; greater is better."""
        return self.search.scoring

    @property
    def n_splits(self) -> int:
        """Number of splits that a trial is evaluated on."""
        return self.info.n_splits

    @property
    def scores(self) -> list[float]:
        """All scores of the engine with the best trial, the best first."""
        engine = self.execution.engine
        return [
            each.score for each in self.study.trials if each.engine == engine and has_score(each)
        ]

    @property
    def training(self) -> Mapping[str, Any]:
        """Values of epochs and early_stopping of the best network; empty without a network."""
        return training_of(self.architecture, self._params)

    @property
    def reference(self) -> Reference:
        """Reference values for the learning curves of the best trial."""
        return reference_of(self.validation, self.architecture, self._params)

    @property
    def directions(self) -> Mapping[str, Direction]:
        """Direction of each of several objectives; empty for a single one."""
        return self.info.objectives

    @property
    def front(self) -> list[int]:
        """Numbers of the Pareto-optimal trials; empty for a single objective."""
        if not self.directions:
            return []
        trials = sorted(
            (each for each in self.study.trials if each.state == "complete"),
            key=lambda each: each.number,
        )
        gains = [
            [
                value if self.directions.get(name) == "maximize" else -value
                for name, value in sorted(trial.objectives.items())
            ]
            for trial in trials
        ]
        return [trial.number for trial, flag in zip(trials, on_front(gains), strict=True) if flag]

    @property
    def _params(self) -> Mapping[str, Any]:
        return {} if self.best is None else self.best.params


def collect_study(client: Any, study: TrackedStudy) -> StudyData:
    """Read the data of a study for the report from MLflow.

    Parameters
    ----------
    client : MlflowClient
    study : TrackedStudy
        From :mod:`tunekit.tracking.study_reader`, with at least one execution.

    Returns
    -------
    StudyData

    Raises
    ------
    TrackingError
        If the store fails.
    """
    study = with_spaces(client, study)
    engines = summaries_of(study)
    engine = engines[0].engine if engines else study.executions[0].engine
    executions = [each for each in study.executions if each.engine == engine]
    data = StudyData(
        search=collect_search(study),
        engines=engines,
        execution=executions[0],
        curves=_curves(client, study),
        data=_newest_file(client, executions, DATA),
        architecture=_newest_file(client, executions, ARCHITECTURE),
        environment=_newest_file(client, executions, ENVIRONMENT),
        finalists=_finalists(client, study),
    )
    return _with_predictions(client, data) if engines else data


def _with_predictions(client: Any, data: StudyData) -> StudyData:
    best, execution = data.winner.best, data.winner.execution
    validation = test = None
    if best.has_predictions:
        validation = read_predictions(client, best.run_id, VALIDATION_PREDICTIONS)
    # An earlier search with this name may have used the test split that this one has not.
    if any(each.tested for each in data.study.executions if each.run_id == execution.run_id):
        test = read_predictions(client, execution.run_id, TEST_PREDICTIONS)
    return replace(
        data,
        validation=validation,
        test=test,
        mistakes=read_mistakes(client, best.run_id, MISTAKES),
        test_mistakes=read_mistakes(client, execution.run_id, TEST_MISTAKES),
    )


def summaries_of(study: TrackedStudy) -> tuple[EngineSummary, ...]:
    """Return a summary of each engine, the best first.

    If best trials tie, the engine comes first whose best trial is listed first in the study, as in
    figures and tables.
    """
    every = (_summary(study.trials, each) for each in _newest_executions(study))
    summaries = [each for each in every if each is not None]
    return tuple(sorted(summaries, key=lambda each: study.trials.index(each.best)))


def _curves(client: Any, study: TrackedStudy) -> dict[str, list[Curve]]:
    """Return the learning curves of the best trials, without those that reused a result."""
    trials = [each for each in study.trials if each.state == "complete" and not each.reused]
    curves = {each.name: read_curves(client, each) for each in trials[:_MOST_CURVES]}
    return {name: each for name, each in curves.items() if each}


def _finalists(client: Any, study: TrackedStudy) -> tuple[ComparisonData, ...]:
    """Return the newest comparison of the finalists of each engine."""
    engines = {each.run_id: each.engine for each in study.executions}
    newest: dict[str, ComparisonData] = {}
    for run_id in find_comparisons(client, study.name):
        tracked = read_comparison(client, run_id)
        engine = engines.get(tracked.info.source)
        if engine is not None and engine not in newest:
            with contextlib.suppress(StudyError):  # without a score yet
                newest[engine] = collect_comparison(client, tracked, engine=engine)
    return tuple(newest[engine] for engine in sorted(newest))


def _newest_executions(study: TrackedStudy) -> list[Execution]:
    """Return the newest execution of each engine, with all uses of the test split."""
    newest = []
    for engine in dict.fromkeys(each.engine for each in study.executions):
        executions = [each for each in study.executions if each.engine == engine]
        tested = next((each for each in executions if each.tested), executions[0])
        newest.append(replace(tested, tested=study.tests(engine)))
    return newest


def _newest_file(client: Any, executions: Sequence[Execution], name: str) -> Mapping[str, Any]:
    """Return the content of a file of the newest execution that has it; empty if none has."""
    contents = (read_json(client, each.run_id, name) for each in executions)
    return next((each for each in contents if each is not None), None) or {}


def _summary(trials: Sequence[TrackedTrial], execution: Execution) -> EngineSummary | None:
    of_engine = tuple(trial for trial in trials if trial.engine == execution.engine)
    complete = [trial for trial in of_engine if trial.state == "complete"]
    if not complete:
        return None
    return EngineSummary(execution.engine, execution, complete[0], of_engine)
