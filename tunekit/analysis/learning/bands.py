"""Mean and range of the learning curves of several folds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunekit.core.predictions import Curve

#: Prefix of a metric on the validation rows.
HELD_OUT = "val_"


@dataclass(frozen=True)
class Band:
    """A metric by epoch, over the folds that were still training.

    Attributes
    ----------
    metric : str
    mean, low, high : ndarray of shape (n_epochs,)
        Mean, minimum and maximum over the folds; NaN if no fold has a value.
    n_folds : ndarray of shape (n_epochs,)
        Number of folds with a value at each epoch.
    """

    metric: str
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    n_folds: NDArray[np.int64]


def band(curves: Sequence[Curve], metric: str) -> Band | None:
    """Return a metric over several folds; None if no fold has a finite value.

    Parameters
    ----------
    curves : sequence of Curve
        One per fold.
    metric : str

    Examples
    --------
    >>> band([{"loss": (2.0, 1.0)}, {"loss": (4.0,)}], "loss").mean
    array([3., 1.])
    """
    lines = [curve[metric] for curve in curves if metric in curve]
    longest = max(map(len, lines), default=0)
    values = np.full((max(1, len(lines)), longest), math.nan)
    for row, line in zip(values, lines, strict=False):
        row[: len(line)] = line
    finite = np.isfinite(values)
    if not finite.any():
        return None
    n_folds = finite.sum(axis=0)
    total = np.where(finite, values, 0.0).sum(axis=0)
    has_value = n_folds > 0
    return Band(
        metric=metric,
        mean=np.where(has_value, total / np.maximum(n_folds, 1), np.nan),
        low=np.where(has_value, np.where(finite, values, np.inf).min(axis=0), np.nan),
        high=np.where(has_value, np.where(finite, values, -np.inf).max(axis=0), np.nan),
        n_folds=n_folds,
    )


def metrics_of(curves: Sequence[Curve]) -> list[str]:
    """Return the distinct names of the metrics of curves, the loss first.

    A metric on training and validation rows has one name.
    """
    names = dict.fromkeys(name.removeprefix(HELD_OUT) for curve in curves for name in curve)
    return sorted(names, key=lambda name: name != "loss")
