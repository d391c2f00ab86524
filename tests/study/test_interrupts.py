"""Ctrl-C, and processes that are killed."""

from __future__ import annotations

import os
import signal
import time

import mlflow
import optuna
import psutil
import pytest
from dummy_estimators import study
from run_command import in_process
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk

X, y = load_iris(return_X_y=True)


PROGRAM = """
import os, sys, time
import polars  # after which Ctrl-C does not interrupt a wait without a timeout
import numpy as np
import tunekit as tk
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris

class Slow(ClassifierMixin, BaseEstimator):
    def __init__(self, quality=0.5):
        self.quality = quality
    def fit(self, X, y):
        print("fitting", flush=True)
        time.sleep(float(sys.argv[3]))
        self.classes_ = np.unique(y)
        return self
    def predict(self, X):
        return np.full(len(X), self.classes_[0])
    def score(self, X, y):
        return self.quality

X, y = load_iris(return_X_y=True)
tuner = tk.Tuner(
    Slow(), tk.Space(quality=tk.Float(0, 1)), engine=sys.argv[1], n_jobs=int(sys.argv[2]),
    n_trials=100, cv=0.3, name="s", storage="sqlite:///study.db", random_state=0,
    sanity_check=False,
)
tuner.fit(X, y)
print("kept", len(tuner.trials_), hasattr(tuner, "best_estimator_"), tuner.stopped_)
"""


@pytest.fixture
def started(folder, forks):
    """Run a study with slow fits in a separate process."""
    processes = []

    def start(engine, n_jobs, seconds):
        processes.append(forks.start(PROGRAM, engine, str(n_jobs), str(seconds)))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()


def interrupted(started, engine, n_jobs, times):
    """Press Ctrl-C in a study, and return its status and output."""
    process = started(engine, n_jobs, 0.5 if times == 1 else 600)
    for _ in range(3 if times == 1 else n_jobs):
        assert process.stdout.readline() == "fitting\n"
    for _ in range(times):
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to all processes
        time.sleep(0.2)
    return process.ended()


@pytest.mark.parametrize(("engine", "n_jobs"), [("optuna", 2), ("hyperopt", 1)])
def test_ctrl_c_once_ends_a_study_gracefully(started, engine, n_jobs, folder):
    status, out, err = interrupted(started, engine, n_jobs, times=1)
    assert status == 0, err
    assert "Finishing running trials; press Ctrl-C again to stop immediately." in err
    assert "Traceback" not in err
    kept, *words = out.strip().splitlines()[-1].removeprefix("kept ").split(" ", 2)
    assert words == ["True", "it was interrupted"]
    trials = optuna.load_study(study_name="s", storage="sqlite:///study.db").trials
    assert [trial.state.name for trial in trials] == ["COMPLETE"] * int(kept)
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    runs = client.search_runs([client.get_experiment_by_name("s").experiment_id])
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert len(runs) == int(kept) + 1


@pytest.mark.parametrize(("engine", "n_jobs"), [("optuna", 1), ("hyperopt", 2)])
def test_ctrl_c_twice_ends_it_immediately(started, engine, n_jobs, folder):
    status, _, err = interrupted(started, engine, n_jobs, times=2)
    assert status != 0
    assert "KeyboardInterrupt" in err
    trials = optuna.load_study(study_name="s", storage="sqlite:///study.db").trials
    assert [trial.state.name for trial in trials] == ["FAIL"] * n_jobs
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    runs = client.search_runs([client.get_experiment_by_name("s").experiment_id])
    assert {run.info.status for run in runs} == {"KILLED"}


def statuses(folder):
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    runs = client.search_runs([client.get_experiment_by_name("s").experiment_id])
    return sorted(run.info.status for run in runs)


@pytest.mark.parametrize(("engine", "n_jobs"), [("optuna", 2), ("hyperopt", 1)])
def test_sigterm_closes_every_run_and_then_ends_the_process(started, engine, n_jobs, folder):
    process = started(engine, n_jobs, 600)
    for _ in range(n_jobs):
        assert process.stdout.readline() == "fitting\n"
    process.send_signal(signal.SIGTERM)
    status, _, err = process.ended()
    assert status == -signal.SIGTERM, err
    assert statuses(folder) == ["KILLED"] * (n_jobs + 1)
    trials = optuna.load_study(study_name="s", storage="sqlite:///study.db").trials
    assert [trial.state.name for trial in trials] == ["FAIL"] * n_jobs


def test_repair_closes_the_runs_of_a_killed_study(started, folder, capsys):
    process = started("optuna", 1, 600)
    assert process.stdout.readline() == "fitting\n"
    process.send_signal(signal.SIGKILL)
    process.ended()
    assert "RUNNING" in statuses(folder)
    before = time.time()
    status, out, err = in_process(capsys, "studies", "--repair")
    assert status == 0, err
    assert "closed 2 stale runs." in out
    assert statuses(folder) == ["KILLED", "KILLED"]
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    runs = client.search_runs([client.get_experiment_by_name("s").experiment_id])
    assert all(run.info.start_time <= run.info.end_time < 1000 * before for run in runs)
    trial = next(run for run in runs if "tunekit.trial" in run.data.tags)
    assert trial.data.tags["tunekit.error"] == "its process died unexpectedly"
    assert trial.data.tags["tunekit.state"] == "killed"


def test_no_process_survives_a_killed_study(started):
    process = started("optuna", 2, 600)
    for _ in range(2):
        assert process.stdout.readline() == "fitting\n"
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) >= 2
    process.send_signal(signal.SIGKILL)
    process.ended()
    assert psutil.wait_procs(family, timeout=60)[1] == []


def stopped_in_fit(number):
    """Return a tree whose fit with a given number is interrupted once."""

    class Stopped(DecisionTreeClassifier):
        fits = 0

        def fit(self, X, y):
            type(self).fits += 1
            if type(self).fits == number:
                raise KeyboardInterrupt
            return super().fit(X, y)

    return Stopped()


@pytest.mark.slow
def test_an_interrupted_trial_is_evaluated_again(tmp_path):
    settings = {"storage": f"sqlite:///{tmp_path}/study.db", "name": "s", "cv": 0.3}
    depths = tk.Space(max_depth=tk.Int(1, 5))
    model = stopped_in_fit(3)
    grid = study(depths, estimator=model, algorithm="grid", refit=False, **settings)
    with pytest.raises(KeyboardInterrupt):
        grid.fit(X, y)
    table = grid.set_params(n_trials=50).fit(X, y).trials_
    assert sorted(table["max_depth"]) == [1, 2, 3, 4, 5]
    assert table["reused"].isna().all()

    settings["name"] = "t"
    first = study(
        tk.Space(max_depth=tk.Int(1, 50)),
        estimator=stopped_in_fit(1),
        initial=[{"max_depth": 37}],
        n_trials=2,
        **settings,
    )
    with pytest.raises(KeyboardInterrupt):
        first.fit(X, y)
    assert first.fit(X, y).trials_["max_depth"].iloc[0] == 37
