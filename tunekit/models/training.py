"""The training loop: whole epochs inside one traced program.

``model.fit`` spends most of a small model's time between the batches. Here the data is put on
the device once, and one ``tf.function`` runs an epoch: shuffle, gather, and a loop over
``model.train_step``. Loss, metrics, regularisation and the optimizer are the compiled ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunekit.runtime import load_tensorflow


@dataclass(frozen=True)
class Arrays:
    """Inputs, targets and weights of the same length.

    Attributes
    ----------
    x : ndarray of shape (n, ...)
    y : ndarray of shape (n, ...)
    weight : ndarray of shape (n,) or None
    """

    x: NDArray[Any]
    y: NDArray[Any]
    weight: NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self.x)


def train(
    model: Any,
    data: Arrays,
    *,
    validation: Arrays | None,
    batch_size: int,
    epochs: int,
    rng: np.random.RandomState,
    history: dict[str, list[float]],
    on_epoch: Callable[[int], None] | None = None,
) -> None:
    """Train a compiled model.

    Parameters
    ----------
    model : keras.Model
        Built and compiled; its weights are changed.
    data : Arrays
        What to learn from, at least one row.
    validation : Arrays or None
        What to measure after each epoch; the model does not learn from it.
    batch_size : int
        Rows of a batch, 1 or more; the last batch of an epoch may be smaller.
    epochs : int
        Passes over the data, 1 or more.
    rng : numpy.random.RandomState
        Shuffles the rows before each epoch.
    history : dict of str to list of float
        Filled with one value an epoch: ``loss`` and the compiled metrics, and the same behind
        ``val_``. Training stops early when the loss is no longer finite; the lists are then
        shorter.
    on_epoch : callable or None, default=None
        Called after each epoch with its number, from 0. What it raises ends the training.
    """
    tf = load_tensorflow()
    _build(model, data)
    train_epoch = _epoch(tf, model, model.train_step, data)
    test_epoch = _epoch(tf, model, model.test_step, validation) if validation else None
    for number in range(epochs):
        logs = train_epoch(rng.permutation(len(data)), batch_size)
        if test_epoch and validation:
            seen = test_epoch(np.arange(len(validation)), max(batch_size, 1024))
            logs |= {f"val_{name}": value for name, value in seen.items()}
        for name, value in logs.items():
            history.setdefault(name, []).append(value)
        if not math.isfinite(logs["loss"]):
            break
        if on_epoch:
            on_epoch(number)


def _build(model: Any, data: Arrays) -> None:
    """Create every variable of loss, metrics and optimizer, which a traced program must not."""
    x, y = data.x[:1], data.y[:1]
    outputs = model(x, training=False)
    model.compute_loss(x, y, outputs)
    model.compute_metrics(x, y, outputs)
    model.optimizer.build(model.trainable_variables)


def _epoch(tf: Any, model: Any, step: Any, data: Arrays) -> Any:
    """Return a function (order of rows, batch size) -> metrics of one epoch."""
    parts = (data.x, data.y) if data.weight is None else (data.x, data.y, data.weight)
    tensors = tuple(tf.constant(part) for part in parts)

    def run(order: Any, batch_size: Any) -> None:
        n = tf.shape(order)[0]

        def body(start: Any) -> tuple[Any]:
            rows = order[start : start + batch_size]
            step(tuple(tf.gather(tensor, rows) for tensor in tensors))
            return (start + batch_size,)

        tf.while_loop(lambda start: start < n, body, (tf.constant(0),))

    # AutoGraph has nothing to convert here; without it tracing takes less time.
    traced = tf.function(run, autograph=False).get_concrete_function(
        tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.int32)
    )

    def epoch(order: NDArray[Any], batch_size: int) -> dict[str, float]:
        model.reset_metrics()
        traced(tf.constant(order, tf.int32), tf.constant(batch_size, tf.int32))
        return {name: float(value) for name, value in model.get_metrics_result().items()}

    return epoch
