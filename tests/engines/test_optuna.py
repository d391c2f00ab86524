"""Optuna samplers."""

from __future__ import annotations

import optuna
from engine_runs import run

import tunekit as tk
from tunekit.core.runtime import quiet_optuna


def test_a_given_optuna_sampler_is_used():
    own = optuna.samplers.TPESampler(seed=7)
    space = tk.Space(x=tk.Float(0, 1), y=tk.Float(0, 1))
    ours = run("optuna", space, lambda c: c["x"], 15, algorithm=own)[1]
    with quiet_optuna():
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=7))
        study.optimize(lambda trial: space.suggest(trial)["x"], n_trials=15)
    assert ours == [trial.params for trial in study.trials]
    # The given sampler is not advanced.
    assert ours == run("optuna", space, lambda c: c["x"], 15, algorithm=own)[1]
