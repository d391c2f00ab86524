"""The candidates of a comparison together: curves on the same axes, matrices side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tunekit.analysis.candidates import MOST, SideBySide, ranked_names, side_by_side
from tunekit.analysis.collect import ReportData
from tunekit.analysis.comparison import ComparisonData, curves_of
from tunekit.analysis.labels import readable_names
from tunekit.analysis.learning.bands import HELD_OUT, metrics_of
from tunekit.reporting.document import Section, rendered
from tunekit.reporting.figures.candidate_panels import draw_confusions, draw_predicted_by_candidate
from tunekit.reporting.figures.candidates import (
    Items,
    draw_calibration_together,
    draw_precision_recall_together,
    draw_roc_together,
)
from tunekit.reporting.figures.curves import style_of_candidate
from tunekit.reporting.figures.learning_curves import draw_by_candidate
from tunekit.reporting.figures.svg import Figure
from tunekit.reporting.sections.learning import fit_of
from tunekit.reporting.tables.side_by_side import outputs_table
from tunekit.reporting.tables.table import Table

_DASHES = {"--": "7 3", "-.": "8 3 2 3", ":": "2.5 3"}  # of the samples beside the check boxes
_MOST_METRICS = 2  # with a figure for the validation rows and one for the training rows


@dataclass(frozen=True)
class _Block:
    """Figures and tables of all candidates on some rows, or their learning curves."""

    title: str
    figures: tuple[Figure, ...]
    table: Table | None = None
    sentence: str = ""


@dataclass(frozen=True)
class _Part:
    """All candidates of one comparison."""

    name: str
    items: Items
    blocks: tuple[_Block, ...]
    note: str

    @property
    def choices(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Item, name and style of each candidate; empty if there are only tables."""
        if not any(block.figures for block in self.blocks):
            return []
        return [
            (self.items.item(place), name, style_of_candidate(place))
            for place, name in enumerate(self.items.names)
        ]


def candidates_section(data: ReportData) -> Section | None:
    """Return the section on all candidates together; None if nothing can be shown.

    Parameters
    ----------
    data : ReportData
    """
    parts = [
        part
        for number, compared in enumerate(data.compared)
        if (part := _part(compared, f"candidates-{number}")) is not None
    ]
    if not parts:
        return None
    html = rendered("candidates", parts=parts, several=len(parts) > 1, dashes=_DASHES)
    blocks = [block for part in parts for block in part.blocks]
    tables = [figure.table for block in blocks for figure in block.figures if figure.table]
    tables += [block.table for block in blocks if block.table]
    return Section("candidates", "The candidates together", html, tuple(tables))


def _part(data: ComparisonData, name: str) -> _Part | None:
    ranked = ranked_names(data)
    items = Items(name, readable_names(ranked[:MOST]))
    blocks = [
        _block(found, items, f"{name}-{on}")
        for on in data.grounds
        if (found := side_by_side(data, on)) is not None
    ]
    blocks.append(_learning(data, items, f"{name}-learning"))
    shown = tuple(block for block in blocks if block.figures or block.table)
    if not shown or len(ranked) < 2:  # noqa: PLR2004 - a single one is in the next section
        return None
    note = f"The {MOST} best of {len(ranked)} candidates are shown." if len(ranked) > MOST else ""
    return _Part(data.name, items, shown, note)


def _block(found: SideBySide, items: Items, name: str) -> _Block:
    figures = (
        draw_roc_together(found, items, f"{name}-roc"),
        draw_precision_recall_together(found, items, f"{name}-precision-recall"),
        draw_calibration_together(found, items, f"{name}-calibration"),
        draw_confusions(found, items, f"{name}-confusion"),
        draw_predicted_by_candidate(found, items, f"{name}-scatter"),
    )
    reasons = [
        f"{each.name} has no curves: {each.reason}." for each in found.results if each.reason
    ]
    return _Block(
        found.rows.capitalize(),
        tuple(figure for figure in figures if figure is not None),
        outputs_table(found, f"{name}-outputs"),
        " ".join(reasons),
    )


def _learning(data: ComparisonData, items: Items, name: str) -> _Block:
    curves = {
        items.names[place]: of_candidate
        for place, candidate in enumerate(ranked_names(data)[:MOST])
        if (of_candidate := curves_of(data.comparison).get(candidate))
    }
    every = [curve for of_candidate in curves.values() for curve in of_candidate]
    metrics = metrics_of(every)[:_MOST_METRICS]
    figures = [
        draw_by_candidate(
            curves, f"{rows}{metric}", items=items, name=f"{name}-{rows}{number}", fit=fit_of(data)
        )
        for number, metric in enumerate(metrics)
        for rows in (HELD_OUT, "")
    ]
    return _Block("Learning curves", tuple(each for each in figures if each is not None))
