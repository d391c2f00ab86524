"""How the learning rate changes from epoch to epoch."""

from __future__ import annotations

import math
from typing import Any

from tunekit.runtime import load_keras

_LEAST = 0.01  # share of the first learning rate that "exponential" ends with
_FACTOR = 0.5
_WAIT = 0.5  # share of the patience of early stopping


def schedule(
    name: str | None,
    *,
    optimizer: Any,
    learning_rate: float,
    epochs: int,
    patience: int,
    monitor: str,
) -> list[Any]:
    """Return the callbacks that set the learning rate.

    Parameters
    ----------
    name : {"cosine", "exponential", "plateau"} or None
        ``"cosine"`` falls from the learning rate towards 0 along half a cosine (Loshchilov and
        Hutter, *SGDR*, 2017, without restarts), ``"exponential"`` by the same factor each epoch
        to a hundredth, and ``"plateau"`` by half whenever ``monitor`` has not improved for half
        of ``patience``.
    optimizer : str or keras.optimizers.Optimizer
        An object begins with its own learning rate.
    learning_rate : float
        Of the first epoch, above 0.
    epochs : int
        How many there will be, 1 or more.
    patience : int
        Epochs without improvement after which early stopping would stop, 1 or more.
    monitor : str
        Which metric says whether there is improvement; less is better.

    Returns
    -------
    list of keras.callbacks.Callback
    """
    callbacks = load_keras().callbacks
    if name is None:
        return []
    if name == "plateau":
        wait = max(1, math.ceil(_WAIT * patience))
        return [callbacks.ReduceLROnPlateau(monitor=monitor, factor=_FACTOR, patience=wait)]

    first = learning_rate if isinstance(optimizer, str) else float(optimizer.learning_rate)

    def rate(epoch: int, _current: float) -> float:
        done = epoch / epochs
        if name == "cosine":
            return first * (1 + math.cos(math.pi * done)) / 2
        return float(first * _LEAST**done)

    return [callbacks.LearningRateScheduler(rate)]
