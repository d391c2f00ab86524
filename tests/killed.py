"""Runs a study in a process that is killed again and again; started by test_killed.py.

What is loaded once here would take five seconds in each new process.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import warnings

import mlflow.sklearn
import numpy as np
import optuna.importance
import pandas as pd
import sqlalchemy.orm
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris

import tunekit as tk
from tunekit.tuner import Tuner

LOADED = (mlflow.sklearn, optuna.importance, sqlalchemy.orm, Tuner)
X, y = load_iris(return_X_y=True)


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


def search(engine, n_trials, storage, uri):
    Tuner(
        Curved(),
        tk.Space(quality=tk.Float(0, 1)),
        engine=engine,
        n_trials=n_trials,
        cv=0.3,
        name="s",
        storage=storage,
        tracking_uri=uri,
        random_state=0,
    ).fit(X, y)


def main(engine, times, n_trials, seed, storage=None, uri=None):
    rng, alive = random.Random(int(seed)), 0
    for turn in range(int(times) + 1):
        last = turn == int(times)
        child = os.fork()
        if child == 0:
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", message="The ``noload`` loader strategy")
            search(engine, int(n_trials), storage or "sqlite:///study.db", uri)
            os._exit(0)
        if not last:
            time.sleep(rng.uniform(0.0, 1.2))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        alive += os.WIFEXITED(status)
    print(json.dumps({"ended by themselves": alive, "status of the last": status}))


if __name__ == "__main__":
    main(*sys.argv[1:])
