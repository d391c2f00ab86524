"""Errors worth a look: the surest mistakes with their inputs, and those that all models share."""

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

_COLUMNS = 30  # of inputs that are shown at first
_MOST = 12  # pictures
_ROWS = 24  # that are listed where the inputs were not kept
_FEW = 4  # columns without inputs
_FEWEST = 2  # models that can share a mistake


@dataclass(frozen=True)
class _Picture:
    address: str
    text: str
    words: str


@dataclass(frozen=True)
class _Part:
    title: str
    note: str
    pictures: tuple[_Picture, ...]
    table: Table | None


def errors_section(data: ReportData) -> Section | None:
    """Return the section on mistakes; None where none are known.

    Parameters
    ----------
    data : ReportData
    """
    parts = [
        part
        for number, (title, kept, said) in enumerate(_kept(data))
        if (part := _part(title, kept, said, f"errors-{number}")) is not None
    ]
    shared = [table for _, table in _shared(data)]
    if not parts and not shared:
        return None
    html = rendered("errors", parts=parts, shared=list(_shared(data)))
    tables = [part.table for part in parts if part.table] + shared
    return Section("errors", "Errors worth a look", html, tuple(tables))


def _kept(data: ReportData) -> Iterator[tuple[str, Mistakes | None, Predictions]]:
    """Yield what each winner got wrong: a title, the inputs if they were kept, and what it said."""
    for study in data.studies:
        name = f"{study.study.name}: {study.winner.best.name}"
        for rows, kept, said in (
            ("test split", study.test_mistakes, study.test),
            (study.validation_rows, study.mistakes, study.validation),
        ):
            if said is not None:
                yield f"{name}, {rows}", kept, said
    for compared in data.compared:
        kept_on = {"test": compared.test_mistakes, "folds": compared.mistakes}
        for on in reversed(compared.grounds):
            kept, said = kept_on[on], compared.found.predictions(compared.best, on=on)
            if said is not None:
                yield f"{compared.name}: {compared.best}, {compared.rows_of(on)}", kept, said


def _part(title: str, kept: Mistakes | None, said: Predictions, name: str) -> _Part | None:
    told = _told(said, None if kept is None else kept.rows)
    known = set(told) if kept is None else set(kept.rows.tolist())
    rows = [row for row in told if row in known][:_ROWS]
    if not rows:
        return None
    inputs = None if kept is None else kept.inputs
    places = {} if kept is None else {int(row): place for place, row in enumerate(kept.rows)}
    images = as_images(inputs)
    pictures = (
        []
        if images is None
        else [
            _Picture(
                picture(images[places[row]]),
                f"Input of row {row}: {told[row]['words']}.",
                told[row]["words"],
            )
            for row in rows[:_MOST]
        ]
    )
    cells = _cells(told, rows)
    if images is None and kept is not None and inputs is not None and inputs.ndim == 2:  # noqa: PLR2004 - a table
        cells |= _input_cells(kept, inputs[[places[row] for row in rows]])
    caption = f"The {counted(len(rows), 'row')} that it was most wrong about, the worst first."
    table = table_of(name, caption, cells, tools=len(cells) > _FEW)
    why = "" if kept is None or inputs is not None else kept.reason
    note = f"The inputs were not kept: {why}." if why else ""
    return _Part(title, note, tuple(pictures), table)


def _told(said: Predictions, rows: NDArray[np.int64] | None) -> Mapping[int, dict[str, Any]]:
    """Return what a model said of each row that it got wrong, and that in words.

    Those that it was most wrong about come first. Of a regression, of which all are a little wrong,
    only of the rows given, or else of the worst.
    """
    if said.classes is None:
        return _regressed(said, rows)
    found = confident_mistakes(said)
    if isinstance(found, Undefined):
        return {}
    told = {}
    for each in found:
        sure = "" if math.isnan(each.probability) else f", {100 * each.probability:.0f}% sure"
        told[each.row] = {
            "true": each.true,
            "predicted": each.predicted,
            "probability": each.probability,
            "words": f"{each.true}, taken for {each.predicted}{sure}",
        }
    return told


def _regressed(said: Predictions, rows: NDArray[np.int64] | None) -> Mapping[int, dict[str, Any]]:
    if said.y_true.ndim != 1 or said.y_pred.ndim != 1:
        return {}
    # Of a row that several splits held out, the mean is shown, and so it is what sorts them.
    every, first, places, times = np.unique(
        said.rows, return_index=True, return_inverse=True, return_counts=True
    )
    true = said.y_true.astype(float)[first]
    predicted = np.bincount(places, said.y_pred.astype(float)) / times
    worst = np.argsort(-np.abs(predicted - true), kind="stable")
    worst = worst[:_ROWS] if rows is None else worst[np.isin(every[worst], rows)]
    return {
        int(every[i]): {
            "true": float(true[i]),
            "predicted": float(predicted[i]),
            "probability": None,
            "words": f"{significant(true[i])}, predicted as {significant(predicted[i])}",
        }
        for i in worst
    }


def _cells(told: Mapping[int, dict[str, Any]], rows: list[int]) -> dict[Column, Sequence[Any]]:
    kind: Kind = "general" if isinstance(told[rows[0]]["true"], float) else "text"
    return {
        Column("row", "row", "integer"): rows,
        Column("true", "true", kind): [told[row]["true"] for row in rows],
        Column("predicted", "predicted", kind): [told[row]["predicted"] for row in rows],
        Column("probability", "how sure", "percent", 1): [told[row]["probability"] for row in rows],
    }


def _input_cells(kept: Mistakes, inputs: NDArray[Any]) -> dict[Column, Sequence[Any]]:
    """Return a column for each input; those behind the first thirty are shown when asked for."""
    kind: Kind = "general" if inputs.dtype.kind in "biuf" else "text"
    names = readable_names(kept.columns or [f"feature {i}" for i in range(inputs.shape[1])])
    return {
        Column(f"input/{i}", name, kind, hidden=i >= _COLUMNS): inputs[:, i].tolist()
        for i, name in enumerate(names)
    }


def _shared(data: ReportData) -> Iterator[tuple[str, Table]]:
    """Yield how mistakes overlap: of all candidates, and of the winners of both engines."""
    for number, compared in enumerate(data.compared):
        said = {
            name: found
            for name in compared.found.candidates
            if (found := compared.found.predictions(name)) is not None
        }
        table = _overlap(said, f"errors-shared-{number}")
        if table is not None:
            yield compared.name, table


def _overlap(said: Mapping[str, Predictions], name: str) -> Table | None:
    classified = {each: found for each, found in said.items() if found.classes is not None}
    if len(classified) < _FEWEST:
        return None
    found = shared_mistakes(classified)
    if not isinstance(found, SharedMistakes) or not found.rows:
        return None
    return shared_mistakes_table(found, name)
