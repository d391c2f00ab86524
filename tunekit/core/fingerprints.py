"""What differs between two descriptions of the same kind."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping
from typing import Any

import joblib

from tunekit.core.json_values import json_problem, plain, short_digest
from tunekit.core.keras_attributes import is_of_keras
from tunekit.core.keras_objects import code_of
from tunekit.core.secrets import shown, without_secrets

_LONGEST = 200  # characters
_NOTHING = object()


def fingerprint(value: Any) -> Any:
    """Return something that JSON can hold and that tells a value from another one.

    A function is told by its name and its code, a class by its name and that of its methods; any
    other object that JSON cannot hold by what it looks like, or, where that has an address in it,
    by the hash of its content.
    """
    value = plain(value)
    if json_problem(value) is None:
        return shown(value)
    if hasattr(value, "__code__") or isinstance(value, type):
        return _qualified(value)
    if isinstance(value, (list, tuple)):
        return [fingerprint(each) for each in value]
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return {name: fingerprint(each) for name, each in value.items()}
    return _of_object(value)


def _of_object(value: Any) -> Any:
    if is_of_keras(value):
        return f"{_qualified(type(value))} {_shortened(code_of(value))}"
    if isinstance(value, functools.partial):
        return ["partial", *map(fingerprint, (value.func, value.args, value.keywords))]
    if hasattr(value, "_score_func"):  # a scorer shows no more than its function's name
        return f"{_shown(value)} {fingerprint(value._score_func)}"  # noqa: SLF001 - it has no other
    if " at 0x" not in repr(value):
        return _shown(value)
    try:
        return f"{type(value).__name__} {joblib.hash(value)[:8]}"
    except Exception:  # noqa: BLE001 - whatever pickling raises
        return type(value).__name__


def _qualified(value: Any) -> str:
    """Return the name of a function or a class, and a digest of its code."""
    code = _code_of_class(value) if isinstance(value, type) else _code(value.__code__)
    held = _held(value, ())
    digest = short_digest(f"{code} {held}" if held else code)
    return f"{value.__module__}.{value.__qualname__} {digest}"


def _held(function: Any, within: tuple[Any, ...]) -> list[Any]:
    """Return what a function has beside its code: by default, and from where it was made.

    Of what can change while it runs there is only the type.
    """
    values = [*(getattr(function, "__defaults__", None) or ())]
    values += (getattr(function, "__kwdefaults__", None) or {}).values()
    for cell in getattr(function, "__closure__", None) or ():
        with contextlib.suppress(ValueError):  # there is nothing in it yet
            values.append(cell.cell_contents)
    within = (*within, function)
    found: list[Any] = []
    for value in values:
        if hasattr(value, "__code__"):
            if value not in within:
                found.append([_code(value.__code__), _held(value, within)])
        elif isinstance(value, (str, bytes, int, float, complex, tuple, type)) or is_of_keras(
            value
        ):
            found.append(fingerprint(value))
        else:
            found.append(type(value).__name__)
    return found


def _shown(value: Any) -> str:
    """Return what an object looks like; of a long text the beginning and a digest."""
    return _shortened(" ".join(repr(value).split()))


def _shortened(text: str) -> str:
    text = without_secrets(text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… {short_digest(text)}"


def _code(code: Any) -> str:
    """Return what a function does, with the functions in it."""
    constants = [
        _code(each)
        if hasattr(each, "co_code")
        else repr(sorted(map(repr, each)) if isinstance(each, frozenset) else each)
        for each in code.co_consts  # a set's order changes from process to process
    ]
    return f"{code.co_code.hex()} {constants} {code.co_names}"


def _code_of_class(kind: type) -> str:
    """Return what the methods of a class do, also of those that it inherits."""
    found = []
    for each in kind.__mro__[:-1]:
        for name, member in sorted(vars(each).items()):
            inner = getattr(member, "__func__", None) or getattr(member, "fget", None) or member
            if hasattr(inner, "__code__"):
                found.append(f"{name} {_code(inner.__code__)}")
    return " ".join(found)


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
