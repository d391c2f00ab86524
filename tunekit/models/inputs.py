"""Validation of inputs and targets by the rules of scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.utils import column_or_1d
from sklearn.utils.validation import _check_sample_weight, validate_data

from tunekit.core.targets import plain_targets
from tunekit.exceptions import DataError, ParameterError


def read(estimator: Any, X: Any, y: Any, *, dtype: type, reset: bool) -> tuple[Any, NDArray[Any]]:
    """Return validated inputs and targets.

    Parameters
    ----------
    estimator : estimator
        Its tags define what it accepts. It stores the names and the number of the columns.
    X : array-like or sparse matrix of shape (n_samples, ...)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
    dtype : type
        Type of the returned inputs.
    reset : bool
        Whether to store the names and the number of the columns; otherwise they are checked.

    Raises
    ------
    DataError
        When the targets are not numbers, booleans or text.
    ValueError
        When scikit-learn does not accept them.
    """
    if y is not None and not issparse(y):
        y = plain_targets(y)
    X, y = validate_data(
        estimator,
        X,
        y,
        reset=reset,
        dtype=dtype,
        accept_sparse="csr",
        allow_nd=True,
        multi_output=True,
        y_numeric=estimator.__sklearn_tags__().estimator_type == "regressor",
    )
    if issparse(y):
        y = y.toarray()
    if y.ndim > 1 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    return X, y


def read_inputs(estimator: Any, X: Any, *, dtype: type, shape: tuple[int, ...]) -> Any:
    """Return validated inputs for prediction, whose rows must have the given shape.

    Raises
    ------
    DataError
        When the rows have another shape.
    ValueError
        When scikit-learn does not accept them.
    """
    if getattr(X, "ndim", 0) > 1 and X.ndim != 1 + len(shape):  # scikit-learn checks columns only
        _check_shape(X.shape, shape)
    X = validate_data(estimator, X, reset=False, dtype=dtype, accept_sparse="csr", allow_nd=True)
    _check_shape(X.shape, shape)
    return X


def read_more(
    estimator: Any, data: Any, name: str, *, dtype: type, shape: tuple[int, ...]
) -> tuple[Any, NDArray[Any], NDArray[np.float64] | None]:
    """Return validated rows to evaluate in addition to the training rows.

    Parameters
    ----------
    estimator : estimator
        It has read the training rows.
    data : (X, y) or (X, y, sample_weight)
    name : str
        Name of the parameter, for messages.
    dtype : type
        Type of the returned inputs.
    shape : tuple of int
        Shape of one row.

    Raises
    ------
    ParameterError
        When ``data`` is not such a tuple.
    DataError
        When the rows have another shape.
    """
    if not isinstance(data, (tuple, list)) or len(data) not in (2, 3):
        actual = f"{len(data)} parts" if isinstance(data, (tuple, list)) else type(data).__name__
        raise ParameterError(
            f"{type(estimator).__name__}: {name} must be (X, y) or (X, y, sample_weight), "
            f"got {actual}."
        )
    X, y = read(estimator, data[0], data[1], dtype=dtype, reset=False)
    _check_shape(X.shape, shape)
    weight = None
    if len(data) == 3:  # noqa: PLR2004 - X, y and weights
        weight = _check_sample_weight(data[2], X, dtype=np.float64, ensure_non_negative=True)
    return X, y, weight


def _check_shape(actual: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """Raise :exc:`DataError` if the rows have another shape."""
    if tuple(actual[1:]) != shape:
        raise DataError(f"X must have rows of shape {shape}, got {tuple(actual[1:])}.")
