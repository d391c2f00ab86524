"""What an object of Keras holds, which its configuration need not tell.

A traced program is found again by it, and copies are checked by it.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import inspect
import sys
import types
from collections.abc import Mapping
from typing import Any

import numpy as np

PLAIN = (bool, int, float, complex, str, bytes, type(None))
NOTHING = object()
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
# Of Keras's own, what is no setting: where training is, and what is made from settings.
_UNSEEN = {
    "Variable", "SeedGenerator", "KerasTensor", "Tracker", "Node", "DynamicBackend", "InputSpec",
    "RematMode",
}  # fmt: skip


def is_keras(thing: Any) -> bool:
    """Return whether a class or a function is Keras's own."""
    return str(getattr(thing, "__module__", "")).partition(".")[0] == "keras"


def is_of_keras(value: Any) -> bool:
    """Return whether a value is an object that Keras writes by its configuration."""
    return (
        hasattr(value, "get_config")
        and not isinstance(value, type)
        and any(map(is_keras, type(value).__mro__))
    )


def parameters_of(part: Any) -> Mapping[str, inspect.Parameter]:
    """Return the parameters of an object's class, with those that it passes on to its bases."""
    kind: Any = type(part)
    return {name: parameter for name, (parameter, _) in _parameters_of(kind).items()}


def parameters_of_keras(part: Any) -> Mapping[str, inspect.Parameter]:
    """Return the parameters that Keras's own classes declare, those of an object's bases too."""
    kind: Any = type(part)
    found = _parameters_of(kind).items()
    return {name: parameter for name, (parameter, declarer) in found if is_keras(declarer)}


@functools.cache
def _parameters_of(kind: Any) -> Mapping[str, tuple[inspect.Parameter, Any]]:
    """Return each parameter and the class that declares it."""
    found: dict[str, tuple[inspect.Parameter, Any]] = {}
    for each in kind.__mro__[:-1]:
        if "__init__" not in vars(each):
            continue
        _, *parameters = inspect.signature(each.__init__).parameters.values()
        found = {one.name: (one, each) for one in parameters if one.kind in _NAMED} | found
        if not any(one.kind is one.VAR_KEYWORD for one in parameters):
            break
    return found


def held_as(part: Any, name: str) -> Any:
    """Return the attribute of a part that has the name of a setting."""
    held = vars(part)
    if name == "seed" and "_init_seed" in held:  # the other one was drawn
        return held["_init_seed"]
    # A loss has some beside its function, a recurrent layer in its cell.
    for place in (held, held.get("_fn_kwargs") or {}, getattr(held.get("cell"), "__dict__", {})):
        for known in (name, f"_{name}"):
            if known in place:
                return place[known]
    return NOTHING


def own_within(part: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the user's own functions and classes that a part's configuration names, by name.

    Keras reads such a configuration only where it is given them, as ``custom_objects``.
    """
    found: dict[str, Any] = {}
    _collect_own(part, found, set())
    if not found:
        return found
    text = str(config)
    return {name: own for name, own in found.items() if repr(name) in text}


def _collect_own(value: Any, found: dict[str, Any], known: set[int]) -> None:
    if id(value) in known or isinstance(value, type):
        return
    known.add(id(value))
    if isinstance(value, (Mapping, list, tuple)):
        for each in value.values() if isinstance(value, Mapping) else value:
            _collect_own(each, found, known)
        return
    is_object = hasattr(value, "get_config")
    named = type(value) if is_object else value
    if callable(named) and hasattr(named, "__name__") and not is_keras(named):
        found[sys.modules["keras"].saving.get_registered_name(named)] = named
    if is_object:
        _collect_own(vars(value), found, known)


def knowing(own: Mapping[str, Any]) -> contextlib.AbstractContextManager[Any]:
    """Return a context in which Keras knows functions and classes of the user by their names."""
    # An empty scope would hide one that the user is in.
    known = sys.modules["keras"].saving.custom_object_scope(own) if own else None
    return known or contextlib.nullcontext()


def attributes_of(part: Any) -> dict[str, Any]:
    """Return the attributes of a part, without those that Keras keeps books with."""
    held = vars(part)
    return {place.strip("_"): held[place] for place in _places(part, held)}


def state_of(part: Any) -> dict[str, Any]:
    """Return the attributes of a part as JSON values.

    Its name and its variables are left out, and what Keras keeps books with.
    """
    return beyond(part, {})


def beyond(
    part: Any, config: Mapping[str, Any], within: tuple[int, ...] = (), *, begun: bool = False
) -> dict[str, Any]:
    """Return the attributes of a part that its configuration leaves out.

    Parameters
    ----------
    part : object
    config : mapping
        What its ``get_config()`` gave.
    within : tuple of int, default=()
        What it is a part of, by ``id``.
    begun : bool, default=False
        Whether to leave out what decides only how training begins: initializers and seeds.
    """
    within = (*within, id(part))
    held = vars(part)
    found: dict[str, Any] = {}
    for place in _places(part, held):
        name, value = place.strip("_"), held[place]
        if begun and (name == "seed" or name.endswith("_initializer")):
            continue
        if name not in config:
            told = seen(value, within, begun=begun)
        elif isinstance(written := config[name], Mapping) and hasattr(value, "get_config"):
            inside = written.get("config") or {}
            told = beyond(value, inside, within, begun=begun) or NOTHING
        else:
            continue
        if told is not NOTHING:
            found[name] = told
    for name, value in (held.get("_fn_kwargs") or {}).items():
        if name not in config:
            found[name] = seen(value, within)
    found.pop("fn_kwargs", None)
    return found


def seen(value: Any, within: tuple[int, ...] = (), *, begun: bool = False) -> Any:
    """Return a JSON value that identifies a value; NOTHING if it is no setting."""
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        digest = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()[:16]
        return value.item() if value.ndim == 0 else [str(value.dtype), list(value.shape), digest]
    if isinstance(value, (Mapping, list, tuple, set, frozenset)):
        return NOTHING if id(value) in within else _inside(value, (*within, id(value)), begun)
    if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType, types.MethodType)):
        return f"{value.__module__}.{value.__qualname__}"
    return _seen_of_keras(value, within, begun)


def _seen_of_keras(value: Any, within: tuple[int, ...], begun: bool) -> Any:  # noqa: FBT001
    kind = type(value)
    names = {each.__name__ for each in kind.__mro__}
    if id(value) in within or not is_keras(kind) or names & _UNSEEN:
        return NOTHING
    if "DTypePolicy" in names:
        return [value.compute_dtype, value.variable_dtype]
    return [kind.__name__, beyond(value, {}, within, begun=begun)]


def _inside(value: Any, within: tuple[int, ...], begun: bool) -> Any:  # noqa: FBT001
    if isinstance(value, Mapping):
        named = {
            name: seen(each, within, begun=begun)
            for name, each in value.items()
            if isinstance(name, str)  # numbers are the ids of variables
        }
        return {name: each for name, each in named.items() if each is not NOTHING} or NOTHING
    listed = [seen(each, within, begun=begun) for each in value]
    return [each for each in listed if each is not NOTHING] or NOTHING


def _places(part: Any, held: Mapping[str, Any]) -> list[str]:
    """Return the attributes of a part that Keras does not only keep books with."""
    kind: Any = type(part)
    if isinstance(part, sys.modules["keras"].optimizers.Optimizer):
        # All else belongs to the weights that it trains.
        names = _parameters_of(kind)
        return [place for place in held if place.strip("_") in names and place != "name"]
    books = _books(kind)
    drawn = {"seed"} if "_init_seed" in held else set()
    return [
        each for each in held if each not in books and each[:6] != "_self_" and each not in drawn
    ]


@functools.cache
def _books(kind: Any) -> frozenset[str]:
    """Return the attributes that Keras only keeps books with."""
    keras = sys.modules["keras"]
    books = {"name", "built", "_built"}
    if issubclass(kind, keras.Layer):
        plain = keras.Layer(name="books")
        plain.build(None)
        books |= set(vars(plain))
    elif issubclass(kind, keras.metrics.Metric):
        books |= set(vars(keras.metrics.Metric(name="books")))
    settings = {"activity_regularizer", "autocast", "trainable", "_dtype", "_dtype_policy"}
    return frozenset(books - settings)
