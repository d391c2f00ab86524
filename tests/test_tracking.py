"""What MLflow holds of a study, and how it is read back."""

from __future__ import annotations

import io
import json
import math
import os
import platform
import re
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace

import joblib
import keras
import mlflow
import numpy as np
import optuna
import pandas as pd
import psutil
import pytest
import sklearn
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier
from stand_ins import QUALITY, Tame, study

import tunekit as tk
from tunekit.cli import main
from tunekit.core.study_info import StudyInfo
from tunekit.core.trial import Evaluation, TrialRecord
from tunekit.study.importances import importances
from tunekit.tracking.outbox import MOMENT
from tunekit.tracking.store import open_store, resolve_uri
from tunekit.tracking.study_reader import (
    find_experiment,
    list_studies,
    read_curves,
    read_execution,
    read_predictions,
    read_study,
)
from tunekit.tracking.study_tracker import Tracker

NAME = "three digits"
X_IRIS, Y_IRIS = load_iris(return_X_y=True)
INFO = StudyInfo(
    name="unit",
    ledger="l1",
    engine="optuna",
    algorithm="tpe",
    pruner="none",
    estimator="E",
    scoring="accuracy",
    cv="2 folds",
    task="classification",
    n_trials=3,
    n_splits=2,
    split_ratio=1.0,
    n_rows=10,
    n_features=2,
    random_state=0,
    space={"x": {}},
)


def record(number, score, **other):
    evaluation = Evaluation(scores=(score,), fit_times=(0.1,), score_times=(0.1,), **other)
    return TrialRecord(number, {"x": number}, evaluation, "optuna", 0.2)


def end(tracker, found):
    tracker.end_trial(found)
    tracker.close_trial(found)


@pytest.fixture
def runs(tuner, uri):
    """Parent and children of one execution, as MLflow's own client reads them."""
    client = mlflow.MlflowClient(uri)
    parent = client.get_run(tuner.run_id_)
    children = client.search_runs(
        [parent.info.experiment_id],
        f"tags.`mlflow.parentRunId` = '{tuner.run_id_}'",
    )
    return client, parent, sorted(children, key=lambda run: int(run.data.tags["tunekit.trial"]))


def test_the_experiment_is_the_study(runs, uri):
    client, parent, _ = runs
    assert client.get_experiment(parent.info.experiment_id).name == NAME
    assert len(read_study(uri, NAME).executions) == 2


def test_a_parent_run_stands_for_the_execution(runs, tuner, engine):
    client, parent, children = runs
    assert parent.info.status == "FINISHED"
    assert parent.data.params["engine"] == engine
    assert parent.data.params["n_trials"] == "12"
    study = mlflow.artifacts.load_dict(f"{parent.info.artifact_uri}/config.json")
    assert study["space"] == tuner.space.to_dict()
    history = client.get_metric_history(parent.info.run_id, "objective")
    best = np.maximum.accumulate(tuner.trials_["score"])
    assert {int(m.step): m.value for m in history} == {
        i: best[i] for i in range(12) if i == 0 or best[i] > best[i - 1]
    }
    assert len(children) == 12


def test_a_child_run_stands_for_each_trial(runs, tuner):
    _, _, children = runs
    for run, (number, row), params in zip(
        children, tuner.trials_.iterrows(), tuner.cv_results_["params"], strict=True
    ):
        assert run.info.run_name == f"{tuner.engine} trial {number}"
        assert run.info.status == "FINISHED"
        assert run.data.params == {name: str(value) for name, value in params.items()}
        assert run.data.metrics["objective"] == row["score"]
        assert run.data.metrics["objective_std"] == row["std"]
        assert run.data.metrics["fit_time"] > 0


def test_a_trial_says_where_it_comes_from_and_how_big_its_model_is(runs, tuner, engine):
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


def test_the_parent_run_holds_the_data_the_surroundings_and_the_tables(runs, tuner, digits):
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


def test_a_parameter_that_few_trials_have_is_no_reason_to_warn(recwarn):
    def objective(trial):
        seldom = trial.suggest_float("momentum", 0, 1) if trial.number == 3 else 0
        return trial.suggest_float("x", 0, 1) + seldom

    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(objective, n_trials=20)
    recwarn.clear()
    assert set(importances(study)) == {"x", "momentum"}
    assert [str(each.message) for each in recwarn] == []


def test_a_report_is_kept_with_the_executions_that_it_shows(tuners, uri, tmp_path):
    path = tk.report(NAME, tmp_path / "report.html", tracking_uri=uri)
    for tuner in tuners.values():
        at = mlflow.MlflowClient(uri).get_run(tuner.run_id_).info.artifact_uri
        assert mlflow.artifacts.load_text(f"{at}/report.html") == path.read_text()


def test_the_traceback_of_a_failure_is_kept(engine, folder):
    X, y = load_iris(return_X_y=True)
    tuner = study(
        QUALITY, engine, estimator=Tame(deed="raise"), n_trials=1, tracking=True, name="bad"
    )
    with pytest.raises(tk.StudyError):
        tuner.fit(X, y)
    (trial,) = read_study(tuner.tracking_uri_, "bad").trials
    run = mlflow.MlflowClient(tuner.tracking_uri_).get_run(trial.run_id)
    assert run.info.status == "FAILED"
    text = mlflow.artifacts.load_text(f"{run.info.artifact_uri}/error.txt")
    assert "stand_ins.py" in text
    assert text.strip().endswith("is too bad")
    parent = mlflow.MlflowClient(tuner.tracking_uri_).get_run(tuner.run_id_)
    assert parent.info.status == "FAILED"


def test_metrics_are_kept_by_epoch_and_fold(runs, tuner):
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


def test_the_best_ten_trials_keep_their_out_of_fold_predictions(runs, tuner, digits, uri):
    _, _, children = runs
    study = read_study(uri, NAME)
    scores = tuner.trials_["score"].to_numpy()
    for run in children:
        number = int(run.data.tags["tunekit.trial"])
        if (scores > scores[number]).sum() < 10:
            held = read_predictions(study, run.info.run_id, "predictions.npz")
            assert sorted(held.rows) == list(range(len(digits[0])))
            accuracies = [
                np.mean(held.y_pred[held.fold == i] == held.y_true[held.fold == i])
                for i in range(2)
            ]
            assert np.mean(accuracies) == pytest.approx(scores[number])
            assert held.y_score.shape == (len(digits[0]), 3)
    kept = sum("tunekit.predictions" in run.data.tags for run in children)
    assert 10 <= kept <= 12


def test_of_equal_trials_only_ten_keep_their_predictions(folder):
    X, y = load_iris(return_X_y=True)
    space = tk.Space(min_impurity_decrease=tk.Float(0.0, 1e-9))
    tuner = tk.Tuner(DecisionTreeClassifier(), space, n_trials=14, cv=2, random_state=0).fit(X, y)
    study = read_execution(tuner.tracking_uri_, tuner.run_id_)
    assert sum(trial.has_predictions for trial in study.trials) == 10


def test_a_study_is_read_back_as_it_was(tuner, uri, engine):
    study = read_execution(uri, tuner.run_id_)
    assert [trial.engine for trial in study.trials] == [engine] * 12
    best = study.trials[0]
    assert best.number == tuner.best_index_
    assert best.score == tuner.best_score_
    assert best.params == json.loads(json.dumps(tuner.best_params_))
    assert study.executions[0].test_score == tuner.test_score_
    assert study.executions[0].tested == 1
    curves = read_curves(study, best)
    assert len(curves) == 2
    assert all(len(values) == 3 for curve in curves for values in curve.values())


def test_one_hold_out_split_has_plain_metric_names(folder):
    X, y = load_iris(return_X_y=True)
    tuner = tk.Tuner(
        tk.KerasClassifier(epochs=2), tk.Space(units=tk.Int(4, 8)), n_trials=1, cv=0.3
    ).fit(X, y)
    study = read_study(tuner.tracking_uri_, "kerasclassifier")
    (curve,) = read_curves(study, study.trials[0])
    assert set(curve) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert (folder / "mlflow.db").exists()
    assert sqlite3.connect(folder / "mlflow.db").execute("PRAGMA journal_mode").fetchone() == (
        "wal",
    )


def test_the_newest_search_of_each_engine_is_the_study(folder):
    X, y = load_iris(return_X_y=True)
    space = tk.Space(max_depth=tk.Int(1, 4))
    tuner = tk.Tuner(DecisionTreeClassifier(), space, n_trials=2, cv=2, name="iris")
    for engine in ("optuna", "hyperopt", "optuna"):
        tuner.set_params(engine=engine).fit(X, y)
    study = read_study(tuner.tracking_uri_, "iris")
    assert [each.engine for each in study.executions] == ["optuna", "hyperopt"]
    assert study.executions[0].run_id == tuner.run_id_
    assert len(study.trials) == 4
    (whole,) = list_studies(tuner.tracking_uri_)
    assert len(whole.executions) == 3
    assert len(whole.trials) == 6


def test_executions_that_go_on_with_a_storage_are_one_study(folder):
    X, y = load_iris(return_X_y=True)
    tuner = tk.Tuner(
        DecisionTreeClassifier(),
        tk.Space(max_depth=tk.Int(1, 400)),
        cv=2,
        name="iris",
        storage="sqlite:///study.db",
    )
    for n_trials in (2, 5):
        tuner.set_params(n_trials=n_trials).fit(X, y)
    study = read_study(tuner.tracking_uri_, "iris")
    assert len(study.executions) == 2
    assert sorted(trial.number for trial in study.trials) == [0, 1, 2, 3, 4]


def test_a_failed_trial_is_failed_with_its_reason(folder):
    uri = f"sqlite:///{folder}/mlflow.db"
    with Tracker(uri, INFO) as tracker:
        for number in range(2):
            tracker.start_trial(number, {"x": number})
        end(tracker, record(0, 0.5))
        end(tracker, record(1, math.nan, error="ValueError: too deep"))
    good, bad = read_study(uri, "unit").trials
    assert (good.state, good.score) == ("complete", 0.5)
    assert (bad.state, bad.error) == ("failed", "ValueError: too deep")
    client = mlflow.MlflowClient(uri)
    assert client.get_run(bad.run_id).info.status == "FAILED"


@pytest.mark.parametrize("n_here", [12, 0])
def test_a_trial_in_this_process_waits_until_the_one_before_is_written(folder, n_here):
    in_time = []
    with (
        Tracker(f"sqlite:///{folder}/mlflow.db", INFO, n_here=n_here) as tracker,
        closing(sqlite3.connect(folder / "mlflow.db")) as store,
    ):
        for number in range(12):
            began = time.monotonic()
            tracker.start_trial(number, {"x": number})
            has_waited = time.monotonic() - began >= MOMENT  # all that it may, on a busy machine
            count = store.execute("SELECT count(*) FROM runs WHERE status = 'FINISHED'")
            in_time.append(count.fetchone() == (number,) or has_waited)
            end(tracker, record(number, 0.5))
    assert in_time[0]
    assert all(in_time) == bool(n_here)


@pytest.mark.parametrize(
    ("raised", "status"), [(ValueError("no"), "FAILED"), (KeyboardInterrupt(), "KILLED")]
)
def test_what_ends_a_study_ends_every_open_run(folder, raised, status):
    uri = f"sqlite:///{folder}/mlflow.db"
    with pytest.raises(type(raised)), Tracker(uri, INFO) as tracker:
        tracker.start_trial(0, {"x": 0})
        raise raised
    client = mlflow.MlflowClient(uri)
    experiment = client.get_experiment_by_name("unit").experiment_id
    found = {run.info.run_name: run.info.status for run in client.search_runs([experiment])}
    assert set(found.values()) == {status}
    assert len(found) == 2


def test_infinite_metrics_are_left_out(folder):
    uri = f"sqlite:///{folder}/mlflow.db"
    curve = {"loss": (1.0, math.inf, math.nan)}
    with Tracker(uri, INFO) as tracker:
        tracker.start_trial(0, {"x": 0})
        end(tracker, record(0, 0.5, curves=(curve,)))
    study = read_study(uri, "unit")
    (read,) = read_curves(study, study.trials[0])
    np.testing.assert_array_equal(read["loss"], [1.0, math.nan, math.nan])
    tags = mlflow.MlflowClient(uri).get_run(study.trials[0].run_id).data.tags
    assert tags["tunekit.infinite"] == "fold/0/loss"


def test_a_metric_that_ends_in_infinity_is_as_long_as_the_others(folder):
    uri = f"sqlite:///{folder}/mlflow.db"
    curve = {"loss": (1.0, math.inf), "accuracy": (0.5, 0.25)}
    with Tracker(uri, INFO) as tracker:
        tracker.start_trial(0, {"x": 0})
        tracker.watch_trial(0, [(1, 0, "loss", math.inf)])
        end(tracker, record(0, 0.5, curves=(curve,)))
    history = tk.load_study("unit", tracking_uri=uri).history("optuna", 0)
    np.testing.assert_array_equal(history["loss"], [1.0, math.nan])
    np.testing.assert_array_equal(history["accuracy"], [0.5, 0.25])
    (trial,) = read_study(uri, "unit").trials
    tags = mlflow.MlflowClient(uri).get_run(trial.run_id).data.tags
    assert tags["tunekit.infinite"] == "fold/1/loss, fold/0/loss"


def test_curves_longer_than_a_batch_are_kept_whole(folder):
    uri = f"sqlite:///{folder}/mlflow.db"
    with Tracker(uri, INFO) as tracker:
        tracker.start_trial(0, {"x": 0})
        end(tracker, record(0, 0.5, curves=({"loss": tuple(map(float, range(2500)))},)))
    study = read_study(uri, "unit")
    assert len(read_curves(study, study.trials[0])[0]["loss"]) == 2500


def test_long_values_are_shortened(folder):
    uri = f"sqlite:///{folder}/mlflow.db"
    with Tracker(uri, INFO) as tracker:
        tracker.start_trial(0, {"x": "a" * 9000})
    (trial,) = read_study(uri, "unit").trials
    shown = mlflow.MlflowClient(uri).get_run(trial.run_id).data.params["x"]
    assert len(shown) == 6000
    assert shown.endswith("…")


@pytest.mark.parametrize("name", ["a/b 'c' \"d\"", "emoji 🎉", "x" * 500, "<script>"])
def test_unusual_names_work(folder, name):
    X, y = load_iris(return_X_y=True)
    tuner = tk.Tuner(
        DecisionTreeClassifier(), tk.Space(max_depth=tk.Int(1, 4)), n_trials=1, cv=2, name=name
    ).fit(X, y)
    assert read_study(tuner.tracking_uri_, name).trials[0].has_predictions


def test_the_list_has_a_line_for_each_study_whatever_its_name(folder, capsys):
    uri = f"sqlite:///{folder}/mlflow.db"
    names = ["two\nlines", "tab\tin it", "x" * 500, "🎉"]
    for name in names:
        with Tracker(uri, replace(INFO, name=name)) as tracker:
            tracker.start_trial(0, {"x": 0.5})
            end(tracker, record(0, 0.5))
    with pytest.raises(SystemExit) as ended:
        main(["studies", "--tracking-uri", uri])
    assert ended.value.code == 0
    _, *lines = capsys.readouterr().out.splitlines()
    shown = [r"tab\tin it", r"two\nlines", "x" * 500, "🎉"]
    assert [line.split("  ")[0].strip() for line in lines] == shown


def test_a_deleted_study_is_refused_with_the_way_out(folder):
    uri = f"sqlite:///{folder}/mlflow.db"
    client = open_store(uri)
    gone = client.create_experiment("unit")
    client.delete_experiment(gone)
    with pytest.raises(
        tk.TrackingError, match=f"was deleted .*mlflow experiments restore -x {gone}"
    ):
        Tracker(uri, INFO)


def test_what_is_not_there_is_not_found(tmp_path, uri, tuners):
    with pytest.raises(tk.NotFoundError, match=r"there is no store at .*no\.db: run a study first"):
        read_study(f"sqlite:///{tmp_path}/no.db", "x")
    with pytest.raises(
        tk.NotFoundError, match="no study 'three digit' .* Did you mean 'three digits'"
    ):
        read_study(uri, "three digit")
    study = read_study(uri, NAME)
    with pytest.raises(tk.TrackingError, match=r"holds no nothing\.npz"):
        read_predictions(study, study.trials[0].run_id, "nothing.npz")
    with pytest.raises(tk.TrackingError, match="has no run nope"):
        read_execution(uri, "nope")


def test_the_folder_of_the_store_must_exist(tmp_path):
    with pytest.raises(tk.TrackingError, match="folder of the store, .*nowhere, does not exist"):
        open_store(f"sqlite:///{tmp_path}/nowhere/mlflow.db")


def test_what_is_no_database_is_refused(tmp_path):
    (tmp_path / "mlflow.db").write_text("not a database at all, but long enough to look at")
    with pytest.raises(tk.TrackingError, match="cannot be opened"):
        open_store(f"sqlite:///{tmp_path}/mlflow.db")


def test_the_store_is_named_by_argument_environment_or_default(folder, monkeypatch):
    assert resolve_uri(None) == f"sqlite:///{folder}/mlflow.db"
    assert resolve_uri("sqlite:///x/y.db") == f"sqlite:///{folder}/x/y.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://host:1")
    assert resolve_uri(None) == "http://host:1"


def test_the_newest_study_is_found(folder):
    X, y = load_iris(return_X_y=True)
    tuner = tk.Tuner(DecisionTreeClassifier(), tk.Space(max_depth=tk.Int(1, 4)), n_trials=1, cv=2)
    for name in ("a", "b", "a"):
        tuner.set_params(name=name).fit(X, y)
    uri = tuner.tracking_uri_
    mlflow.MlflowClient(uri).create_experiment("not ours")
    assert find_experiment(uri, None) == find_experiment(uri, "a") != find_experiment(uri, "b")


def test_a_database_of_something_else_is_left_alone(tmp_path):
    path = tmp_path / "mine.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x)")
    before = path.read_bytes()
    for create in (True, False):
        with pytest.raises(tk.TrackingError, match="a database of something else"):
            open_store(f"sqlite:///{path}", create=create)
    assert path.read_bytes() == before
    with pytest.raises(tk.TrackingError, match="is a folder: name a file in it"):
        open_store(f"sqlite:///{tmp_path}")


@pytest.mark.slow
def test_processes_that_make_one_store_together_all_succeed(tmp_path):
    code = (
        "import sys; from tunekit.tracking.store import open_store;"
        "print(len(open_store(sys.argv[1]).search_experiments()))"
    )
    command = [sys.executable, "-c", code, f"sqlite:///{tmp_path}/mlflow.db"]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in started:
        out, error = process.communicate()
        assert (process.returncode, out.strip()) == (0, "1"), error


def test_the_view_names_real_columns(runs):
    client, parent, children = runs
    tags = client.get_experiment(parent.info.experiment_id).tags
    view = json.loads(json.loads(tags["mlflow.sharedViewState.tunekit"])["state"])
    named = re.findall(r"(metrics|params|tags)\.`(.+?)`", " ".join(view["selectedColumns"]))
    there = {
        kind: set().union(*(getattr(run.data, kind) for run in children))
        for kind in ("metrics", "params", "tags")
    }
    assert len(named) >= 8
    for kind, name in named:
        assert name in there[kind], name


class Slowly(Tame):
    """Trains for seven seconds, and looks into the store before the last epoch."""

    def __init__(self, quality=0.5, uri=None):
        self.quality = quality
        self.uri = uri

    def fit(self, X, y, on_metrics=None):
        self.classes_ = np.unique(y)
        losses = [1.0 / n for n in range(1, 15)]
        for epoch, loss in enumerate(losses):
            time.sleep(0.5)
            on_metrics(epoch, {"loss": loss, "held_out_loss": loss})
            if epoch == len(losses) - 2:
                self.seen_ = self.look()
        self.history_ = pd.DataFrame({"loss": losses, "held_out_loss": losses})
        return self

    def look(self):
        study = read_study(self.uri, "slow")
        (curve,) = read_curves(study, study.trials[0])
        return study.trials[0].state, len(curve["loss"]), len(curve["val_loss"])

    def score(self, X, y):
        return self.seen_[1] if self.seen_[0] == "running" else np.nan


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "n_jobs"), [("optuna", 2), ("hyperopt", 1)])
def test_the_curve_of_a_long_trial_is_there_while_it_trains_and_once_when_it_ended(
    engine, n_jobs, folder
):
    uri = f"sqlite:///{folder}/mlflow.db"
    tuner = study(QUALITY, engine, estimator=Slowly(uri=uri), n_trials=1, cv=0.3, n_jobs=n_jobs)
    tuner.set_params(trial_timeout=60.0 if n_jobs == 2 else None, refit=False)
    tuner.set_params(tracking=True, tracking_uri=uri, name="slow").fit(X_IRIS, Y_IRIS)
    assert tuner.best_score_ >= 9, "epochs of the first five seconds"
    run_id = read_study(uri, "slow").trials[0].run_id
    for name in ("loss", "val_loss"):
        points = mlflow.MlflowClient(uri).get_metric_history(run_id, name)
        assert [point.step for point in sorted(points, key=lambda each: each.step)] == [*range(14)]
