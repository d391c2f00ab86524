"""What a trained network is made of: its layers, their shapes and weights."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

_MOST = 500  # layers that are listed


def summarize(estimator: Any) -> dict[str, Any] | None:
    """Return the layers of the network that an estimator has trained.

    Parameters
    ----------
    estimator : estimator
        Fitted. Of a pipeline the last step is looked at.

    Returns
    -------
    dict or None
        None where there is no network; else, as JSON can hold it: ``layers``, in the order in
        which data go through them (the first 500), ``n_layers``, ``n_params``, ``n_trainable``
        and ``training``. A layer has ``name``, ``kind``, ``shape`` (of one row's output; None
        where it has none or several), ``n_params``, ``n_trainable`` and, where it has them,
        ``activation``, ``rate``, and ``n_layers`` of a network inside.
    """
    last = estimator[-1] if hasattr(estimator, "named_steps") else estimator
    model: Any = getattr(last, "model_", None)
    if not hasattr(model, "count_params"):
        return None
    # Among the operations are also those that are no layers, such as an addition.
    parts = list(getattr(model, "operations", None) or model.layers)
    return {
        "layers": [_layer(part) for part in parts[:_MOST]],
        "n_layers": len(parts),
        "n_params": int(model.count_params()),
        "n_trainable": _count(model.trainable_weights),
        "training": {
            name: getattr(last, name)
            for name in ("epochs", "early_stopping", "patience", "n_iter_")
            if isinstance(getattr(last, name, None), (int, float))
        },
    }


def _layer(part: Any) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": str(part.name),
        "kind": type(part).__name__,
        "shape": _shape(part),
        "n_params": _count(getattr(part, "weights", ())),
        "n_trainable": _count(getattr(part, "trainable_weights", ())),
    }
    activation = getattr(part, "activation", None)
    if activation is not None:
        described["activation"] = str(getattr(activation, "__name__", type(activation).__name__))
    rate = getattr(part, "rate", None)
    if isinstance(rate, (int, float)):
        described["rate"] = float(rate)
    if hasattr(part, "layers"):
        described["n_layers"] = len(part.layers)
    return described


def _shape(part: Any) -> list[int | None] | None:
    """Return the shape of what comes out for one row."""
    try:
        shape = part.output.shape
    except (AttributeError, ValueError, RuntimeError):  # several outputs, or used several times
        return None
    return [None if size is None else int(size) for size in shape[1:]]


def _count(weights: Iterable[Any]) -> int:
    return sum(math.prod(weight.shape) for weight in weights)
