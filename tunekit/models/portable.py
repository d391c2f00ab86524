"""Puts Keras's losses, metrics and optimizers of the user's own classes into pickles.

Keras pickles such an object by a name that has to be registered first; here it is its class and
its configuration, as for any other object.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Portable:
    """What stands in a pickle for an object.

    Attributes
    ----------
    kind : type
    config : mapping
        What its ``get_config`` gave.
    """

    kind: type
    config: Mapping[str, Any]


def is_keras(thing: Any) -> bool:
    """Tell whether a class or a function is Keras's own."""
    return str(getattr(thing, "__module__", "")).partition(".")[0] == "keras"


def is_part(value: Any) -> bool:
    """Tell whether a value is a loss, a metric or an optimizer, or holds one."""
    if isinstance(value, (list, tuple)):
        return any(map(is_part, value))
    keras = sys.modules.get("keras")
    kinds = (keras.losses.Loss, keras.metrics.Metric, keras.optimizers.Optimizer) if keras else ()
    return isinstance(value, kinds)


def pack(value: Any) -> Any:
    """Return what a pickle can hold in place of a value."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(pack, value)) if is_part(value) else value
    if is_part(value) and not is_keras(type(value)):
        return Portable(type(value), value.get_config())
    return value


def unpack(value: Any) -> Any:
    """Return what was packed."""
    if isinstance(value, (list, tuple)) and any(isinstance(each, Portable) for each in value):
        return type(value)(map(unpack, value))
    return rebuild(value.kind, value.config) if isinstance(value, Portable) else value


def rebuild(kind: Any, config: Mapping[str, Any]) -> Any:
    """Return an object of a class by its configuration.

    Settings of the base class that the class does not take are left out.
    """
    parameters = inspect.signature(kind.__init__).parameters.values()
    if not any(each.kind == each.VAR_KEYWORD for each in parameters):
        names = {each.name for each in parameters}
        config = {name: value for name, value in config.items() if name in names}
    return kind.from_config(dict(config))
