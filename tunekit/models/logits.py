"""The logits of a network that ends in a sigmoid.

Rounded to float32, a sigmoid above a logit of 17 is 1: the probability of the other class is
lost, and rows that the network ranks are ties. The logits hold both. A softmax loses nothing that
counts, as it gives the small probabilities, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tunekit.core.keras_attributes import is_keras
from tunekit.core.runtime import load_keras

#: Takes rows and returns what a network gives for each, as a tensor.
Ask = Callable[[Any], Any]

_EXACT = ("float32", "float64")


def before_sigmoid(model: Any) -> Ask | None:
    """Return a function that computes a network's outputs without its last sigmoid.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    callable or None
        It follows the weights of the model. None where the last step is no sigmoid in one of
        Keras's own layers.
    """
    outputs = getattr(model, "outputs", None)
    if not outputs or len(model.inputs) != 1 or not is_keras(type(model)):
        return None
    last, history = model.layers[-1], getattr(outputs[0], "_keras_history", None)
    if history is None or history.operation is not last or not _is_plain_sigmoid(last):
        return None
    before, ops = load_keras().Model(model.inputs[0], last.input), load_keras().ops
    if type(last).__name__ == "Activation":
        return lambda X: before(X, training=False)

    def logits(X: Any) -> Any:
        found = ops.matmul(before(X, training=False), last.kernel)
        return found if last.bias is None else ops.add(found, last.bias)

    return logits


def _is_plain_sigmoid(layer: Any) -> bool:
    if not is_keras(type(layer)) or layer.compute_dtype not in _EXACT:
        return False
    if getattr(getattr(layer, "activation", None), "__name__", "") != "sigmoid":
        return False
    kind = type(layer).__name__
    return kind == "Activation" or (kind == "Dense" and layer.quantization_mode is None)
