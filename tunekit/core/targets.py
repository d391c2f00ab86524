"""Targets of any library, as plain NumPy values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tunekit.exceptions import DataError

_PLAIN = "biufU"  # kinds of NumPy arrays that scikit-learn takes as targets
_DATES = (dt.date, dt.time, dt.timedelta, np.datetime64, np.timedelta64)
_COLUMNS = 2  # dimensions


def plain_targets(y: Any) -> Any:
    """Return targets whose values are of the kind that they plainly are.

    NumPy reads nullable and Arrow columns as objects or floats, so that scikit-learn would turn
    the labels 1 and 2 into 1.0 and 2.0, or reject them.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets without missing values.

    Returns
    -------
    array-like
        ``y`` itself if it needs no conversion. A Series and a DataFrame keep their index and their
        names, and a table of another library becomes a DataFrame; anything else becomes an
        ndarray.

    Raises
    ------
    DataError
        If values are missing, are not numbers, booleans or text, or are of several kinds.

    Examples
    --------
    >>> plain_targets(pd.Series([1, 2], dtype="Int64")).tolist()
    [1, 2]
    >>> plain_targets(pd.Series(pd.date_range("2026-01-01", periods=2)))
    Traceback (most recent call last):
    ...
    tunekit.exceptions.DataError: y contains dates or times, such as np.datetime64('2026-01-01...
    """
    if isinstance(y, (pd.DataFrame, pd.Series)):
        return _of_pandas(y)
    if isinstance(y, pd.Index):
        return _values(y.to_series())
    array = np.asarray(y)
    names = getattr(y, "column_names", getattr(y, "columns", None))  # of Arrow, of others
    if array.ndim == _COLUMNS and names is not None:
        return _of_pandas(pd.DataFrame(array, columns=list(names)))
    if _is_plain(array.dtype):
        return y if isinstance(y, (list, tuple, np.ndarray)) else array
    if array.ndim == _COLUMNS:
        return np.column_stack([_values(array[:, place]) for place in range(array.shape[1])])
    return _values(array)


def _of_pandas(y: Any) -> Any:
    """Return a Series or a DataFrame with plain values, and the same index and names."""
    if isinstance(y, pd.Series):
        plain = _is_plain(y.dtype) or y.dtype == "str"
        return y if plain else pd.Series(_values(y), index=y.index, name=y.name)
    if all(_is_plain(kind) for kind in y.dtypes):
        return y
    columns = [pd.Series(_values(y.iloc[:, i]), index=y.index) for i in range(y.shape[1])]
    return pd.concat(columns, axis=1, ignore_index=True).set_axis(y.columns, axis=1)


def check_complete(
    values: Any,
    name: str = "y",
    step: str = "drop these rows of X and y, or impute the values",
) -> None:
    """Check that targets or groups have no missing values.

    Parameters
    ----------
    values : array-like of shape (n_samples,) or (n_samples, n_outputs)
    name, step : str
        What they are, and what to do about missing ones, for the message.

    Raises
    ------
    DataError
        If they have.
    """
    missing = np.asarray(pd.isna(np.asarray(values)))
    if missing.any():
        first = int(np.argwhere(missing)[0][0])
        raise DataError(
            f"{name} has {int(missing.sum())} missing value(s), the first at row {first}: {step}."
        )


def _is_plain(dtype: Any) -> bool:
    return isinstance(dtype, np.dtype) and dtype.kind in _PLAIN


def _values(column: Any) -> NDArray[Any]:
    """Return the values of one target as a NumPy array of a plain kind, or of strings."""
    array = _of_extension(column) if isinstance(column, pd.Series) else np.asarray(column)
    kind = array.dtype.kind
    if kind == "T":  # variable-width strings
        return np.array(array.tolist(), dtype=str)
    if kind in _PLAIN:
        return array
    if kind == "O" and array.ndim == 1:
        return _of_objects(array)
    raise _not_plain(array.reshape(-1)[0])


def _of_extension(column: pd.Series[Any]) -> NDArray[Any]:
    """Return the values of a Series; nullable and Arrow numbers and booleans as themselves."""
    check_complete(column)
    if not isinstance(column.dtype, pd.CategoricalDtype):
        for is_kind, kind in _EXTENSIONS:
            if is_kind(column.dtype):
                return column.to_numpy(dtype=kind)
    return np.asarray(column)


def _of_objects(array: NDArray[Any]) -> NDArray[Any]:
    """Return objects as the plain values that they are."""
    check_complete(array)
    kinds = {_kind(value) for value in array}
    if len(kinds) > 1 and kinds - {int, float}:
        other = next(value for value in array if _kind(value) is not _kind(array[0]))
        shown = f"{array[0]!r} and {other!r}"
        raise DataError(
            f"y contains values of several kinds, such as {shown}: convert them to one, such as "
            f"text with [str(each) for each in y]."
        )
    kind = kinds.pop() if len(kinds) == 1 else float
    if kind is str:
        return array
    if kind not in _CONVERSIONS:
        raise _not_plain(array[0])
    return _CONVERSIONS[kind](array)


def _kind(value: Any) -> type:
    """Return the kind of a value: str, bool, int, float, or its class."""
    if isinstance(value, str):
        return str
    if isinstance(value, (bool, np.bool_)):
        return bool
    if isinstance(value, Integral):
        return int
    is_number = isinstance(value, Real) or type(value).__name__ == "Decimal"
    return float if is_number else type(value)


def _integers(array: NDArray[Any]) -> NDArray[Any]:
    try:
        return array.astype(np.int64)
    except OverflowError:
        raise DataError(
            f"y contains integers that do not fit in 64 bits, such as {max(array, key=abs)!r}: use "
            f"text for labels, or floats."
        ) from None


_CONVERSIONS: dict[type, Callable[[NDArray[Any]], NDArray[Any]]] = {
    bool: lambda array: array.astype(bool),
    int: _integers,
    float: lambda array: array.astype(np.float64),
}


#: In this order, as unsigned integers are integers, too.
_EXTENSIONS: tuple[tuple[Callable[[Any], bool], type], ...] = (
    (pd.api.types.is_bool_dtype, np.bool_),
    (pd.api.types.is_unsigned_integer_dtype, np.uint64),
    (pd.api.types.is_integer_dtype, np.int64),
    (pd.api.types.is_float_dtype, np.float64),
)


def _not_plain(value: Any) -> DataError:
    """Return the error for a value that is neither a number nor text."""
    if isinstance(value, complex):
        return DataError(
            f"Complex data not supported: y contains complex numbers, such as {value!r}; use their "
            f"real and imaginary parts as two targets."
        )
    if isinstance(value, (bytes, np.bytes_)):
        what, step = "bytes", "decode them, such as [each.decode() for each in y]"
    elif isinstance(value, _DATES):
        what = "dates or times"
        step = (
            "convert them to numbers, such as days with (y - y.min()) / pd.Timedelta(days=1), or "
            "to text for classes"
        )
    elif isinstance(value, (list, tuple, set, frozenset, np.ndarray)):
        what = "several values per row"
        step = "use one column per label (sklearn.preprocessing.MultiLabelBinarizer) or per target"
    else:
        what = f"{type(value).__name__} objects"
        step = "convert them to numbers, or to text for classes with [str(each) for each in y]"
    return DataError(f"y contains {what}, such as {value!r}: {step}.")
