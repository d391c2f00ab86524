"""Copies, code and descriptions keep every setting of every Keras class."""

from __future__ import annotations

import json
import types
from typing import Any

import keras
import numpy as np
import pytest
from keras_parts import ELSEWHERE, INHERITED, changed, classes, is_passed, made, settings, usual

from tunekit.core.keras_attributes import custom_objects_in, extra_attributes
from tunekit.core.keras_objects import code_of, copy_of, serialized
from tunekit.exceptions import ParameterError

LAYERS = list(classes("layers"))
OTHERS = [name for name in classes() if name not in LAYERS]

# What Keras cannot recreate: whole classes, or classes with this setting.
REFUSED = {
    "layers.ELU.activity_regularizer", "layers.Identity.activity_regularizer",
    "layers.RandomShear.x_factor", "layers.RandomShear.y_factor",
}  # fmt: skip
CODE = {"layers.JaxLayer", "layers.Lambda", "layers.TFSMLayer"}  # these are not copied
# Settings that a class ignores, or that make no difference on this machine.
IDLE = {
    "autocast": {
        "Embedding", "GroupNormalization", "HashedCrossing", "InputLayer", "LayerNormalization",
        "ReversibleEmbedding",
    },
    "activity_regularizer": {"HashedCrossing", "InputLayer", "SimpleRNN"},
    "dtype": {"IntegerLookup", "StringLookup"},
    "flash_attention": {"GroupedQueryAttention", "MultiHeadAttention"},
    "gptq_unpacked_column_size": {"EinsumDense"},
    "quantization_config": {"Dense", "EinsumDense", "Embedding", "ReversibleEmbedding"},
    "trainable": {"HashedCrossing", "InputLayer", "IntegerLookup", "StringLookup"},
    "weights": {"Bidirectional", "Embedding"},  # initial values, not a setting
}  # fmt: skip


def visible(value: Any, within: tuple[int, ...] = ()) -> Any:  # noqa: PLR0911 - one per case
    """Return all relevant attributes of an object, without names and random values."""
    if isinstance(value, (bool, int, float, complex, str, bytes, type(None))):
        return value
    if id(value) in within:
        return "itself"
    within = (*within, id(value))
    if isinstance(value, dict):
        return {
            str(name): visible(each, within) for name, each in value.items() if name not in BOOKS
        }
    if isinstance(value, (list, tuple, set)):
        return [visible(each, within) for each in value]
    if isinstance(value, (types.FunctionType, types.MethodType, type)):
        return value.__qualname__
    if isinstance(value, keras.Variable):
        return list(value.shape), value.dtype, np.array(value).tolist()
    if isinstance(value, keras.random.SeedGenerator):
        return value._initial_seed
    if isinstance(value, keras.DTypePolicy):
        return value.compute_dtype, value.variable_dtype
    if type(value).__module__.startswith("keras"):
        attributes = {
            name: each
            for name, each in vars(value).items()
            if not name.startswith("_self_") and (name != "seed" or "_init_seed" not in vars(value))
        }
        return type(value).__name__, visible(attributes, within)
    return np.array(value).tolist() if hasattr(value, "__array__") else type(value).__name__


BOOKS = {
    "_auto_config", "_inbound_nodes", "_outbound_nodes", "_parent_path", "_path",
    "_seed_generators", "_tracked", "_tracker", "build", "generator", "name", "quantize",
}  # fmt: skip


def restored(part):
    """Return a copy made from its settings as JSON."""
    written = json.loads(json.dumps(serialized(part), default=lambda value: value.tolist()))
    return keras.saving.deserialize_keras_object(
        written, custom_objects=custom_objects_in(part, written)
    )


def described(part):
    return [code_of(part), extra_attributes(part, {})]


def changes(name, *, all_of_them=True):
    return [
        each
        for each in settings(name)
        if each != "name"
        and not is_passed(name, each)
        and (all_of_them or each not in INHERITED or name == "layers.Dense")
    ]


def walk(name, names, *, as_json=True):
    before = described(made(name, lambda: usual(name)))
    for setting in names:
        place = f"{name}.{setting}"

        def arguments(setting=setting):
            return changed(name, setting)

        part, reference = made(name, arguments), made(name, arguments)
        if setting == "weights" or name in CODE:
            continue
        if place in REFUSED:
            with pytest.raises(ParameterError, match=f"loss {name.rpartition('.')[2]} cannot be"):
                copy_of(part, "loss")
            continue
        if setting in IDLE and name.rpartition(".")[2] in IDLE[setting]:
            assert described(part) == before, f"{place} is not idle"
        else:
            assert described(part) != before, f"{place} is not described"
        copy = copy_of(part, "part")
        assert visible(copy) == visible(reference), place
        assert described(copy)[1] == described(reference)[1], place
        if as_json and name != "optimizers.OptimizerMap":  # it is not a part by itself
            assert visible(restored(part)) == visible(reference), f"{place} as JSON"


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_a_copy_keeps_every_setting(name):
    walk(name, changes(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", LAYERS)
def test_a_copy_of_a_layer_keeps_every_setting(name):
    walk(name, changes(name, all_of_them=False), as_json=False)


@pytest.mark.soak
@pytest.mark.parametrize("name", LAYERS)
def test_a_copy_of_a_layer_and_its_text_keep_every_setting(name):
    walk(name, changes(name))


@pytest.mark.slow
def test_omitted_classes_cannot_be_created_here():
    for name in ELSEWHERE:
        with pytest.raises((AttributeError, ImportError, RuntimeError, TypeError)):
            getattr(keras.layers, name.rpartition(".")[2])(None)(np.ones((1, 2)))
