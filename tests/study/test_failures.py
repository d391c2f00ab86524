"""Trials that fail for different reasons."""

from __future__ import annotations

import os
import sys
import threading

import mlflow
import numpy as np
import pytest
from dummy_estimators import QUALITY, ScriptedEstimator, study
from sklearn.datasets import load_iris

import tunekit as tk
from tunekit.tracking.store import open_store
from tunekit.tracking.study_reader import read_study

X, y = load_iris(return_X_y=True)


DEEDS = tk.Space(
    quality=tk.Float(0.0, 1.0), deed=tk.Categorical(["good", "raise", "nan", "die", "hang"])
)


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "n_jobs"), [("optuna", 1), ("hyperopt", 2)])
def test_every_kind_of_failure_is_recorded_with_its_reason(engine, n_jobs, folder):
    deeds = ["good", "raise", "nan", "die", "hang", "good"]
    first = [{"quality": 0.1 * i, "deed": deed} for i, deed in enumerate(deeds)]
    settings = {"initial": first, "n_trials": 6, "trial_timeout": 2.0, "n_jobs": n_jobs}
    tuner = study(DEEDS, engine, tracking=True, name="s", **settings).fit(X, y)
    table = tuner.trials_
    errors = dict(zip(deeds, table["error"], strict=True))
    assert list(table["state"]) == ["complete", *["failed"] * 4, "complete"]
    assert errors["raise"] == "ValueError: quality 0.1 is too bad (split 0)"
    assert errors["nan"] == "the score of split 0 is nan"
    assert errors["die"].startswith("the process died, possibly out of memory")
    assert "SIGKILL" in errors["die"]
    assert errors["hang"] == "it took longer than trial_timeout=2 s"
    states = [trial.state.name for trial in tuner.study_.trials]
    assert states == ["COMPLETE", *["FAIL"] * 4, "COMPLETE"]
    assert tuner.best_params_ == {"quality": 0.5, "deed": "good"}
    assert_mlflow_says_the_same(tuner, deeds)


def assert_mlflow_says_the_same(tuner, deeds):
    client, errors = mlflow.MlflowClient(tuner.tracking_uri_), tuner.trials_["error"].fillna("")
    runs = {}
    for trial in read_study(open_store(tuner.tracking_uri_, create=False), "s").trials:
        run, row = client.get_run(trial.run_id), tuner.trials_.loc[trial.number]
        runs[trial.number] = run.info.status
        assert trial.error == errors[trial.number]
        assert trial.params["deed"] == row["deed"] == deeds[trial.number]
        kept = {file.path for file in client.list_artifacts(trial.run_id)}
        assert ("error.txt" in kept) == (row["deed"] == "raise")
    good = dict(enumerate("FINISHED" if deed == "good" else "FAILED" for deed in deeds))
    assert runs == good, "one run per trial, with its state"
    assert client.get_run(tuner.run_id_).info.status == "FINISHED"


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_study_whose_first_ten_trials_fail_stops_with_the_reason(engine, n_jobs, tmp_path):
    marks = tmp_path / "marks"
    tuner = study(
        QUALITY,
        engine,
        estimator=ScriptedEstimator(deed="raise", marks=str(marks)),
        n_jobs=n_jobs,
        n_trials=50,
        name="mine",
    )
    with pytest.raises(tk.StudyError) as caught:
        tuner.fit(X, y)
    message = str(caught.value)
    assert message.startswith("no trial of 'mine' succeeded; the study ended because the first 10")
    assert message.count("ValueError: quality") == 1
    n_tried = len(marks.read_text().splitlines())
    assert 10 <= n_tried < 10 + n_jobs
    assert len(tuner.trials_) == n_tried


def test_failures_before_a_success_do_not_stop_a_study(engine):
    first = [{"deed": "raise"}] * 9 + [{"deed": "good"}] + [{"deed": "raise"}] * 3
    space = tk.Space(quality=tk.Float(0.0, 1.0), deed=tk.Categorical(["good", "raise"]))
    tuner = study(space, engine, initial=first, n_trials=13).fit(X, y)
    assert len(tuner.trials_) == 13


@pytest.mark.slow
def test_a_study_learns_to_avoid_failures(engine):
    """Some layer counts raise, and one activation gives NaN; the best is close to them."""

    class Moody(ScriptedEstimator):
        def __init__(self, layers=1, activation="relu", rate=0.1):
            self.layers = layers
            self.activation = activation
            self.rate = rate

        def fit(self, X, y):
            if self.layers in (3, 4):
                raise ValueError("no room")
            self.classes_ = np.unique(y)
            return self

        def score(self, X, y):
            misfit = (np.log10(self.rate) + 2) ** 2 - self.layers
            return np.nan if self.activation == "bad" else -misfit

    space = tk.Space(
        layers=tk.Int(1, 5),
        activation=tk.Categorical(["relu", "tanh", "sigmoid", "bad"]),
        rate=tk.Float(1e-4, 1.0, log=True),
    )
    tuner = study(space, engine, estimator=Moody(), n_trials=90, cv=0.5).fit(X, y)
    failed = tuner.trials_["state"] == "failed"
    assert failed[:20].any()
    assert failed[40:].mean() <= 0.1


@pytest.mark.slow
def test_a_timeout_is_not_a_property_of_a_configuration(engine, tmp_path):
    marks = tmp_path / "marks"
    settings = {
        "storage": f"sqlite:///{tmp_path}/study.db",
        "name": "s",
        "algorithm": "random",
        "estimator": ScriptedEstimator(marks=str(marks)),
        "cv": 0.3,
        "refit": False,
    }
    space = tk.Space(quality=tk.Categorical([0.2]), deed=tk.Categorical(["hang", "good"]))
    for n_trials in (8, 16):
        study(space, engine, n_trials=n_trials, trial_timeout=1.0, **settings).fit(X, y)
    assert marks.read_text().count("hang") == 2  # once in each execution


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_exit_in_a_model_is_a_failure_of_the_trial(n_jobs):
    class Leaving(ScriptedEstimator):
        def fit(self, X, y):
            if self.quality > 0.5:
                sys.exit("bye")
            return super().fit(X, y)

    first = [{"quality": 0.9}, {"quality": 0.1}]
    tuner = study(QUALITY, estimator=Leaving(), n_jobs=n_jobs, initial=first, n_trials=2).fit(X, y)
    errors = tuner.trials_["error"].fillna("")
    assert list(errors) == ["SystemExit: bye (split 0)", ""]


class Unloadable(ScriptedEstimator):
    """An estimator that can be sent to a process, but not loaded there."""

    def __setstate__(self, state):
        if os.environ.get("TUNEKIT_TEST_PARENT") != str(os.getpid()):
            raise OSError("cannot load here")
        self.__dict__.update(state)


@pytest.mark.slow
def test_a_process_that_cannot_load_its_data_reports_why(monkeypatch):
    monkeypatch.setenv("TUNEKIT_TEST_PARENT", str(os.getpid()))
    with pytest.raises(
        tk.ParameterError,
        match="cannot load the estimator, the scorer or the data: OSError: cannot load",
    ):
        study(QUALITY, estimator=Unloadable(), n_jobs=2).fit(X, y)


def test_objects_that_cannot_be_pickled_are_rejected():
    lock = threading.Lock()
    with pytest.raises(tk.ParameterError, match="to which the estimator, the scorer or the data"):
        study(QUALITY, scoring=lambda model, X, y: lock.locked(), n_jobs=2).fit(X, y)
