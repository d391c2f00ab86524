"""Attributes of Keras objects that their configuration may omit.

They identify traced programs, and serve to check copies.
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
MISSING = object()
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
# Classes of Keras that are not settings: training state, and objects derived from settings.
_NOT_SETTINGS = {
    "Variable", "SeedGenerator", "KerasTensor", "Tracker", "Node", "DynamicBackend", "InputSpec",
    "RematMode",
}  # fmt: skip


def is_keras(thing: Any) -> bool:
    """Return whether a class or a function is defined in Keras."""
    return str(getattr(thing, "__module__", "")).partition(".")[0] == "keras"


def is_of_keras(value: Any) -> bool:
    """Return whether a value is an object that Keras serializes by its configuration."""
    return (
        hasattr(value, "get_config")
        and not isinstance(value, type)
        and any(map(is_keras, type(value).__mro__))
    )


def parameters_of(part: Any) -> Mapping[str, inspect.Parameter]:
    """Return the parameters of an object's class, including those passed to base classes."""
    kind: Any = type(part)
    return {name: parameter for name, (parameter, _) in _parameters_of(kind).items()}


def parameters_of_keras(part: Any) -> Mapping[str, inspect.Parameter]:
    """Return the parameters of an object's class that classes of Keras declare."""
    kind: Any = type(part)
    declared = _parameters_of(kind).items()
    return {name: parameter for name, (parameter, declarer) in declared if is_keras(declarer)}


@functools.cache
def _parameters_of(kind: Any) -> Mapping[str, tuple[inspect.Parameter, Any]]:
    """Return each parameter and the class that declares it."""
    declared: dict[str, tuple[inspect.Parameter, Any]] = {}
    for each in kind.__mro__[:-1]:
        if "__init__" not in vars(each):
            continue
        _, *parameters = inspect.signature(each.__init__).parameters.values()
        declared = {one.name: (one, each) for one in parameters if one.kind in _NAMED} | declared
        if not any(one.kind is one.VAR_KEYWORD for one in parameters):
            break
    return declared


def attribute_of(part: Any, name: str) -> Any:
    """Return the attribute that stores a setting of an object."""
    attributes = vars(part)
    if name == "seed" and "_init_seed" in attributes:  # seed itself was generated
        return attributes["_init_seed"]
    # A loss stores some settings as arguments of its function, a recurrent layer in its cell.
    places = (
        attributes,
        attributes.get("_fn_kwargs") or {},
        getattr(attributes.get("cell"), "__dict__", {}),
    )
    for place in places:
        for stored_name in (name, f"_{name}"):
            if stored_name in place:
                return place[stored_name]
    return MISSING


def custom_objects_in(part: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the user-defined functions and classes that a configuration names, by name.

    Keras needs them as ``custom_objects`` to deserialize the configuration.
    """
    custom: dict[str, Any] = {}
    _collect_custom_objects(part, custom, set())
    if not custom:
        return custom
    text = str(config)
    return {name: each for name, each in custom.items() if repr(name) in text}


def _collect_custom_objects(value: Any, custom: dict[str, Any], visited: set[int]) -> None:
    if id(value) in visited or isinstance(value, type):
        return
    visited.add(id(value))
    if isinstance(value, (Mapping, list, tuple)):
        for each in value.values() if isinstance(value, Mapping) else value:
            _collect_custom_objects(each, custom, visited)
        return
    is_object = hasattr(value, "get_config")
    named = type(value) if is_object else value
    if callable(named) and hasattr(named, "__name__") and not is_keras(named):
        custom[sys.modules["keras"].saving.get_registered_name(named)] = named
    if is_object:
        _collect_custom_objects(vars(value), custom, visited)


def custom_object_scope(custom: Mapping[str, Any]) -> contextlib.AbstractContextManager[Any]:
    """Return a context in which Keras resolves user-defined functions and classes by name."""
    # An empty scope would hide an outer one of the user.
    scope = sys.modules["keras"].saving.custom_object_scope(custom) if custom else None
    return scope or contextlib.nullcontext()


def attributes_of(part: Any) -> dict[str, Any]:
    """Return the attributes of an object, without Keras's internal bookkeeping."""
    attributes = vars(part)
    return {place.strip("_"): attributes[place] for place in _setting_attributes(part, attributes)}


def extra_attributes(
    part: Any, config: Mapping[str, Any], within: tuple[int, ...] = (), *, begun: bool = False
) -> dict[str, Any]:
    """Return the attributes of an object that its configuration omits, as JSON values.

    Parameters
    ----------
    part : object
    config : mapping
        The result of its ``get_config()``.
    within : tuple of int, default=()
        ``id`` of each object that contains it.
    begun : bool, default=False
        Whether to omit initializers and seeds, which affect only the start of training.
    """
    within = (*within, id(part))
    attributes = vars(part)
    extra: dict[str, Any] = {}
    for place in _setting_attributes(part, attributes):
        name, value = place.strip("_"), attributes[place]
        if begun and (name == "seed" or name.endswith("_initializer")):
            continue
        if name not in config:
            setting = as_setting(value, within, begun=begun)
        elif isinstance(written := config[name], Mapping) and hasattr(value, "get_config"):
            inside = written.get("config") or {}
            setting = extra_attributes(value, inside, within, begun=begun) or MISSING
        else:
            continue
        if setting is not MISSING:
            extra[name] = setting
    for name, value in (attributes.get("_fn_kwargs") or {}).items():
        if name not in config:
            extra[name] = as_setting(value, within)
    extra.pop("fn_kwargs", None)
    return extra


def as_setting(value: Any, within: tuple[int, ...] = (), *, begun: bool = False) -> Any:
    """Return a JSON value that identifies a value; MISSING if the value is not a setting."""
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        digest = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()[:16]
        return value.item() if value.ndim == 0 else [str(value.dtype), list(value.shape), digest]
    if isinstance(value, (Mapping, list, tuple, set, frozenset)):
        return (
            MISSING
            if id(value) in within
            else _collection_as_setting(value, (*within, id(value)), begun)
        )
    if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType, types.MethodType)):
        return f"{value.__module__}.{value.__qualname__}"
    return _object_as_setting(value, within, begun)


def _object_as_setting(value: Any, within: tuple[int, ...], begun: bool) -> Any:  # noqa: FBT001
    kind = type(value)
    names = {each.__name__ for each in kind.__mro__}
    if id(value) in within or not is_keras(kind) or names & _NOT_SETTINGS:
        return MISSING
    if "DTypePolicy" in names:
        return [value.compute_dtype, value.variable_dtype]
    return [kind.__name__, extra_attributes(value, {}, within, begun=begun)]


def _collection_as_setting(value: Any, within: tuple[int, ...], begun: bool) -> Any:  # noqa: FBT001
    if isinstance(value, Mapping):
        named = {
            name: as_setting(each, within, begun=begun)
            for name, each in value.items()
            if isinstance(name, str)  # numbers are the ids of variables
        }
        return {name: each for name, each in named.items() if each is not MISSING} or MISSING
    listed = [as_setting(each, within, begun=begun) for each in value]
    return [each for each in listed if each is not MISSING] or MISSING


def _setting_attributes(part: Any, attributes: Mapping[str, Any]) -> list[str]:
    """Return the names of the attributes of an object that are not Keras's bookkeeping."""
    kind: Any = type(part)
    if isinstance(part, sys.modules["keras"].optimizers.Optimizer):
        # The other attributes belong to the variables that it trains.
        names = _parameters_of(kind)
        return [place for place in attributes if place.strip("_") in names and place != "name"]
    excluded = _internal_attributes(kind) | ({"seed"} if "_init_seed" in attributes else set())
    return [each for each in attributes if each not in excluded and each[:6] != "_self_"]


@functools.cache
def _internal_attributes(kind: Any) -> frozenset[str]:
    """Return the names of the attributes that are Keras's internal bookkeeping."""
    keras = sys.modules["keras"]
    internal = {"name", "built", "_built"}
    if issubclass(kind, keras.Layer):
        plain = keras.Layer(name="plain")
        plain.build(None)
        internal |= set(vars(plain))
    elif issubclass(kind, keras.metrics.Metric):
        internal |= set(vars(keras.metrics.Metric(name="plain")))
    settings = {"activity_regularizer", "autocast", "trainable", "_dtype", "_dtype_policy"}
    return frozenset(internal - settings)
