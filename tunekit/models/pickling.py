"""Puts Keras's objects into pickles and copies with all of their settings.

Keras pickles an object by a configuration that leaves settings out, and one of a user's own class
by a name that has to be registered first.
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

_MODULES = ("losses", "metrics", "optimizers", "layers")


@dataclass(frozen=True)
class Portable:
    """What stands in a pickle for an object.

    Attributes
    ----------
    kind : type
    config : mapping
        All its settings.
    own : mapping
        The user's functions and classes in it, by name.
    """

    kind: type
    config: Mapping[str, Any]
    own: Mapping[str, Any]


def holds_part(value: Any) -> bool:
    """Tell whether a value is a loss, a metric or an optimizer, or a list with one."""
    return any(map(holds_part, value)) if isinstance(value, (list, tuple)) else is_part(value)


def pack(value: Any) -> Any:
    """Return what a pickle can hold in place of a value."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(pack, value)) if holds_part(value) else value
    if not is_part(value):
        return value
    config = config_of(value)
    return Portable(type(value), config, custom_objects_in(value, config))


def unpack(value: Any) -> Any:
    """Return what was packed."""
    if isinstance(value, (list, tuple)) and any(isinstance(each, Portable) for each in value):
        return type(value)(map(unpack, value))
    return rebuild(value.kind, value.config, value.own) if isinstance(value, Portable) else value


def renewed(value: Any) -> Any:
    """Return a copy of a value for one use, so that the user's object is not changed."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(renewed, value)) if holds_part(value) else value
    return copy_of(value, "hyperparameter") if is_part(value) else value


def keep_settings() -> None:
    """Let pickles and deep copies of Keras's objects hold the settings that Keras leaves out.

    Grids of scikit-learn copy each value before an estimator sees it, and functions are sent to
    other processes with what they hold. Nothing happens before Keras is loaded. Classes of the
    user's own are included, those that exist by now.
    """
    if "keras" not in sys.modules:
        return
    keras = sys.modules["keras"]
    _register()
    for base in (keras.losses.Loss, keras.metrics.Metric, keras.optimizers.Optimizer):
        for kind in _derived(base):
            if not is_keras(kind) and "__reduce__" not in vars(kind):
                copyreg.pickle(kind, _reduced)
    for kind in (keras.Model, *_derived(keras.Model)):
        copyreg.pickle(kind, _reduced_model)


@functools.cache
def _register() -> None:
    for module in _MODULES:
        for kind in vars(getattr(sys.modules["keras"], module)).values():
            if isinstance(kind, type) and is_keras(kind):
                copyreg.pickle(kind, _reduced)


def _derived(kind: Any) -> Iterator[Any]:
    for each in kind.__subclasses__():
        yield each
        yield from _derived(each)


def _reduced_model(model: Any) -> Any:
    """Return the form of a model for ``pickle``: that of Keras, with all settings in its file."""
    make, given, *others = model.__reduce_ex__(2)
    if len(given) != 1 or not isinstance(given[0], io.BytesIO):  # a class that pickles otherwise
        return make, given, *others
    return make, (io.BytesIO(with_all_settings(given[0].getvalue(), model)),)


def _reduced(part: Any) -> Any:
    """Return the form of an object for ``pickle``: that of Keras, unless it loses settings."""
    if not hasattr(part, "get_config"):
        return part.__reduce_ex__(2)
    try:
        config, whole = config_of(part), is_fully_pickled(part)
    except NotImplementedError:
        return part.__reduce_ex__(2)  # there is no other
    own = custom_objects_in(part, config)
    # Keras reads a class of the user's own only where it is registered.
    if whole and not own and is_keras(type(part)):
        return part.__reduce_ex__(2)
    make: Any = type(part).from_config  # so that a pickle can be read without tunekit
    values = [each.numpy() for each in getattr(part, "variables", ())]
    if not values and not own:
        return make, (config,)
    shape = part.get_build_config() if hasattr(part, "get_build_config") else None
    return _filled, (make, config, own, shape, values)


def _filled(make: Any, config: Any, own: Any, shape: Any, values: list[Any]) -> Any:
    with custom_object_scope(own):
        part = make(config)
    if shape:
        part.build_from_config(shape)
    for variable, value in zip(part.variables, values, strict=True):
        variable.assign(value)
    return part
