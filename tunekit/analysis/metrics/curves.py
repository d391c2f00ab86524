"""Means of curves over folds and classes, and points to draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


def mean_of_columns(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of each column without NaNs; NaN if a column has no other values.

    Examples
    --------
    >>> mean_of_columns(np.array([[1.0, np.nan, np.nan], [3.0, 4.0, np.nan]])).tolist()
    [2.0, 4.0, nan]
    """
    valid = ~np.isnan(values)
    means = np.full(values.shape[1], np.nan)
    total = np.where(valid, values, 0.0).sum(axis=0)
    np.divide(total, valid.sum(axis=0), out=means, where=valid.any(axis=0))
    return means


@dataclass(frozen=True)
class Band:
    """Mean and spread of a curve over several folds.

    Attributes
    ----------
    mean : ndarray of shape (n_points,)
    low, high : ndarray of shape (n_points,)
        Mean minus and plus one standard deviation over the folds, limited to [0, 1].
    """

    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def band(curves: NDArray[np.float64]) -> Band:
    """Return the mean and the spread of curves.

    Parameters
    ----------
    curves : ndarray of shape (n_folds, n_points)
        Rates from 0 to 1; rows with NaN are ignored.
    """
    valid = curves[~np.isnan(curves).any(axis=1)]
    mean, spread = valid.mean(axis=0), valid.std(axis=0)
    return Band(mean, np.maximum(mean - spread, 0.0), np.minimum(mean + spread, 1.0))


class ClassMean:
    """Running mean of curves over classes, for each fold.

    Parameters
    ----------
    n_folds, n_points : int
    """

    def __init__(self, n_folds: int, n_points: int) -> None:
        self._total = np.zeros((n_folds, n_points))
        self._count = np.zeros((n_folds, 1))

    def add(self, curves: NDArray[np.float64]) -> None:
        """Add the curves of a class, one per fold; rows with NaN are ignored."""
        self._total += np.nan_to_num(curves)
        self._count += ~np.isnan(curves).any(axis=1, keepdims=True)

    def curves(self) -> NDArray[np.float64]:
        """Return the mean curve of each fold; NaN if no class has one."""
        return np.where(self._count > 0, self._total / np.maximum(self._count, 1), np.nan)


#: Maximum number of points of a drawn curve.
POINTS = 200


def thinned(
    x: NDArray[np.float64], y: NDArray[np.float64], points: int = POINTS
) -> NDArray[np.int64]:
    """Return the positions of points evenly spaced along a curve, including both ends.

    Parameters
    ----------
    x, y : ndarray of shape (n_points,)
        The curve.
    points : int, default=200
        Maximum number of points, at least 2.

    Returns
    -------
    ndarray of int
        Positions in increasing order. No point of the curve is further from the lines between
        the selected points than the length of the curve divided by ``points - 1``, both measured
        along the axes.

    Examples
    --------
    >>> thinned(np.array([0.0, 0.1, 0.2, 1.0]), np.array([0.0, 0.0, 0.0, 1.0]), 3).tolist()
    [0, 3]
    """
    if len(x) <= points:
        return np.arange(len(x))
    length = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
    positions = np.searchsorted(length, np.linspace(0, length[-1], points), side="left")
    positions[-1] = len(x) - 1
    return np.unique(positions)
