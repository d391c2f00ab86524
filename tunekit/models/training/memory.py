"""Gives back what TensorFlow keeps of models that are gone.

TensorFlow 2.21 and Keras 3.15 keep 4 to 7 MB of each model that was trained, for two reasons:

- Keras's optimizers sum gradients through ``tf.custom_gradient``, which registers a function for
  each trace, for good; the function holds the whole graph.
- The eager runtime keeps a kernel for each shape of each variable that was ever made.

Neither has a public name, so each is looked for, and left alone where it is not found.
"""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def forgetting() -> Iterator[None]:
    """Take back, at the end, the gradients that were registered in between.

    They serve to differentiate a traced function from outside, which training never does.
    """
    registered = _registered_gradients()
    before = set(registered)
    try:
        yield
    finally:
        for name in [each for each in list(registered) if each not in before]:
            registered.pop(name, None)


_TRAININGS = itertools.count(1)
_EVERY = 10  # trainings; emptying the cache takes as long as training a tiny model


def tidy() -> None:
    """Empty, every tenth time, the eager runtime's cache of kernels."""
    if next(_TRAININGS) % _EVERY:
        return
    context = importlib.import_module("tensorflow.python.eager.context")
    current: Any = getattr(context, "context", lambda: None)()
    if hasattr(current, "clear_kernel_cache"):
        current.clear_kernel_cache()


def _registered_gradients() -> dict[str, Any]:
    ops = importlib.import_module("tensorflow.python.framework.ops")
    registry = getattr(getattr(ops, "gradient_registry", None), "_registry", None)
    return registry if isinstance(registry, dict) else {}
