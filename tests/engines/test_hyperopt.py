"""Hyperopt's algorithms give the same suggestions as without tunekit."""

from __future__ import annotations

import os
import subprocess
import sys

import hyperopt
import numpy as np
import optuna
import pytest
from engine_runs import CONDITIONAL, loss, run

from tunekit.core.runtime import quiet_optuna
from tunekit.engines.history import INTERRUPTED
from tunekit.engines.hyperopt import HyperoptAlgorithm
from tunekit.engines.sampler import SpaceSampler


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["tpe", "anneal", "random"])
def test_suggestions_equal_those_of_native_fmin(algorithm):
    def objective(config):
        native.append(config)
        return loss(config)

    native = []
    best = hyperopt.fmin(
        objective,
        CONDITIONAL.to_hyperopt(),
        algo={"tpe": hyperopt.tpe, "anneal": hyperopt.anneal, "random": hyperopt.rand}[
            algorithm
        ].suggest,
        max_evals=70,
        rstate=np.random.default_rng(3),
        show_progressbar=False,
        verbose=False,
    )
    study, ours = run("hyperopt", CONDITIONAL, loss, 70, seed=3, algorithm=algorithm)
    assert ours == native
    # space_eval converts the result of fmin to a configuration.
    config = hyperopt.space_eval(CONDITIONAL.to_hyperopt(), best)
    assert loss(config) == study.best_value


class Complete(SpaceSampler):
    """Fails if the algorithm did not draw a value."""

    def sample_independent(self, *_args):
        raise AssertionError("a value was drawn independently")


@pytest.mark.slow
def test_the_algorithm_draws_every_active_value():
    algorithm = HyperoptAlgorithm(CONDITIONAL, "tpe", 0)
    with quiet_optuna():
        sampler = Complete(CONDITIONAL, algorithm, seed=0, avoids_failures=True)
        study = optuna.create_study(sampler=sampler)
        study.optimize(lambda trial: loss(CONDITIONAL.suggest(trial)), n_trials=40)
    assert len(study.trials) == 40


def test_failed_and_pruned_trials_are_passed_to_hyperopt():
    algorithm = HyperoptAlgorithm(CONDITIONAL, "tpe", 0)
    with quiet_optuna():
        sampler = SpaceSampler(CONDITIONAL, algorithm, seed=0, avoids_failures=True)
        study = optuna.create_study(sampler=sampler)
        for outcome in ("complete", "fail", "pruned", "interrupted", "running"):
            trial = study.ask()
            CONDITIONAL.suggest(trial)
            if outcome == "complete":
                study.tell(trial, 1.5)
            elif outcome == "fail":
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            elif outcome == "interrupted":
                trial.set_user_attr(INTERRUPTED, True)
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            elif outcome == "pruned":
                trial.report(2.5, step=0)
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    results = [document["result"] for document in algorithm._history(study, before=99)]
    assert results == [
        {"status": "ok", "loss": 1.5},
        {"status": "fail"},
        {"status": "ok", "loss": 2.5},
        {"status": "new"},
    ]


@pytest.mark.interpreter
def test_atpe_is_reproducible_and_restores_the_global_generators():
    program = """
import random
import numpy as np, optuna
import tunekit as tk
from tunekit.engines.registry import make_sampler
import tunekit.engines.hyperopt, tunekit.engines.sampler
optuna.logging.set_verbosity(optuna.logging.ERROR)
space = tk.Space(
    layers=tk.Int(1, 2),
    units=tk.Int(16, 64, log=True).per("layers"),
    rate=tk.Float(0.01, 1.0, log=True),
    optimizer=tk.Categorical(["adam", "sgd"]),
    momentum=tk.Float(0.0, 0.9).when(optimizer="sgd"),
)
random.seed(1), np.random.seed(1)
runs = []
for _ in range(2):
    study = optuna.create_study(sampler=make_sampler("hyperopt", space, algorithm="atpe", seed=4))
    asked = []
    for i in range(14):
        trial = study.ask()
        asked.append(space.suggest(trial))
        if i == 3:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, asked[-1]["rate"] + asked[-1]["layers"])
    runs.append(asked)
assert runs[0] == runs[1]
assert all(config in space for config in runs[0])
assert len({repr(config) for config in runs[0]}) == 14
assert random.random() == random.Random(1).random()
assert np.random.rand() == np.random.RandomState(1).rand()
print("good")
"""
    # SciPy's array API mode, which other tests need, rejects the strings that atpe sorts.
    environment = {k: v for k, v in os.environ.items() if k != "SCIPY_ARRAY_API"}
    command = [sys.executable, "-c", program]
    completed = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert completed.stdout.strip() == "good", completed.stderr
