"""Scores over the two most important parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunekit.analysis.search.axes import Axis
from tunekit.analysis.search.data import Point, SearchData
from tunekit.analysis.search.optimization_history import lowest_shown
from tunekit.analysis.search.param_importances import Shares
from tunekit.analysis.search.slice import ranked_axes

#: Number of grid points along a numeric axis.
CELLS = 40

_WIDTH = 0.08  # kernel width relative to the axis
_REACH = 2.0  # largest distance from a trial, in kernel widths
_LEAST = 10  # trials, at least


@dataclass(frozen=True)
class PairMap:
    """Smoothed score on a grid over two parameters.

    Attributes
    ----------
    x, y : Axis
    across, up : ndarray of shape (n_x,) and (n_y,)
        Grid points along the axes, from 0 to 1 on their own scale; for categories, their positions.
    mean : ndarray of shape (n_y, n_x)
        Mean score of the trials nearby; NaN if there are none.
    points : tuple of Point
        The trials.
    floor : float
        Lower scores are replaced by this value.
    """

    x: Axis
    y: Axis
    across: NDArray[np.float64]
    up: NDArray[np.float64]
    mean: NDArray[np.float64]
    points: tuple[Point, ...]
    floor: float


def pair_map(data: SearchData, shares: Shares) -> PairMap | None:
    """Return the map of the two most important parameters that are active in ten trials.

    The value at a grid point is the mean score of all trials, weighted by a Gaussian kernel of
    their distance. The kernel width is 8% of each axis, on the scale of the axis. Points further
    than two widths from every trial have no value. On axes of categories, or of few possible
    values, only trials with the same value count.

    Returns
    -------
    PairMap or None
        None with fewer than two parameters, fewer than ten trials, or equal scores.

    References
    ----------
    E. A. Nadaraya: On Estimating Regression. Theory of Probability and its Applications 9, 1964.
    G. S. Watson: Smooth Regression Analysis. Sankhyā A 26, 1964.
    """
    if len({point.trial.score for point in data.points}) < 2:  # noqa: PLR2004 - equal scores give no map
        return None
    ranked = ranked_axes(data, shares)
    pairs = ((ranked[i], ranked[j]) for j in range(1, len(ranked)) for i in range(j))
    for x, y in pairs:
        points = tuple(p for p in data.points if x.label in p.values and y.label in p.values)
        if len(points) >= _LEAST:
            return _map(x.in_steps(), y.in_steps(), points)
    return None


def _map(x: Axis, y: Axis, points: tuple[Point, ...]) -> PairMap:
    scores = np.array([point.trial.score for point in points])
    floor = lowest_shown(scores.tolist())
    across, up = _grid(x), _grid(y)
    distance_x = _distances(x, across, points)[None, :, :]
    distance_y = _distances(y, up, points)[:, None, :]
    square = distance_x**2 + distance_y**2
    near = square.min(axis=2) <= _REACH**2
    weights = np.exp(-0.5 * square)
    total = weights.sum(axis=2)
    mean = (weights @ np.maximum(scores, floor)) / np.where(near, total, 1.0)
    return PairMap(x, y, across, up, np.where(near, mean, np.nan), points, floor)


def _grid(axis: Axis) -> NDArray[np.float64]:
    if axis.kind == "category":
        return np.arange(len(axis.categories), dtype=np.float64)
    return np.linspace(0.0, 1.0, CELLS)


def _distances(
    axis: Axis, grid: NDArray[np.float64], points: tuple[Point, ...]
) -> NDArray[np.float64]:
    """Return the distance of trials from grid points, in widths; inf for other categories."""
    if axis.kind == "category":
        values = np.array([axis.number(point.values[axis.label]) for point in points])
        return np.where(grid[:, None] == values[None, :], 0.0, np.inf)
    values = np.array([axis.position(point.values[axis.label]) for point in points])
    distances: NDArray[np.float64] = np.abs(grid[:, None] - values[None, :]) / _WIDTH
    return distances
