"""The trials of a study as a ranked table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tunekit.analysis.pareto import on_front
from tunekit.analysis.study import StudyData
from tunekit.core.named import Named
from tunekit.evaluation.rescoring import within_bounds
from tunekit.reporting.tables.table import Column, Kind, Table, table_of
from tunekit.statistics.corrected_ttest import mean_interval
from tunekit.statistics.proportions import wilson
from tunekit.tracking.tracked_study import TrackedTrial
from tunekit.tracking.ui import run_address

_MICRO = 1e6
_FRONT = "no other trial is at least as good in score, size, fit time and prediction time"


def trial_table(data: StudyData, name: str) -> Table:
    """Return one row per trial, best first; parameters that a trial does not have are missing.

    Parameters
    ----------
    data : StudyData
    name : str
        Name of the table.
    """
    trials = data.study.trials
    parameters = list(dict.fromkeys(name for trial in trials for name in trial.params))
    cells: dict[Column, Sequence[Any]] = {
        Column("rank", "rank", "integer"): _ranks(trials),
        Column("trial", "trial", "integer"): [each.number for each in trials],
        Column("engine", "engine"): [each.engine for each in trials],
        Column("score", f"{data.scoring}, 95% interval", "interval", None): [
            score_interval(data, each) for each in trials
        ],
        Column("state", "state"): _states(trials),
    }
    for objective in data.directions:
        if objective != data.scoring:
            column = Column(f"objective/{objective}", objective, "general")
            cells[column] = [each.objectives.get(objective) for each in trials]
    for parameter in parameters:
        column, values = parameter_column(parameter, [each.params for each in trials])
        cells[column] = values
    cells |= _costs(trials)
    cells[Column("error", "failure reason")] = [each.error or None for each in trials]
    cells[Column("run", "MLflow", "link")] = [_link(data, each) for each in trials]
    return table_of(
        name,
        f"All trials of {data.title}, best first",
        cells,
        parameters=[f"parameter/{parameter}" for parameter in parameters],
        tools=True,
    )


def score_interval(data: StudyData, trial: TrackedTrial) -> tuple[float, float, float] | None:
    """Return the score of a trial with its interval; NaN if the interval is unknown.

    Parameters
    ----------
    data : StudyData
    trial : TrackedTrial

    Returns
    -------
    (float, float, float) or None
        Score, low and high: from Nadeau and Bengio's corrected t-test for several folds, Wilson's
        interval for the accuracy on a single split. None without a score.
    """
    if math.isnan(trial.score):
        return None
    nan = float("nan")
    if trial.is_pooled:
        return trial.score, nan, nan
    if len(trial.fold_scores) > 1:
        mean = mean_interval(trial.fold_scores, data.info.split_ratio)
        mean = within_bounds(mean, data.scoring)
        return trial.score, mean.low, mean.high
    n = 0 if data.validation is None else len(data.validation.rows)
    if data.n_splits == 1 and data.scoring == "accuracy" and n:
        share = wilson(round(trial.score * n), n)
        return trial.score, share.low, share.high
    return trial.score, nan, nan


def _states(trials: Sequence[TrackedTrial]) -> list[str | None]:
    """Return the state of each trial; None for each if all are complete."""
    states = [each.state for each in trials]
    return list(states) if set(states) != {"complete"} else [None] * len(states)


def _costs(trials: Sequence[TrackedTrial]) -> dict[Column, Sequence[Any]]:
    gains = [(each.score, -each.n_params, -each.fit_time, -each.predict_time) for each in trials]
    return {
        Column("params", "parameters", "integer"): [each.n_params for each in trials],
        Column("fit", "fit time, s", "general", 3): [each.fit_time for each in trials],
        Column("predict", "prediction time, µs per row", "general", 3): [
            _MICRO * each.predict_time for each in trials
        ],
        Column("duration", "trial duration, s", "general", 3, hidden=True): [
            each.duration for each in trials
        ],
        Column("front", "front", note=_FRONT): [
            "on it" if flag else None for flag in on_front(gains)
        ],
    }


def _ranks(trials: Sequence[TrackedTrial]) -> list[int | None]:
    """Return the rank of each trial: equal scores share a rank; None without a score."""
    scores = [trial.score for trial in trials]
    return [None if math.isnan(score) else scores.index(score) + 1 for score in scores]


def parameter_column(
    parameter: str, configs: Sequence[Mapping[str, Any]]
) -> tuple[Column, list[Any]]:
    """Return the column of a parameter and its values; None where it is not active.

    The column is numeric if all values are numbers or the choice None.
    """
    texts = (str, list, tuple, bool, dict, Named)
    values = [config.get(parameter) for config in configs]
    kind: Kind = "text" if any(isinstance(each, texts) for each in values) else "general"
    cells = [shown(config[parameter]) if parameter in config else None for config in configs]
    return Column(f"parameter/{parameter}", parameter, kind, digits=3), cells


def shown(value: Any) -> Any:
    """Return the value of a parameter as shown in a table."""
    if value is None:
        return "None"
    if isinstance(value, (list, tuple)):
        return " · ".join(str(shown(each)) for each in value) or "none"
    if isinstance(value, Named):
        return value.name
    if isinstance(value, bool):
        return str(value).lower()
    return float(f"{value:.3g}") if isinstance(value, float) else value


def _link(data: StudyData, trial: TrackedTrial) -> tuple[str, str]:
    return "run", run_address(data.study.uri, data.study.experiment_id, trial.run_id)
