"""Networks that end in probabilities, made from networks that end in logits.

A classifier trains a network that ends in logits if its loss takes them, since the loss is then
exact. Those who use or save a fitted network expect probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tunekit.core.keras_attributes import is_keras
from tunekit.core.runtime import load_keras
from tunekit.models.architectures.base import Meta, Task, plain_dtype
from tunekit.models.compiling import make_compiled_loss, takes_only_logits

_NAME = "probabilities"  # of the added layer


def add_activation(model: Any, kind: str, name: str, meta: Meta) -> Any:
    """Return a model that applies an activation to the outputs of a model, whose layers it shares.

    Parameters
    ----------
    model : keras.Model
    kind : str
        Name of the activation.
    name : str
        Name of the new layer.
    meta : Meta
    """
    keras = load_keras()
    last = keras.layers.Activation(kind, dtype=plain_dtype(meta.dtype), name=name)
    # Of a custom class, or a Sequential model that was not called.
    if not hasattr(model, "outputs") or not hasattr(model, "input"):
        inputs = keras.Input(meta.input_shape)
        return keras.Model(inputs, last(model(inputs)), name=model.name)
    return keras.Model(model.input, last(model.outputs[0]), name=model.name)


def with_probabilities(
    model: Any, meta: Meta, task: Task, loss: Any, metrics: Sequence[Any], *, units: int
) -> Any:
    """Return a model with a softmax or sigmoid as its last layer.

    It shares the layers and the optimizer of the given model, and is compiled with the loss and
    the metrics; without them if one of them takes only logits.

    Parameters
    ----------
    model : keras.Model
        Compiled; it ends in logits. A model of a custom class is returned unchanged, since only
        this class has its methods, and so is one without symbolic inputs.
    meta : Meta
    task : {"binary", "multiclass", "multilabel"}
    loss, metrics
        As for :func:`tunekit.models.compiling.make_compiled_loss`.
    units : int
        Number of outputs.
    """
    if not is_keras(type(model)) or not hasattr(model, "inputs"):
        return model
    keras = load_keras()
    kind = "softmax" if task == "multiclass" else "sigmoid"
    dtype = plain_dtype(meta.dtype)
    if isinstance(model, keras.Sequential):
        last = keras.layers.Activation(kind, dtype=dtype, name=_NAME)
        final = _sequential(model, [*model.layers, last])
    else:
        final = add_activation(model, kind, _NAME, meta)
    settings: dict[str, Any] = {}
    if not takes_only_logits(loss, metrics):
        compiled = make_compiled_loss(
            task, loss, metrics, units=units, dtype=dtype, probabilities=True
        )
        settings = {"loss": compiled.loss, "weighted_metrics": list(compiled.metrics) or None}
    final.compile(optimizer=model.optimizer, jit_compile=False, **settings)
    return final


def without_probabilities(model: Any) -> Any:
    """Return a model without the last layer that :func:`with_probabilities` added; else itself."""
    keras = load_keras()
    if not is_keras(type(model)) or model.layers[-1].name != _NAME:
        return model
    if isinstance(model, keras.Sequential):
        return _sequential(model, model.layers[:-1])
    return keras.Model(model.input, model.layers[-1].input, name=model.name)


def _sequential(model: Any, layers: Sequence[Any]) -> Any:
    keras, inputs = load_keras(), model.inputs[0]
    first = keras.Input(batch_shape=inputs.shape, dtype=inputs.dtype)
    return keras.Sequential([first, *layers], name=model.name)
