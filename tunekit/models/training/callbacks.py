"""The callbacks of a fit: learning rate schedule, copies of the user's, early stopping."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tunekit.core.copying import copied
from tunekit.core.runtime import load_keras
from tunekit.models.training.schedules import schedule

_NO_MODEL = object()


def copies_of(callbacks: Sequence[Any] | None) -> list[Any]:
    """Return copies of callbacks, so that fits do not share their state.

    Keras callbacks keep state between fits: a ``ModelCheckpoint`` that has saved the best weights
    of one fold would not save worse weights of the next fold.

    Parameters
    ----------
    callbacks : sequence of keras.callbacks.Callback or None
        They are not changed. A model that one was used with before is not copied.

    Returns
    -------
    list of keras.callbacks.Callback

    Raises
    ------
    ParameterError
        When one cannot be copied.
    """
    originals = list(callbacks or ())
    models = [each._model for each in originals if each._model is not None]  # noqa: SLF001
    memo = {id(model): _NO_MODEL for model in models}
    # One memo for all preserves references between callbacks and to common objects.
    copies = [copied(each, "callbacks", memo) for each in originals]
    for each in copies:
        each._model = None  # noqa: SLF001
    return copies


def callbacks_of_fit(
    estimator: Any, copies: Sequence[Any], *, monitor: str, epochs: int
) -> list[Any]:
    """Return all callbacks of a fit.

    Parameters
    ----------
    estimator : KerasEstimator
        The estimator that is fitted.
    copies : sequence of keras.callbacks.Callback
        Copies of the user's callbacks, see :func:`copies_of`.
    monitor : str
        The loss that early stopping and the schedule monitor.
    epochs : int
        Maximum number of epochs, 1 or more.

    Returns
    -------
    list of keras.callbacks.Callback
        In the order of the calls.
    """
    rates = schedule(
        estimator.lr_schedule,
        optimizer=estimator.optimizer,
        learning_rate=estimator.learning_rate,
        epochs=epochs,
        patience=estimator.patience,
        monitor=monitor,
    )
    if not estimator.early_stopping:
        return [*rates, *copies]
    stop = load_keras().callbacks.EarlyStopping(
        monitor=monitor, patience=estimator.patience, restore_best_weights=True
    )
    return [*rates, *copies, stop]
