"""Conversion, comparison and validation of values that JSON can represent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any

from tunekit.exceptions import SpaceError


def plain(value: Any) -> Any:
    """Return a value as plain Python: NumPy numbers as Python numbers, sequences as tuples."""
    if isinstance(value, (str, bool)) or value is None:
        return value
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple, range)):
        return tuple(plain(each) for each in value)
    if isinstance(value, Real):
        return int(value) if isinstance(value, Integral) else float(value)
    if hasattr(value, "tolist") and not isinstance(value, type):  # an array or a NumPy boolean
        return plain(value.tolist())
    return value


def tupled(value: Any) -> Any:
    """Return a value read from JSON with its lists converted to tuples, also inside mappings.

    Examples
    --------
    >>> tupled({"units": [64, 32]})
    {'units': (64, 32)}
    """
    if isinstance(value, Mapping):
        return {name: tupled(each) for name, each in value.items()}
    return tuple(tupled(each) for each in value) if isinstance(value, list) else value


def key(value: Any) -> str:
    """Return a string that identifies a value; ``1``, ``1.0`` and ``True`` differ.

    Raises
    ------
    TypeError, ValueError
        If JSON cannot represent the value.
    """
    return json.dumps(value, sort_keys=True, allow_nan=False)


def short_digest(text: str) -> str:
    """Return a hash of eight characters, to distinguish texts that are shortened to the same."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def whole(value: Any, place: str, *, least: int, most: int | None = None) -> int:
    """Return a whole number as a Python int.

    Raises
    ------
    SpaceError
        If the value is not a whole number, is below ``least``, or above ``most``.
    """
    number = plain(value)
    if not isinstance(number, int) or isinstance(number, bool) or number < least:
        raise SpaceError(f"{place} must be a whole number of at least {least}, got {value!r}.")
    if most is not None and number > most:
        raise SpaceError(f"{place} must be at most {most:,}, got {value!r}.")
    return number


def is_among(value: Any, allowed: Iterable[Any]) -> bool:
    """Return whether a value of any type equals one of the allowed JSON values."""
    return json_problem(value) is None and key(value) in map(key, allowed)


def json_problem(value: Any) -> str | None:
    """Return what a value must be for JSON to represent it; None if it can."""
    if (bad_key := _non_string_key(value)) is not None:
        return (
            f"a JSON value, with strings as dictionary keys, got the key {bad_key!r} in {value!r}"
        )
    try:
        key(value)
    except TypeError:
        return (
            f"a string, a number, a boolean, None, or a list or dictionary of these, got "
            f"{value!r}; pass a name and look up the object in your estimator"
        )
    except ValueError:
        return f"finite, got {value!r}"
    return None


def _non_string_key(value: Any) -> Any:
    """Return a dictionary key that JSON would convert to a string; None if there is none."""
    if isinstance(value, Mapping):
        bad_keys = [name for name in value if not isinstance(name, str)]
        nested = [_non_string_key(each) for each in value.values()]
    elif isinstance(value, (list, tuple)):
        bad_keys, nested = [], [_non_string_key(each) for each in value]
    else:
        return None
    return next((each for each in (*bad_keys, *nested) if each is not None), None)
