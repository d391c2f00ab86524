"""What the first network of a process costs once, so that no fit is blamed for it."""

from __future__ import annotations

import contextlib
import functools
from typing import Any

import numpy as np

_OURS = "tunekit.models."


def warm_up(estimator: Any) -> None:
    """Train a tiny network, once in a process, where an estimator is or holds one of ours.

    The first fit of a process loads TensorFlow and readies its compiler, which takes seconds where
    a fit of a small network takes hundredths of one.

    Parameters
    ----------
    estimator : estimator
        Left as it is.
    """
    if any(_is_network(part) for part in (estimator, *estimator.get_params(deep=True).values())):
        _train()


def _is_network(part: Any) -> bool:
    return any(kind.__module__.startswith(_OURS) for kind in type(part).__mro__)


@functools.cache
def _train() -> None:
    with contextlib.suppress(Exception):  # whatever is wrong is said by the fit itself
        from tunekit.models.classifier import KerasClassifier

        rows = np.arange(16.0).reshape(8, 2)
        KerasClassifier(units=2, epochs=1, random_state=0).fit(rows, np.arange(8) % 2)
