"""Contour plot of the score over the two most important parameters."""

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
from tunekit.analysis.text import score
from tunekit.core.numbers import spread_evenly
from tunekit.reporting.figures.marks import legend_handle, point_path
from tunekit.reporting.figures.scales import set_scale
from tunekit.reporting.figures.svg import COLORS, INK, Figure, draw_panels
from tunekit.reporting.tables.table import Column, Table

_LEVELS = 8
_POINTS = 150
_SIZE = (5.6, 4.2)
_DARK = "#111827"  # of lines and rings, on light and dark pages


def draw_pair_map(data: SearchData, pair_map: PairMap) -> Figure:
    """Draw the mean score in the plane of two parameters, with the trials."""
    known = pair_map.mean[np.isfinite(pair_map.mean)]
    low, high = float(known.min()), float(known.max())
    high = high if high > low else low + (abs(low) * 1e-3 or 1e-3)
    levels = np.linspace(low, high, _LEVELS + 1)
    digits = _digits(levels)

    def draw(canvas: Canvas) -> None:
        ax = canvas.add_subplot()
        colors = _draw_surface(ax, pair_map, levels, digits)
        canvas.colorbar(colors, ax=ax, label=f"mean {data.scoring}", format=digits)
        ax.grid(visible=False)
        set_scale(ax, "x", pair_map.x, unit=True)
        set_scale(ax, "y", pair_map.y, unit=True)
        _draw_trials(ax, data, pair_map)

    name, title = f"{data.name}-map", f"{pair_map.x.label} and {pair_map.y.label}"
    text = _text(data, pair_map, low, high)
    svg = draw_panels(draw, _SIZE, name, text)
    return Figure(title, svg, text, _caption(data, pair_map), _table(pair_map, name))


def _draw_surface(
    ax: Axes, pair_map: PairMap, levels: NDArray[np.float64], digits: str
) -> ScalarMappable:
    """Draw filled contours, or cells if a parameter is categorical; return the colour scale."""
    colors = ListedColormap(sns.light_palette(COLORS[0], 12)[:_LEVELS])
    norm = BoundaryNorm(levels, _LEVELS)
    if "category" in (pair_map.x.kind, pair_map.y.kind):
        _draw_cells(ax, pair_map, levels, colors, norm)
    else:
        mean = np.ma.masked_invalid(pair_map.mean)
        ax.contourf(pair_map.across, pair_map.up, mean, levels, cmap=colors, norm=norm)
        lines = ax.contour(
            pair_map.across, pair_map.up, mean, levels[1:-1], colors=_DARK, linewidths=0.4
        )
        ax.clabel(lines, levels[1:-1:2], fmt=digits, fontsize=7)
    return ScalarMappable(norm, colors)


def _text(data: SearchData, pair_map: PairMap, low: float, high: float) -> str:
    x, y, best = pair_map.x, pair_map.y, pair_map.points[0]
    values = " and ".join(f"{axis.label} {axis.text(best.values[axis.label])}" for axis in (x, y))
    is_best = best.trial.name == data.study.trials[0].name
    return (
        f"Mean {data.scoring} of nearby trials by {x.label} and {y.label}: "
        f"from {score(low)} to {score(high)}. "
        f"The best {'trial' if is_best else 'of these trials'}, with "
        f"{score(best.trial.score)}, has {values}."
    )


def _caption(data: SearchData, pair_map: PairMap) -> str:
    first = data.study.trials[0].name
    star = (
        "the star is the best trial."
        if pair_map.points[0].trial.name == first
        else f"the star is the best of them; the best trial of all, “{first}”, is not shown."
    )
    caption = (
        "Colour: mean score of nearby trials, weighted by a Gaussian of their distance (width 8% "
        f"of each axis); blank if no trial is within two widths. Points: trials; {star} Other "
        "parameters vary, so a light area may still contain good configurations."
    )
    if min(point.trial.score for point in pair_map.points) < pair_map.floor:
        caption += f" Scores below {score(pair_map.floor)} are raised to this value."
    return caption


def _digits(levels: NDArray[np.float64]) -> str:
    """Return the shortest number format that gives each level a different text."""
    formats = [f"%.{digits}g" for digits in range(3, 9)]
    unique = (each for each in formats if len({each % level for level in levels}) == len(levels))
    return next(unique, formats[-1])


def _draw_cells(
    ax: Axes, pair_map: PairMap, levels: NDArray[np.float64], colors: Any, norm: BoundaryNorm
) -> None:
    """Draw one rectangle per run of cells of the same level, to save elements."""
    upright = pair_map.x.kind == "category"  # runs follow the numeric axis, if there is one
    mean = pair_map.mean.T if upright else pair_map.mean
    along, other = (pair_map.up, pair_map.across) if upright else (pair_map.across, pair_map.up)
    along_edges = _edges(along, pair_map.y if upright else pair_map.x)
    other_edges = _edges(other, pair_map.x if upright else pair_map.y)
    for i, row in enumerate(mean):
        level = np.where(np.isfinite(row), np.searchsorted(levels, row, side="right"), -1)
        level = np.minimum(level, len(levels) - 1)
        turns = np.flatnonzero(np.diff(level)) + 1
        for start, end in zip([0, *turns], [*turns, len(row)], strict=True):
            if level[start] < 0:
                continue
            a, b = along_edges[start], along_edges[end]
            c, d = other_edges[i], other_edges[i + 1]
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


def _draw_trials(ax: Axes, data: SearchData, pair_map: PairMap) -> None:
    engines = sorted({point.trial.engine for point in pair_map.points})
    for engine in engines:
        points = [point for point in pair_map.points if point.trial.engine == engine]
        shown = [points[i] for i in spread_evenly(len(points), _POINTS)]
        x = np.array([_at(pair_map.x, point) for point in shown])
        y = np.array([_at(pair_map.y, point) for point in shown])
        _draw_rings(ax, x, y, square=data.engines.index(engine) % 2 == 1)
    best = pair_map.points[0]
    ax.plot(
        [_at(pair_map.x, best)],
        [_at(pair_map.y, best)],
        "*",
        color=COLORS[3],
        markeredgecolor="#ffffff",
        markersize=14,
        zorder=5,
    )
    if len(engines) > 1:
        handles = [legend_handle(data.engines.index(each), line=False) for each in engines]
        for each in handles:
            each.set(color=INK, markerfacecolor="none")
        ax.legend(handles, engines, loc="lower right", bbox_to_anchor=(1, 1), ncols=2)


def _draw_rings(ax: Axes, x: NDArray[np.float64], y: NDArray[np.float64], *, square: bool) -> None:
    """Draw white points with a dark ring, which are visible on every colour."""
    path = point_path(x, y)
    cap = "projecting" if square else "round"
    for width, color in ((4.4, _DARK), (2.4, "#ffffff")):
        ax.add_patch(
            PathPatch(path, fill=False, linewidth=width, edgecolor=color, capstyle=cap, zorder=3)
        )


def _at(axis: Axis, point: Point) -> float:
    """Return the position of a trial on an axis, with jitter within a category."""
    value = point.values[axis.label]
    if axis.kind == "category":
        golden = 0.6180339887
        return axis.number(value) + 0.3 * (2 * ((golden * point.trial.number) % 1.0) - 1)
    return axis.position(value)


def _table(pair_map: PairMap, name: str) -> Table:
    rows = [
        (
            point.trial.engine,
            point.trial.number,
            pair_map.x.text(point.values[pair_map.x.label]),
            pair_map.y.text(point.values[pair_map.y.label]),
            point.trial.score,
        )
        for point in pair_map.points[:_POINTS]
    ]
    return Table(
        name,
        "Best trials by the two parameters",
        (
            Column("engine", "engine"),
            Column("trial", "trial", "integer"),
            Column("x", pair_map.x.label),
            Column("y", pair_map.y.label),
            Column("score", "score", "general", 5),
        ),
        tuple(rows),
    )
