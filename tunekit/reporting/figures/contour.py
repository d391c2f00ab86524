"""A figure of scores over the two most important parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import PathPatch
from numpy.typing import NDArray

from tunekit.analysis.search.axes import Axis
from tunekit.analysis.search.contour import PairMap
from tunekit.analysis.search.data import Point, SearchData
from tunekit.analysis.text import significant
from tunekit.reporting.figures.marks import handle, set_scale, spots, spread_evenly
from tunekit.reporting.figures.svg import COLORS, INK, Figure, draw_panels
from tunekit.reporting.tables.table import Column, Table

_LEVELS = 8
_POINTS = 150
_SIZE = (5.6, 4.2)
_DARK = "#111827"  # on colours that are the same on a dark page


def draw_pair_map(data: SearchData, found: PairMap) -> Figure:
    """Return the mean score near each place of the plane of two parameters, with the trials."""
    known = found.mean[np.isfinite(found.mean)]
    low, high = float(known.min()), float(known.max())
    high = high if high > low else low + (abs(low) * 1e-3 or 1e-3)
    levels = np.linspace(low, high, _LEVELS + 1)
    digits = _digits(levels)

    def draw(canvas: Canvas) -> None:
        ax = canvas.add_subplot()
        colors = ListedColormap(sns.light_palette(COLORS[0], 12)[:_LEVELS])
        norm = BoundaryNorm(levels, _LEVELS)
        if "category" in (found.x.kind, found.y.kind):
            _draw_cells(ax, found, levels, colors, norm)
        else:
            shown = np.ma.masked_invalid(found.mean)
            ax.contourf(found.across, found.up, shown, levels, cmap=colors, norm=norm)
            lines = ax.contour(
                found.across, found.up, shown, levels[1:-1], colors=_DARK, linewidths=0.4
            )
            ax.clabel(lines, levels[1:-1:2], fmt=digits, fontsize=7)
        canvas.colorbar(
            ScalarMappable(norm, colors), ax=ax, label=f"mean {data.scoring}", format=digits
        )
        ax.grid(visible=False)
        set_scale(ax, "x", found.x, unit=True)
        set_scale(ax, "y", found.y, unit=True)
        _draw_trials(ax, data, found)

    best = found.points[0]
    where = " and ".join(
        f"{axis.label} {axis.text(best.values[axis.label])}" for axis in (found.x, found.y)
    )
    who, star = _star(data, best)
    text = (
        f"Mean {data.scoring} of trials near each pair of {found.x.label} and {found.y.label}: "
        f"from {significant(low, 4)} to {significant(high, 4)}. {who}, with "
        f"{significant(best.trial.score, 4)}, has {where}."
    )
    caption = (
        "Colour: the mean score of trials nearby, weighted by a Gaussian of their distance (width "
        f"8% of each axis); blank where no trial is within two widths. Marks: trials; {star} "
        "The other parameters were whatever they were, so a light place may be good with "
        "other ones."
    )
    if min(point.trial.score for point in found.points) < found.floor:
        caption += f" Scores below {significant(found.floor, 4)} count as that much."
    svg = draw_panels(draw, _SIZE, f"{data.name}-map", text)
    return Figure(
        f"{found.x.label} and {found.y.label}",
        svg,
        text,
        caption,
        _table(found, f"{data.name}-map"),
    )


def _star(data: SearchData, best: Point) -> tuple[str, str]:
    """Return what the star marks, for the text and for the caption."""
    first = data.study.trials[0].name
    if best.trial.name == first:
        return "The best trial", "the star is the best."
    return (
        "The best of these trials",
        f"the star is the best of them: “{first}”, the best of all, is none of them.",
    )


def _digits(levels: NDArray[np.float64]) -> str:
    """Return the shortest format that tells levels apart."""
    formats = [f"%.{digits}g" for digits in range(3, 9)]
    apart = (each for each in formats if len({each % level for level in levels}) == len(levels))
    return next(apart, formats[-1])


def _draw_cells(
    ax: Axes, found: PairMap, levels: NDArray[np.float64], colors: Any, norm: BoundaryNorm
) -> None:
    """Draw a rectangle for each run of cells of one level: far fewer than cells."""
    upright = found.x.kind == "category"  # the runs go along the axis of numbers, if there is one
    mean = found.mean.T if upright else found.mean
    along, beside = (found.up, found.across) if upright else (found.across, found.up)
    along_edges = _edges(along, found.y if upright else found.x)
    beside_edges = _edges(beside, found.x if upright else found.y)
    for i, row in enumerate(mean):
        level = np.where(np.isfinite(row), np.searchsorted(levels, row, side="right"), -1)
        level = np.minimum(level, len(levels) - 1)
        turns = np.flatnonzero(np.diff(level)) + 1
        for start, end in zip([0, *turns], [*turns, len(row)], strict=True):
            if level[start] < 0:
                continue
            a, b = along_edges[start], along_edges[end]
            c, d = beside_edges[i], beside_edges[i + 1]
            left, right, bottom, top = (c, d, a, b) if upright else (a, b, c, d)
            middle = (levels[level[start] - 1] + levels[level[start]]) / 2
            ax.fill(
                [left, right, right, left],
                [bottom, bottom, top, top],
                color=colors(norm(middle)),
                linewidth=0,
            )


def _edges(places: NDArray[np.float64], axis: Axis) -> NDArray[np.float64]:
    if axis.kind == "category":
        return (
            np.append(places - 0.42, places[-1] + 0.42)
            if len(places) == 1
            else np.append(places - 0.5, places[-1] + 0.5)
        )
    middles = (places[1:] + places[:-1]) / 2
    return np.concatenate([[0.0], middles, [1.0]])


def _draw_trials(ax: Axes, data: SearchData, found: PairMap) -> None:
    engines = sorted({point.trial.engine for point in found.points})
    for engine in engines:
        own = [point for point in found.points if point.trial.engine == engine]
        shown = [own[i] for i in spread_evenly(len(own), _POINTS)]
        x = np.array([_at(found.x, point) for point in shown])
        y = np.array([_at(found.y, point) for point in shown])
        _draw_rings(ax, x, y, square=data.engines.index(engine) % 2 == 1)
    best = found.points[0]
    ax.plot(
        [_at(found.x, best)],
        [_at(found.y, best)],
        "*",
        color=COLORS[3],
        markeredgecolor="#ffffff",
        markersize=14,
        zorder=5,
    )
    if len(engines) > 1:
        handles = [handle(data.engines.index(each), line=False) for each in engines]
        for each in handles:
            each.set(color=INK, markerfacecolor="none")
        ax.legend(handles, engines, loc="lower right", bbox_to_anchor=(1, 1), ncols=2)


def _draw_rings(ax: Axes, x: NDArray[np.float64], y: NDArray[np.float64], *, square: bool) -> None:
    """Draw points that stand out on every colour: light ones on dark ones."""
    path = spots(x, y)
    cap = "projecting" if square else "round"
    for width, color in ((4.4, _DARK), (2.4, "#ffffff")):
        ax.add_patch(
            PathPatch(path, fill=False, linewidth=width, edgecolor=color, capstyle=cap, zorder=3)
        )


def _at(axis: Axis, point: Point) -> float:
    """Return where a trial stands: its place on the axis, of a category a little aside."""
    value = point.values[axis.label]
    if axis.kind == "category":
        golden = 0.6180339887
        return axis.number(value) + 0.3 * (2 * ((golden * point.trial.number) % 1.0) - 1)
    return axis.position(value)


def _table(found: PairMap, name: str) -> Table:
    rows = [
        (
            point.trial.engine,
            point.trial.number,
            found.x.text(point.values[found.x.label]),
            found.y.text(point.values[found.y.label]),
            point.trial.score,
        )
        for point in found.points[:_POINTS]
    ]
    return Table(
        name,
        "The best trials by the two parameters",
        (
            Column("engine", "engine"),
            Column("trial", "trial", "integer"),
            Column("x", found.x.label),
            Column("y", found.y.label),
            Column("score", "score", "general", 5),
        ),
        tuple(rows),
    )
