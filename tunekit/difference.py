"""What differs between two descriptions of the same kind."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import joblib

from tunekit.values import json_problem, plain

_LONGEST = 200  # characters
_NOTHING = object()


def identity(value: Any) -> Any:
    """Return something that JSON can hold and that tells a value from another one.

    A function is told by its name and its code; any other object that JSON cannot hold by what
    it looks like, or, where that has an address in it, by the hash of its content.
    """
    value = plain(value)
    if json_problem(value) is None:
        return value
    if hasattr(value, "__code__"):
        code = value.__code__
        constants = [each for each in code.co_consts if not hasattr(each, "co_code")]
        text = code.co_code + repr((constants, code.co_names)).encode()
        return f"{value.__qualname__} {hashlib.sha256(text).hexdigest()[:8]}"
    if " at 0x" not in repr(value):
        return " ".join(repr(value).split())[:_LONGEST]
    try:
        return f"{type(value).__name__} {joblib.hash(value)[:8]}"
    except Exception:  # noqa: BLE001 - whatever pickling raises
        return type(value).__name__


def differences(held: Any, given: Any, place: str = "") -> list[str]:
    """Return one phrase for each value that two nested descriptions do not share.

    Parameters
    ----------
    held, given : object
        Mappings, lists and plain values, as JSON holds them.
    place : str, default=""
        Where in the whole they are.

    Returns
    -------
    list of str

    Examples
    --------
    >>> differences({"space": {"depth": {"high": 4}}}, {"space": {"depth": {"high": 9}}})
    ['space.depth.high is 4 there and 9 here']
    """
    if isinstance(held, Mapping) and isinstance(given, Mapping):
        names = [*held, *(name for name in given if name not in held)]
        return [
            phrase
            for name in names
            for phrase in differences(
                held.get(name, _NOTHING), given.get(name, _NOTHING), f"{place}.{name}".lstrip(".")
            )
        ]
    if held is _NOTHING:
        return [f"{place} is only here"]
    if given is _NOTHING:
        return [f"{place} is only there"]
    if plain(held) == plain(given):  # a database gives lists for tuples
        return []
    if place.endswith(".digest"):
        return [f"{place.removesuffix('.digest')}: the values differ"]
    return [f"{place} is {held!r} there and {given!r} here"]
