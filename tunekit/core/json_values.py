"""Conversion, comparison and validation of values that JSON can represent."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any

from tunekit.core.named import PYTHON, Named
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
        If JSON cannot represent the value, and it is not named.
    """
    return json.dumps(value, sort_keys=True, allow_nan=False, default=_digest_of)


def _digest_of(value: Any) -> dict[str, str]:
    if isinstance(value, Named):
        return {PYTHON: value.digest}
    raise TypeError(f"{value!r} is no JSON value")


def encoded(value: Any) -> Any:
    """Return a value as JSON has it: tuples as lists, and named objects by their form."""
    if isinstance(value, Named):
        return value.form
    if isinstance(value, Mapping):
        return {name: encoded(each) for name, each in value.items()}
    return [encoded(each) for each in value] if isinstance(value, (list, tuple)) else value


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
    """Return whether a value of any type equals one of the allowed values of a space."""
    return (is_json(value) or isinstance(value, Named)) and key(value) in map(key, allowed)


def is_json(value: Any) -> bool:
    """Return whether JSON can represent a value without loss, except that lists equal tuples."""
    if isinstance(value, dict):
        names = all(isinstance(name, str) and name != PYTHON for name in value)
        return names and all(map(is_json, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(is_json, value))
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, (str, bool, int))
