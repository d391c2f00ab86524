"""What tracking costs, how fast a study is read back, and whether processes can start together.

Run it alone with ``python benchmarks/tracking.py``; ``make bench`` runs it, too.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from data import digits
from sklearn.base import BaseEstimator, ClassifierMixin

import tunekit as tk

TESTS = Path(__file__).parents[1] / "tests"
sys.path.insert(0, str(TESTS))

from servers import PostgresServer  # noqa: E402 - one of the tests' own

ROUNDS, TRIALS, MANY, TIMES = 5, 40, 1000, 20
SPACE = tk.Space(
    units=tk.Int(28, 36),
    dropout=tk.Float(0.1, 0.2),
    batch_size=tk.Int(60, 68),
    learning_rate=tk.Float(1e-3, 1e-2, log=True),
    activation=tk.Categorical(["relu", "tanh"]),
    optimizer=tk.Categorical(["adam", "rmsprop"]),
)


class Idle(ClassifierMixin, BaseEstimator):
    """Takes six parameters and leaves a curve of 20 epochs and 4 metrics, in no time."""

    def __init__(
        self,
        units: int = 32,
        dropout: float = 0.1,
        batch_size: int = 64,
        learning_rate: float = 0.01,
        activation: str = "relu",
        optimizer: str = "adam",
    ) -> None:
        self.units = units
        self.dropout = dropout
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.activation = activation
        self.optimizer = optimizer

    def fit(self, X: Any, y: Any) -> Idle:
        """Learn nothing."""
        self.n_features_in_ = X.shape[1]
        self.classes_ = np.unique(y)
        falling = np.linspace(1.0, self.dropout, 20)
        names = ("loss", "accuracy", "held_out_loss", "held_out_accuracy")
        self.history_ = pd.DataFrame(dict.fromkeys(names, falling))
        return self

    def predict(self, X: Any) -> Any:
        """Return the first class."""
        return np.full(len(X), self.classes_[0])

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:  # noqa: ARG002
        """Return something that depends on the parameters."""
        return self.dropout


def study(estimator: Any, uri: str | None, n_trials: int) -> tuple[float, float]:
    """Return the seconds of a whole study, a trial, and the median from one start to the next."""
    X, _, y, _ = digits()
    tuner = tk.Tuner(
        estimator,
        SPACE,
        algorithm="random",
        n_trials=n_trials,
        cv=0.25,
        name=type(estimator).__name__,
        tracking=uri is not None,
        tracking_uri=uri,
        random_state=0,
        refit=False,
    )
    start = time.perf_counter()
    tuner.fit(X, y)
    whole = time.perf_counter() - start
    starts = [trial.datetime_start.timestamp() for trial in tuner.study_.trials]
    return whole / n_trials, statistics.median(np.diff(starts))


def cost(store: str, uri: str, at_most: int) -> list[str]:
    """Compare studies with tracking and the same without, in turns.

    The time of a network's trial varies, so the median trial is looked at; where the model takes
    no time, it is the whole study, with what is written while the last trial has ended.
    """
    remarks = []
    for what, estimator, n_trials, place, asked in (
        ("a network on digits", tk.KerasClassifier(epochs=20), TRIALS, 1, at_most),
        ("a model that takes no time", Idle(), 3 * TRIALS, 0, None),
    ):
        study(estimator, uri, 5)
        study(estimator, None, 5)
        pairs = [
            (study(estimator, uri, n_trials)[place], study(estimator, None, n_trials)[place])
            for _ in range(ROUNDS)
        ]
        with_it, without = (1e3 * statistics.median(side) for side in zip(*pairs, strict=True))
        more = 1e3 * statistics.median(one - other for one, other in pairs)
        limit = f", asked for: at most {asked}" if asked else ""
        remarks.append(
            f"Tracking on {store}, {what}, 6 parameters, 20 epochs x 4 metrics: a trial takes "
            f"{with_it:.0f} ms with it, {without:.0f} ms without; the median difference of "
            f"{ROUNDS} pairs is {more:.0f} ms{limit}."
        )
    return remarks


def costs(folder: Path, postgres: PostgresServer) -> list[str]:
    """Compare on SQLite and on PostgreSQL."""
    return [
        *cost("SQLite", f"sqlite:///{folder}/cost.db", 30),
        *cost("PostgreSQL", postgres.database("cost"), 45),
    ]


def reading(folder: Path, postgres: PostgresServer) -> list[str]:
    """Read a study of a thousand trials."""
    remarks = []
    stores = (("SQLite", f"sqlite:///{folder}/many.db"), ("PostgreSQL", postgres.database("many")))
    for store, uri in stores:
        study(Idle(), uri, MANY)
        seconds = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            found = len(tk.load_study("Idle", tracking_uri=uri).trials)
            seconds.append(time.perf_counter() - start)
        remarks.append(
            f"`load_study` of {found:,} trials on {store}: {statistics.median(seconds):.2f} s, "
            f"asked for: less than 2."
        )
    return remarks


def together(folder: Path, postgres: PostgresServer) -> list[str]:
    """Start four processes at once on stores that do not exist."""
    remarks = []
    for store in ("SQLite", "PostgreSQL"):
        names = [f"{store} {role} {n}" for n in range(TIMES) for role in ("runs", "trials")]
        stores = [
            f"sqlite:///{folder}/{name}.db" if store == "SQLite" else postgres.database(name)
            for name in names
        ]
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, str(TESTS / "together.py"), "optuna", *stores],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        failed = json.loads(done.stdout.splitlines()[-1])["failed"]
        remarks.append(
            f"Four processes that start together on nothing, {TIMES} times on {store}: {failed} of "
            f"{4 * TIMES} processes failed, asked for: 0."
        )
    return remarks


def remarks() -> list[str]:
    """Return what was measured, a sentence each."""
    with tempfile.TemporaryDirectory(prefix="tunekit-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may run as another user
        (folder / "postgres").mkdir()
        postgres = PostgresServer(folder / "postgres")
        postgres.start()
        try:
            return [
                *costs(folder, postgres),
                *reading(folder, postgres),
                *together(folder, postgres),
            ]
        finally:
            postgres.stop()


if __name__ == "__main__":
    print(*remarks(), sep="\n")
