"""Values that MLflow cannot store unchanged, and invalid stores."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace

import mlflow
import numpy as np
import pytest
from dummy_estimators import QUALITY, ScriptedEstimator, study
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier
from trial_records import INFO, end, record

import tunekit as tk
from tunekit.tracking.encoding import safe_key
from tunekit.tracking.store import open_store
from tunekit.tracking.study_reader import read_curves, read_study
from tunekit.tracking.study_tracker import StudyTracker

X, y = load_iris(return_X_y=True)
NAMES = ["größe", "a'b", 'a"b', "a/../b", "/a", "🎉", "é" * 300, "x" * 500, "a%b", "a`b", "."]


@pytest.mark.parametrize("name", [*NAMES, "fine/name", "two words"])
def test_config_json_contains_the_original_names_of_parameters(folder, name):
    uri = f"sqlite:///{folder}/mlflow.db"
    with StudyTracker(uri, INFO) as tracker:
        tracker.trial_started(0, {name: 0.5})
        found = record(0, 0.5, curves=({name: (1.0, 2.0)},))
        end(tracker, replace(found, params={name: 0.5}))
    (trial,) = read_study(open_store(uri, create=False), "unit").trials
    assert trial.params == {name: 0.5}
    run = mlflow.MlflowClient(uri).get_run(trial.run_id)
    assert run.data.params == {safe_key(name): "0.5"}
    (curve,) = read_curves(open_store(uri, create=False), trial)
    assert curve == {safe_key(name): (1.0, 2.0)}
    if name in NAMES:
        config = mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/config.json")
        assert config["params"] == {name: 0.5}
        assert config["names"][safe_key(name)] == name


def test_a_long_value_is_not_truncated_in_config_json(folder):
    uri, long = f"sqlite:///{folder}/mlflow.db", "é" * 9000
    with StudyTracker(uri, INFO) as tracker:
        tracker.trial_started(0, {"x": long})
        end(tracker, record(0, 0.5))
    (trial,) = read_study(open_store(uri, create=False), "unit").trials
    assert trial.params == {"x": long}
    run = mlflow.MlflowClient(uri).get_run(trial.run_id)
    assert run.data.params["x"] == long[:5999] + "…"
    assert mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/config.json")["params"]["x"] == long


@pytest.mark.slow
def test_deleting_the_experiment_of_a_running_study_loses_no_trial(engine, folder):
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")

    class Deleting(ScriptedEstimator):
        fits = 0

        def fit(self, X, y):
            type(self).fits += 1
            if type(self).fits == 3:
                client.delete_experiment(client.get_experiment_by_name("gone").experiment_id)
            return super().fit(X, y)

    tuner = study(QUALITY, engine, estimator=Deleting(), n_trials=5, cv=0.3, name="gone")
    tuner.set_params(storage="sqlite:///study.db")
    with pytest.warns(tk.TrackingWarning, match="rejected a write, which is skipped") as told:
        tuner.set_params(tracking=True, refit=False).fit(X, y)
    assert list(tuner.trials_["state"]) == ["complete"] * 5
    assert len([each for each in told if each.category is tk.TrackingWarning]) == 1
    way_out = "was deleted .*'MLFLOW_TRACKING_URI=sqlite:.* mlflow experiments restore -x 1'"
    for ask in (
        lambda: tuner.fit(X, y),
        lambda: tk.load_study("gone"),
        lambda: tk.report(tuner, "gone.html"),
        lambda: tk.report("gone", "gone.html"),
    ):
        with pytest.raises(tk.TrackingError, match=way_out):
            ask()
    client.restore_experiment("1")
    assert len(tk.load_study("gone").trials) == 3, "the trials that started before the deletion"
    tuner.fit(X, y)
    assert list(tk.load_study("gone").trials["state"]) == ["complete"] * 5


@pytest.mark.slow
def test_two_studies_with_the_same_name_give_a_warning(engine, folder):
    first = study(QUALITY, engine, n_trials=2, name="s", tracking=True).fit(X, y)
    again = study(QUALITY, engine, n_trials=2, name="s", tracking=True).fit(X[10:], y[10:])
    other = study(
        tk.Space(max_depth=tk.Int(1, 5)), engine, estimator=DecisionTreeClassifier(), n_trials=3
    ).set_params(name="s", tracking=True)
    expected = (
        r"a study 's' with other settings "
        r"\(estimator ScriptedEstimator, now DecisionTreeClassifier\)"
    )
    with pytest.warns(tk.TrackingWarning, match=expected) as told:
        other.fit(X, y)
    assert told[0].filename == __file__, "it refers to the user's code"
    assert len(tk.load_study("s").trials) == 3
    for tuner in (first, again, other):
        run = mlflow.MlflowClient(tuner.tracking_uri_).get_run(tuner.run_id_)
        assert run.info.status == "FINISHED"


def opened_elsewhere(uri):
    """Open a store in another process; this one has it in a cache."""
    code = (
        "import sys; from tunekit.exceptions import TrackingError;"
        "from tunekit.tracking.store import open_store\n"
        "try: open_store(sys.argv[1])\nexcept TrackingError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code, uri], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
def test_a_store_of_another_mlflow_version_raises_an_error(folder):
    with closing(sqlite3.connect(folder / "mlflow.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '7f2a7d5fae7d'")
        connection.commit()
    said = opened_elsewhere(f"sqlite:///{folder}/mlflow.db")
    assert "another version of MLflow created it (schema 7f2a7d5fae7d, this version has " in said
    assert said.endswith("run 'mlflow db upgrade' on it, or install the newer MLflow")
    assert "\n" not in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("./mlruns", r"\./mlruns is a folder, which MLflow no longer writes to: name a database"),
        ("file:///tmp/mlruns", "is a folder, which MLflow no longer writes to"),
        ("ftp://host/x", "ftp://host/x cannot be opened: .*unsupported URI"),
        ("mysql+nodriver://me:secret@host/x", r"me:\*\*\*@host/x cannot be opened: Can't load"),
        ("postgresql+psycopg://me:secret@127.0.0.1:1/x", r"me:\*\*\*@.*Connection refused"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9 cannot be opened: .*Connection refused"),
    ],
)
def test_an_invalid_store_raises_an_error(uri, sentence):
    with pytest.raises(tk.TrackingError, match=sentence) as caught:
        open_store(uri)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_infinite_objectives_are_failures(engine, folder):
    class Infinite(ScriptedEstimator):
        def score(self, X, y):
            return np.inf

    tuner = study(QUALITY, engine, estimator=Infinite(), n_trials=1, name="s", tracking=True)
    with pytest.raises(tk.StudyError, match="the score of split 0 is inf"):
        tuner.fit(X, y)
    (trial,) = read_study(open_store(tuner.tracking_uri_, create=False), "s").trials
    assert (trial.state, trial.error) == ("failed", "the score of split 0 is inf")
    run = mlflow.MlflowClient(tuner.tracking_uri_).get_run(trial.run_id)
    assert json.loads(run.data.tags["tunekit.params"]) == dict(trial.params)
    assert all(abs(value) < 1e300 for value in run.data.metrics.values())
    assert run.data.tags["tunekit.infinite"] == "fold_score"
