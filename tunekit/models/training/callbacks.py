"""The callbacks of one fit: the schedule, copies of the user's, and early stopping."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tunekit.core.copying import copied
from tunekit.core.runtime import load_keras
from tunekit.models.training.schedules import schedule

_NO_MODEL = object()


def copies_of(callbacks: Sequence[Any] | None) -> list[Any]:
    """Return copies of callbacks, which remember nothing of other fits.

    Keras's callbacks keep what they have seen: a ``ModelCheckpoint`` that has saved the best
    weights of one fold would save none of the next, were it the same object.

    Parameters
    ----------
    callbacks : sequence of keras.callbacks.Callback or None
        They stay as they are. A model that one was used with before is not copied.

    Returns
    -------
    list of keras.callbacks.Callback

    Raises
    ------
    ParameterError
        When one cannot be copied.
    """
    given = list(callbacks or ())
    models = [each._model for each in given if each._model is not None]  # noqa: SLF001
    seen = {id(model): _NO_MODEL for model in models}
    # With one memo, callbacks that refer to each other, or to the same object, still do so.
    copies = [copied(each, "callbacks", seen) for each in given]
    for each in copies:
        each._model = None  # noqa: SLF001
    return copies


def callbacks_of_fit(estimator: Any, own: Sequence[Any], *, monitor: str, epochs: int) -> list[Any]:
    """Return the callbacks that a network is trained with.

    Parameters
    ----------
    estimator : KerasEstimator
        What it is trained by.
    own : sequence of keras.callbacks.Callback
        See :func:`copies_of`.
    monitor : str
        The loss that decides about stopping and the learning rate.
    epochs : int
        How many there will be at most, 1 or more.

    Returns
    -------
    list of keras.callbacks.Callback
        In the order in which they are called.
    """
    falling = schedule(
        estimator.lr_schedule,
        optimizer=estimator.optimizer,
        learning_rate=estimator.learning_rate,
        epochs=epochs,
        patience=estimator.patience,
        monitor=monitor,
    )
    if not estimator.early_stopping:
        return [*falling, *own]
    stop = load_keras().callbacks.EarlyStopping(
        monitor=monitor, patience=estimator.patience, restore_best_weights=True
    )
    return [*falling, *own, stop]
