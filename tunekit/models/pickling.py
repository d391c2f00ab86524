"""Pickles and copies of Keras objects with all of their settings.

Keras pickles an object by its configuration, which omits settings, and an object of a custom class
by a name that must be registered first.
"""

from __future__ import annotations

import copyreg
import functools
import io
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tunekit.core.keras_attributes import custom_object_scope, custom_objects_in, is_keras
from tunekit.core.keras_objects import config_of, copy_of, is_fully_pickled, is_part, rebuild
from tunekit.models.serialization import with_all_settings
from tunekit.models.variables import values_of

_MODULES = ("losses", "metrics", "optimizers", "layers")


@dataclass(frozen=True)
class Portable:
    """The form of an object in a pickle.

    Attributes
    ----------
    kind : type
    config : mapping
        All settings of the object.
    own : mapping
        Custom functions and classes in the settings, by name.
    """

    kind: type
    config: Mapping[str, Any]
    own: Mapping[str, Any]


def holds_part(value: Any) -> bool:
    """Return whether a value is a loss, a metric or an optimizer, or a list that contains one."""
    return any(map(holds_part, value)) if isinstance(value, (list, tuple)) else is_part(value)


def pack(value: Any) -> Any:
    """Return a value in a form that can be pickled."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(pack, value)) if holds_part(value) else value
    if not is_part(value):
        return value
    config = config_of(value)
    return Portable(type(value), config, custom_objects_in(value, config))


def unpack(value: Any) -> Any:
    """Return the value from which :func:`pack` made a form for pickling."""
    if isinstance(value, (list, tuple)) and any(isinstance(each, Portable) for each in value):
        return type(value)(map(unpack, value))
    return rebuild(value.kind, value.config, value.own) if isinstance(value, Portable) else value


def copied_part(value: Any) -> Any:
    """Return a copy of a Keras object or of a list of them; other values are returned unchanged."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(copied_part, value)) if holds_part(value) else value
    return copy_of(value, "hyperparameter") if is_part(value) else value


def keep_settings() -> None:
    """Make pickles and deep copies of Keras objects contain the settings that Keras omits.

    scikit-learn's searches copy each value before an estimator receives it, and functions are sent
    to other processes with the objects they refer to. This has no effect until Keras is loaded. It
    includes the custom classes that exist at the time of the call.
    """
    if "keras" not in sys.modules:
        return
    keras = sys.modules["keras"]
    _register()
    for base in (keras.losses.Loss, keras.metrics.Metric, keras.optimizers.Optimizer):
        for kind in _subclasses(base):
            if not is_keras(kind) and "__reduce__" not in vars(kind):
                copyreg.pickle(kind, _reduced)
    for kind in (keras.Model, *_subclasses(keras.Model)):
        copyreg.pickle(kind, _reduced_model)


@functools.cache
def _register() -> None:
    for module in _MODULES:
        for kind in vars(getattr(sys.modules["keras"], module)).values():
            if isinstance(kind, type) and is_keras(kind):
                copyreg.pickle(kind, _reduced)


def _subclasses(kind: Any) -> Iterator[Any]:
    for each in kind.__subclasses__():
        yield each
        yield from _subclasses(each)


def _reduced_model(model: Any) -> Any:
    """Return the form of a model for ``pickle``: that of Keras, with all settings in its file."""
    make, args, *others = model.__reduce_ex__(2)
    if len(args) != 1 or not isinstance(args[0], io.BytesIO):  # a class with another pickle format
        return make, args, *others
    return make, (io.BytesIO(with_all_settings(args[0].getvalue(), model)),)


def _reduced(part: Any) -> Any:
    """Return the form of an object for ``pickle``: that of Keras, unless it omits settings."""
    if not hasattr(part, "get_config"):
        return part.__reduce_ex__(2)
    try:
        config, whole = config_of(part), is_fully_pickled(part)
    except NotImplementedError:
        return part.__reduce_ex__(2)  # without a configuration there is no other form
    custom = custom_objects_in(part, config)
    # Keras can read a custom class only if it is registered.
    if whole and not custom and is_keras(type(part)):
        return part.__reduce_ex__(2)
    make: Any = type(part).from_config  # so that a pickle can be read without tunekit
    values = values_of(getattr(part, "variables", ()))
    if not values and not custom:
        return make, (config,)
    shape = part.get_build_config() if hasattr(part, "get_build_config") else None
    return _filled, (make, config, custom, shape, values)


def _filled(make: Any, config: Any, custom: Any, shape: Any, values: list[Any]) -> Any:
    with custom_object_scope(custom):
        part = make(config)
    if shape:
        part.build_from_config(shape)
    for variable, value in zip(part.variables, values, strict=True):
        variable.assign(value)
    return part
