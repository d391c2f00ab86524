"""Signatures of models; models with the same signature share a traced program."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tunekit.core.keras_attributes import extra_attributes, is_keras, is_of_keras
from tunekit.core.runtime import load_keras

# Layers whose program does not depend on their width.
_ANY_WIDTH = {"InputLayer", "Dense", "Dropout", "BatchNormalization", "Activation", "Flatten"}
# Activations that split or sort their inputs, and so depend on the width.
_FIXED_WIDTH = {"glu", "sparsemax"}
# Penalties that do not depend on the width.
_ANY_WIDTH_PENALTIES = {"L1", "L1L2", "L2", "NoneType"}
# Optimizers that update each weight independently of its position.
_ELEMENTWISE = {
    "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lion", "Nadam", "RMSprop", "SGD",
}  # fmt: skip
# Settings of optimizers that make some steps differ from others.
_BRANCHES = ("ema_overwrite_frequency", "gradient_accumulation_steps")
# Layers that contain code, which a configuration does not describe, or that draw random numbers
# while they are traced (AugMix).
OPAQUE = {"AugMix", "Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"}
# Optimizers that wrap optimizers: their copies have the variables in another order. Muon uses the
# names of weights, which a signature omits.
_UNSUPPORTED = {"LossScaleOptimizer", "MultiOptimizer", "Muon"}
# Methods by which a layer acquires state outside its variables and its configuration.
_STATE_METHODS = ("adapt", "finalize_state")
# Settings that affect only the initial state of training.
_INITIAL = {"seed", "build_config", "build_input_shape"}


class _OpaqueConfigError(Exception):
    """Raised for a part of a configuration that does not describe it completely."""


@dataclass(frozen=True)
class Signature:
    """The properties of a model that its traced program depends on.

    Attributes
    ----------
    network : str
        Configuration of layers, loss and metrics, without names, seeds, initializers and the
        numbers that are variables in a program.
    optimizer : str
        Configuration of the optimizer, in the same form.
    any_width : bool
        Whether the widths of hidden layers are omitted, too. A training step then has neither
        branches nor loops.
    """

    network: str
    optimizer: str
    any_width: bool


def signature(model: Any) -> Signature | None:
    """Return the signature of a model.

    Parameters
    ----------
    model : keras.Model
        Built and compiled.

    Returns
    -------
    Signature or None
        None if the configuration is incomplete, because a layer, the loss or the model itself
        contains custom code. Such a model does not share its program.
    """
    if not _is_described_by_config(model):
        return None
    try:
        config, compiled = model.get_config(), model.get_compile_config()
        optimizer = compiled.pop("optimizer", None)
        if not isinstance(optimizer, Mapping):
            return None
        any_width = _supports_any_width(model, config, optimizer)
        settings = optimizer["config"]
        settings.pop("name", None)
        network = [
            type(model).__name__,
            _network_signature(config, model.layers, any_width=any_width),
            _without_initial_state(compiled),
            # The configuration contains none of these.
            model.dtype_policy.name,
            variable_settings(model),
            omitted_attributes(model, config),
        ]
        extra = extra_attributes(model.optimizer, settings, begun=True)
        updates = [_optimizer_signature(optimizer), extra]
        return Signature(_to_json(network), _to_json(updates), any_width)
    except (_OpaqueConfigError, KeyError, NotImplementedError, TypeError, ValueError):
        return None


def variable_settings(model: Any) -> list[list[Any]]:
    """Return whether each variable is trainable, and its types of regularizer and constraint."""
    return [
        [
            variable.trainable,
            type(getattr(variable, "regularizer", None)).__name__,
            type(getattr(variable, "constraint", None)).__name__,
        ]
        for variable in model.variables
    ]


def omitted_attributes(model: Any, config: Mapping[str, Any]) -> list[Any]:
    """Return the attributes of a model's parts that its configuration omits.

    Seeds and initializers are excluded, because they affect only the initial state.
    """
    layers = [_omitted_of_layer(*each) for each in _with_config(model, config)]
    compiled = model._compile_config.config  # noqa: SLF001 - Keras has no public access
    return [layers, *(_omitted(compiled[name]) for name in ("loss", "metrics", "weighted_metrics"))]


def _omitted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _omitted(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_omitted(each) for each in value]
    return extra_attributes(value, value.get_config(), begun=True) if is_of_keras(value) else None


def _with_config(model: Any, config: Mapping[str, Any]) -> list[tuple[Any, Mapping[str, Any]]]:
    """Return the layers of a model, each with its configuration."""
    configs = {each["config"].get("name"): each["config"] for each in config["layers"]}
    layers = model._flatten_layers(include_self=False, recursive=False)  # noqa: SLF001
    return [(each, configs.get(each.name, {})) for each in layers]


def _omitted_of_layer(layer: Any, config: Mapping[str, Any]) -> Any:
    if isinstance(layer, load_keras().Model):
        return [_omitted_of_layer(*each) for each in _with_config(layer, config)]
    return extra_attributes(layer, config, begun=True)


def _to_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, allow_nan=True)


def _is_described_by_config(model: Any) -> bool:
    """Return whether a model consists only of built-in Keras objects."""
    if type(model).__name__ not in ("Functional", "Sequential"):
        return False
    if isinstance(model.loss, (list, tuple, dict)):
        return False
    if type(model.optimizer).__name__ in _UNSUPPORTED or excludes_weights(model.optimizer):
        return False
    # If weights were frozen after the optimizer was built, a new optimizer has fewer variables.
    trained = getattr(model.optimizer, "_trainable_variables", ())
    if model.optimizer.built and len(trained) != len(model.trainable_variables):
        return False
    parts = list(model._flatten_layers())  # noqa: SLF001 - nested models, too
    return all(
        is_keras(type(part))
        and not any(hasattr(part, name) for name in _STATE_METHODS)
        and all(is_keras(each) for each in vars(part).values() if isinstance(each, _FUNCTIONS))
        for part in (*parts, model.loss)
        if not isinstance(part, (str, type(None)))
    )


_FUNCTIONS = (types.FunctionType, types.MethodType)


def excludes_weights(optimizer: Any) -> bool:
    """Return whether an optimizer excludes weights from decay; its configuration omits this."""
    names = ("_exclude_from_weight_decay", "_exclude_from_weight_decay_pattern")
    return any(getattr(optimizer, name, None) for name in names)


def _supports_any_width(
    model: Any, config: Mapping[str, Any], optimizer: Mapping[str, Any]
) -> bool:
    layers, settings = model.layers, optimizer["config"]
    return (
        optimizer["class_name"] in _ELEMENTWISE
        and not any(settings.get(name) for name in _BRANCHES)
        and not isinstance(settings.get("learning_rate"), Mapping)  # a schedule may branch
        # The configuration may also contain operations, which are not layers.
        and {each["class_name"] for each in config["layers"]} <= _ANY_WIDTH
        and all(_activation(layer) not in _FIXED_WIDTH for layer in layers)
        and _penalties(layers) <= _ANY_WIDTH_PENALTIES
        and len(model.outputs) == 1
        and type(layers[-1]).__name__ == "Dense"
    )


def _penalties(layers: Sequence[Any]) -> set[str]:
    return {
        type(part).__name__
        for layer in layers
        for name, part in vars(layer).items()
        if name.endswith("_regularizer")
    }


def _activation(layer: Any) -> str | None:
    return getattr(getattr(layer, "activation", None), "__name__", None)


def _network_signature(config: Mapping[str, Any], lifted: Sequence[Any], *, any_width: bool) -> Any:
    """Return the configuration of a model with references to layers by index instead of name.

    ``lifted`` are the layers whose numbers are variables in a program.
    """
    layers = config["layers"]
    by_name = {layer.name: layer for layer in lifted}
    indices = {layer["config"].get("name"): i for i, layer in enumerate(layers)}
    described = []
    for i, layer in enumerate(layers):
        if "layers" in layer["config"]:  # a nested model
            _check_transparent(layer)
            inner = _network_signature(layer["config"], (), any_width=False)
            described.append([layer["class_name"], inner, _nodes(layer, indices)])
            continue
        settings = _without_initial_state(
            {name: layer[name] for name in ("module", "class_name", "config")}
        )
        if (lifted_layer := by_name.get(layer["config"].get("name"))) is not None:
            for name in lifted_in(lifted_layer, layer["config"]):
                _hide_numbers(settings["config"], name)
        settings["config"].pop("name", None)
        if any_width and i < len(layers) - 1:
            settings["config"].pop("units", None)
        described.append([settings, _nodes(layer, indices)])
    ends = [_by_index(config.get(end), indices) for end in ("input_layers", "output_layers")]
    dtype = _without_initial_state(config.get("dtype"))
    return [described, ends, config.get("trainable"), dtype]


def _nodes(layer: Mapping[str, Any], indices: Mapping[str, int]) -> Any:
    return _references(layer.get("inbound_nodes"), indices)


def _references(value: Any, indices: Mapping[str, int]) -> Any:
    """Return the arguments of a layer's call, with tensors as the index of their layer."""
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            history = value["config"]["keras_history"]
            return ["tensor", _by_index(history, indices)]
        _check_transparent(value)
        return {name: _references(each, indices) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_references(each, indices) for each in value]
    return value


def _by_index(value: Any, indices: Mapping[str, int]) -> Any:
    if isinstance(value, (list, tuple)):
        return [_by_index(each, indices) for each in value]
    return indices.get(value, value) if isinstance(value, str) else value


def _without_initial_state(value: Any) -> Any:
    """Return a configuration without the settings that affect only the initial state."""
    if isinstance(value, Mapping):
        _check_transparent(value)
        return {
            name: _without_initial_state(each)
            for name, each in value.items()
            if name not in _INITIAL and not name.endswith("_initializer")
        }
    if isinstance(value, (list, tuple)):
        return [_without_initial_state(each) for each in value]
    return value


def _optimizer_signature(optimizer: Mapping[str, Any]) -> Any:
    """Return an optimizer's configuration, with a schedule but without a constant learning rate."""
    signature = _without_initial_state(optimizer)
    settings = signature["config"]
    if not isinstance(settings.get("learning_rate"), Mapping):
        settings.pop("learning_rate", None)
    for name in LIFTED.get(str(optimizer["class_name"]), ()):
        settings[name] = bool(settings[name])
    return signature


def lifted_in(layer: Any, config: Mapping[str, Any]) -> list[str]:
    """Return the attributes of a layer with numbers that are variables in a program.

    Attributes that the configuration omits or has under another name are excluded, because the
    signature contains their values.
    """
    if type(layer).__name__ == "Dropout":
        return ["rate"] if 0 < layer.rate < 1 and layer.noise_shape is None else []
    if type(layer).__name__ == "BatchNormalization":
        return [] if layer.renorm else list(LIFTED["BatchNormalization"])
    return [
        name
        for name, part in vars(layer).items()
        if type(part).__name__ in LIFTED
        and name.endswith(("_regularizer", "_constraint"))
        and name in config
    ]


def _hide_numbers(settings: dict[str, Any], name: str) -> None:
    """Replace lifted numbers by whether they differ from 0."""
    part = settings[name]
    if not isinstance(part, Mapping):
        settings[name] = bool(part)
        return
    for each in LIFTED[part["class_name"]]:
        part["config"][each] = bool(part["config"][each])


#: The numbers that are variables in a program unless they are 0, by class, in addition to the rates
#: of dropout layers.
LIFTED: Mapping[str, tuple[str, ...]] = {
    "BatchNormalization": ("momentum",),
    "L1L2": ("l1", "l2"),
    "MaxNorm": ("max_value",),
    "RMSprop": ("momentum",),
    "SGD": ("momentum",),
}


def _check_transparent(value: Mapping[str, Any]) -> None:
    if "class_name" in value and (
        str(value.get("module")).partition(".")[0] != "keras" or value["class_name"] in OPAQUE
    ):
        raise _OpaqueConfigError
