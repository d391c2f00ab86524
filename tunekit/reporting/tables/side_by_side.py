"""Tables of the candidates of a comparison on the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tunekit.analysis.candidates import CandidateResult, SideBySide
from tunekit.analysis.metrics.confusion import Confusion
from tunekit.analysis.metrics.residuals import Residuals
from tunekit.reporting.tables.evaluation import MOST_ROWS
from tunekit.reporting.tables.table import Column, Table

_COLUMNS = 15  # labels or targets shown at first


def confusions_table(drawn: Sequence[tuple[CandidateResult, Confusion]], name: str) -> Table:
    """Return the most frequent mistakes of each candidate, at most five of each.

    Parameters
    ----------
    drawn : sequence of (CandidateResult, Confusion)
    name : str
        Name of the table.
    """
    columns = (
        Column("candidate", "candidate"),
        Column("true", "true class"),
        Column("predicted", "predicted as"),
        Column("count", "predictions", "integer"),
        Column("share", "share of the true class", "percent", 1),
    )
    rows = tuple(
        (each.name, mixup.true, mixup.predicted, mixup.count, mixup.share)
        for each, matrix in drawn
        for mixup in matrix.worst[:5]
    )
    return Table(name, "The most frequent mistakes of each candidate", columns, rows)


def errors_by_candidate(drawn: Sequence[tuple[CandidateResult, Residuals]], name: str) -> Table:
    """Return the error metrics of the candidates of a regression."""
    columns = (
        Column("candidate", "candidate"),
        Column("r2", "R²", "number", 3),
        Column("mae", "mean absolute error", "general"),
        Column("rmse", "root mean squared error", "general"),
        Column("bias", "bias", "general", note="mean of predicted minus true value"),
    )
    rows = tuple(
        (each.name, found.errors.r2, found.errors.mae, found.errors.rmse, found.bias)
        for each, found in drawn
    )
    return Table(name, "Error metrics of the candidates", columns, rows)


def outputs_table(found: SideBySide, name: str) -> Table | None:
    """Return F1 of each label, or R² of each target, by candidate; None for a single output.

    Parameters
    ----------
    found : SideBySide
    name : str
        Name of the table.
    """
    if found.kind == "labels":
        caption = "F1 of each label"
        values: list[tuple[str, dict[str, Any]]] = [
            (each.name, {label.label: label.f1 for label in each.labels.by_label.classes})
            for each in found.results
            if each.labels is not None
        ]
    else:
        caption = "R² of each target"
        values = [
            (each.name, {target.name: target.residuals.errors.r2 for target in each.targets})
            for each in found.results
            if each.targets
        ]
    if not values:
        return None
    outputs = list(dict.fromkeys(output for _, of_outputs in values for output in of_outputs))
    columns = (
        Column("candidate", "candidate"),
        *(
            Column(f"output{i}", output, "number", 3, hidden=i >= _COLUMNS)
            for i, output in enumerate(outputs[:MOST_ROWS])
        ),
    )
    rows = tuple(
        (candidate, *(of_outputs.get(output) for output in outputs[:MOST_ROWS]))
        for candidate, of_outputs in values
    )
    return Table(name, caption, columns, rows, tools=len(outputs) > _COLUMNS)
