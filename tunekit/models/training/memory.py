"""Frees memory that TensorFlow retains after a model is deleted.

TensorFlow 2.21 and Keras 3.15 retain 4 to 7 MB per trained model, for two reasons:

- Keras optimizers sum gradients with ``tf.custom_gradient``, which permanently registers a function
  for each trace; the function refers to the whole graph.
- The eager runtime caches a kernel for each shape of every variable that was ever created.

Neither is public, so each is looked up, and nothing is done if it does not exist.
"""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def discard_gradients() -> Iterator[None]:
    """Remove the gradients that were registered in the block.

    They are needed only to differentiate a traced function from outside, which training never does.
    """
    registered = _registered_gradients()
    before = set(registered)
    try:
        yield
    finally:
        for name in [each for each in list(registered) if each not in before]:
            registered.pop(name, None)


_FITS = itertools.count(1)
_INTERVAL = 10  # fits; clearing the cache takes as long as training a tiny model


def clear_kernels() -> None:
    """Clear the kernel cache of the eager runtime, on every tenth call."""
    if next(_FITS) % _INTERVAL:
        return
    context = importlib.import_module("tensorflow.python.eager.context")
    current: Any = getattr(context, "context", lambda: None)()
    if hasattr(current, "clear_kernel_cache"):
        current.clear_kernel_cache()


def _registered_gradients() -> dict[str, Any]:
    ops = importlib.import_module("tensorflow.python.framework.ops")
    registry = getattr(getattr(ops, "gradient_registry", None), "_registry", None)
    return registry if isinstance(registry, dict) else {}
