"""Parts of Keras (losses, metrics, optimizers, layers, ...): their settings, and copies.

Keras copies, pickles and saves a part by its ``get_config()``, which leaves settings out: the
``delta`` of ``Huber``, the ``axis`` of ``CosineSimilarity``. Here they are read from the part.
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
    NOTHING,
    PLAIN,
    attributes_of,
    held_as,
    is_keras,
    is_of_keras,
    knowing,
    own_within,
    parameters_of,
    parameters_of_keras,
    seen,
)
from tunekit.exceptions import ParameterError

_LONGEST = 300  # characters of a message
# What Keras raises where a configuration cannot be written or read.
_REFUSED = (NotImplementedError, TypeError, ValueError)


def is_part(value: Any) -> bool:
    """Return whether a value is a loss, a metric or an optimizer."""
    keras = sys.modules.get("keras")
    kinds = (keras.losses.Loss, keras.metrics.Metric, keras.optimizers.Optimizer) if keras else ()
    return isinstance(value, kinds)


def config_of(part: Any) -> dict[str, Any]:
    """Return the settings of a part, those that its ``get_config()`` leaves out among them.

    Parameters
    ----------
    part : object
        With a ``get_config()``. A class that is not Keras's own must return its own settings
        there; those that it passes on to Keras's class are completed.

    Returns
    -------
    dict
        As ``from_config`` of its class takes it.

    Examples
    --------
    >>> import keras
    >>> config_of(keras.losses.Huber(delta=3.0))["delta"]
    3.0
    """
    return _complete(part.get_config(), part)


def settings_of(part: Any) -> dict[str, Any]:
    """Return the settings of a part that are not those that its class has by default.

    Examples
    --------
    >>> import keras
    >>> settings_of(keras.losses.Huber(delta=3.0, name="near"))
    {'delta': 3.0, 'name': 'near'}
    """
    config = config_of(part)
    found = {}
    for name, parameter in parameters_of(part).items():
        value = config.get(name, parameter.default)
        held = held_as(part, name)
        if isinstance(value, Mapping) and (is_of_keras(held) or callable(held)):
            value = held
        if name == "dtype" and isinstance(value, Mapping):
            value = value["config"].get("name")
        if name == "dtype" and value == sys.modules["keras"].config.floatx():
            continue
        if name == "name" and _counted(type(part)).fullmatch(str(value)):
            continue
        if not _same(value, parameter.default):
            found[name] = value
    return found


def _counted(kind: type) -> re.Pattern[str]:
    """Return Keras's default name of objects of a class."""
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind.__name__).lower()
    return re.compile(rf"{plain}(_\d+)?")


def code_of(value: Any) -> str:
    """Return the call that makes a part, in one line; the same one for the same settings.

    Examples
    --------
    >>> import keras
    >>> code_of(keras.losses.Huber(delta=3.0))
    'Huber(delta=3.0)'
    """
    if is_of_keras(value):
        try:
            told = {name: code_of(each) for name, each in settings_of(value).items()}
        except Exception:  # noqa: BLE001 - whatever a get_config() of the user's own raises
            told = _attributes_told(value)
        settings = ", ".join(f"{name}={each}" for name, each in told.items())
        return f"{type(value).__name__}({settings})"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name!r}: {code_of(each)}' for name, each in value.items())}}}"
    if isinstance(value, (list, tuple)):
        inside = ", ".join(map(code_of, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    if isinstance(value, np.ndarray):
        return f"{seen(value)}"
    return value.__qualname__ if hasattr(value, "__qualname__") else repr(value)


def _attributes_told(part: Any) -> dict[str, Any]:
    """Return what a part holds, for one that has no configuration."""
    if hasattr(part, "layers"):
        return {"layers": code_of(list(part.layers))}
    told = {name: _told_or_hashed(each) for name, each in attributes_of(part).items()}
    return {name: each for name, each in told.items() if each is not NOTHING}


def _told_or_hashed(value: Any) -> Any:
    told = _told(value)
    if told is not NOTHING or is_keras(type(value)):
        return told
    try:
        return f"{type(value).__name__} {joblib.hash(value)[:8]}"
    except Exception:  # noqa: BLE001 - whatever pickling raises
        return type(value).__name__


def public_module(thing: Any) -> str | None:
    """Return the name of Keras's public module in which a class or a function is."""
    keras, name = sys.modules["keras"], getattr(thing, "__name__", "")
    for place in (
        "losses", "metrics", "optimizers", "optimizers.schedules", "initializers", "regularizers",
        "constraints", "layers", "callbacks", "activations",
    ):  # fmt: skip
        module = functools.reduce(getattr, place.split("."), keras)
        if getattr(module, name, None) is thing:
            return f"keras.{place}"
    return None


def is_kept_whole(value: Any) -> bool:
    """Return whether Keras's own pickle of a value holds all of its settings."""
    keras = sys.modules.get("keras")
    if keras is None or (not isinstance(value, keras.Layer) and not is_part(value)):
        return True
    return "layers" in value.get_config() or repr(config_of(value)) == repr(value.get_config())


def serialized(value: Any) -> Any:
    """Return a part, or what holds some, as ``deserialize_keras_object`` reads it from JSON."""
    return completed(_write(value), value)


def _write(value: Any) -> Any:
    return sys.modules["keras"].saving.serialize_keras_object(value)


def _complete(config: Mapping[str, Any], part: Any) -> dict[str, Any]:
    """Return a configuration with the settings that Keras leaves out, also of nested parts."""
    if isinstance(config.get("layers"), list) and hasattr(part, "_flatten_layers"):  # a model
        found = part._flatten_layers(include_self=False, recursive=False)  # noqa: SLF001
        inside = {each.name: each for each in found}
        layers = [
            completed(each, inside.get(each["config"].get("name"))) for each in config["layers"]
        ]
        return {**config, "layers": layers}
    whole = {name: completed(value, held_as(part, name)) for name, value in config.items()}
    if is_part(part):  # which is made from what is there as it is
        whole = {name: _as_list(value) for name, value in whole.items()}
    for name, value in _left_out(part, config).items():
        whole[name] = completed(_write(value), value)
    return whole


def _as_list(value: Any) -> Any:
    """Return an array that was written for JSON as a list, and another value as it is."""
    written = isinstance(value, Mapping) and value.get("class_name") in ("__numpy__", "__tensor__")
    return value["config"]["value"] if written else value


def _left_out(part: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that a copy by the configuration would not have."""
    held = {
        name: value
        for name, parameter in parameters_of_keras(part).items()
        if name not in config
        and parameter.default is not parameter.empty  # else a class that derives sets it
        and _is_set(value := held_as(part, name), parameter.default)
    }
    if not held:
        return {}
    try:
        with knowing(own_within(part, config)):
            alone = type(part).from_config(dict(config))
    except _REFUSED:
        return {}  # whoever makes a copy is told why
    return {name: held[name] for name in _differing(part, alone) if name in held}


def completed(written: Any, value: Any) -> Any:
    """Return the serialized form of a value, with settings that its configuration leaves out."""
    if isinstance(written, (list, tuple)) and isinstance(value, (list, tuple)):
        return type(written)(map(completed, written, value))
    if not isinstance(written, Mapping):
        return written
    if isinstance(value, Mapping):
        return {name: completed(each, value.get(name)) for name, each in written.items()}
    if not is_of_keras(value) or not _is_written(value, written):
        return written
    whole = {**written, "config": _complete(written["config"], value)}
    if "compile_config" in written:
        whole["compile_config"] = compile_config_of(value)
    return whole


def _is_written(value: Any, written: Mapping[str, Any]) -> bool:
    """Return whether a serialized object is of this class, which may have a second name."""
    name, module = str(written.get("class_name")), str(written.get("module"))
    if name == type(value).__name__:
        return True
    return getattr(sys.modules.get(module), name, None) is type(value)


def compile_config_of(model: Any) -> dict[str, Any]:
    """Return the arguments of a model's ``compile``, as ``compile_from_config`` takes them."""
    compiled = model.get_compile_config()
    given = getattr(getattr(model, "_compile_config", None), "config", {})
    whole: dict[str, Any] = completed(compiled, given)
    return whole


def _is_set(value: Any, default: Any) -> bool:
    """Return whether a setting is known, and not the one that its class has by default."""
    if value is NOTHING or value is default:
        return False
    known = isinstance(value, (*PLAIN, list, tuple, dict, np.ndarray)) or is_of_keras(value)
    return known and not _same(value, default)


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and repr(value) == repr(default)


def copy_of(part: Any, place: str, **changed: Any) -> Any:
    """Return a new part that is set like another one, which stays as it is.

    Parameters
    ----------
    part : object
        With a ``get_config()``.
    place : str
        What it is, for messages.
    **changed : dict
        Settings of the copy.

    Raises
    ------
    ParameterError
        If its class cannot be made from its settings, or makes something else from them.
    """
    kind = type(part)
    try:
        config = config_of(part)
        copy = rebuild(kind, {**config, **changed}, own_within(part, config))
    except _REFUSED as error:
        raise refusal(part, place, error) from None
    known = parameters_of_keras(part)
    lost = [name for name in _differing(part, copy) if name in known and name not in changed]
    if lost:
        raise ParameterError(
            f"{place} {kind.__name__}: a copy would lose {', '.join(lost)}, which its get_config() "
            f"leaves out: make it in an architecture of your own that compiles its model."
        )
    return copy


def refusal(part: Any, place: str, error: Exception) -> ParameterError:
    """Return the error that a part is not made again from its settings."""
    why = " ".join(str(error).split())[:_LONGEST] or type(error).__name__
    name = type(part).__name__
    return ParameterError(f"{place} {name} cannot be copied by its get_config(): {why}.")


def rebuild(kind: Any, config: Mapping[str, Any], own: Mapping[str, Any]) -> Any:
    """Return an object of a class by its configuration.

    Settings of the base class that the class does not take are left out.

    Parameters
    ----------
    kind : type
    config : mapping
    own : mapping
        The user's functions and classes in it, by name; see
        :func:`tunekit.core.keras_attributes.own_within`.
    """
    parameters = inspect.signature(kind.__init__).parameters.values()
    if not any(each.kind == each.VAR_KEYWORD for each in parameters):
        names = {each.name for each in parameters}
        config = {name: value for name, value in config.items() if name in names}
    # Keras takes a text that is such a name, of a metric for example, for the function.
    texts = {each for each in config.values() if isinstance(each, str)}
    with knowing({name: each for name, each in own.items() if name not in texts}):
        return kind.from_config(dict(config))


def _differing(part: Any, copy: Any) -> list[str]:
    """Return the settings that are others in a copy."""
    told = {name: _told(held_as(part, name)) for name in parameters_of(part)}
    return [
        name
        for name, each in told.items()
        if each is not NOTHING and each != _told(held_as(copy, name))
    ]


def _told(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return list(map(_told, value))
    return code_of(value) if is_of_keras(value) else seen(value)
