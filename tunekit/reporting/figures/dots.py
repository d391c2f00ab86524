"""Many dots or bars as one path each: an element a dot would be five times as long."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from tunekit.reporting.drawing import COLORS, EDGE


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
