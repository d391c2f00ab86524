"""Fake learning curves from formulas."""

from __future__ import annotations

import numpy as np


def curve(loss, val_loss=(), accuracy=(), val_accuracy=()):
    named = {
        "loss": loss,
        "val_loss": val_loss,
        "accuracy": accuracy,
        "val_accuracy": val_accuracy,
    }
    return {name: tuple(map(float, values)) for name, values in named.items() if len(values)}


def falling(n, floor=0.1, rate=0.5):
    """Return a loss that converges."""
    return floor + np.exp(-rate * np.arange(n))
