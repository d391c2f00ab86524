"""A search learns to avoid configurations that fail."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from engine_runs import CONDITIONAL, loss, run

import tunekit as tk
from tunekit.core.runtime import quiet_optuna
from tunekit.engines.history import values_of
from tunekit.engines.registry import make_sampler

MINED = tk.Space(
    layers=tk.Int(1, 6),
    units=tk.Int(16, 512, log=True).per("layers"),
    activation=tk.Categorical(["relu", "tanh", "sigmoid", "bad"]),
    dropout=tk.Float(0.0, 0.5),
    learning_rate=tk.Float(1e-4, 1e-1, log=True),
    optimizer=tk.Categorical(["adam", "sgd"]),
    momentum=tk.Float(0.0, 0.99).when(optimizer="sgd"),
)


@pytest.mark.slow
@pytest.mark.parametrize("pull", [0.0, 0.5])
def test_a_search_learns_to_avoid_what_fails(engine, pull):
    """Some layer counts raise, one activation gives NaN; with ``pull``, deep ones score best."""

    def objective(config):
        if config["layers"] in (3, 4, 6) or config["activation"] == "bad":
            return float("nan")
        misfit = (np.log10(config["learning_rate"]) + 2) ** 2
        misfit += sum((np.log2(units) - 6) ** 2 for units in config["units"]) / 10
        return misfit - config["layers"] * pull

    shares = []
    for seed in range(2):
        study, _ = run(engine, MINED, objective, 90, seed=seed)
        failed = [trial.state == optuna.trial.TrialState.FAIL for trial in study.trials]
        assert any(failed[:20])
        shares.append(np.mean(failed[40:]))
    assert max(shares) <= 0.1, shares


@pytest.mark.slow
def test_without_failures_suggestions_are_unchanged(engine):
    steered = run(engine, CONDITIONAL, loss, 30, seed=1)[1]
    with quiet_optuna():
        sampler = make_sampler(engine, CONDITIONAL, seed=1)
        sampler._steering = None
        study = optuna.create_study(sampler=sampler)
        study.optimize(lambda trial: loss(CONDITIONAL.suggest(trial)), n_trials=30)
    assert steered == [
        CONDITIONAL.resolve(values_of(trial.params, CONDITIONAL)) for trial in study.trials
    ]
