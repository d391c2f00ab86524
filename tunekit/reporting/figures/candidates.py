"""Curves of the candidates of a comparison on the same axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray

from tunekit.analysis.candidates import CandidateResult, SideBySide
from tunekit.analysis.labels import shortened
from tunekit.analysis.metrics.calibration import Calibration, Reliability
from tunekit.analysis.text import counted, rate, with_interval
from tunekit.reporting.figures.curves import (
    WIDTH,
    DrawStyle,
    Line,
    draw_chance,
    draw_curves,
    legend_below,
    legend_height,
    style_of_candidate,
)
from tunekit.reporting.figures.svg import (
    EDGE,
    Figure,
    draw_panels,
    mark_item,
)
from tunekit.reporting.tables.table import Column, Table
from tunekit.statistics.estimates import Interval

_CALIBRATION_ERROR = (
    "expected calibration error: mean distance of the points from the diagonal, weighted by their"
    " predictions"
)
_NAME = 24  # characters of a name in a legend
_BANDS = 3  # candidates up to which the spread over folds is drawn

_Points = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True)
class Items:
    """The candidates of a comparison that the reader can show and hide.

    Attributes
    ----------
    prefix : str
        Unique on the page.
    names : tuple of str
        In the order of the ranking.
    """

    prefix: str
    names: tuple[str, ...]

    def item(self, place: int) -> str:
        """Return the name on the page of the candidate at a place in the ranking."""
        return f"{self.prefix}-{place}"

    def short(self, place: int) -> str:
        """Return the name of the candidate in a legend."""
        return shortened(self.names, _NAME)[place]


@dataclass(frozen=True)
class _Kind:
    """A kind of curve in the unit square, with the corner of a perfect model."""

    title: str
    area: str
    axes: tuple[str, str]
    best: tuple[float, float]
    style: DrawStyle
    caption: str
    points: Callable[[CandidateResult], _Points | None]
    interval: Callable[[CandidateResult], Interval | None]
    draw_base: Callable[[Axes, CandidateResult], None]


def _roc_points(result: CandidateResult) -> _Points | None:
    if result.roc is None:
        return None
    curve = result.roc.curves[0]
    return curve.fpr, curve.tpr, curve.low, curve.high


def _precision_recall_points(result: CandidateResult) -> _Points | None:
    if result.precision_recall is None:
        return None
    curve = result.precision_recall.curves[0]
    return curve.recall, curve.precision, curve.low, curve.high


def _draw_base_rate(ax: Axes, result: CandidateResult) -> None:
    if result.precision_recall is not None:
        base = result.precision_recall.curves[0].base_rate
        ax.axhline(base, color=EDGE, linestyle=(0, (1, 2)), linewidth=1.2, zorder=2)


_ROC = _Kind(
    title="ROC curves of the candidates",
    area="area under the curve",
    axes=("false-positive rate", "true-positive rate"),
    best=(0.0, 1.0),
    style="default",
    caption="Closer to the upper left corner is better; the dotted diagonal is chance level.",
    points=_roc_points,
    interval=lambda result: result.auc,
    draw_base=lambda ax, _: draw_chance(ax),
)

_PRECISION_RECALL = _Kind(
    title="Precision and recall of the candidates",
    area="average precision",
    axes=("recall", "precision"),
    best=(1.0, 1.0),
    style="steps-pre",
    caption=(
        "Closer to the upper right corner is better; the dotted line is the precision of guessing."
    ),
    points=_precision_recall_points,
    interval=lambda result: result.average_precision,
    draw_base=_draw_base_rate,
)


def draw_roc_together(found: SideBySide, items: Items, name: str) -> Figure | None:
    """Draw one ROC curve per candidate; None if none has one.

    Parameters
    ----------
    found : SideBySide
    items : Items
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.
    """
    return _together(_ROC, found, items, name)


def draw_precision_recall_together(found: SideBySide, items: Items, name: str) -> Figure | None:
    """Draw one precision–recall curve per candidate; None if none has one."""
    return _together(_PRECISION_RECALL, found, items, name)


def _together(kind: _Kind, found: SideBySide, items: Items, name: str) -> Figure | None:
    drawn = [(each, points) for each in found.results if (points := kind.points(each)) is not None]
    if not drawn:
        return None
    areas = [kind.interval(each) for each, _ in drawn]
    texts = ["" if area is None else _in_legend(area) for area in areas]
    lines = [
        Line(
            *points,
            style=style_of_candidate(each.place),
            text=f"{items.short(each.place)}: {text}",
            banded=len(drawn) <= _BANDS and found.n_folds > 1,
            item=items.item(each.place),
        )
        for (each, points), text in zip(drawn, texts, strict=True)
    ]
    level = next((area.level for area in areas if area is not None), 0.95)
    values = "; ".join(f"{each.name} {text}" for (each, _), text in zip(drawn, texts, strict=True))
    text = f"{kind.title}, {found.rows}, with the {kind.area}: {values}."
    svg = draw_curves(
        lines,
        kind.style,
        kind.axes,
        kind.best,
        lambda ax: kind.draw_base(ax, drawn[0][0]),
        name=name,
        text=text,
        title=f"{kind.area} [{100 * level:g}% interval]",
    )
    caption = " ".join(
        filter(
            None,
            [
                kind.caption,
                _which_curve(drawn[0][0]),
                _how_computed(found, areas),
                _BAND if lines[0].banded else "",
            ],
        )
    )
    columns = (
        Column("candidate", "candidate"),
        Column("area", f"{kind.area}, {100 * level:g}% interval", "interval"),
    )
    rows = tuple(
        (each.name, None if area is None else (area.value, area.low, area.high))
        for (each, _), area in zip(drawn, areas, strict=True)
    )
    table = Table(f"{name}-data", f"{kind.title}: {kind.area}", columns, rows)
    return Figure(kind.title, svg, text, caption, table)


_BAND = "Bands: one standard deviation over folds."


def _in_legend(area: Interval) -> str:
    return with_interval(area.value, (area.low, area.high))


def _which_curve(result: CandidateResult) -> str:
    """Return what the curve of a candidate is, if there are several classes or labels."""
    if result.roc is None:
        return ""
    curve = result.roc.curves[0]
    if curve.kind == "class":
        return f"The positive class is {curve.label}."
    plural = "classes, each against the rest" if result.roc.noun == "class" else "labels"
    return f"Curves are means over all {plural} (macro average)."


def _how_computed(found: SideBySide, areas: Sequence[Interval | None]) -> str:
    """Return how curves and intervals are computed, in sentences."""
    seeds = " with the first seed" if found.n_seeds > 1 else ""
    if found.n_folds > 1:
        return (
            f"Curves and areas are means over {found.n_folds} folds{seeds}; intervals of the mean"
            " use Nadeau and Bengio's corrected t-distribution, which accounts for the overlap of"
            " training rows. Intervals that overlap do not show that candidates are equal: the"
            " section on statistics tests differences."
        )
    methods = {area.method for area in areas if area is not None and not math.isnan(area.low)}
    how = (
        "DeLong's method"
        if any(method.startswith("DeLong") for method in methods)
        else "the bootstrap over rows"
    )
    note = f" Intervals use {how}." if methods else ""
    missing = next((a.note for a in areas if a is not None and a.note and math.isnan(a.low)), "")
    why = f" Without an interval: {missing}." if missing else ""
    return f"Curves of the {found.rows}{seeds}.{note}{why}"


def draw_calibration_together(found: SideBySide, items: Items, name: str) -> Figure | None:
    """Draw the calibration of each candidate; None if none gives probabilities.

    Parameters
    ----------
    found : SideBySide
    items : Items
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.
    """
    drawn = [(each, each.calibration) for each in found.results if each.calibration is not None]
    if not drawn:
        return None
    top = drawn[0][1].top is not None
    event = "the most probable class" if top else f"class {drawn[0][1].curves[0].label}"
    curves = [_main(calibrated) for _, calibrated in drawn]
    briers = [f"{each.name} {rate(calibrated.brier)}" for each, calibrated in drawn]
    text = f"Calibration of the candidates, {found.rows}. Brier scores: {'; '.join(briers)}."

    texts = [f"{items.short(each.place)}: {rate(calibrated.brier)}" for each, calibrated in drawn]

    def draw(canvas: Canvas) -> None:
        ax = canvas.add_subplot()
        draw_chance(ax)
        handles = []
        for (each, _), curve in zip(drawn, curves, strict=True):
            style = style_of_candidate(each.place)
            (line,) = ax.plot(curve.forecast, curve.observed, marker="o", markersize=3.2, **style)
            mark_item(line, items.item(each.place))
            handles.append(line)
        ax.set(xlabel=f"mean predicted probability of {event}", xlim=(-0.02, 1.02))
        ax.set(ylabel="accuracy" if top else "share of the class", ylim=(-0.02, 1.02))
        ax.set_aspect("equal")
        shown = [items.item(each.place) for each, _ in drawn]
        legend_below(canvas, handles, texts, "Brier score", shown)

    svg = draw_panels(draw, (WIDTH, 3.7 + legend_height(texts)), name, text)
    several = found.n_folds > 1
    scale = "sum over classes, from 0 to 2" if top else "from 0 to 1"
    caption = (
        "Predictions on the dotted diagonal are calibrated; above it the probabilities are too"
        f" low, below it too high. Points: bins of equal size{', over all folds' * several}. Brier"
        f" score: {scale}; lower is better."
    )
    return Figure(
        "Calibration of the candidates", svg, text, caption, _calibration_table(drawn, name)
    )


def _main(calibrated: Calibration) -> Reliability:
    return calibrated.top or calibrated.curves[0]


def _calibration_table(drawn: Sequence[tuple[CandidateResult, Calibration]], name: str) -> Table:
    columns = (
        Column("candidate", "candidate"),
        Column("brier", "Brier score", "number"),
        Column("brier_of_base", "of the base rates", "number"),
        Column("bins", "bins", "integer"),
        Column("error", "calibration error", "number", note=_CALIBRATION_ERROR),
    )
    rows = []
    for each, calibrated in drawn:
        curve = _main(calibrated)
        gap = float(np.average(np.abs(curve.observed - curve.forecast), weights=curve.counts))
        rows.append((each.name, calibrated.brier, calibrated.brier_of_base, len(curve.counts), gap))
    caption = f"Calibration of {counted(len(drawn), 'candidate')}"
    return Table(f"{name}-data", caption, columns, tuple(rows))
