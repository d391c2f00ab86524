"""Means over the folds and the classes that have a value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


def mean_where_held(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of each column without its NaNs; NaN where there is nothing else.

    Examples
    --------
    >>> mean_where_held(np.array([[1.0, np.nan, np.nan], [3.0, 4.0, np.nan]])).tolist()
    [2.0, 4.0, nan]
    """
    held = ~np.isnan(values)
    means = np.full(values.shape[1], np.nan)
    total = np.where(held, values, 0.0).sum(axis=0)
    np.divide(total, held.sum(axis=0), out=means, where=held.any(axis=0))
    return means


@dataclass(frozen=True)
class Band:
    """A curve in several folds.

    Attributes
    ----------
    mean : ndarray of shape (n_points,)
    low, high : ndarray of shape (n_points,)
        The spread over the folds, one standard deviation either way, within 0 and 1.
    """

    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def band(curves: NDArray[np.float64]) -> Band:
    """Return the mean of curves and their spread.

    Parameters
    ----------
    curves : ndarray of shape (n_folds, n_points)
        Rates from 0 to 1; a row of NaN is left out.
    """
    held = curves[~np.isnan(curves).any(axis=1)]
    mean, spread = held.mean(axis=0), held.std(axis=0)
    return Band(mean, np.maximum(mean - spread, 0.0), np.minimum(mean + spread, 1.0))


class ClassMean:
    """The mean of curves over classes, fold by fold, as one class after the other comes.

    Parameters
    ----------
    n_folds, n_points : int
    """

    def __init__(self, n_folds: int, n_points: int) -> None:
        self._total = np.zeros((n_folds, n_points))
        self._count = np.zeros((n_folds, 1))

    def add(self, curves: NDArray[np.float64]) -> None:
        """Take a class's curves, one a fold; a row of NaN is left out."""
        self._total += np.nan_to_num(curves)
        self._count += ~np.isnan(curves).any(axis=1, keepdims=True)

    def curves(self) -> NDArray[np.float64]:
        """Return the mean curve of each fold; NaN where no class has one."""
        return np.where(self._count > 0, self._total / np.maximum(self._count, 1), np.nan)


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
