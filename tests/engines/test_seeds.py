"""The same seed gives the same search, another seed another one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import optuna
import pytest
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk
from tunekit.core.runtime import quiet_optuna
from tunekit.engines.registry import ENGINES, make_sampler

EVERY = [(name, each.name) for name in ENGINES for each in ENGINES[name].algorithms]
SPACE = tk.Space(
    layers=tk.Int(1, 2),
    units=tk.Int(16, 64, log=True).per("layers"),
    rate=tk.Float(0.01, 1.0, log=True),
    optimizer=tk.Categorical(["adam", "sgd"]),
    momentum=tk.Float(0.0, 0.9).when(optimizer="sgd"),
)
STEPS = tk.Space(
    layers=tk.Int(1, 4),
    rate=tk.Float(0.0, 1.0, step=0.25),
    optimizer=tk.Categorical(["adam", "sgd"]),
    momentum=tk.Float(0.0, 0.9, step=0.3).when(optimizer="sgd"),
)
N_TRIALS = {"cmaes": 11, "gp": 11, "tpe": 11}  # these draw the first ten at random
FEW = 4


def search(engine, algorithm, *, seed, parts, storage=None, initial=()):
    """Return the configurations tried in several runs of one study."""
    space = STEPS if algorithm == "grid" else SPACE
    storage = storage or optuna.storages.InMemoryStorage()
    asked = []
    with quiet_optuna():
        for part in parts:
            study = optuna.create_study(
                study_name="s",
                storage=storage,
                sampler=make_sampler(engine, space, algorithm=algorithm, seed=seed),
                load_if_exists=True,
            )
            if not asked:
                for config in initial:
                    study.enqueue_trial(config)
            for _ in range(part):
                trial = study.ask()
                asked.append(space.suggest(trial))
                study.tell(trial, asked[-1]["rate"] + asked[-1].get("momentum", 0.5))
    return asked


def check_that_seeds_decide(engine, algorithm, folder):
    n = N_TRIALS.get(algorithm, FEW)
    searches = [search(engine, algorithm, seed=seed, parts=(n,)) for seed in range(10)]
    for trials in zip(*searches, strict=True):
        # Two seeds may agree on a trial of few values, or once the optimum is found.
        assert len(set(map(repr, trials))) >= (5 if algorithm == "grid" else 8)
    storage = f"sqlite:///{folder}/study.db"
    resumed = search(engine, algorithm, seed=3, parts=(1, n - 2, 1), storage=storage)
    assert resumed == searches[3]
    initial = [{"layers": 2}, {"optimizer": "sgd"}]
    whole = search(engine, algorithm, seed=3, parts=(FEW,), initial=initial)
    parts = search(engine, algorithm, seed=3, parts=(1, 1, 2), initial=initial)
    assert parts == whole


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "algorithm"), EVERY)
def test_ten_seeds_are_ten_searches_and_each_can_be_repeated_and_resumed(
    engine, algorithm, tmp_path
):
    if algorithm != "atpe":
        check_that_seeds_decide(engine, algorithm, tmp_path)
        return
    # SciPy's array API mode, which other tests need, rejects the strings that atpe sorts.
    environment = {k: v for k, v in os.environ.items() if k != "SCIPY_ARRAY_API"}
    call = f"check_that_seeds_decide({engine!r}, {algorithm!r}, {str(tmp_path)!r})"
    code = f"from test_seeds import check_that_seeds_decide; {call}"
    command = [sys.executable, "-W", "ignore", "-c", code]
    folder = Path(__file__).parent
    completed = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder)
    assert completed.returncode == 0, completed.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "algorithm"), [each for each in EVERY if each[1] != "atpe"])
def test_the_seed_is_a_tuners_random_state(engine, algorithm):
    X, y = load_iris(return_X_y=True)

    def tried(random_state):
        tuner = tk.Tuner(
            DecisionTreeClassifier(random_state=0),  # so that it makes no difference
            tk.Space(max_depth=tk.Int(1, 9), ccp_alpha=tk.Float(0.0, 0.3, step=0.01)),
            engine=engine,
            algorithm=algorithm,
            n_trials=3,
            cv=2,
            tracking=False,
            random_state=random_state,
        )
        return tuner.fit(X, y).cv_results_["params"]

    assert len({repr(tried(random_state)) for random_state in range(10)}) == 10
    assert tried(4) == tried(4)
