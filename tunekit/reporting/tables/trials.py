"""The trials of a study as a ranked table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tunekit.analysis.pareto import on_front
from tunekit.analysis.study import StudyData
from tunekit.evaluation.rescoring import bounds
from tunekit.reporting.tables.table import Column, Kind, Table, table_of
from tunekit.statistics.corrected_ttest import mean_interval
from tunekit.statistics.proportions import wilson
from tunekit.tracking.tracked_study import TrackedTrial
from tunekit.tracking.ui import run_address

_MICRO = 1e6
_FRONT = "no other trial is at least as good in score, size, time to fit and to predict"


def trial_table(data: StudyData, name: str) -> Table:
    """Return a trial a row, best first; a parameter that a trial had not is missing.

    Parameters
    ----------
    data : StudyData
    name : str
        Of the table.
    """
    trials = data.study.trials
    parameters = list(dict.fromkeys(name for trial in trials for name in trial.params))
    cells: dict[Column, Sequence[Any]] = {
        Column("rank", "rank", "integer"): _ranks(trials),
        Column("trial", "trial", "integer"): [each.number for each in trials],
        Column("engine", "engine"): [each.engine for each in trials],
        Column("score", f"{data.scoring}, 95% interval", "interval"): [
            score_interval(data, each) for each in trials
        ],
        Column("state", "state"): _states(trials),
    }
    for objective in data.directions:
        if objective != data.scoring:
            column = Column(f"objective/{objective}", objective, "general")
            cells[column] = [each.objectives.get(objective) for each in trials]
    for parameter in parameters:
        values = [each.params.get(parameter) for each in trials]
        cells[Column(f"parameter/{parameter}", parameter, kind_of(values), digits=3)] = [
            shown(value) for value in values
        ]
    cells |= _costs(trials)
    cells[Column("error", "why it has no score")] = [each.error or None for each in trials]
    cells[Column("run", "MLflow", "link")] = [_link(data, each) for each in trials]
    return table_of(
        name,
        f"All trials of {data.study.name}, best first.",
        cells,
        parameters=[f"parameter/{parameter}" for parameter in parameters],
        tools=True,
    )


def score_interval(data: StudyData, trial: TrackedTrial) -> tuple[float, float, float] | None:
    """Return a trial's score with the ends of its interval; NaN where they are not known.

    Parameters
    ----------
    data : StudyData
    trial : TrackedTrial

    Returns
    -------
    (float, float, float) or None
        Of folds by Nadeau and Bengio, of one hold-out Wilson's, where the score is the accuracy;
        None where there is no score.
    """
    if math.isnan(trial.score):
        return None
    nan = float("nan")
    if trial.is_pooled:
        return trial.score, nan, nan
    if len(trial.fold_scores) > 1:
        found = mean_interval(trial.fold_scores, data.info.split_ratio)
        low, high = bounds(data.scoring)
        return trial.score, float(np.maximum(found.low, low)), float(np.minimum(found.high, high))
    n = 0 if data.validation is None else len(data.validation.rows)
    if data.n_splits == 1 and data.scoring == "accuracy" and n:
        found = wilson(round(trial.score * n), n)
        return trial.score, found.low, found.high
    return trial.score, nan, nan


def _states(trials: Sequence[TrackedTrial]) -> list[str | None]:
    """Return what became of each trial; nothing where all were judged."""
    states = [each.state for each in trials]
    return list(states) if set(states) != {"complete"} else [None] * len(states)


def _costs(trials: Sequence[TrackedTrial]) -> dict[Column, Sequence[Any]]:
    gains = [(each.score, -each.n_params, -each.fit_time, -each.predict_time) for each in trials]
    return {
        Column("params", "weights", "integer"): [each.n_params for each in trials],
        Column("fit", "fit, s", "general", 3): [each.fit_time for each in trials],
        Column("predict", "predict, µs a row", "general", 3): [
            _MICRO * each.predict_time for each in trials
        ],
        Column("duration", "trial, s", "general", 3, hidden=True): [
            each.duration for each in trials
        ],
        Column("front", "front", note=_FRONT): [
            "on it" if flag else None for flag in on_front(gains)
        ],
    }


def _ranks(trials: Sequence[TrackedTrial]) -> list[int | None]:
    """Return each trial's rank: equal scores share one, a trial without a score has none."""
    scores = [trial.score for trial in trials]
    return [None if math.isnan(score) else scores.index(score) + 1 for score in scores]


def kind_of(values: Sequence[Any]) -> Kind:
    """Return how values of a parameter are shown: as numbers where all of them are."""
    texts = (str, list, tuple, bool, dict)
    return "text" if any(isinstance(each, texts) for each in values) else "general"


def shown(value: Any) -> Any:
    """Return a parameter's value as a person would write it."""
    if isinstance(value, (list, tuple)):
        return " · ".join(str(shown(each)) for each in value) or "none"
    if isinstance(value, bool):
        return str(value).lower()
    return float(f"{value:.3g}") if isinstance(value, float) else value


def _link(data: StudyData, trial: TrackedTrial) -> tuple[str, str]:
    return "run", run_address(data.study.uri, data.study.experiment_id, trial.run_id)
