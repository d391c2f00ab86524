"""The multilayer perceptron."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Literal

from tunekit.core.runtime import load_keras
from tunekit.models import compiling
from tunekit.models.architectures.base import Meta, momentum_for
from tunekit.models.param_validation import Check, activations


def mlp(  # noqa: PLR0913 - hyperparameters are flat
    meta: Meta,
    *,
    layers: int,
    units: tuple[int, ...],
    activation: str,
    dropout: tuple[float, ...],
    input_dropout: float,
    batch_normalization: bool,
    batch_normalization_momentum: float | Literal["auto"],
    kernel_initializer: str,
    l1: float,
    l2: float,
    max_norm: float | None,
) -> Any:
    """Return a multilayer perceptron that returns logits, or numbers for regression.

    A hidden layer is a dense layer, optional batch normalization (the dense layer then has no
    bias), activation and dropout.

    Parameters
    ----------
    meta : Meta
        Inputs of more than one dimension are flattened.
    layers, units, ..., max_norm
        As in :class:`tunekit.KerasClassifier`; units and dropout have one value per layer.

    Returns
    -------
    keras.Model
        Built, with shapes ``(n, *input_shape) -> (n, n_outputs)``.
    """
    keras = load_keras()

    def dense(width: int, name: str, function: str | None = None, *, hidden: bool = False) -> Any:
        return keras.layers.Dense(
            width,
            activation=function,
            use_bias=not (hidden and batch_normalization),
            kernel_initializer=_initializer(kernel_initializer, meta.seed),
            kernel_regularizer=keras.regularizers.L1L2(l1, l2) if l1 or l2 else None,
            kernel_constraint=keras.constraints.MaxNorm(max_norm) if max_norm and hidden else None,
            dtype=None if hidden or "mixed" not in meta.dtype else "float32",  # for the loss
            name=name,
        )

    momentum = batch_normalization_momentum
    if momentum == "auto":
        momentum = momentum_for(meta.steps)
    inputs = keras.Input(meta.input_shape, name="inputs")
    x = keras.layers.Flatten(name="flat")(inputs) if len(meta.input_shape) > 1 else inputs
    if input_dropout:
        x = keras.layers.Dropout(input_dropout, seed=meta.seed(), name="input_dropout")(x)
    gated = activation == "glu"  # it halves the number of outputs
    inside = None if batch_normalization or gated else activation
    for i in range(layers):
        x = dense(units[i] * (1 + gated), f"hidden_{i}", inside, hidden=True)(x)
        if batch_normalization:
            x = keras.layers.BatchNormalization(momentum=momentum, name=f"normalization_{i}")(x)
        if gated:
            x = keras.ops.glu(x)
        elif batch_normalization:
            x = keras.layers.Activation(activation, name=f"activation_{i}")(x)
        if dropout[i]:
            x = keras.layers.Dropout(dropout[i], seed=meta.seed(), name=f"dropout_{i}")(x)
    return keras.Model(inputs, dense(meta.n_outputs, "outputs")(x), name="mlp")


def _initializer(name: str, seed: Callable[[], int]) -> Any:
    keras = load_keras()
    initializer = keras.initializers.get(name)
    takes_seed = "seed" in inspect.signature(type(initializer).__init__).parameters
    return type(initializer)(seed=seed()) if takes_seed else initializer


def check_mlp(params: Mapping[str, Any], check: Check) -> dict[str, Any]:
    """Check the hyperparameters of the multilayer perceptron and return its arguments.

    Raises
    ------
    ParameterError
        When one has the wrong type or is out of range.
    """
    layers = params["layers"]
    check.number("layers", layers, low=0, whole=True)
    units = check.per_layer("units", params["units"], layers)
    dropout = check.per_layer("dropout", params["dropout"], layers)
    for width in units:
        check.number("units", width, low=1, whole=True)
    for share in dropout:
        check.number("dropout", share, low=0, below=1)
    check.number("input_dropout", params["input_dropout"], low=0, below=1)
    check.number("l1", params["l1"], low=0)
    check.number("l2", params["l2"], low=0)
    check.number("max_norm", params["max_norm"], above=0, optional=True)
    check.boolean("batch_normalization", params["batch_normalization"])
    momentum = params["batch_normalization_momentum"]
    if isinstance(momentum, str):
        name, also = "batch_normalization_momentum", " Or pass a number from 0 to below 1."
        check.one_of(name, momentum, ["auto"], also=also)
    else:
        check.number("batch_normalization_momentum", momentum, low=0, below=1)
    check.one_of("activation", params["activation"], activations())
    place = f"{check.owner}: kernel_initializer"
    initializer = compiling.find("initializers", params["kernel_initializer"], place)
    return {
        "layers": int(layers),
        "units": tuple(map(int, units)),
        "activation": params["activation"],
        "dropout": tuple(map(float, dropout)),
        "input_dropout": float(params["input_dropout"]),
        "batch_normalization": bool(params["batch_normalization"]),
        "batch_normalization_momentum": momentum if momentum == "auto" else float(momentum),
        "kernel_initializer": initializer.__name__,
        "l1": float(params["l1"]),
        "l2": float(params["l2"]),
        "max_norm": None if params["max_norm"] is None else float(params["max_norm"]),
    }
