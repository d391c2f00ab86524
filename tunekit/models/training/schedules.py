"""Learning rate schedules."""

from __future__ import annotations

import math
from typing import Any

from tunekit.core.runtime import load_keras

_LOWEST = 0.01  # final learning rate relative to the initial one
_FACTOR = 0.5
_PATIENCE = 0.5  # relative to the patience of early stopping
# Minimum decrease of the loss that counts as an improvement, relative to the lowest loss so far. It
# is relative because a loss has the unit of the targets.
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
        ``"cosine"`` decreases the learning rate towards 0 along half a cosine (Loshchilov and
        Hutter, *SGDR*, 2017, without restarts), ``"exponential"`` by a constant factor per epoch
        to one hundredth, and ``"plateau"`` by half, down to one hundredth, whenever ``monitor``
        has not improved by 0.01% for half of ``patience``.
    optimizer : str or keras.optimizers.Optimizer
        An object starts with its own learning rate.
    learning_rate : float
        Learning rate of the first epoch, above 0.
    epochs : int
        Number of epochs, 1 or more.
    patience : int
        Number of epochs without improvement after which early stopping would stop, 1 or more.
    monitor : str
        Metric to monitor for improvement; lower is better.

    Returns
    -------
    list of keras.callbacks.Callback
    """
    callbacks = load_keras().callbacks
    if name is None:
        return []
    if name == "plateau":
        return [_plateau(monitor, patience=max(1, math.ceil(_PATIENCE * patience)))]

    first = learning_rate if isinstance(optimizer, str) else float(optimizer.learning_rate)

    def rate(epoch: int, _current: float) -> float:
        progress = epoch / epochs
        if name == "cosine":
            return first * (1 + math.cos(math.pi * progress)) / 2
        return float(first * _LOWEST**progress)

    return [callbacks.LearningRateScheduler(rate)]


# See findings/keras-reduce-lr-on-plateau-depends-on-units.sh.
def _plateau(monitor: str, *, patience: int) -> Any:
    """Return a callback that halves the learning rate when a loss does not improve.

    Keras's ``ReduceLROnPlateau`` requires an improvement by an absolute amount.
    """
    callback: Any = load_keras().callbacks.Callback

    class Plateau(callback):
        def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002 - Keras API
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
            if self.waited >= patience and rate > self.lowest:
                self.model.optimizer.learning_rate = max(_FACTOR * rate, self.lowest)
                self.waited = 0

    return Plateau()
