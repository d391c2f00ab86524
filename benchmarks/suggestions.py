"""Measure the time of a suggestion after many trials, and the time to import the package."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import hyperopt
import numpy as np
import optuna
from table import Row

import tunekit as tk
from tunekit.engines.registry import make_sampler

REPEATS = 5
EARLIER_TRIALS = 1000

SPACE = tk.Space(
    layers=tk.Int(1, 3),
    units=tk.Int(16, 256, log=True).per("layers"),
    dropout=tk.Float(0.0, 0.5).per("layers"),
    learning_rate=tk.Float(1e-4, 1e-1, log=True),
    l2=tk.Float(1e-6, 1e-2, log=True),
    batch_size=tk.Int(16, 256, log=True),
    activation=tk.Categorical(["relu", "tanh"]),
    optimizer=tk.Categorical(["adam", "sgd", "rmsprop"]),
    momentum=tk.Float(0.0, 0.99).when(optimizer="sgd"),
)  # 13 coordinates


def seconds(work: Callable[[], Any]) -> float:
    """Return the run time of a function in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def side_by_side(peer: Callable[[], Any], ours: Callable[[], Any]) -> tuple[float, float]:
    """Return the median seconds of two functions, called alternately after one warm-up each."""
    peer()
    ours()
    pairs = [(seconds(peer), seconds(ours)) for _ in range(REPEATS)]
    return statistics.median(p for p, _ in pairs), statistics.median(o for _, o in pairs)


def one_suggestion(sampler: optuna.samplers.BaseSampler) -> Callable[[], Any]:
    """Return a function that samples one more configuration after many random trials."""
    study = optuna.create_study(sampler=make_sampler("optuna", SPACE, algorithm="random", seed=0))
    rng = np.random.default_rng(0)
    study.optimize(lambda trial: len(SPACE.suggest(trial)) + rng.random(), EARLIER_TRIALS)
    study.sampler = sampler

    def ask() -> None:
        trial = study.ask()
        SPACE.suggest(trial)
        study.tell(trial, 4.0)

    return ask


def one_native_suggestion() -> Callable[[], Any]:
    """Return a function that samples one more configuration with Hyperopt's ``fmin``."""
    trials, rng = hyperopt.Trials(), np.random.default_rng(0)
    space = SPACE.to_hyperopt()

    def search(algorithm: Any, n_more: int) -> None:
        hyperopt.fmin(
            lambda config: len(config) + rng.random(),
            space,
            algo=algorithm,
            max_evals=len(trials) + n_more,
            trials=trials,
            rstate=rng,
            show_progressbar=False,
            verbose=False,
        )

    search(hyperopt.rand.suggest, EARLIER_TRIALS)
    return lambda: search(hyperopt.tpe.suggest, 1)


def import_of(module: str) -> Callable[[], Any]:
    """Return a function that imports a module in a new interpreter."""
    command = [sys.executable, "-c", f"import {module}"]
    return lambda: subprocess.run(command, check=True)  # noqa: S603 - our own interpreter


def rows() -> list[Row]:
    """Measure all rows."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    after = f"a suggestion after {EARLIER_TRIALS:,} trials"
    work: list[tuple[str, str, Callable[[], Any], Callable[[], Any]]] = [
        (
            f"optuna, {after} (60 ms)",
            "TPESampler",
            one_suggestion(optuna.samplers.TPESampler(seed=0)),
            one_suggestion(make_sampler("optuna", SPACE, seed=0)),
        ),
        (
            f"hyperopt, {after} (60 ms)",
            "fmin",
            one_native_suggestion(),
            one_suggestion(make_sampler("hyperopt", SPACE, seed=0)),
        ),
        ("import in a new process", "import sklearn", import_of("sklearn"), import_of("tunekit")),
    ]
    return [Row(what, peer, *side_by_side(theirs, ours)) for what, peer, theirs, ours in work]
