"""A test split that the user gives, after the rows that folds are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse
from sklearn.utils.validation import _is_arraylike, _num_samples

from tunekit.core.targets import plain_targets
from tunekit.evaluation.splits import check_data
from tunekit.exceptions import DataError, ParameterError

_WITHOUT, _WITH = 2, 3  # metadata
_NUMBERS = "biuf"  # NumPy kinds


def n_rows(X: Any, test: Any, test_size: float | None) -> tuple[int, int]:
    """Return the number of rows for folds and of a given test split.

    Raises
    ------
    ParameterError
        When ``test`` is not a test split, or ``test_size`` is given as well.
    """
    if test_size is not None:
        raise ParameterError(
            f"test and test_size={test_size!r} are two test splits: use one of them."
        )
    if not isinstance(test, (tuple, list)) or len(test) not in (_WITHOUT, _WITH):
        raise ParameterError(
            f"test must be (X_test, y_test) or (X_test, y_test, params), got {type(test).__name__}."
        )
    check_data(*test[:_WITHOUT])
    return _num_samples(X), _num_samples(test[0])


def with_test_rows(
    X: Any, y: Any, groups: Any, metadata: Mapping[str, Any], test: Sequence[Any]
) -> tuple[Any, Any, Any, dict[str, Any]]:
    """Return the rows for folds together with those of a given test split.

    Parameters
    ----------
    X, y, groups : array-like
        Validated rows for folds.
    metadata : mapping of str to object
        Their metadata.
    test : (X, y) or (X, y, params)
        The test split, with metadata of its rows; see :func:`n_rows`.

    Returns
    -------
    X, y, groups : array-like
        Rows for folds, followed by those of the test split.
    metadata : dict

    Raises
    ------
    ParameterError
        When the test split lacks metadata that the other rows have, or has more.
    DataError
        When its rows do not have the columns of ``X``, or its targets not those of ``y``.
    """
    X_test, y_test, *params = test
    own = dict(params[0]) if params else {}
    per_row = {name for name, value in metadata.items() if _has_rows(value, X)}
    if set(own) != per_row:
        raise ParameterError(
            f"test must have the metadata of the other rows, {sorted(per_row)}, got {sorted(own)}: "
            f"use test=(X_test, y_test, params)."
        )
    joined = {
        name: stacked(value, own[name], name) if name in own else value
        for name, value in metadata.items()
    }
    # No test row is used for training, so its group has no meaning.
    groups = (
        None
        if groups is None
        else np.concatenate([groups, np.repeat(groups[:1], _num_samples(X_test))])
    )
    targets = plain_targets(stacked(y, plain_targets(y_test), "y"))
    return stacked(X, X_test, "X"), targets, groups, joined


def _has_rows(value: Any, X: Any) -> bool:
    return bool(_is_arraylike(value)) and _num_samples(value) == _num_samples(X)


def stacked(first: Any, second: Any, name: str) -> Any:
    """Return rows of the kind of ``first``, followed by those of ``second``.

    Raises
    ------
    DataError
        When the rows have other columns.

    Examples
    --------
    >>> stacked(np.array([[1, 2]]), [[3, 4]], "X").tolist()
    [[1, 2], [3, 4]]
    """
    if hasattr(first, "columns"):
        return _stacked_tables(first, second, name)
    if scipy.sparse.issparse(first) or scipy.sparse.issparse(second):
        kind = first.format if scipy.sparse.issparse(first) else second.format
        _check_shapes(first.shape, second.shape, name)
        return scipy.sparse.vstack([first, second], format=kind)
    if isinstance(first, list):
        return [*first, *second]
    arrays = np.asarray(first), np.asarray(second)
    _check_shapes(arrays[0].shape, arrays[1].shape, name)
    if (arrays[0].dtype.kind in _NUMBERS) != (arrays[1].dtype.kind in _NUMBERS):
        raise DataError(
            f"test: {name} must have the type of the other rows, {arrays[0].dtype}, got "
            f"{arrays[1].dtype}."
        )
    return np.concatenate(arrays)


def _stacked_tables(first: Any, second: Any, name: str) -> Any:
    columns = list(first.columns)
    if not hasattr(second, "columns") or list(second.columns) != columns:
        own = list(getattr(second, "columns", []))
        missing = [each for each in columns if each not in own]
        more = [each for each in own if each not in columns]
        raise DataError(
            f"test: {name} must have the columns of the other rows, in the same order: missing "
            f"{missing}, not expected {more}."
        )
    if not isinstance(first, pd.DataFrame):  # such as one of Polars
        return type(first)({each: [*first[each], *second[each]] for each in columns}, first.schema)
    second = _of_same_types(first, second, name)
    return pd.concat([first, second], ignore_index=True)


def _of_same_types(first: pd.DataFrame, second: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a table with the types of another one, whose categories it must not exceed."""
    for column, kind in zip(first.columns, first.dtypes, strict=True):
        if isinstance(kind, pd.CategoricalDtype):
            unknown = set(second[column].dropna().unique()) - set(kind.categories)
            if unknown:
                raise DataError(
                    f"test: {name} has the value {min(map(str, unknown))!r} in {column!r}, "
                    f"which is not a category there: declare all categories in both tables."
                )
    try:
        return second.astype(dict(zip(first.columns, first.dtypes, strict=True)))
    except (TypeError, ValueError) as error:
        raise DataError(
            f"test: columns of {name} have other types than in the other rows: {error}"
        ) from error


def _check_shapes(first: Sequence[int], second: Sequence[int], name: str) -> None:
    if tuple(first[1:]) != tuple(second[1:]):
        raise DataError(
            f"test: the rows of {name} must have the shape {tuple(first[1:])} of the other rows, "
            f"got {tuple(second[1:])}."
        )
