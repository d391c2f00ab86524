"""What two models must have in common to be trained by the same traced program."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tunekit.core.keras_attributes import extra_attributes, is_keras, is_of_keras
from tunekit.core.runtime import load_keras

# Layers whose program does not depend on how wide they are.
_ANY_WIDTH = {"InputLayer", "Dense", "Dropout", "BatchNormalization", "Activation", "Flatten"}
# Activations that split or sort their inputs need to know how many there are.
_FIXED_WIDTH = {"glu", "sparsemax"}
# The same of penalties.
_ANY_WIDTH_PENALTIES = {"L1", "L1L2", "L2", "NoneType"}
# Optimizers that treat each weight alike, wherever it stands.
_ELEMENTWISE = {
    "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lion", "Nadam", "RMSprop", "SGD",
}  # fmt: skip
# Settings of optimizers with which some steps are not like the others.
_BRANCHES = ("ema_overwrite_frequency", "gradient_accumulation_steps")
# They hold code, which a configuration cannot tell apart, or draw when they are traced (AugMix).
OPAQUE = {"AugMix", "Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"}
# Optimizers of optimizers, whose copies have their variables in another order; Muon goes by the
# names of weights, which a signature leaves out.
_SINGULAR = {"LossScaleOptimizer", "MultiOptimizer", "Muon"}
# What a layer learns by them is neither in its variables nor in its configuration.
_LEARNING = ("adapt", "finalize_state")
# What decides how training begins, and not how it goes on.
_INITIAL = {"seed", "build_config", "build_input_shape"}


class _OpaqueError(Exception):
    """Something in a configuration that does not say all there is to it."""


@dataclass(frozen=True)
class Signature:
    """What a traced program depends on.

    Attributes
    ----------
    network : str
        The configuration of layers, loss and metrics without names, seeds, initializers, and
        without the numbers that a program takes as variables; the same for models that share a
        program.
    rule : str
        The same of the optimizer.
    any_width : bool
        Whether the widths of hidden layers are left out, too. Then a step of training has
        neither branches nor loops.
    """

    network: str
    rule: str
    any_width: bool


def signature(model: Any) -> Signature | None:
    """Return what a program for this model depends on.

    Parameters
    ----------
    model : keras.Model
        Built and compiled.

    Returns
    -------
    Signature or None
        None where the configuration does not tell all: code of one's own, in a layer, in a
        loss or in the model itself. Such a model has a program for itself.
    """
    if not _says_all(model):
        return None
    try:
        config, compiled = model.get_config(), model.get_compile_config()
        rule = compiled.pop("optimizer", None)
        if not isinstance(rule, Mapping):
            return None
        any_width = _any_width(model, config, rule)
        settings = rule["config"]
        settings.pop("name", None)
        network = [
            type(model).__name__,
            _network(config, model.layers, any_width=any_width),
            _rest(compiled),
            # None of these is in a configuration.
            model.dtype_policy.name,
            treatment(model),
            untold(model, config),
        ]
        rule = [_rule(rule), extra_attributes(model.optimizer, settings, begun=True)]
        return Signature(_text(network), _text(rule), any_width)
    except (_OpaqueError, KeyError, NotImplementedError, TypeError, ValueError):
        return None


def treatment(model: Any) -> list[list[Any]]:
    """Return, of each variable of a model, whether and how training changes it."""
    return [
        [
            variable.trainable,
            type(getattr(variable, "regularizer", None)).__name__,
            type(getattr(variable, "constraint", None)).__name__,
        ]
        for variable in model.variables
    ]


def untold(model: Any, config: Mapping[str, Any]) -> list[Any]:
    """Return the attributes of a model's parts that its configuration leaves out.

    How training begins is left out: seeds and initializers.
    """
    held = [_extra_layer_attributes(*each) for each in _with_config(model, config)]
    compiled = model._compile_config.config  # noqa: SLF001 - what it was compiled with
    return [held, *(_untold(compiled[name]) for name in ("loss", "metrics", "weighted_metrics"))]


def _untold(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _untold(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_untold(each) for each in value]
    return extra_attributes(value, value.get_config(), begun=True) if is_of_keras(value) else None


def _with_config(model: Any, config: Mapping[str, Any]) -> list[tuple[Any, Mapping[str, Any]]]:
    """Return the layers of a model, each with its configuration."""
    configs = {each["config"].get("name"): each["config"] for each in config["layers"]}
    layers = model._flatten_layers(include_self=False, recursive=False)  # noqa: SLF001
    return [(each, configs.get(each.name, {})) for each in layers]


def _extra_layer_attributes(layer: Any, config: Mapping[str, Any]) -> Any:
    if isinstance(layer, load_keras().Model):
        return [_extra_layer_attributes(*each) for each in _with_config(layer, config)]
    return extra_attributes(layer, config, begun=True)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, allow_nan=True)


def _says_all(model: Any) -> bool:
    """Tell whether a model consists of nothing but Keras's own parts."""
    if type(model).__name__ not in ("Functional", "Sequential"):
        return False
    if isinstance(model.loss, (list, tuple, dict)):
        return False
    if type(model.optimizer).__name__ in _SINGULAR or excludes_weights(model.optimizer):
        return False
    # Frozen since the optimizer was built: it has variables that a new one would not have.
    learned = getattr(model.optimizer, "_trainable_variables", ())
    if model.optimizer.built and len(learned) != len(model.trainable_variables):
        return False
    parts = list(model._flatten_layers())  # noqa: SLF001 - models within models, too
    return all(
        is_keras(type(part))
        and not any(hasattr(part, name) for name in _LEARNING)
        and all(is_keras(each) for each in vars(part).values() if isinstance(each, _FUNCTIONS))
        for part in (*parts, model.loss)
        if not isinstance(part, (str, type(None)))
    )


_FUNCTIONS = (types.FunctionType, types.MethodType)


def excludes_weights(optimizer: Any) -> bool:
    """Tell whether an optimizer's decay leaves some weights out, which no configuration holds."""
    names = ("_exclude_from_weight_decay", "_exclude_from_weight_decay_pattern")
    return any(getattr(optimizer, name, None) for name in names)


def _any_width(model: Any, config: Mapping[str, Any], rule: Mapping[str, Any]) -> bool:
    layers = model.layers
    branches = [rule["config"].get(name) for name in _BRANCHES]
    return (
        rule["class_name"] in _ELEMENTWISE
        and not any(branches)
        and not isinstance(rule["config"].get("learning_rate"), Mapping)  # may warm up first
        # Among them may also be operations, which are no layers.
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


def _network(config: Mapping[str, Any], built: Sequence[Any], *, any_width: bool) -> Any:
    """Return a model's configuration with layers called by their place, not by their name.

    ``built`` are those layers whose numbers a program takes as variables.
    """
    layers = config["layers"]
    objects = {layer.name: layer for layer in built}
    places = {layer["config"].get("name"): i for i, layer in enumerate(layers)}
    plain = []
    for i, layer in enumerate(layers):
        if "layers" in layer["config"]:  # a model among the layers
            _check_open(layer)
            inner = _network(layer["config"], (), any_width=False)
            plain.append([layer["class_name"], inner, _nodes(layer, places)])
            continue
        settings = _rest({name: layer[name] for name in ("module", "class_name", "config")})
        if found := objects.get(layer["config"].get("name")):
            for name in lifted_in(found, layer["config"]):
                _hide_numbers(settings["config"], name)
        settings["config"].pop("name", None)
        if any_width and i < len(layers) - 1:
            settings["config"].pop("units", None)
        plain.append([settings, _nodes(layer, places)])
    ends = [_by_place(config.get(end), places) for end in ("input_layers", "output_layers")]
    return [plain, ends, config.get("trainable"), _rest(config.get("dtype"))]


def _nodes(layer: Mapping[str, Any], places: Mapping[str, int]) -> Any:
    return _references(layer.get("inbound_nodes"), places)


def _references(value: Any, places: Mapping[str, int]) -> Any:
    """Return how a layer is called, tensors by the place of the layer that they come from."""
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            history = value["config"]["keras_history"]
            return ["tensor", _by_place(history, places)]
        _check_open(value)
        return {name: _references(each, places) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_references(each, places) for each in value]
    return value


def _by_place(value: Any, places: Mapping[str, int]) -> Any:
    if isinstance(value, (list, tuple)):
        return [_by_place(each, places) for each in value]
    return places.get(value, value) if isinstance(value, str) else value


def _rest(value: Any) -> Any:
    """Return a configuration without what is initial."""
    if isinstance(value, Mapping):
        _check_open(value)
        return {
            name: _rest(each)
            for name, each in value.items()
            if name not in _INITIAL and not name.endswith("_initializer")
        }
    if isinstance(value, (list, tuple)):
        return [_rest(each) for each in value]
    return value


def _rule(rule: Mapping[str, Any]) -> Any:
    """Return an optimizer's configuration; a schedule stays, a number is a variable."""
    plain = _rest(rule)
    settings = plain["config"]
    if not isinstance(settings.get("learning_rate"), Mapping):
        settings.pop("learning_rate", None)
    for name in LIFTED.get(str(rule["class_name"]), ()):
        settings[name] = bool(settings[name])
    return plain


def lifted_in(layer: Any, config: Mapping[str, Any]) -> list[str]:
    """Return the attributes of a layer with numbers that a program takes as variables.

    Those that its configuration holds under another name, or not at all, are not among them:
    they are told apart as they are.
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
    """Leave of lifted numbers only whether they are 0."""
    part = settings[name]
    if not isinstance(part, Mapping):
        settings[name] = bool(part)
        return
    for each in LIFTED[part["class_name"]]:
        part["config"][each] = bool(part["config"][each])


#: The numbers that a program takes as variables where they are not 0, by class; beside the rates
#: of dropout layers.
LIFTED: Mapping[str, tuple[str, ...]] = {
    "BatchNormalization": ("momentum",),
    "L1L2": ("l1", "l2"),
    "MaxNorm": ("max_value",),
    "RMSprop": ("momentum",),
    "SGD": ("momentum",),
}


def _check_open(value: Mapping[str, Any]) -> None:
    if "class_name" in value and (
        str(value.get("module")).partition(".")[0] != "keras" or value["class_name"] in OPAQUE
    ):
        raise _OpaqueError
