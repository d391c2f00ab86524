"""The candidates of a comparison as a ranked table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from tunekit.analysis.comparison import ComparisonData
from tunekit.analysis.pareto import on_front
from tunekit.comparison.tables import column_of
from tunekit.reporting.tables.table import Column, Table, table_of
from tunekit.tracking.ui import run_address

_MICRO = 1e6


def candidate_table(data: ComparisonData, name: str) -> Table:
    """Return one row per candidate, best first.

    Parameters
    ----------
    data : ComparisonData
    name : str
        Name of the table.
    """
    comparison, scorer = data.comparison, data.comparison.info.scorer
    ranking = comparison.ranking()
    cells = _scores(ranking, data)
    if "test" in data.grounds:
        cells[_score_column("test", f"{scorer}, test split", data)] = _intervals(
            comparison.ranking(on="test").reindex(ranking.index)
        )
    if "search_score" in ranking:
        cells[
            Column(
                "search",
                "search score",
                "number",
                None,
                note="score that the trial was selected by",
            )
        ] = list(ranking["search_score"])
    others = [each for each in comparison.info.scoring if each != scorer]
    cells |= {
        Column(f"scorer/{each}", each, "general"): list(ranking[column_of(each)]) for each in others
    }
    cells |= _costs(ranking)
    cells[Column("front", "front", note=_FRONT)] = [
        "on it" if flag else None for flag in _front(ranking, data)
    ]
    cells[Column("state", "state")] = _states(ranking)
    cells[Column("error", "failure reason")] = [each or None for each in ranking["error"]]
    cells[Column("run", "MLflow", "link")] = [_link(data, str(each)) for each in ranking.index]
    return table_of(name, f"Candidates of {data.name}, best first", cells, tools=True)


_FRONT = "no other candidate is at least as good in score, size, fit time and prediction time"


def _scores(ranking: pd.DataFrame, data: ComparisonData) -> dict[Column, Sequence[Any]]:
    kinds = {each.name: each.kind for each in data.comparison.info.candidates}
    return {
        Column("rank", "rank", "integer"): list(ranking["rank"]),
        Column("candidate", "candidate"): list(ranking.index),
        Column("kind", "kind", hidden=True): [kinds[str(each)] for each in ranking.index],
        _score_column("score", data.comparison.info.scorer, data): _intervals(ranking),
        Column(
            "group", "group", note="candidates that share a letter do not differ significantly"
        ): [each or None for each in ranking["group"]],
        Column("std", "standard deviation over folds", "number", hidden=True): list(ranking["std"]),
    }


def _score_column(key: str, label: str, data: ComparisonData) -> Column:
    level = f"{100 * data.comparison.info.level:g}%"
    return Column(key, f"{label}, {level} interval", "interval", None)


def _intervals(ranking: pd.DataFrame) -> list[tuple[float, float, float]]:
    return [(row["score"], row["low"], row["high"]) for _, row in ranking.iterrows()]


def _states(ranking: pd.DataFrame) -> list[str | None]:
    """Return the state of each candidate; None for each if all are complete."""
    states: list[str | None] = [
        "failed" if row["error"] else "unfinished" if pd.isna(row["score"]) else "complete"
        for _, row in ranking.iterrows()
    ]
    return states if set(states) != {"complete"} else [None] * len(states)


def _costs(ranking: pd.DataFrame) -> dict[Column, Sequence[Any]]:
    return {
        Column("params", "parameters", "integer"): list(ranking["n_params"]),
        Column("bytes", "size, bytes", "integer", note="when pickled"): list(ranking["n_bytes"]),
        Column("fit", "fit time, s", "general", 3): list(ranking["fit_time"]),
        Column("predict", "prediction time, µs per row", "general", 3): [
            _MICRO * each for each in ranking["predict_time"]
        ],
    }


def _front(ranking: pd.DataFrame, data: ComparisonData) -> list[bool]:
    sign = -1 if data.comparison.info.scoring[data.comparison.info.scorer] == "minimize" else 1
    return on_front(
        [
            (sign * row["score"], -row["n_bytes"], -row["fit_time"], -row["predict_time"])
            for _, row in ranking.iterrows()
        ]
    )


def _link(data: ComparisonData, candidate: str) -> tuple[str, str] | None:
    tracked = data.tracked
    if candidate not in tracked.runs:
        return None  # deleted, or not created yet
    return "run", run_address(tracked.uri, tracked.experiment_id, tracked.runs[candidate])
