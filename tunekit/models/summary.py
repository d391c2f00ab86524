"""Summary of a trained network: its layers, their shapes and numbers of parameters."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from tunekit.core.estimators import fitted_models

_MAX_LAYERS = 500  # listed


def summarize(estimator: Any) -> dict[str, Any] | None:
    """Return a summary of the network of a fitted estimator.

    Parameters
    ----------
    estimator : estimator
        Fitted. It may contain the network, or several, of which the first is summarized.

    Returns
    -------
    dict or None
        None if there is no network. Otherwise JSON values: ``layers``, in the order of the data
        flow (the first 500), ``n_layers``, ``n_params``, ``n_trainable``, ``training``, and
        ``n_networks`` that the estimator contains. A layer has ``name``, ``kind``, ``shape`` (of
        the output for one row; None if it has no output or several), ``n_params``, ``n_trainable``
        and, if it has them, ``activation``, ``rate``, and ``n_layers`` of a nested network.
    """
    networks = [
        each
        for each in fitted_models(estimator)
        if hasattr(getattr(each, "model_", None), "count_params")
    ]
    if not networks:
        return None
    last, model = networks[0], networks[0].model_
    # Operations include those that are not layers, such as an addition.
    parts = list(getattr(model, "operations", None) or model.layers)
    return {
        "layers": [_layer(part) for part in parts[:_MAX_LAYERS]],
        "n_networks": len(networks),
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
    """Return the shape of the output for one row."""
    try:
        shape = part.output.shape
    except (AttributeError, ValueError, RuntimeError):  # several outputs or several uses
        return None
    return [None if size is None else int(size) for size in shape[1:]]


def _count(weights: Iterable[Any]) -> int:
    return sum(math.prod(weight.shape) for weight in weights)
