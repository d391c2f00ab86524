"""Points and bars, drawn as one path: one element per point would take five times the bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from tunekit.reporting.figures.svg import COLORS, DASHES, EDGE, MARKERS

_SHAPES = (0, 2)  # disc and square, the shapes that the cap of a line can have


def draw_dots(
    ax: Axes,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    *,
    size: float = 3.6,
    alpha: float = 0.65,
) -> None:
    """Draw discs of one colour.

    Parameters
    ----------
    ax : Axes
    x, y : ndarray of shape (n_dots,)
    size : float, default=3.6
        Diameter in points.
    alpha : float, default=0.65
        From 0 to 1; dots that overlap are not darker.
    """
    style = {"edgecolor": COLORS[0], "linewidth": size, "alpha": alpha, "zorder": 3}
    _draw_segments(ax, (x, y), (x, y), {**style, "capstyle": "round"})


def draw_intervals(
    ax: Axes, x: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> None:
    """Draw one vertical bar per interval, from ``low`` to ``high``."""
    _draw_segments(ax, (x, low), (x, high), {"edgecolor": EDGE, "linewidth": 1.0, "zorder": 2})


def draw_points(
    ax: Axes, x: NDArray[np.float64], y: NDArray[np.float64], index: int, size: float = 4.0
) -> None:
    """Draw points in the style of the compared item at ``index``: discs or squares.

    Each is a line without length, whose cap is the shape; this takes a quarter of the bytes of
    markers.
    """
    if not len(x):
        return
    patch = PathPatch(
        point_path(x, y),
        fill=False,
        edgecolor=style_of(index)["color"],
        linewidth=size,
        alpha=0.7,
        capstyle="round" if index % len(_SHAPES) == 0 else "projecting",
        zorder=2,
    )
    ax.add_patch(patch)


def point_path(x: NDArray[np.float64], y: NDArray[np.float64]) -> Path:
    """Return a path with one line without length per point."""
    path = Path(
        np.repeat(np.column_stack([x, y]), 2, axis=0), np.tile([Path.MOVETO, Path.LINETO], len(x))
    )
    path.should_simplify = False  # matplotlib would drop lines without length
    return path


def style_of(index: int) -> dict[str, Any]:
    """Return the colour, line style and marker of the compared item at ``index``."""
    return {
        "color": COLORS[index % len(COLORS)],
        "linestyle": DASHES[index % len(DASHES)],
        "marker": MARKERS[_SHAPES[index % len(_SHAPES)]],
    }


def legend_handle(index: int, *, line: bool = True) -> Line2D:
    """Return the legend entry of the compared item at ``index``."""
    style = style_of(index)
    return Line2D(
        [],
        [],
        color=style["color"],
        linestyle=style["linestyle"] if line else "none",
        marker=style["marker"],
        markersize=4,
    )


def _draw_segments(
    ax: Axes,
    start: tuple[NDArray[np.float64], NDArray[np.float64]],
    end: tuple[NDArray[np.float64], NDArray[np.float64]],
    style: dict[str, Any],
) -> None:
    ends = np.stack([np.column_stack(start), np.column_stack(end)], axis=1).reshape(-1, 2)
    path = Path(ends, np.tile([Path.MOVETO, Path.LINETO], len(start[0])).tolist())
    path.should_simplify = False
    ax.add_patch(PathPatch(path, fill=False, **style))
    ax.autoscale_view()
