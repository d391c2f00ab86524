"""Slice plot: scores against each of the most important parameters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray

from tunekit.analysis.search.data import Point, SearchData
from tunekit.analysis.search.optimization_history import lowest_shown
from tunekit.analysis.search.slice import Slice
from tunekit.analysis.text import score
from tunekit.core.numbers import spread_evenly
from tunekit.reporting.figures.marks import draw_points, legend_handle
from tunekit.reporting.figures.scales import score_limits, set_scale
from tunekit.reporting.figures.svg import Figure, draw_panels
from tunekit.reporting.tables.table import Column, Table
from tunekit.space.categorical import Categorical

_POINTS = 130  # per engine and panel
_ROWS = 200  # of the table
_ACROSS = 3  # panels per row
_PANEL = (2.9, 2.3)  # inches
_JITTER = 0.25  # within a category, to both sides


def draw_slices(data: SearchData, slices: Sequence[Slice]) -> Figure | None:
    """Draw one panel of scores per parameter; None without parameters."""
    if not slices:
        return None
    scores = [point.trial.score for each in slices for point in each.points]
    floor = lowest_shown(scores)
    n_across = min(_ACROSS, len(slices))
    n_down = -(-len(slices) // n_across)

    def draw(canvas: Canvas) -> None:
        panels = canvas.subplots(n_down, n_across, squeeze=False, sharey=True)
        engines = sorted({point.trial.engine for each in slices for point in each.points})
        for ax, each in zip(panels.ravel(), slices, strict=False):
            set_scale(ax, "x", each.axis)
            for engine in engines:
                points = [point for point in each.points if point.trial.engine == engine]
                _draw_trials(ax, each, points, data.engines.index(engine), floor)
        for ax in panels[:, 0]:
            ax.set_ylabel(data.scoring)
        for ax in panels.ravel()[len(slices) :]:
            ax.set_axis_off()
        panels[0, 0].set_ylim(*score_limits(scores, floor))
        if len(engines) > 1:
            handles = [legend_handle(data.engines.index(each), line=False) for each in engines]
            canvas.legend(handles, engines, loc="outside upper right", ncols=2)

    text = "; ".join(_best_of(each) for each in slices)
    text = f"{data.scoring} against {len(slices)} parameter{'s' * (len(slices) > 1)}. {text}."
    caption = (
        "Each dot is one trial; its other parameters vary. If the best scores cluster at one end "
        "of a range, widen it."
    )
    low = sum(score < floor for score in {p.trial.score for s in slices for p in s.points})
    caption += " Trials at the lower edge have lower scores." if low else ""
    size = (_PANEL[0] * n_across, _PANEL[1] * n_down + 0.3)
    svg = draw_panels(draw, size, f"{data.name}-slices", text)
    title = "Score by parameter"
    return Figure(title, svg, text, caption, _table(data, slices), wide=n_across > 1)


def _draw_trials(ax: Axes, each: Slice, points: Sequence[Point], place: int, floor: float) -> None:
    if not points:
        return
    shown = [points[i] for i in spread_evenly(len(points), _POINTS)]
    x = np.array([each.axis.number(point.values[each.axis.label]) for point in shown])
    if each.axis.kind == "category":
        x = x + _jitter(shown)
    y = np.maximum([point.trial.score for point in shown], floor)
    draw_points(ax, x, y, place, size=3.6)


def _jitter(points: Sequence[Point]) -> NDArray[np.float64]:
    """Return offsets that separate the points of a category."""
    golden = 0.6180339887
    places = np.array([point.trial.number for point in points])
    return _JITTER * (2 * np.mod(golden * places, 1.0) - 1)


def _best_of(each: Slice) -> str:
    best = each.points[0]
    value = each.axis.text(best.values[each.axis.label])
    return f"{each.axis.label}: best {score(best.trial.score)} at {value}"


def _table(data: SearchData, slices: Sequence[Slice]) -> Table:
    best = [data.points[i] for i in range(min(len(data.points), _ROWS))]
    columns = [Column("engine", "engine"), Column("trial", "trial", "integer")]
    columns += [
        Column(f"p{i}", each.axis.label, "text" if _is_text(each) else "general")
        for i, each in enumerate(slices)
    ]
    rows = [
        (
            point.trial.engine,
            point.trial.number,
            *(_cell(each, point) for each in slices),
            point.trial.score,
        )
        for point in best
    ]
    return Table(
        f"{data.name}-slices",
        f"Best {len(best)} trials by their most important parameters",
        (*columns, Column("score", "score", "general", 5)),
        tuple(rows),
    )


def _is_text(each: Slice) -> bool:
    return isinstance(each.axis.domain, Categorical)


def _cell(each: Slice, point: Point) -> object:
    label = each.axis.label
    if label not in point.values:
        return None
    value = point.values[label]
    return each.axis.text(value) if _is_text(each) else value
