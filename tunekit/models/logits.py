"""The logits of a network that ends in a sigmoid.

In float32, the sigmoid of a logit above 17 is 1: the probability of the other class is lost, and
rows that the network ranks differently become ties. The logits keep both. A softmax loses nothing
relevant, because it also returns the small probabilities.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tunekit.core.keras_attributes import is_keras
from tunekit.core.runtime import load_keras

#: Takes rows and returns the outputs of a network as a tensor.
Forward = Callable[[Any], Any]

_FULL_PRECISION = ("float32", "float64")


def before_sigmoid(model: Any) -> Forward | None:
    """Return a function that computes the outputs of a network without its final sigmoid.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    callable or None
        It shares the weights of the model. None if the last operation is not the sigmoid of a
        built-in Keras layer.
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
        product = ops.matmul(before(X, training=False), last.kernel)
        return product if last.bias is None else ops.add(product, last.bias)

    return logits


def _is_plain_sigmoid(layer: Any) -> bool:
    if not is_keras(type(layer)) or layer.compute_dtype not in _FULL_PRECISION:
        return False
    if getattr(getattr(layer, "activation", None), "__name__", "") != "sigmoid":
        return False
    kind = type(layer).__name__
    return kind == "Activation" or (kind == "Dense" and layer.quantization_mode is None)
