"""Splits validation rows for early stopping off the training data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from tunekit.exceptions import DataError

_MIN_ROWS = 2
_TRIES = 100  # draws of groups, of which one must leave each class in the training rows


def split_rows(
    n: int,
    fraction: float,
    rng: np.random.RandomState,
    *,
    labels: NDArray[Any] | None,
    groups: NDArray[Any] | None = None,
    last: bool = False,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the training rows and the validation rows.

    A random split is stratified if each class has at least two rows and both parts can contain all
    classes. Otherwise the training rows contain at least one row of each class.

    Parameters
    ----------
    n : int
        Number of rows, 2 or more.
    fraction : float
        Fraction of validation rows, above 0 and below 1; at least one row is used.
    rng : numpy.random.RandomState
    labels : ndarray of shape (n,) or None
        Classes to stratify by; None for regression and multilabel targets.
    groups : ndarray of shape (n,) or None, default=None
        Rows of a group are in the same part. Groups take precedence over stratification, and
        ``fraction`` is that of the groups.
    last : bool, default=False
        Whether to use the last rows for validation instead of random ones, whatever their groups.

    Returns
    -------
    tuple of ndarray
        Row numbers of both parts, sorted.

    Raises
    ------
    DataError
        When there are fewer than two rows or groups, or not more rows than classes, or a group is
        missing.
    """
    if n < _MIN_ROWS:
        raise DataError(f"early_stopping needs at least two rows, got {n}.")
    size = min(max(1, round(fraction * n)), n - 1)
    if last:
        return np.arange(n - size), np.arange(n - size, n)
    if groups is not None:
        return _keep_groups(groups, fraction, rng, labels)
    if labels is None:
        order = rng.permutation(n)
        return np.sort(order[size:]), np.sort(order[:size])
    _, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if counts.min() >= _MIN_ROWS and len(counts) <= min(size, n - size):
        training, validation = train_test_split(
            np.arange(n), test_size=size, stratify=codes, random_state=rng
        )
        return np.sort(training), np.sort(validation)
    return _keep_each_class(codes, len(counts), size, rng)


def _keep_groups(
    groups: NDArray[Any], fraction: float, rng: np.random.RandomState, labels: NDArray[Any] | None
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    codes, unique = pd.factorize(groups)
    if (codes < 0).any():
        raise DataError(f"groups: row {int(np.argmin(codes))} has no group: name one for each row.")
    if len(unique) < _MIN_ROWS:
        raise DataError(
            "early_stopping with groups needs at least two of them, got one: set "
            "early_stopping=False."
        )
    size = min(max(1, round(fraction * len(unique))), len(unique) - 1)
    n_classes = 0 if labels is None else len(np.unique(labels))
    for _ in range(_TRIES):
        held_out = np.isin(codes, rng.permutation(len(unique))[:size])
        if labels is None or len(np.unique(labels[~held_out])) == n_classes:
            return np.flatnonzero(~held_out), np.flatnonzero(held_out)
    raise DataError(
        f"early_stopping: {size} of {len(unique)} groups as validation rows leave no row of some "
        f"class for training: pass validation_data, or set early_stopping=False."
    )


def _keep_each_class(
    codes: NDArray[np.intp], n_classes: int, size: int, rng: np.random.RandomState
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    order = rng.permutation(len(codes))
    _, first = np.unique(codes[order], return_index=True)
    others = np.delete(order, first)
    if not len(others):
        raise DataError(
            f"early_stopping needs more rows than classes, got {len(codes)} rows of {n_classes} "
            f"classes: set early_stopping=False."
        )
    validation = others[:size]
    return np.setdiff1d(order, validation), np.sort(validation)
