"""Values that JSON can hold: how they are compared, and what is wrong with others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any

from tunekit.exceptions import SpaceError


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: NumPy's numbers as Python's, sequences as tuples."""
    if isinstance(value, (str, bool)) or value is None:
        return value
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple, range)):
        return tuple(plain(each) for each in value)
    if isinstance(value, Real):
        return int(value) if isinstance(value, Integral) else float(value)
    if hasattr(value, "tolist") and not isinstance(value, type):  # an array, or NumPy's boolean
        return plain(value.tolist())
    return value


def tupled(value: Any) -> Any:
    """Return a value that JSON gave, with its lists as tuples, also inside mappings.

    Examples
    --------
    >>> tupled({"units": [64, 32]})
    {'units': (64, 32)}
    """
    if isinstance(value, Mapping):
        return {name: tupled(each) for name, each in value.items()}
    return tuple(tupled(each) for each in value) if isinstance(value, list) else value


def key(value: Any) -> str:
    """Return a text that is the same for the same value; ``1``, ``1.0`` and ``True`` differ.

    Raises
    ------
    TypeError, ValueError
        When JSON cannot hold the value.
    """
    return json.dumps(value, sort_keys=True, allow_nan=False)


def short_digest(text: str) -> str:
    """Return eight characters that tell texts apart which were changed into the same."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def whole(value: Any, place: str, *, least: int) -> int:
    """Return a whole number as Python's.

    Raises
    ------
    SpaceError
        If it is none, or below ``least``.
    """
    number = plain(value)
    if not isinstance(number, int) or isinstance(number, bool) or number < least:
        raise SpaceError(f"{place} must be a whole number of at least {least}, got {value!r}.")
    return number


def is_among(value: Any, allowed: Iterable[Any]) -> bool:
    """Return whether a value, of any kind, is one of some that JSON can hold."""
    return json_problem(value) is None and key(value) in map(key, allowed)


def json_problem(value: Any) -> str | None:
    """Return what a value would have to be, and is not, for JSON to hold it; None if it is."""
    if (wrong := _name_that_is_no_text(value)) is not None:
        return f"something that JSON can hold, in which names are texts, got {wrong!r} in {value!r}"
    try:
        key(value)
    except TypeError:
        return (
            f"a text, a number, a boolean, None, or a list or dictionary of these, got {value!r}; "
            f"give a name and look the object up in your estimator"
        )
    except ValueError:
        return f"finite, got {value!r}"
    return None


def _name_that_is_no_text(value: Any) -> Any:
    """Return a key of a dictionary that JSON would turn into a text; None where there is none."""
    if isinstance(value, Mapping):
        wrong = [name for name in value if not isinstance(name, str)]
        inside = [_name_that_is_no_text(each) for each in value.values()]
    elif isinstance(value, (list, tuple)):
        wrong, inside = [], [_name_that_is_no_text(each) for each in value]
    else:
        return None
    return next((each for each in (*wrong, *inside) if each is not None), None)
