"""Curves with no more points than one sees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Points of a drawn curve.
POINTS = 200


def thinned(
    x: NDArray[np.float64], y: NDArray[np.float64], points: int = POINTS
) -> NDArray[np.int64]:
    """Return the places of points that are evenly spread along a curve, both ends among them.

    Parameters
    ----------
    x, y : ndarray of shape (n_points,)
        The curve.
    points : int, default=200
        How many to keep at most, from 2.

    Returns
    -------
    ndarray of int
        In order. No point of the curve is further from the lines between these than the length
        of the curve divided by ``points - 1``, both measured along the axes.

    Examples
    --------
    >>> thinned(np.array([0.0, 0.1, 0.2, 1.0]), np.array([0.0, 0.0, 0.0, 1.0]), 3).tolist()
    [0, 3]
    """
    if len(x) <= points:
        return np.arange(len(x))
    way = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
    places = np.searchsorted(way, np.linspace(0, way[-1], points), side="left")
    places[-1] = len(x) - 1
    return np.unique(places)
