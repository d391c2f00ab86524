"""Searches by an engine alone, without a tuner."""

from __future__ import annotations

import numpy as np
import optuna

import tunekit as tk
from tunekit.core.runtime import quiet_optuna
from tunekit.engines.registry import make_sampler

CONDITIONAL = tk.Space(
    layers=tk.Int(1, 4),
    units=tk.Int(16, 512, log=True).per("layers"),
    dropout=tk.Float(0.0, 0.5).per("layers"),
    learning_rate=tk.Float(1e-4, 1e-1, log=True),
    optimizer=tk.Categorical(["adam", "sgd", "rmsprop"]),
    momentum=tk.Float(0.0, 0.99).when(optimizer=["sgd", "rmsprop"]),
    nesterov=tk.Categorical([True, False]).when(optimizer="sgd"),
    l2=tk.Float(0.0, 0.5, step=0.1),
    size=tk.Categorical(["small", "medium", "large"], ordered=True),
    epochs=20,
)


def loss(config):
    misfit = (np.log10(config["learning_rate"]) + 2) ** 2
    misfit += sum((np.log2(units) - 6) ** 2 for units in config["units"]) / 10
    return misfit + config.get("momentum", 0.5) + config["layers"] / 10


def run(engine, space, objective, n, *, seed=0, direction="minimize", algorithm=None):
    asked = []

    def target(trial):
        asked.append(space.suggest(trial))
        return objective(asked[-1])

    with quiet_optuna():
        sampler = make_sampler(engine, space, algorithm=algorithm, seed=seed)
        study = optuna.create_study(sampler=sampler, direction=direction)
        study.optimize(target, n_trials=n)
    return study, asked
