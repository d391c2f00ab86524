"""Puts rows of the training data aside, on which early stopping is decided."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from tunekit.exceptions import DataError

_FEWEST = 2


def put_aside(
    n: int,
    fraction: float,
    rng: np.random.RandomState,
    *,
    labels: NDArray[Any] | None,
    last: bool = False,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows to learn from and the rows to measure on.

    The shares of the classes are kept where each has at least two rows and there is room for
    all of them on both sides; else one row of each class stays with those to learn from. The last
    rows are put aside as they are.

    Parameters
    ----------
    n : int
        Rows, 2 or more.
    fraction : float
        Share to put aside, above 0 and below 1; at least one row.
    rng : numpy.random.RandomState
    labels : ndarray of shape (n,) or None
        Classes to keep the shares of; None for regression and for several labels a row.
    last : bool, default=False
        Whether to put the last rows aside instead of random ones.

    Returns
    -------
    tuple of ndarray
        Row numbers, sorted.

    Raises
    ------
    DataError
        When there are fewer than two rows, or none would be left.
    """
    if n < _FEWEST:
        raise DataError(f"early_stopping needs at least two rows, got {n}.")
    size = min(max(1, round(fraction * n)), n - 1)
    if last:
        return np.arange(n - size), np.arange(n - size, n)
    if labels is None:
        order = rng.permutation(n)
        return np.sort(order[size:]), np.sort(order[:size])
    _, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if counts.min() >= _FEWEST and len(counts) <= min(size, n - size):
        fit, aside = train_test_split(
            np.arange(n), test_size=size, stratify=codes, random_state=rng
        )
        return np.sort(fit), np.sort(aside)
    return _with_each_class(codes, len(counts), size, rng)


def _with_each_class(
    codes: NDArray[np.intp], n_classes: int, size: int, rng: np.random.RandomState
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    order = rng.permutation(len(codes))
    _, first = np.unique(codes[order], return_index=True)
    free = np.delete(order, first)
    if not len(free):
        raise DataError(
            f"early_stopping needs more rows than classes, got {len(codes)} rows of {n_classes} "
            f"classes: set early_stopping=False."
        )
    aside = free[:size]
    return np.setdiff1d(order, aside), np.sort(aside)
