"""Architectures: functions that return an uncompiled ``keras.Model``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tunekit.runtime import load_keras


def mlp(
    *,
    n_features: int,
    n_outputs: int,
    units: Sequence[int],
    activation: str,
    dropout: Sequence[float],
    rng: np.random.RandomState,
) -> Any:
    """Return a multilayer perceptron that ends in logits.

    Parameters
    ----------
    n_features : int
        Width of the input, 1 or more.
    n_outputs : int
        Number of logits, 1 or more.
    units : sequence of int
        Width of each hidden layer; empty for a linear model.
    activation : str
        Name of a Keras activation, for every hidden layer.
    dropout : sequence of float
        Share of each hidden layer's outputs that are dropped in training, 0 to below 1; as
        many as ``units``.
    rng : numpy.random.RandomState
        Gives each layer a seed of its own, so that no global state is read or written.

    Returns
    -------
    keras.Model
        Built, with shapes ``(n, n_features) -> (n, n_outputs)``.
    """
    keras = load_keras()

    def seed() -> int:
        return int(rng.randint(2**31 - 1))

    def dense(width: int, name: str, function: str | None = None) -> Any:
        initializer = keras.initializers.GlorotUniform(seed=seed())
        return keras.layers.Dense(
            width, activation=function, kernel_initializer=initializer, name=name
        )

    inputs = keras.Input((n_features,), name="inputs")
    hidden = inputs
    for i, (width, share) in enumerate(zip(units, dropout, strict=True)):
        hidden = dense(width, f"hidden_{i}", activation)(hidden)
        if share > 0:
            hidden = keras.layers.Dropout(share, seed=seed(), name=f"dropout_{i}")(hidden)
    return keras.Model(inputs, dense(n_outputs, "logits")(hidden), name="mlp")
