"""Warm-up of TensorFlow, so that its start-up time does not count as fit time."""

from __future__ import annotations

import contextlib
import functools
from typing import Any

import numpy as np

_PACKAGE = "tunekit.models."


def warm_up(estimator: Any) -> None:
    """Train a tiny network once per process, if an estimator is or contains a Keras estimator.

    The first fit of a process loads TensorFlow and its compiler, which takes seconds; the fit of a
    small network takes hundredths of a second.

    Parameters
    ----------
    estimator : estimator
        It is not changed.
    """
    if any(
        _is_keras_estimator(part) for part in (estimator, *estimator.get_params(deep=True).values())
    ):
        _train()


def _is_keras_estimator(part: Any) -> bool:
    return any(kind.__module__.startswith(_PACKAGE) for kind in type(part).__mro__)


@functools.cache
def _train() -> None:
    with contextlib.suppress(Exception):  # the fit itself reports the error
        from tunekit.models.classifier import KerasClassifier

        rows = np.arange(16.0).reshape(8, 2)
        KerasClassifier(units=2, epochs=1, random_state=0).fit(rows, np.arange(8) % 2)
