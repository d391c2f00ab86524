"""How the learning rate changes from epoch to epoch."""

from __future__ import annotations

import math
from typing import Any

from tunekit.core.runtime import load_keras

_LOWEST = 0.01  # share of the first learning rate below which none falls
_FACTOR = 0.5
_WAIT = 0.5  # share of the patience of early stopping
# Share of the lowest loss so far by which a loss must be lower to be an improvement. A share, as
# losses have the unit of the targets.
_IMPROVEMENT = 1e-4


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
        to a hundredth, and ``"plateau"`` by half, down to a hundredth, whenever ``monitor`` has
        not improved by 0.01% for half of ``patience``.
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
        return [_plateau(monitor, wait=max(1, math.ceil(_WAIT * patience)))]

    first = learning_rate if isinstance(optimizer, str) else float(optimizer.learning_rate)

    def rate(epoch: int, _current: float) -> float:
        done = epoch / epochs
        if name == "cosine":
            return first * (1 + math.cos(math.pi * done)) / 2
        return float(first * _LOWEST**done)

    return [callbacks.LearningRateScheduler(rate)]


def _plateau(monitor: str, *, wait: int) -> Any:
    """Return a callback that halves the learning rate where a loss does not improve.

    Keras's ``ReduceLROnPlateau`` asks for an improvement by an absolute amount.
    """
    callback: Any = load_keras().callbacks.Callback

    class Plateau(callback):
        def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002 - Keras's own
            self.best = math.inf
            self.waited = 0
            self.lowest = _LOWEST * float(self.model.optimizer.learning_rate)

        def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:  # noqa: ARG002
            rate = float(self.model.optimizer.learning_rate)
            logs["learning_rate"] = rate
            loss = logs[monitor]
            if self.best == math.inf or loss < self.best - _IMPROVEMENT * abs(self.best):
                self.best, self.waited = loss, 0
                return
            self.waited += 1
            if self.waited >= wait and rate > self.lowest:
                self.model.optimizer.learning_rate = max(_FACTOR * rate, self.lowest)
                self.waited = 0

    return Plateau()
