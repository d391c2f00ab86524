"""Runs studies in forks of a process that has loaded what they need; started by fork_server.py.

Each line of its input is a piece of work: a folder, a function below, and what to give it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
import traceback
import types
import warnings
from pathlib import Path

import alembic.command
import mlflow.pyfunc
import mlflow.sklearn
import mlflow.store.model_registry.sqlalchemy_store
import mlflow.store.tracking.sqlalchemy_store
import numpy as np
import optuna.importance
import optuna.storages._rdb.models
import pandas as pd
import sqlalchemy.orm
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris

import tunekit as tk
from tunekit.study.tuner import Tuner

LOADED = (alembic.command, mlflow.pyfunc, mlflow.sklearn, optuna.importance, sqlalchemy.orm)
PROCESSES = 4
FAILING = [{"quality": 0.35}]
X, y = load_iris(return_X_y=True)


@sqlalchemy.event.listens_for(sqlalchemy.engine.Engine, "connect")
def disable_fsync(connection, _record):
    """Skip the fsync of each SQLite commit, as in conftest.py."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")


class Curved(ClassifierMixin, BaseEstimator):
    """Takes a moment, fails at times, and leaves a curve."""

    def __init__(self, quality=0.5):
        self.quality = quality

    def fit(self, X, y):
        time.sleep(0.02)
        if 0.3 < self.quality < 0.4:
            raise ValueError(f"{self.quality} lies badly")
        self.classes_ = np.unique(y)
        self.history_ = pd.DataFrame({"loss": [self.quality / n for n in range(1, 6)]})
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])

    def score(self, X, y):
        return self.quality


def search(engine, n_trials, storage, uri, initial=()):
    Tuner(
        Curved(),
        tk.Space(quality=tk.Float(0, 1)),
        engine=engine,
        n_trials=n_trials,
        cv=0.3,
        name="s",
        storage=storage,
        tracking_uri=uri,
        initial=initial,
        random_state=0,
    ).fit(X, y)


class Slow(ClassifierMixin, BaseEstimator):
    """Takes a moment, notes that it was fitted on all rows, and guesses by its seed."""

    def __init__(self, name="slow", random_state=None):
        self.name = name
        self.random_state = random_state

    def fit(self, X, y):
        if len(X) > 75:  # a sanity check has 25 of each class
            with open("fits.txt", "a") as file:  # noqa: PTH123 - one line, whole
                file.write(f"{self.name}\n")
        time.sleep(0.05)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        rng = np.random.default_rng([self.random_state, len(X)])
        return rng.choice(self.classes_, len(X))


def compare(uri):
    tk.compare(
        {"one": Slow("one"), "two": Slow("two")}, X, y, seeds=2, test_size=0.2, tracking_uri=uri
    )


def forked(work, *words):
    """Do something in a fork, and return its number at once."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        warnings.simplefilter("error")
        work(*words)
        status = 0
    except BaseException:  # noqa: BLE001 - a fork must not return into its parent's code
        traceback.print_exc()
    finally:
        os._exit(status)


def kill_often(engine, times, n_trials, storage, uri):
    """Kill a study so many times at random moments, then let it end."""
    rng, alive = random.Random(1), 0
    for turn in range(times + 1):
        child = forked(search, engine, n_trials, storage, uri, FAILING)
        if turn < times:
            time.sleep(rng.uniform(0.0, 0.8))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        alive += os.WIFEXITED(status)
    return {"ended by themselves": alive, "status of the last": status}


def kill_comparison(signals, uri):
    """End a comparison by each of some signals after a few fits, then let it end by itself."""
    rng = random.Random(1)
    for number in (*signals, None):
        n_fits = n_lines("fits.txt") + rng.randint(0, 6)
        child = forked(compare, uri)
        if number is not None:
            while n_lines("fits.txt") < n_fits:
                time.sleep(0.005)
            time.sleep(rng.uniform(0.0, 0.1))
            os.kill(child, number)
        _, status = os.waitpid(child, 0)
    return {"status of the last": status}


def n_lines(path):
    return Path(path).read_text().count("\n") if Path(path).exists() else 0


def start_together(engine, *stores):
    """Take an address of MLflow's store and one of Optuna's for each time."""
    failed = 0
    for uri, storage in zip(stores[::2], stores[1::2], strict=True):
        children = [forked(search, engine, 2, storage, uri) for _ in range(PROCESSES)]
        failed += sum(os.waitpid(child, 0)[1] != 0 for child in children)
    return {"failed": failed}


def start(code, argv, out, err, environment):
    """Run Python code as a program in a fork, and return its process id at once."""
    child = os.fork()
    if child:
        return child
    os.setsid()
    for number, path in ((2, err), (1, out)):  # the caller waits for out
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOCTTY), number)
    os.environ.update(environment)
    sys.argv = argv
    program = sys.modules["__main__"] = types.ModuleType("__main__")
    exec(compile(code, "<program>", "exec"), vars(program))  # noqa: S102 - a test's program
    sys.exit()


def wait(child):
    """Return the exit status of a program, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def warm_up():
    """Run small studies and a comparison, so that each fork inherits what they load and compute."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        uri = f"sqlite:///{folder}/mlflow.db"
        for engine in ("optuna", "hyperopt"):
            search(engine, 2, f"sqlite:///{folder}/{engine}.db", uri)
        compare(uri)
    gc.collect()
    gc.freeze()  # a collection in a fork would copy the memory that both share


def main():
    warm_up()
    for line in sys.stdin:
        folder, name, words = json.loads(line)
        os.chdir(folder)
        print(json.dumps(globals()[name](*words)), flush=True)


if __name__ == "__main__":
    main()
