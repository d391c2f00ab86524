"""A space with repeated and conditional parameters."""

from __future__ import annotations

import tunekit as tk


def digits_space():
    return tk.Space(
        layers=tk.Int(1, 3),
        units=tk.Int(16, 128, log=True).per("layers"),
        optimizer=tk.Categorical(["adam", "sgd"]),
        momentum=tk.Float(0.0, 0.99).when(optimizer="sgd"),
        nesterov=tk.Categorical([True, False]).when(optimizer="sgd", layers=[1, 2]),
    )
