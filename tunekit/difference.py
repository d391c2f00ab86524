"""What differs between two descriptions of the same kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NOTHING = object()


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
    if _listed(held) == _listed(given):
        return []
    return [f"{place} is {held!r} there and {given!r} here"]


def _listed(value: Any) -> Any:
    return [_listed(each) for each in value] if isinstance(value, (list, tuple)) else value
