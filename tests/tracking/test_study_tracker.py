"""Studies in MLflow."""

from __future__ import annotations

import io
import json
import math
import os
import platform
import socket
import sqlite3
import subprocess
import time
from contextlib import closing

import joblib
import keras
import mlflow
import numpy as np
import optuna
import pandas as pd
import psutil
import pytest
import sklearn
from dummy_estimators import QUALITY, ScriptedEstimator, study
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier
from trial_records import INFO, end, record

import tunekit as tk
from tunekit.core.epoch_hooks import epoch_hooks
from tunekit.study.importances import importances
from tunekit.tracking.outbox import MAX_WAIT
from tunekit.tracking.store import open_store
from tunekit.tracking.study_reader import read_curves, read_execution, read_predictions, read_study
from tunekit.tracking.study_tracker import StudyTracker

NAME = "three digits"
X_IRIS, Y_IRIS = load_iris(return_X_y=True)


def test_the_experiment_is_the_study(runs, uri):
    client, parent, _ = runs
    assert client.get_experiment(parent.info.experiment_id).name == NAME
    assert len(read_study(open_store(uri, create=False), NAME).executions) == 2


def test_an_execution_is_a_parent_run(runs, tuner, engine):
    client, parent, children = runs
    assert parent.info.status == "FINISHED"
    assert parent.data.params["engine"] == engine
    assert parent.data.params["n_trials"] == "12"
    study = mlflow.artifacts.load_dict(f"{parent.info.artifact_uri}/config.json")
    assert study["space"] == tuner.space.to_dict()
    history = client.get_metric_history(parent.info.run_id, "mean/accuracy")
    best = np.maximum.accumulate(tuner.trials_["score"])
    assert {int(m.step): m.value for m in history} == {
        i: best[i] for i in range(12) if i == 0 or best[i] > best[i - 1]
    }
    assert len(children) == 12


def test_each_trial_is_a_child_run(runs, tuner):
    _, _, children = runs
    for run, (number, row), params in zip(
        children, tuner.trials_.iterrows(), tuner.cv_results_["params"], strict=True
    ):
        assert run.info.run_name == f"{tuner.engine} trial {number}"
        assert run.info.status == "FINISHED"
        assert run.data.params == {name: str(value) for name, value in params.items()}
        assert run.data.metrics["mean/accuracy"] == row["score"]
        assert run.data.metrics["std/accuracy"] == row["std"]
        assert run.data.metrics["fit_time"] > 0


def test_a_trial_records_its_source_and_the_size_of_its_model(runs, tuner, engine):
    _, _, children = runs
    for run in children:
        tags = run.data.tags
        assert (tags["tunekit.engine"], tags["tunekit.state"]) == (engine, "complete")
        assert (tags["tunekit.sampler"], tags["tunekit.seed"]) == ("tpe", "0")
        machine, pid, start = tags["tunekit.owner"].rsplit(":", 2)
        assert machine.startswith(socket.gethostname())
        assert int(pid) == os.getpid()
        assert float(start) == pytest.approx(psutil.Process().create_time(), abs=1)
        assert run.data.metrics["duration"] > run.data.metrics["fit_time"]
    best = children[tuner.best_index_].data.metrics
    assert best["n_params"] == tuner.best_estimator_.n_params_ > 1000


def test_the_parent_run_contains_the_data_the_environment_and_the_tables(runs, tuner, digits):
    _, parent, _ = runs
    X_train, y_train = digits[0], digits[2]
    (given,) = parent.inputs.dataset_inputs
    assert given.dataset.digest == joblib.hash((X_train, y_train))
    assert json.loads(given.dataset.profile)["shape"] == list(X_train.shape)
    tags, at = parent.data.tags, parent.info.artifact_uri
    assert f"keras {keras.__version__}" in tags["tunekit.versions"]
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True)
    assert tags["mlflow.source.git.commit"] == commit.stdout.strip()
    surroundings = mlflow.artifacts.load_dict(f"{at}/environment.json")
    assert surroundings["python"] == platform.python_version()
    assert surroundings["packages"]["scikit-learn"] == sklearn.__version__
    table = pd.read_csv(io.StringIO(mlflow.artifacts.load_text(f"{at}/trials.csv")))
    np.testing.assert_allclose(table["score"], tuner.trials_["score"])
    shares = mlflow.artifacts.load_dict(f"{at}/importances.json")
    assert sum(shares.values()) == pytest.approx(1.0)
    assert {"layers", "units[0]", "learning_rate", "optimizer"} <= set(shares)


def test_a_parameter_of_few_trials_gives_no_warning(recwarn):
    def objective(trial):
        seldom = trial.suggest_float("momentum", 0, 1) if trial.number == 3 else 0
        return trial.suggest_float("x", 0, 1) + seldom

    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(objective, n_trials=20)
    recwarn.clear()
    assert set(importances(study)) == {"x", "momentum"}
    assert [str(each.message) for each in recwarn] == []


@pytest.mark.slow
def test_a_report_is_attached_to_the_executions_that_it_shows(tuners, uri, tmp_path):
    path = tk.report(NAME, tmp_path / "report.html", tracking_uri=uri)
    for tuner in tuners.values():
        at = mlflow.MlflowClient(uri).get_run(tuner.run_id_).info.artifact_uri
        assert mlflow.artifacts.load_text(f"{at}/report.html") == path.read_text()


def test_the_traceback_of_a_failure_is_stored(engine, folder):
    X, y = load_iris(return_X_y=True)
    tuner = study(
        QUALITY,
        engine,
        estimator=ScriptedEstimator(deed="raise"),
        n_trials=1,
        tracking=True,
        name="bad",
    )
    with pytest.raises(tk.StudyError):
        tuner.fit(X, y)
    (trial,) = read_study(open_store(tuner.tracking_uri_, create=False), "bad").trials
    run = mlflow.MlflowClient(tuner.tracking_uri_).get_run(trial.run_id)
    assert run.info.status == "FAILED"
    text = mlflow.artifacts.load_text(f"{run.info.artifact_uri}/error.txt")
    assert "dummy_estimators.py" in text
    assert text.strip().endswith("is too bad")
    parent = mlflow.MlflowClient(tuner.tracking_uri_).get_run(tuner.run_id_)
    assert parent.info.status == "FAILED"


def test_metrics_are_logged_per_epoch_and_fold(runs, tuner):
    client, _, children = runs
    run_id = children[0].info.run_id
    scores = client.get_metric_history(run_id, "fold_score")
    assert [m.value for m in sorted(scores, key=lambda m: m.step)] == [
        tuner.cv_results_[f"split{i}_test_score"][0] for i in range(2)
    ]
    for fold in range(2):
        for name in ("loss", "val_loss", "accuracy", "val_accuracy"):
            history = client.get_metric_history(run_id, f"fold/{fold}/{name}")
            assert sorted(m.step for m in history) == [0, 1, 2]


def test_the_ten_best_trials_store_their_predictions(runs, tuner, digits, uri):
    _, _, children = runs
    study = read_study(open_store(uri, create=False), NAME)
    scores = tuner.trials_["score"].to_numpy()
    for run in children:
        number = int(run.data.tags["tunekit.trial"])
        if (scores > scores[number]).sum() < 10:
            held = read_predictions(
                open_store(study.uri, create=False), run.info.run_id, "predictions.npz"
            )
            assert sorted(held.rows) == list(range(len(digits[0])))
            accuracies = [
                np.mean(held.y_pred[held.fold == i] == held.y_true[held.fold == i])
                for i in range(2)
            ]
            assert np.mean(accuracies) == pytest.approx(scores[number])
            assert held.y_score.shape == (len(digits[0]), 3)
    kept = sum("tunekit.predictions" in run.data.tags for run in children)
    assert 10 <= kept <= 12


def test_of_equal_trials_only_ten_store_their_predictions(folder):
    X, y = load_iris(return_X_y=True)
    space = tk.Space(min_impurity_decrease=tk.Float(0.0, 1e-9))
    tuner = tk.Tuner(DecisionTreeClassifier(), space, n_trials=14, cv=2, random_state=0).fit(X, y)
    study = read_execution(open_store(tuner.tracking_uri_, create=False), tuner.run_id_)
    assert sum(trial.has_predictions for trial in study.trials) == 10


def test_a_failed_trial_has_status_and_reason(folder):
    uri = f"sqlite:///{folder}/mlflow.db"
    with StudyTracker(uri, INFO) as tracker:
        for number in range(2):
            tracker.trial_started(number, {"x": number})
        end(tracker, record(0, 0.5))
        end(tracker, record(1, math.nan, error="ValueError: too deep"))
    good, bad = read_study(open_store(uri, create=False), "unit").trials
    assert (good.state, good.score) == ("complete", 0.5)
    assert (bad.state, bad.error) == ("failed", "ValueError: too deep")
    client = mlflow.MlflowClient(uri)
    assert client.get_run(bad.run_id).info.status == "FAILED"


@pytest.mark.parametrize("n_here", [12, 0])
def test_a_trial_in_this_process_waits_until_the_previous_one_is_written(folder, n_here):
    in_time = []
    with (
        StudyTracker(f"sqlite:///{folder}/mlflow.db", INFO, n_here=n_here) as tracker,
        closing(sqlite3.connect(folder / "mlflow.db")) as store,
    ):
        for number in range(12):
            began = time.monotonic()
            tracker.trial_started(number, {"x": number})
            has_waited = time.monotonic() - began >= MAX_WAIT  # the maximum, on a busy machine
            count = store.execute("SELECT count(*) FROM runs WHERE status = 'FINISHED'")
            in_time.append(count.fetchone() == (number,) or has_waited)
            end(tracker, record(number, 0.5))
    assert in_time[0]
    assert all(in_time) == bool(n_here)


@pytest.mark.parametrize(
    ("raised", "status"), [(ValueError("no"), "FAILED"), (KeyboardInterrupt(), "KILLED")]
)
def test_an_exception_closes_all_open_runs(folder, raised, status):
    uri = f"sqlite:///{folder}/mlflow.db"
    with pytest.raises(type(raised)), StudyTracker(uri, INFO) as tracker:
        tracker.trial_started(0, {"x": 0})
        raise raised
    client = mlflow.MlflowClient(uri)
    experiment = client.get_experiment_by_name("unit").experiment_id
    found = {run.info.run_name: run.info.status for run in client.search_runs([experiment])}
    assert set(found.values()) == {status}
    assert len(found) == 2


def test_infinite_metrics_are_omitted(folder):
    uri = f"sqlite:///{folder}/mlflow.db"
    curve = {"loss": (1.0, math.inf, math.nan)}
    with StudyTracker(uri, INFO) as tracker:
        tracker.trial_started(0, {"x": 0})
        end(tracker, record(0, 0.5, curves=(curve,)))
    study = read_study(open_store(uri, create=False), "unit")
    (read,) = read_curves(open_store(study.uri, create=False), study.trials[0])
    np.testing.assert_array_equal(read["loss"], [1.0, math.nan, math.nan])
    tags = mlflow.MlflowClient(uri).get_run(study.trials[0].run_id).data.tags
    assert tags["tunekit.infinite"] == "fold/0/loss"


def test_a_metric_that_ends_in_infinity_is_as_long_as_the_others(folder):
    uri = f"sqlite:///{folder}/mlflow.db"
    curve = {"loss": (1.0, math.inf), "accuracy": (0.5, 0.25)}
    with StudyTracker(uri, INFO) as tracker:
        tracker.trial_started(0, {"x": 0})
        tracker.trial_progressed(0, [(1, 0, "loss", math.inf)])
        end(tracker, record(0, 0.5, curves=(curve,)))
    history = tk.load_study("unit", tracking_uri=uri).history("optuna", 0)
    np.testing.assert_array_equal(history["loss"], [1.0, math.nan])
    np.testing.assert_array_equal(history["accuracy"], [0.5, 0.25])
    (trial,) = read_study(open_store(uri, create=False), "unit").trials
    tags = mlflow.MlflowClient(uri).get_run(trial.run_id).data.tags
    assert tags["tunekit.infinite"] == "fold/1/loss, fold/0/loss"


def test_curves_longer_than_a_batch_are_complete(folder):
    uri = f"sqlite:///{folder}/mlflow.db"
    with StudyTracker(uri, INFO) as tracker:
        tracker.trial_started(0, {"x": 0})
        end(tracker, record(0, 0.5, curves=({"loss": tuple(map(float, range(2500)))},)))
    study = read_study(open_store(uri, create=False), "unit")
    assert len(read_curves(open_store(study.uri, create=False), study.trials[0])[0]["loss"]) == 2500


def test_long_values_are_truncated(folder):
    uri = f"sqlite:///{folder}/mlflow.db"
    with StudyTracker(uri, INFO) as tracker:
        tracker.trial_started(0, {"x": "a" * 9000})
    (trial,) = read_study(open_store(uri, create=False), "unit").trials
    shown = mlflow.MlflowClient(uri).get_run(trial.run_id).data.params["x"]
    assert len(shown) == 6000
    assert shown.endswith("…")


class Slowly(ScriptedEstimator):
    """An estimator that trains for seven seconds and reads the store before the last epoch."""

    def __init__(self, quality=0.5, uri=None):
        self.quality = quality
        self.uri = uri

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        on_metrics = epoch_hooks(self, X, y).on_metrics
        losses = [1.0 / n for n in range(1, 15)]
        for epoch, loss in enumerate(losses):
            time.sleep(0.5)
            on_metrics(epoch, {"loss": loss, "held_out_loss": loss})
            if epoch == len(losses) - 2:
                self.seen_ = self.look()
        self.history_ = pd.DataFrame({"loss": losses, "held_out_loss": losses})
        return self

    def look(self):
        study = read_study(open_store(self.uri, create=False), "slow")
        (curve,) = read_curves(open_store(study.uri, create=False), study.trials[0])
        return study.trials[0].state, len(curve["loss"]), len(curve["val_loss"])

    def score(self, X, y):
        return self.seen_[1] if self.seen_[0] == "running" else np.nan


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "n_jobs"), [("optuna", 2), ("hyperopt", 1)])
def test_the_curve_of_a_long_trial_is_written_while_it_trains_and_only_once(engine, n_jobs, folder):
    uri = f"sqlite:///{folder}/mlflow.db"
    tuner = study(QUALITY, engine, estimator=Slowly(uri=uri), n_trials=1, cv=0.3, n_jobs=n_jobs)
    tuner.set_params(trial_timeout=60.0 if n_jobs == 2 else None, refit=False)
    tuner.set_params(tracking=True, tracking_uri=uri, name="slow").fit(X_IRIS, Y_IRIS)
    assert tuner.best_score_ >= 9, "epochs of the first five seconds"
    run_id = read_study(open_store(uri, create=False), "slow").trials[0].run_id
    for name in ("loss", "val_loss"):
        points = mlflow.MlflowClient(uri).get_metric_history(run_id, name)
        assert [point.step for point in sorted(points, key=lambda each: each.step)] == [*range(14)]
