"""Scores over the two most important parameters together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunekit.analysis.search.axes import Axis
from tunekit.analysis.search.data import Point, SearchData
from tunekit.analysis.search.optimization_history import lowest_shown
from tunekit.analysis.search.param_importances import Shares
from tunekit.analysis.search.slice import ranked_axes

#: Places along an axis of numbers.
CELLS = 40

_WIDTH = 0.08  # of the kernel, as a share of the axis
_REACH = 2.0  # widths from a trial beyond which nothing is said
_LEAST = 10  # trials


@dataclass(frozen=True)
class PairMap:
    """The mean score near each place of a plane.

    Attributes
    ----------
    x, y : Axis
    across, up : ndarray of shape (n_x,) and (n_y,)
        Places along the axes, from 0 to 1 on their own scale; of categories their places.
    mean : ndarray of shape (n_y, n_x)
        Mean score of the trials nearby; NaN where there is none.
    points : tuple of Point
        The trials.
    floor : float
        Scores below count as this much.
    """

    x: Axis
    y: Axis
    across: NDArray[np.float64]
    up: NDArray[np.float64]
    mean: NDArray[np.float64]
    points: tuple[Point, ...]
    floor: float


def pair_map(data: SearchData, shares: Shares) -> PairMap | None:
    """Return the map of the two most important parameters that ten trials have together.

    A place's value is the mean of the scores of all trials, weighted by a Gaussian of their
    distance, of which one width is 8% of each axis on its own scale. Beyond two widths of every
    trial there is no value. Along categories, and ranges of few whole numbers, only trials of the
    same one count.

    Returns
    -------
    PairMap or None
        None with fewer than two parameters, fewer than ten trials, or one score for all.

    References
    ----------
    E. A. Nadaraya: On Estimating Regression. Theory of Probability and its Applications 9, 1964.
    G. S. Watson: Smooth Regression Analysis. Sankhyā A 26, 1964.
    """
    if len({point.trial.score for point in data.points}) < 2:  # noqa: PLR2004 - to be told apart
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
    across, up = _places(x), _places(y)
    far_x = _far(x, across, points)[None, :, :]
    far_y = _far(y, up, points)[:, None, :]
    square = far_x**2 + far_y**2
    near = square.min(axis=2) <= _REACH**2
    weights = np.exp(-0.5 * square)
    total = weights.sum(axis=2)
    mean = (weights @ np.maximum(scores, floor)) / np.where(near, total, 1.0)
    return PairMap(x, y, across, up, np.where(near, mean, np.nan), points, floor)


def _places(axis: Axis) -> NDArray[np.float64]:
    if axis.kind == "category":
        return np.arange(len(axis.categories), dtype=np.float64)
    return np.linspace(0.0, 1.0, CELLS)


def _far(axis: Axis, places: NDArray[np.float64], points: tuple[Point, ...]) -> NDArray[np.float64]:
    """Return how many widths each trial lies from each place; infinitely in another category."""
    if axis.kind == "category":
        own = np.array([axis.number(point.values[axis.label]) for point in points])
        return np.where(places[:, None] == own[None, :], 0.0, np.inf)
    own = np.array([axis.position(point.values[axis.label]) for point in points])
    far: NDArray[np.float64] = np.abs(places[:, None] - own[None, :]) / _WIDTH
    return far
