"""Curves of several folds as one: their mean, and how far they lie apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunekit.core.predictions import Curve

#: In front of a metric that was measured on the rows held out.
HELD_OUT = "val_"


@dataclass(frozen=True)
class Band:
    """A metric by epoch, over the folds that still trained then.

    Attributes
    ----------
    metric : str
    mean, low, high : ndarray of shape (n_epochs,)
        Over the folds, the smallest, and the largest; NaN where no fold has a value.
    n_folds : ndarray of shape (n_epochs,)
        How many folds there are at each epoch.
    """

    metric: str
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    n_folds: NDArray[np.int64]


def band(curves: Sequence[Curve], metric: str) -> Band | None:
    """Return a metric over several folds; None where none has a finite value of it.

    Parameters
    ----------
    curves : sequence of Curve
        One a fold.
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
    known = np.isfinite(values)
    if not known.any():
        return None
    n_folds = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    some = n_folds > 0
    return Band(
        metric=metric,
        mean=np.where(some, total / np.maximum(n_folds, 1), np.nan),
        low=np.where(some, np.where(known, values, np.inf).min(axis=0), np.nan),
        high=np.where(some, np.where(known, values, -np.inf).max(axis=0), np.nan),
        n_folds=n_folds,
    )


def metrics_of(curves: Sequence[Curve]) -> list[str]:
    """Return the names of the metrics of some curves, the loss first, each once.

    A metric that was measured on both kinds of rows has one name.
    """
    names = dict.fromkeys(name.removeprefix(HELD_OUT) for curve in curves for name in curve)
    return sorted(names, key=lambda name: name != "loss")
