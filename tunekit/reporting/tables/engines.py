"""The engines of a study side by side: what each one found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tunekit.analysis.study import EngineSummary, StudyData
from tunekit.reporting.tables.table import Column, Table, table_of
from tunekit.reporting.tables.trials import score_interval, shown


def engine_table(data: StudyData, name: str) -> Table:
    """Return an engine a row: its best trial, its scores, and what became of its trials.

    Parameters
    ----------
    data : StudyData
    name : str
        Of the table.
    """
    engines = data.engines
    cells: dict[Column, Sequence[Any]] = {
        Column("engine", "engine"): [each.engine for each in engines],
        Column("algorithm", "algorithm"): [each.execution.info.algorithm for each in engines],
        Column("best", "best trial", "integer"): [each.best.number for each in engines],
        Column("search", f"{data.scoring}, {data.validation_rows}", "interval"): [
            score_interval(data, each.best) for each in engines
        ],
        Column("test", f"{data.scoring}, test split", "number"): [
            _finite(each.execution.test_score) for each in engines
        ],
        Column("trials", "trials", "integer"): [len(each.trials) for each in engines],
        Column("failed", "failed", "integer"): _counts(engines, "failed"),
        Column("pruned", "pruned", "integer"): _counts(engines, "pruned"),
        Column("params", "best parameters"): [_params(each) for each in engines],
    }
    return table_of(name, f"What each engine found in {data.study.name}.", cells)


def _finite(value: float) -> float | None:
    return None if math.isnan(value) else value


def _counts(engines: Sequence[EngineSummary], state: str) -> list[int | None]:
    """Return how many trials of each engine ended in a state; nothing where none did."""
    counts = [each.count(state) for each in engines]
    return list(counts) if any(counts) else [None] * len(counts)


def _params(engine: EngineSummary) -> str:
    return ", ".join(f"{name} {shown(value)}" for name, value in engine.best.params.items())
