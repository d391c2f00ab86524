"""Settings and copies of Keras objects: losses, metrics, optimizers, layers and others.

Keras copies, pickles and saves an object by its ``get_config()``, which omits some settings, such
as the ``delta`` of ``Huber``. This module reads these from the attributes of the object.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
from collections.abc import Mapping
from typing import Any

import joblib
import numpy as np

from tunekit.core.keras_attributes import (
    MISSING,
    PLAIN,
    as_setting,
    attribute_of,
    attributes_of,
    custom_object_scope,
    custom_objects_in,
    is_keras,
    is_of_keras,
    parameters_of,
    parameters_of_keras,
)
from tunekit.exceptions import ParameterError

_LONGEST = 300  # characters of a message
# What Keras raises if a configuration cannot be serialized or deserialized.
_CONFIG_ERRORS = (NotImplementedError, TypeError, ValueError)


def is_part(value: Any) -> bool:
    """Return whether a value is a loss, a metric or an optimizer."""
    keras = sys.modules.get("keras")
    kinds = (keras.losses.Loss, keras.metrics.Metric, keras.optimizers.Optimizer) if keras else ()
    return isinstance(value, kinds)


def config_of(part: Any) -> dict[str, Any]:
    """Return all settings of an object, including those that its ``get_config()`` omits.

    Parameters
    ----------
    part : object
        Object with a ``get_config()``. A user-defined class must return its own settings there;
        settings that it passes to a class of Keras are added.

    Returns
    -------
    dict
        Configuration for ``from_config`` of its class.

    Examples
    --------
    >>> import keras
    >>> config_of(keras.losses.Huber(delta=3.0))["delta"]
    3.0
    """
    return _complete(part.get_config(), part)


def settings_of(part: Any) -> dict[str, Any]:
    """Return the settings of an object that differ from the defaults of its class.

    Examples
    --------
    >>> import keras
    >>> settings_of(keras.losses.Huber(delta=3.0, name="near"))
    {'delta': 3.0, 'name': 'near'}
    """
    config = config_of(part)
    changed = {}
    for name, parameter in parameters_of(part).items():
        value = config.get(name, parameter.default)
        attribute = attribute_of(part, name)
        if isinstance(value, Mapping) and (is_of_keras(attribute) or callable(attribute)):
            value = attribute
        if name == "dtype" and isinstance(value, Mapping):
            value = value["config"].get("name")
        if name == "dtype" and value == sys.modules["keras"].config.floatx():
            continue
        if name == "name" and _default_name(type(part)).fullmatch(str(value)):
            continue
        if not _same(value, parameter.default):
            changed[name] = value
    return changed


def _default_name(kind: type) -> re.Pattern[str]:
    """Return a pattern of the default names that Keras gives objects of a class."""
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind.__name__).lower()
    return re.compile(rf"{plain}(_\d+)?")


def code_of(value: Any) -> str:
    """Return the call that creates an object, in one line; equal for equal settings.

    Examples
    --------
    >>> import keras
    >>> code_of(keras.losses.Huber(delta=3.0))
    'Huber(delta=3.0)'
    """
    if is_of_keras(value):
        try:
            texts = {name: code_of(each) for name, each in settings_of(value).items()}
        except Exception:  # noqa: BLE001 - a user-defined get_config() may raise anything
            texts = _attribute_texts(value)
        settings = ", ".join(f"{name}={each}" for name, each in texts.items())
        return f"{type(value).__name__}({settings})"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name!r}: {code_of(each)}' for name, each in value.items())}}}"
    if isinstance(value, (list, tuple)):
        inside = ", ".join(map(code_of, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    if isinstance(value, np.ndarray):
        return f"{as_setting(value)}"
    return value.__qualname__ if hasattr(value, "__qualname__") else repr(value)


def _attribute_texts(part: Any) -> dict[str, Any]:
    """Return the attributes of an object that has no configuration, as comparable values."""
    if hasattr(part, "layers"):
        return {"layers": code_of(list(part.layers))}
    texts = {name: _comparable_or_hash(each) for name, each in attributes_of(part).items()}
    return {name: each for name, each in texts.items() if each is not MISSING}


def _comparable_or_hash(value: Any) -> Any:
    comparable = _comparable(value)
    if comparable is not MISSING or is_keras(type(value)):
        return comparable
    try:
        return f"{type(value).__name__} {joblib.hash(value)[:8]}"
    except Exception:  # noqa: BLE001 - pickling may raise anything
        return type(value).__name__


def public_module(thing: Any) -> str | None:
    """Return the name of the public module of Keras that exports a class or a function."""
    keras, name = sys.modules["keras"], getattr(thing, "__name__", "")
    for place in (
        "losses", "metrics", "optimizers", "optimizers.schedules", "initializers", "regularizers",
        "constraints", "layers", "callbacks", "activations",
    ):  # fmt: skip
        module = functools.reduce(getattr, place.split("."), keras)
        if getattr(module, name, None) is thing:
            return f"keras.{place}"
    return None


def is_fully_pickled(value: Any) -> bool:
    """Return whether Keras pickles a value with all of its settings."""
    keras = sys.modules.get("keras")
    if keras is None or (not isinstance(value, keras.Layer) and not is_part(value)):
        return True
    return "layers" in value.get_config() or repr(config_of(value)) == repr(value.get_config())


def serialized(value: Any) -> Any:
    """Return an object, or a container of objects, in the form of ``serialize_keras_object``."""
    return completed(_write(value), value)


def _write(value: Any) -> Any:
    return sys.modules["keras"].saving.serialize_keras_object(value)


def _complete(config: Mapping[str, Any], part: Any) -> dict[str, Any]:
    """Return a configuration with the settings that Keras omits, also of nested objects."""
    if isinstance(config.get("layers"), list) and hasattr(part, "_flatten_layers"):  # a model
        flat = part._flatten_layers(include_self=False, recursive=False)  # noqa: SLF001
        by_name = {each.name: each for each in flat}
        layers = [
            completed(each, by_name.get(each["config"].get("name"))) for each in config["layers"]
        ]
        return {**config, "layers": layers}
    full = {name: completed(value, attribute_of(part, name)) for name, value in config.items()}
    if is_part(part):  # its from_config does not deserialize arrays
        full = {name: _as_list(value) for name, value in full.items()}
    for name, value in _omitted_settings(part, config).items():
        full[name] = completed(_write(value), value)
    return full


def _as_list(value: Any) -> Any:
    """Return a serialized array as a list, and any other value unchanged."""
    written = isinstance(value, Mapping) and value.get("class_name") in ("__numpy__", "__tensor__")
    return value["config"]["value"] if written else value


def _omitted_settings(part: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that a copy made from the configuration would lose."""
    omitted = {
        name: value
        for name, parameter in parameters_of_keras(part).items()
        if name not in config
        and parameter.default is not parameter.empty  # otherwise a subclass sets it
        and _is_set(value := attribute_of(part, name), parameter.default)
    }
    if not omitted:
        return {}
    try:
        with custom_object_scope(custom_objects_in(part, config)):
            alone = type(part).from_config(dict(config))
    except _CONFIG_ERRORS:
        return {}  # copy_of reports the reason
    return {name: omitted[name] for name in _differing(part, alone) if name in omitted}


def completed(written: Any, value: Any) -> Any:
    """Return the serialized form of a value, with settings that its configuration omits."""
    if isinstance(written, (list, tuple)) and isinstance(value, (list, tuple)):
        return type(written)(map(completed, written, value))
    if not isinstance(written, Mapping):
        return written
    if isinstance(value, Mapping):
        return {name: completed(each, value.get(name)) for name, each in written.items()}
    if not is_of_keras(value) or not _matches(value, written):
        return written
    full = {**written, "config": _complete(written["config"], value)}
    if "compile_config" in written:
        full["compile_config"] = compile_config_of(value)
    return full


def _matches(value: Any, written: Mapping[str, Any]) -> bool:
    """Return whether a serialized object has the class of a value, which may have an alias."""
    name, module = str(written.get("class_name")), str(written.get("module"))
    if name == type(value).__name__:
        return True
    return getattr(sys.modules.get(module), name, None) is type(value)


def compile_config_of(model: Any) -> dict[str, Any]:
    """Return the arguments of a model's ``compile``, as ``compile_from_config`` takes them."""
    compiled = model.get_compile_config()
    given = getattr(getattr(model, "_compile_config", None), "config", {})
    full: dict[str, Any] = completed(compiled, given)
    return full


def _is_set(value: Any, default: Any) -> bool:
    """Return whether a setting is known and differs from the default of its class."""
    if value is MISSING or value is default:
        return False
    known = isinstance(value, (*PLAIN, list, tuple, dict, np.ndarray)) or is_of_keras(value)
    return known and not _same(value, default)


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and repr(value) == repr(default)


def copy_of(part: Any, place: str, **changed: Any) -> Any:
    """Return a copy of an object.

    Parameters
    ----------
    part : object
        Object with a ``get_config()``. It is not changed.
    place : str
        Its role, for error messages.
    **changed : dict
        Settings to change in the copy.

    Raises
    ------
    ParameterError
        If its class cannot be created from its settings, or creates a different object.
    """
    kind = type(part)
    try:
        config = config_of(part)
        copy = rebuild(kind, {**config, **changed}, custom_objects_in(part, config))
    except _CONFIG_ERRORS as error:
        raise refusal(part, place, error) from None
    known = parameters_of_keras(part)
    lost = [name for name in _differing(part, copy) if name in known and name not in changed]
    if lost:
        raise ParameterError(
            f"{place} {kind.__name__}: a copy would lose {', '.join(lost)}, which its get_config() "
            f"omits: create it in a custom architecture that compiles its model."
        )
    return copy


def refusal(part: Any, place: str, error: Exception) -> ParameterError:
    """Return the error for an object that cannot be created from its settings."""
    reason = " ".join(str(error).split())[:_LONGEST] or type(error).__name__
    name = type(part).__name__
    return ParameterError(f"{place} {name} cannot be copied from its get_config(): {reason}.")


def rebuild(kind: Any, config: Mapping[str, Any], custom: Mapping[str, Any]) -> Any:
    """Return an object of a class from its configuration.

    Settings of the base class that the class does not take are omitted.

    Parameters
    ----------
    kind : type
    config : mapping
    custom : mapping
        User-defined functions and classes in the configuration, by name; see
        :func:`tunekit.core.keras_attributes.custom_objects_in`.
    """
    parameters = inspect.signature(kind.__init__).parameters.values()
    if not any(each.kind == each.VAR_KEYWORD for each in parameters):
        names = {each.name for each in parameters}
        config = {name: value for name, value in config.items() if name in names}
    # Keras would replace a string setting of this name, such as a metric's, by the function.
    strings = {each for each in config.values() if isinstance(each, str)}
    with custom_object_scope({name: each for name, each in custom.items() if name not in strings}):
        return kind.from_config(dict(config))


def _differing(part: Any, copy: Any) -> list[str]:
    """Return the names of the settings that differ in a copy."""
    settings = {name: _comparable(attribute_of(part, name)) for name in parameters_of(part)}
    return [
        name
        for name, each in settings.items()
        if each is not MISSING and each != _comparable(attribute_of(copy, name))
    ]


def _comparable(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return list(map(_comparable, value))
    return code_of(value) if is_of_keras(value) else as_setting(value)
