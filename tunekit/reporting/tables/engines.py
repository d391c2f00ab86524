"""The engines of a study: the best trial and the scores of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tunekit.analysis.study import EngineSummary, StudyData
from tunekit.reporting.tables.table import Column, Table, table_of
from tunekit.reporting.tables.trials import score_interval, shown


def engine_table(data: StudyData, name: str) -> Table:
    """Return one row per engine: its best trial, its scores and its trial counts.

    Parameters
    ----------
    data : StudyData
    name : str
        Name of the table.
    """
    engines = data.engines
    cells: dict[Column, Sequence[Any]] = {
        Column("engine", "engine"): [each.engine for each in engines],
        Column("algorithm", "algorithm"): [each.execution.info.algorithm for each in engines],
        Column("best", "best trial", "integer"): [each.best.number for each in engines],
        Column("search", f"{data.scoring}, {data.validation_rows}", "interval", None): [
            score_interval(data, each.best) for each in engines
        ],
        Column("test", f"{data.scoring}, test split", "number", None): [
            _finite(each.execution.test_score) for each in engines
        ],
        Column("trials", "trials", "integer"): [len(each.trials) for each in engines],
        Column("failed", "failed", "integer"): _counts(engines, "failed"),
        Column("pruned", "pruned", "integer"): _counts(engines, "pruned"),
        Column("params", "best parameters"): [_params(each) for each in engines],
    }
    return table_of(name, f"Best trial of each engine in {data.title}", cells)


def _finite(value: float) -> float | None:
    return None if math.isnan(value) else value


def _counts(engines: Sequence[EngineSummary], state: str) -> list[int | None]:
    """Return the number of trials of each engine in a state; None for each if all are zero."""
    counts = [each.count(state) for each in engines]
    return list(counts) if any(counts) else [None] * len(counts)


def _params(engine: EngineSummary) -> str:
    return ", ".join(f"{name} {shown(value)}" for name, value in engine.best.params.items())
