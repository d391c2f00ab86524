"""Measure the cost of tracking, the time to load a study, and simultaneous starts of processes.

Run it separately with ``python benchmarks/tracking.py``; ``make bench`` runs it, too.
"""

from __future__ import annotations

import contextlib
import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from data import digits
from sklearn.base import BaseEstimator, ClassifierMixin
from table import keep_tracking

import tunekit as tk
from tunekit.core.runtime import load_mlflow

TESTS = Path(__file__).parents[1] / "tests" / "helpers"
sys.path.insert(0, str(TESTS))

from fork_server import ForkServer  # noqa: E402 - helpers of the tests
from servers import PostgresServer  # noqa: E402

ROUNDS, TRIALS, MANY, TIMES = 10, 40, 1000, 20
SPACE = tk.Space(
    units=tk.Int(28, 36),
    dropout=tk.Float(0.1, 0.2),
    batch_size=tk.Int(60, 68),
    learning_rate=tk.Float(1e-3, 1e-2, log=True),
    activation=tk.Categorical(["relu", "tanh"]),
    optimizer=tk.Categorical(["adam", "rmsprop"]),
)


class Idle(ClassifierMixin, BaseEstimator):
    """Has six parameters and a learning curve of 20 epochs and 4 metrics, without any training."""

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
        """Set a learning curve without training."""
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
        """Return a score that depends on the parameters."""
        return self.dropout


def study(estimator: Any, uri: str | None, n_trials: int) -> Any:
    """Return the time in ms from the start of each trial to the start of the next one."""
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
    tuner.fit(X, y)
    starts = [trial.datetime_start.timestamp() for trial in tuner.study_.trials]
    return 1e3 * np.diff(starts)


def bare(uri: str) -> float:
    """Return the time in ms that MLflow takes to write a trial in four calls, without a study."""
    mlflow = load_mlflow()
    client, now = mlflow.MlflowClient(uri), int(time.time() * 1000)
    metric, param = mlflow.entities.Metric, mlflow.entities.Param
    experiment, times = client.create_experiment(uuid.uuid4().hex), []
    for _ in range(TRIALS):
        start = time.perf_counter()
        run = client.create_run(
            experiment, tags={f"tag{n}": "value" for n in range(12)}
        ).info.run_id
        client.log_batch(run, params=[param(f"param{n}", "value") for n in range(6)])
        points = [metric(f"metric{n % 4}", 0.5, now, n // 4) for n in range(80)]
        results = [metric(f"result{n}", 0.5, now, 0) for n in range(6)]
        client.log_batch(run, points + results, tags=[mlflow.entities.RunTag("state", "complete")])
        client.set_terminated(run)
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def cost(store: str, uri: str, at_most: int) -> str:
    """Compare alternating studies with and without tracking, trial by trial."""
    estimator = tk.KerasClassifier(epochs=20)
    for place in (uri, None):
        study(estimator, place, 5)
    more, without, alone = [], [], []
    for turn in range(ROUNDS):
        order = (None, uri) if turn % 2 else (uri, None)
        times = {place: study(estimator, place, TRIALS) for place in order}
        more.append(times[uri] - times[None])
        without.append(times[None])
        alone.append(bare(uri))
    low, middle, high = np.percentile(np.median(more, axis=1), (25, 50, 75))
    return (
        f"Tracking on {store} (a network on digits, 6 parameters, 20 epochs x 4 metrics) adds "
        f"{middle:.0f} ms to a trial of {np.median(without):.0f} ms (required: at most {at_most} "
        f"ms). This is the median over {ROUNDS} pairs of studies with {TRIALS} trials each; the "
        f"quartiles are {low:.0f} and {high:.0f} ms. In the same run, MLflow's four calls for a "
        f"trial took {statistics.median(alone):.0f} ms while nothing else was running."
    )


def costs(folder: Path, postgres: PostgresServer) -> list[str]:
    """Measure the cost of tracking on SQLite and on PostgreSQL."""
    return [
        cost("SQLite", f"sqlite:///{folder}/cost.db", 30),
        cost("PostgreSQL", postgres.database("cost"), 45),
    ]


def reading(folder: Path, postgres: PostgresServer) -> list[str]:
    """Measure the time to load a study of a thousand trials."""
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
            f"`load_study` of {found:,} trials on {store}: {statistics.median(seconds):.2f} s "
            f"(required: less than 2 s)."
        )
    return remarks


def together(folder: Path, postgres: PostgresServer) -> list[str]:
    """Start four processes at the same time on stores that do not exist yet."""
    remarks, forks = [], ForkServer(folder / "errors")
    for store in ("SQLite", "PostgreSQL"):
        names = [f"{store} {role} {n}" for n in range(TIMES) for role in ("runs", "trials")]
        stores = [
            f"sqlite:///{folder}/{name}.db" if store == "SQLite" else postgres.database(name)
            for name in names
        ]
        failed = forks.run("start_together", "optuna", *stores)["failed"]
        remarks.append(
            f"Four processes that start at the same time on stores that do not exist yet, {TIMES} "
            f"times on {store}: {failed} of {4 * TIMES} processes failed (required: 0)."
        )
    forks.close()
    return remarks


def remarks() -> list[str]:
    """Run all measurements and return one sentence for each."""
    with tempfile.TemporaryDirectory(prefix="tunekit-") as name, contextlib.chdir(name):
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


def main() -> None:
    """Run the measurements, print them and save them."""
    found = remarks()
    print(*found, sep="\n\n")
    keep_tracking(found)


if __name__ == "__main__":
    main()
