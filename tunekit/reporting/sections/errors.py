"""Errors worth a look: the most confident mistakes with their inputs, and shared mistakes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunekit.analysis.collect import ReportData
from tunekit.analysis.labels import readable_names
from tunekit.analysis.metrics.rows import Undefined
from tunekit.analysis.metrics.shared_mistakes import (
    SharedMistakes,
    confident_mistakes,
    shared_mistakes,
)
from tunekit.analysis.text import counted, significant
from tunekit.core.predictions import Mistakes, Predictions
from tunekit.reporting.document import Section, rendered
from tunekit.reporting.figures.images import as_images, picture
from tunekit.reporting.tables.evaluation import shared_mistakes_table
from tunekit.reporting.tables.table import Column, Kind, Table, table_of

_COLUMNS = 30  # input columns shown at first
_MOST = 12  # pictures
_ROWS = 24  # listed if the inputs are not stored
_FEW = 4  # columns of a table without inputs
_FEWEST = 2  # models needed for shared mistakes


@dataclass(frozen=True)
class _Picture:
    address: str
    text: str
    caption: str


@dataclass(frozen=True)
class _Part:
    title: str
    note: str
    pictures: tuple[_Picture, ...]
    table: Table | None


def errors_section(data: ReportData) -> Section | None:
    """Return the section on mistakes; None if none are known.

    Parameters
    ----------
    data : ReportData
    """
    parts = [
        part
        for number, (title, mistakes, predictions) in enumerate(_evaluated(data))
        if (part := _part(title, mistakes, predictions, f"errors-{number}")) is not None
    ]
    shared = list(_shared(data))
    if not parts and not shared:
        return None
    html = rendered("errors", parts=parts, shared=shared)
    tables = [part.table for part in parts if part.table] + [table for _, table in shared]
    return Section("errors", "Errors worth a look", html, tuple(tables))


def _evaluated(data: ReportData) -> Iterator[tuple[str, Mistakes | None, Predictions]]:
    """Yield a title, the stored mistakes (if any) and the predictions of each best model."""
    for study in data.studies:
        name = f"{study.study.name}: {study.winner.best.name}"
        for rows, mistakes, predictions in (
            ("test split", study.test_mistakes, study.test),
            (study.validation_rows, study.mistakes, study.validation),
        ):
            if predictions is not None:
                yield f"{name}, {rows}", mistakes, predictions
    for compared in data.compared:
        stored = {"test": compared.test_mistakes, "folds": compared.mistakes}
        for on in reversed(compared.grounds):
            predictions = compared.comparison.predictions(compared.best, on=on)
            if predictions is not None:
                title = f"{compared.name}: {compared.best}, {compared.rows_of(on)}"
                yield title, stored[on], predictions


def _part(
    title: str, mistakes: Mistakes | None, predictions: Predictions, name: str
) -> _Part | None:
    wrong = _wrong_rows(predictions, None if mistakes is None else mistakes.rows)
    stored = set(wrong) if mistakes is None else set(mistakes.rows.tolist())
    rows = [row for row in wrong if row in stored][:_ROWS]
    if not rows:
        return None
    inputs = None if mistakes is None else mistakes.inputs
    places = {} if mistakes is None else {int(row): i for i, row in enumerate(mistakes.rows)}
    images = as_images(inputs)
    pictures = (
        []
        if images is None
        else [
            _Picture(
                picture(images[places[row]]),
                f"Input of row {row}: {wrong[row]['description']}.",
                wrong[row]["description"],
            )
            for row in rows[:_MOST]
        ]
    )
    cells = _cells(wrong, rows)
    if images is None and mistakes is not None and inputs is not None and inputs.ndim == 2:  # noqa: PLR2004 - a table
        cells |= _input_cells(mistakes, inputs[[places[row] for row in rows]])
    caption = f"The worst {counted(len(rows), 'mistake')} of the model, the worst first"
    table = table_of(name, caption, cells, tools=len(cells) > _FEW)
    reason = "" if mistakes is None or inputs is not None else mistakes.reason
    note = f"The inputs were not stored: {reason}." if reason else ""
    return _Part(title, note, tuple(pictures), table)


def _wrong_rows(
    predictions: Predictions, rows: NDArray[np.int64] | None
) -> Mapping[int, dict[str, Any]]:
    """Return the true and predicted value of each wrong row, the worst first.

    A regression is a little wrong on all rows: only ``rows`` are returned, or the worst rows if
    they are None.
    """
    if predictions.classes is None:
        return _largest_errors(predictions, rows)
    mistakes = confident_mistakes(predictions)
    if isinstance(mistakes, Undefined):
        return {}
    wrong = {}
    for each in mistakes:
        confidence = "" if math.isnan(each.probability) else f" ({100 * each.probability:.0f}%)"
        wrong[each.row] = {
            "true": each.true,
            "predicted": each.predicted,
            "probability": each.probability,
            "description": f"{each.true}, predicted as {each.predicted}{confidence}",
        }
    return wrong


def _largest_errors(
    predictions: Predictions, rows: NDArray[np.int64] | None
) -> Mapping[int, dict[str, Any]]:
    if predictions.y_true.ndim != 1 or predictions.y_pred.ndim != 1:
        return {}
    # A row of several validation splits is shown and sorted by its mean prediction.
    unique, first, places, times = np.unique(
        predictions.rows, return_index=True, return_inverse=True, return_counts=True
    )
    true = predictions.y_true.astype(float)[first]
    predicted = np.bincount(places, predictions.y_pred.astype(float)) / times
    worst = np.argsort(-np.abs(predicted - true), kind="stable")
    worst = worst[:_ROWS] if rows is None else worst[np.isin(unique[worst], rows)]
    return {
        int(unique[i]): {
            "true": float(true[i]),
            "predicted": float(predicted[i]),
            "probability": None,
            "description": f"{significant(true[i])}, predicted as {significant(predicted[i])}",
        }
        for i in worst
    }


def _cells(wrong: Mapping[int, dict[str, Any]], rows: list[int]) -> dict[Column, Sequence[Any]]:
    kind: Kind = "general" if isinstance(wrong[rows[0]]["true"], float) else "text"
    return {
        Column("row", "row", "integer"): rows,
        Column("true", "true", kind): [wrong[row]["true"] for row in rows],
        Column("predicted", "predicted", kind): [wrong[row]["predicted"] for row in rows],
        Column("probability", "probability", "percent", 1): [
            wrong[row]["probability"] for row in rows
        ],
    }


def _input_cells(mistakes: Mistakes, inputs: NDArray[Any]) -> dict[Column, Sequence[Any]]:
    """Return one column per input; those after the first thirty are hidden at first."""
    kind: Kind = "general" if inputs.dtype.kind in "biuf" else "text"
    names = readable_names(mistakes.columns or [f"feature {i}" for i in range(inputs.shape[1])])
    return {
        Column(f"input/{i}", name, kind, hidden=i >= _COLUMNS): inputs[:, i].tolist()
        for i, name in enumerate(names)
    }


def _shared(data: ReportData) -> Iterator[tuple[str, Table]]:
    """Yield one table of shared mistakes per comparison that has any."""
    for number, compared in enumerate(data.compared):
        predictions = {
            name: each
            for name in compared.comparison.candidates
            if (each := compared.comparison.predictions(name)) is not None
        }
        table = _shared_mistakes(predictions, f"errors-shared-{number}")
        if table is not None:
            yield compared.name, table


def _shared_mistakes(predictions: Mapping[str, Predictions], name: str) -> Table | None:
    classified = {each: p for each, p in predictions.items() if p.classes is not None}
    if len(classified) < _FEWEST:
        return None
    shared = shared_mistakes(classified)
    if not isinstance(shared, SharedMistakes) or not shared.rows:
        return None
    return shared_mistakes_table(shared, name)
