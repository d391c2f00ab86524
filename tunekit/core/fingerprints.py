"""Fingerprints of Python objects, and differences between nested descriptions."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping
from typing import Any

import joblib

from tunekit.core.json_values import is_json, plain, short_digest
from tunekit.core.keras_attributes import is_of_keras
from tunekit.core.keras_objects import code_of
from tunekit.core.secrets import shown, without_secrets

_LONGEST = 200  # characters
_MISSING = object()


def fingerprint(value: Any) -> Any:
    """Return a JSON value that identifies a value.

    A function is identified by its name and code, a class by its name and the code of its methods.
    Other objects that JSON cannot represent are identified by their ``repr``, or, if it contains a
    memory address, by a hash of their content.
    """
    value = plain(value)
    if is_json(value):
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
    if hasattr(value, "_score_func"):  # the repr of a scorer contains only the function's name
        return f"{_shown(value)} {fingerprint(value._score_func)}"  # noqa: SLF001 - it has no other
    if " at 0x" not in repr(value):
        return _shown(value)
    try:
        return f"{type(value).__name__} {joblib.hash(value)[:8]}"
    except Exception:  # noqa: BLE001 - pickling may raise anything
        return type(value).__name__


def _qualified(value: Any) -> str:
    """Return the name of a function or a class, and a digest of its code."""
    code = _code_of_class(value) if isinstance(value, type) else _code(value.__code__)
    bound = _bound_values(value, ())
    digest = short_digest(f"{code} {bound}" if bound else code)
    return f"{value.__module__}.{value.__qualname__} {digest}"


def _bound_values(function: Any, within: tuple[Any, ...]) -> list[Any]:
    """Return the defaults and the closure of a function.

    Mutable values are represented by their type only.
    """
    values = [*(getattr(function, "__defaults__", None) or ())]
    values += (getattr(function, "__kwdefaults__", None) or {}).values()
    for cell in getattr(function, "__closure__", None) or ():
        with contextlib.suppress(ValueError):  # the cell is empty
            values.append(cell.cell_contents)
    within = (*within, function)
    described: list[Any] = []
    for value in values:
        if hasattr(value, "__code__"):
            if value not in within:
                described.append([_code(value.__code__), _bound_values(value, within)])
        elif isinstance(value, (str, bytes, int, float, complex, tuple, type)) or is_of_keras(
            value
        ):
            described.append(fingerprint(value))
        else:
            described.append(type(value).__name__)
    return described


def _shown(value: Any) -> str:
    """Return the ``repr`` of an object; if it is long, its beginning and a hash."""
    return _shortened(" ".join(repr(value).split()))


def _shortened(text: str) -> str:
    text = without_secrets(text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… {short_digest(text)}"


def _code(code: Any) -> str:
    """Return the bytecode of a function, including nested functions, as text."""
    constants = [
        _code(each)
        if hasattr(each, "co_code")
        else repr(sorted(map(repr, each)) if isinstance(each, frozenset) else each)
        for each in code.co_consts  # sets are sorted, since their order differs between processes
    ]
    return f"{code.co_code.hex()} {constants} {code.co_names}"


def _code_of_class(kind: type) -> str:
    """Return the bytecode of the methods of a class, including inherited ones, as text."""
    methods = []
    for each in kind.__mro__[:-1]:
        for name, member in sorted(vars(each).items()):
            function = getattr(member, "__func__", None) or getattr(member, "fget", None) or member
            if hasattr(function, "__code__"):
                methods.append(f"{name} {_code(function.__code__)}")
    return " ".join(methods)


def differences(stored: Any, given: Any, place: str = "") -> list[str]:
    """Return one phrase for each value that differs between two nested descriptions.

    Parameters
    ----------
    stored, given : object
        Mappings, lists and plain values, as in JSON.
    place : str, default=""
        Path of the two within the whole description.

    Returns
    -------
    list of str

    Examples
    --------
    >>> differences({"space": {"depth": {"high": 4}}}, {"space": {"depth": {"high": 9}}})
    ['space.depth.high is 4 there and 9 here']
    """
    if isinstance(stored, Mapping) and isinstance(given, Mapping):
        names = [*stored, *(name for name in given if name not in stored)]
        return [
            phrase
            for name in names
            for phrase in differences(
                stored.get(name, _MISSING), given.get(name, _MISSING), f"{place}.{name}".lstrip(".")
            )
        ]
    if stored is _MISSING:
        return [f"{place} is only here"]
    if given is _MISSING:
        return [f"{place} is only there"]
    if plain(stored) == plain(given):  # a database returns lists for tuples
        return []
    if place.endswith(".digest"):
        return [f"{place.removesuffix('.digest')}: the values differ"]
    return [f"{place} is {stored!r} there and {given!r} here"]
