"""Studies that are read from MLflow."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier
from trial_records import INFO, end, record

import tunekit as tk
from tunekit.cli import main
from tunekit.tracking.store import open_store
from tunekit.tracking.study_reader import (
    list_studies,
    read_curves,
    read_execution,
    read_predictions,
    read_study,
)
from tunekit.tracking.study_tracker import StudyTracker

NAME = "three digits"


def test_a_study_is_loaded_unchanged(tuner, uri, engine):
    study = read_execution(open_store(uri, create=False), tuner.run_id_)
    assert [trial.engine for trial in study.trials] == [engine] * 12
    best = study.trials[0]
    assert best.number == tuner.best_index_
    assert best.score == tuner.best_score_
    assert best.params == tuner.best_params_
    assert study.executions[0].test_score == tuner.test_score_
    assert study.executions[0].tested == 1
    curves = read_curves(open_store(study.uri, create=False), best)
    assert len(curves) == 2
    assert all(len(values) == 3 for curve in curves for values in curve.values())


@pytest.mark.slow
def test_one_hold_out_split_has_plain_metric_names(folder):
    X, y = load_iris(return_X_y=True)
    tuner = tk.Tuner(
        tk.KerasClassifier(epochs=2), tk.Space(units=tk.Int(4, 8)), n_trials=1, cv=0.3
    ).fit(X, y)
    study = read_study(open_store(tuner.tracking_uri_, create=False), "kerasclassifier")
    (curve,) = read_curves(open_store(study.uri, create=False), study.trials[0])
    assert set(curve) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert (folder / "mlflow.db").exists()
    assert sqlite3.connect(folder / "mlflow.db").execute("PRAGMA journal_mode").fetchone() == (
        "wal",
    )


@pytest.mark.slow
def test_the_newest_search_of_each_engine_is_the_study(folder):
    X, y = load_iris(return_X_y=True)
    space = tk.Space(max_depth=tk.Int(1, 4))
    tuner = tk.Tuner(DecisionTreeClassifier(), space, n_trials=2, cv=2, name="iris")
    for engine in ("optuna", "hyperopt", "optuna"):
        tuner.set_params(engine=engine).fit(X, y)
    study = read_study(open_store(tuner.tracking_uri_, create=False), "iris")
    assert [each.engine for each in study.executions] == ["optuna", "hyperopt"]
    assert study.executions[0].run_id == tuner.run_id_
    assert len(study.trials) == 4
    (whole,) = list_studies(open_store(tuner.tracking_uri_, create=False))
    assert len(whole.executions) == 3
    assert len(whole.trials) == 6


@pytest.mark.slow
def test_executions_that_resume_a_storage_are_one_study(folder):
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
    study = read_study(open_store(tuner.tracking_uri_, create=False), "iris")
    assert len(study.executions) == 2
    assert sorted(trial.number for trial in study.trials) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("name", ["a/b 'c' \"d\"", "emoji 🎉", "x" * 500, "<script>"])
def test_unusual_names_work(folder, name):
    X, y = load_iris(return_X_y=True)
    tuner = tk.Tuner(
        DecisionTreeClassifier(), tk.Space(max_depth=tk.Int(1, 4)), n_trials=1, cv=2, name=name
    ).fit(X, y)
    assert read_study(open_store(tuner.tracking_uri_, create=False), name).trials[0].has_predictions


def test_the_list_has_one_line_per_study(folder, capsys):
    uri = f"sqlite:///{folder}/mlflow.db"
    names = ["two\nlines", "tab\tin it", "x" * 500, "🎉"]
    for name in names:
        with StudyTracker(uri, replace(INFO, name=name)) as tracker:
            tracker.trial_started(0, {"x": 0.5})
            end(tracker, record(0, 0.5))
    with pytest.raises(SystemExit) as ended:
        main(["studies", "--tracking-uri", uri])
    assert ended.value.code == 0
    _, *lines = capsys.readouterr().out.splitlines()
    shown = [r"tab\tin it", r"two\nlines", "x" * 500, "🎉"]
    assert [line.split("  ")[0].strip() for line in lines] == shown


def test_a_deleted_study_raises_an_error_with_the_solution(folder):
    uri = f"sqlite:///{folder}/mlflow.db"
    client = open_store(uri)
    gone = client.create_experiment("unit")
    client.delete_experiment(gone)
    with pytest.raises(
        tk.TrackingError, match=f"was deleted .*mlflow experiments restore -x {gone}"
    ):
        StudyTracker(uri, INFO)


def test_missing_studies_and_stores_are_not_found(tmp_path, uri, tuners):
    with pytest.raises(tk.NotFoundError, match=r"there is no store at .*no\.db: run a study first"):
        read_study(open_store(f"sqlite:///{tmp_path}/no.db", create=False), "x")
    with pytest.raises(
        tk.NotFoundError, match="no study 'three digit' .* Did you mean 'three digits'"
    ):
        read_study(open_store(uri, create=False), "three digit")
    study = read_study(open_store(uri, create=False), NAME)
    with pytest.raises(tk.TrackingError, match=r"cannot read nothing\.npz"):
        read_predictions(open_store(study.uri, create=False), study.trials[0].run_id, "nothing.npz")
    with pytest.raises(tk.TrackingError, match="has no run nope"):
        read_execution(open_store(uri, create=False), "nope")
