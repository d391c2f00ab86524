"""Errors worth a look: the most confident mistakes with their inputs, and shared mistakes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunekit.analysis.collect import ReportData
from tunekit.analysis.comparison import ComparisonData
from tunekit.analysis.labels import readable_names
from tunekit.analysis.metrics.label_rows import label_sets
from tunekit.analysis.metrics.rows import Undefined
from tunekit.analysis.metrics.shared_mistakes import SharedMistakes, shared_mistakes
from tunekit.analysis.metrics.targets import Task, kind_of, names_of
from tunekit.analysis.text import counted
from tunekit.core.predictions import Mistakes, Predictions
from tunekit.reporting.document import Section, rendered
from tunekit.reporting.figures.images import as_images, picture
from tunekit.reporting.tables.errors import (
    ErrorRow,
    columns_of,
    largest_errors,
    wrong_classes,
    wrong_labels,
)
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
        for number, each in enumerate(_evaluated(data))
        if (part := _part(each, f"errors-{number}")) is not None
    ]
    shared = list(_shared(data))
    if not parts and not shared:
        return None
    html = rendered("errors", parts=parts, shared=shared)
    tables = [part.table for part in parts if part.table] + [table for _, table in shared]
    return Section("errors", "Errors worth a look", html, tuple(tables))


@dataclass(frozen=True)
class _Evaluated:
    """The best model of a study or comparison on some rows, and its stored mistakes (if any)."""

    title: str
    mistakes: Mistakes | None
    predictions: Predictions
    task: Task
    described: Mapping[str, Any]


def _evaluated(data: ReportData) -> Iterator[_Evaluated]:
    for study in data.studies:
        name = f"{study.title}: {study.winner.best.name}"
        for rows, mistakes, predictions in (
            ("test split", study.test_mistakes, study.test),
            (study.validation_rows, study.mistakes, study.validation),
        ):
            if predictions is not None:
                title = f"{name}, {rows}"
                yield _Evaluated(title, mistakes, predictions, study.info.task, study.data)
    for compared in data.compared:
        stored = {"test": compared.test_mistakes, "folds": compared.mistakes}
        task = compared.comparison.info.task
        for on in reversed(compared.grounds):
            predictions = compared.comparison.predictions(compared.best, on=on)
            if predictions is not None:
                title = f"{compared.name}: {compared.best}, {compared.rows_of(on)}"
                yield _Evaluated(title, stored[on], predictions, task, compared.data)


def _part(each: _Evaluated, name: str) -> _Part | None:
    mistakes = each.mistakes
    errors = _errors_of(each, None if mistakes is None else mistakes.rows)
    stored = {error.row for error in errors} if mistakes is None else set(mistakes.rows.tolist())
    errors = [error for error in errors if error.row in stored][:_ROWS]
    if not errors:
        return None
    inputs = None if mistakes is None else mistakes.inputs
    places = {} if mistakes is None else {int(row): i for i, row in enumerate(mistakes.rows)}
    images = as_images(inputs)
    pictures = (
        []
        if images is None
        else [
            _Picture(
                picture(images[places[error.row]]),
                f"Input of row {error.row}: {error.description}.",
                error.description,
            )
            for error in errors[:_MOST]
        ]
    )
    cells = columns_of(errors)
    if images is None and mistakes is not None and inputs is not None and inputs.ndim == 2:  # noqa: PLR2004 - a table
        cells |= _input_cells(mistakes, inputs[[places[error.row] for error in errors]])
    caption = f"The worst {counted(len(errors), 'mistake')} of the model, the worst first"
    table = table_of(name, caption, cells, tools=len(cells) > _FEW)
    reason = "" if mistakes is None or inputs is not None else mistakes.reason
    note = f"The inputs were not stored: {reason}." if reason else ""
    return _Part(each.title, note, tuple(pictures), table)


def _errors_of(each: _Evaluated, rows: NDArray[np.int64] | None) -> list[ErrorRow]:
    """Return the rows with errors, the worst first.

    A regression is a little wrong on all rows: only ``rows`` are returned, or the worst rows if
    they are None.
    """
    predictions = each.predictions
    match kind_of(predictions, each.task):
        case "class":
            return wrong_classes(predictions)
        case "labels":
            return wrong_labels(predictions, names_of(predictions, each.described, "label"))
        case "targets":
            names = names_of(predictions, each.described, "target")
            return largest_errors(predictions, names, rows, most=_ROWS)
        case "target":
            return largest_errors(predictions, ("",), rows, most=_ROWS)


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
            name: classes
            for name in compared.comparison.candidates
            if name not in compared.dummies and (classes := _classes(compared, name)) is not None
        }
        table = _shared_mistakes(predictions, f"errors-shared-{number}")
        if table is not None:
            yield compared.name, table


def _classes(data: ComparisonData, candidate: str) -> Predictions | None:
    """Return the predicted classes of a candidate, or its predicted sets of labels."""
    predictions = data.comparison.predictions(candidate)
    if predictions is None:
        return None
    match kind_of(predictions, data.comparison.info.task):
        case "class":
            return predictions
        case "labels":
            sets = label_sets(predictions, names_of(predictions, data.data, "label"))
            return None if isinstance(sets, Undefined) else sets
    return None


def _shared_mistakes(predictions: Mapping[str, Predictions], name: str) -> Table | None:
    if len(predictions) < _FEWEST:
        return None
    shared = shared_mistakes(predictions)
    if not isinstance(shared, SharedMistakes) or not shared.rows:
        return None
    return shared_mistakes_table(shared, name)
