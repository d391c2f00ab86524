"""Descriptions of layers and networks as they are tracked, created without Keras."""

from __future__ import annotations


def layer(name, units=8, n_params=72, **facts):
    return {
        "name": name,
        "kind": "Dense",
        "shape": [units],
        "n_params": n_params,
        "n_trainable": n_params,
        **facts,
    }


def network(*layers, **facts):
    total = sum(each["n_params"] for each in layers)
    counts = {"n_layers": len(layers), "n_params": total, "n_trainable": total, **facts}
    return {
        "steps": [{"name": "", "kind": "Net", "params": {}}],
        "network": {"layers": layers, **counts},
    }
