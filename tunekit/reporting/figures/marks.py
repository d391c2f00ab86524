"""Many dots or bars as one path each: an element a dot would be five times as long."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from tunekit.analysis.search.axes import Axis
from tunekit.core.text import shortened
from tunekit.reporting.figures.svg import COLORS, DASHES, EDGE, MARKERS


def draw_dots(
    ax: Axes,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    *,
    size: float = 3.6,
    alpha: float = 0.65,
) -> None:
    """Draw dots: lines without length and with round ends.

    Parameters
    ----------
    ax : Axes
    x, y : ndarray of shape (n_dots,)
    size : float, default=3.6
        Diameter in points.
    alpha : float, default=0.65
        From 0 to 1; dots that overlap are not darker.
    """
    look = {"edgecolor": COLORS[0], "linewidth": size, "alpha": alpha, "zorder": 3}
    _draw_segments(ax, (x, y), (x, y), {**look, "capstyle": "round"})


def draw_reach(
    ax: Axes, x: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> None:
    """Draw an upright bar at each place, from its low to its high end."""
    _draw_segments(ax, (x, low), (x, high), {"edgecolor": EDGE, "linewidth": 1.0, "zorder": 2})


def _draw_segments(
    ax: Axes,
    start: tuple[NDArray[np.float64], NDArray[np.float64]],
    end: tuple[NDArray[np.float64], NDArray[np.float64]],
    look: dict[str, Any],
) -> None:
    ends = np.stack([np.column_stack(start), np.column_stack(end)], axis=1).reshape(-1, 2)
    path = Path(ends, np.tile([Path.MOVETO, Path.LINETO], len(start[0])).tolist())
    path.should_simplify = False
    ax.add_patch(PathPatch(path, fill=False, **look))
    ax.autoscale_view()


def text_width(text: str, size: float) -> float:
    """Return how wide a text is in DejaVu Sans, the widest font of those on our pages.

    Parameters
    ----------
    text : str
    size : float
        Of the font, in points.

    Returns
    -------
    float
        In points. A letter that the font lacks counts as the box that stands for it.

    Examples
    --------
    >>> round(text_width("0.5", 10), 1)
    15.9
    """
    font = FontProperties(family="DejaVu Sans", size=size)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        width, _, _ = text_to_path.get_text_width_height_descent(text, font, False)
    return float(width)


#: A label of a tick is no longer, in characters.
LONGEST = 16


_MOST_TICKS = 12  # categories whose names are all written


_FEW_DECADES = 1.5  # within which there are too few powers of ten to read from


def look(place: int) -> dict[str, Any]:
    """Return colour, line and marker of what is compared, by its place."""
    return {
        "color": COLORS[place % len(COLORS)],
        "linestyle": DASHES[place % len(DASHES)],
        "marker": MARKERS[_SHAPES[place % len(_SHAPES)]],
    }


_SHAPES = (0, 2)  # a disc and a square: what a line's end can be


def dots(
    ax: Axes, x: NDArray[np.float64], y: NDArray[np.float64], place: int, size: float = 4.0
) -> None:
    """Draw points as one path: discs for the first of what is compared, squares for the second.

    Each is a line of no length with an end of its own, which takes a quarter of the bytes that
    markers take.
    """
    if not len(x):
        return
    patch = PathPatch(
        spots(x, y),
        fill=False,
        edgecolor=look(place)["color"],
        linewidth=size,
        alpha=0.7,
        capstyle="round" if place % len(_SHAPES) == 0 else "projecting",
        zorder=2,
    )
    ax.add_patch(patch)


def spots(x: NDArray[np.float64], y: NDArray[np.float64]) -> Path:
    """Return a path of lines of no length, one at each point."""
    path = Path(
        np.repeat(np.column_stack([x, y]), 2, axis=0), np.tile([Path.MOVETO, Path.LINETO], len(x))
    )
    path.should_simplify = False  # matplotlib would leave them out
    return path


def handle(place: int, *, line: bool = True) -> Line2D:
    """Return what stands in a legend for what is compared."""
    style = look(place)
    return Line2D(
        [],
        [],
        color=style["color"],
        linestyle=style["linestyle"] if line else "none",
        marker=style["marker"],
        markersize=4,
    )


def spread_evenly(n: int, most: int) -> NDArray[np.int64]:
    """Return at most so many places of n, evenly, with both ends among them."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.int64))


def set_scale(ax: Axes, which: Literal["x", "y"], axis: Axis, *, unit: bool = False) -> None:
    """Give a side of a figure an axis's scale, ends, ticks and name.

    Parameters
    ----------
    ax : Axes
    which : {"x", "y"}
    axis : Axis
    unit : bool, default=False
        Whether what is drawn lies between 0 and 1 on the axis's own scale.
    """
    side, limits = (ax.xaxis, ax.set_xlim) if which == "x" else (ax.yaxis, ax.set_ylim)
    (ax.set_xlabel if which == "x" else ax.set_ylabel)(shortened(axis.label, 40))
    if axis.kind == "category":
        n = len(axis.categories)
        shown = spread_evenly(n, _MOST_TICKS)
        side.set_major_locator(FixedLocator(shown.tolist()))
        names = [shortened(axis.categories[i], LONGEST) for i in shown]
        side.set_ticklabels(names)
        limits(-0.5, n - 0.5)
        if which == "x" and sum(map(len, names)) > 2 * LONGEST:
            ax.tick_params(axis="x", rotation=35)
        return
    side.set_minor_locator(NullLocator())
    if unit:
        ticks = _ticks(axis)
        side.set_major_locator(FixedLocator([axis.position(tick) for tick in ticks]))
        side.set_ticklabels([f"{tick:g}" for tick in ticks])
        limits(-0.03, 1.03)
        return
    if axis.kind == "log":
        (ax.set_xscale if which == "x" else ax.set_yscale)("log")
        side.set_minor_locator(NullLocator())
        room = (axis.high / axis.low) ** 0.03
        limits(axis.low / room, axis.high * room)
    else:
        room = 0.03 * (axis.high - axis.low)
        limits(axis.low - room, axis.high + room)
    side.set_major_locator(FixedLocator(_ticks(axis)))
    side.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _ticks(axis: Axis) -> list[float]:
    """Return round numbers between the ends of an axis, without marks of a formula."""
    low, high = axis.low, axis.high
    if axis.kind == "log":
        wide = np.log10(high / low) > _FEW_DECADES
        found = LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0), numticks=6).tick_values(
            low, high
        )
    else:
        whole = isinstance(axis.domain.low, int) if hasattr(axis.domain, "low") else False
        found = MaxNLocator(5, integer=whole, steps=[1, 2, 5, 10]).tick_values(low, high)
    inside = [float(tick) for tick in found if low <= tick <= high]
    return inside if len(inside) > 1 else [low, high]


def score_limits(scores: Sequence[float], floor: float) -> tuple[float, float]:
    """Return the ends of an axis of scores, with some room."""
    high = max(scores)
    room = high - floor or abs(high) * 0.1 or 0.1
    return floor - 0.1 * room, high + 0.06 * room
