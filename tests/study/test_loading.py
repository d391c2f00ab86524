"""Loaded studies and their champion."""

from __future__ import annotations

import subprocess
import sys

import mlflow
import numpy as np
import pandas as pd
import pytest
from dummy_estimators import QUALITY, study
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk
from tunekit.tracking.model_registry import ALIAS, model_name

X, y = load_iris(return_X_y=True)
NAME = "three digits"
DEPTHS = tk.Space(max_depth=tk.Int(1, 50))


@pytest.fixture
def loaded(tuners, uri):
    return tk.load_study(NAME, tracking_uri=uri)


def test_trials_have_one_column_per_parameter(loaded, tuner, engine):
    ours = loaded.trials.loc[engine].sort_index()
    theirs = tuner.trials_
    for column in (*tuner.space.parameters, "score", "std", "state", "duration"):
        expected = theirs[column]
        pd.testing.assert_series_equal(
            ours[column].rename_axis("number"), expected, check_dtype=False, check_names=False
        )
    assert loaded.trials["score"].is_monotonic_decreasing
    assert (loaded.trials["n_params"] > 0).all()


def test_executions_are_a_table(loaded, tuner, engine):
    row = loaded.executions.loc[tuner.run_id_]
    assert (row["engine"], row["status"]) == (engine, "FINISHED")
    assert row["test_score"] == tuner.test_score_


def test_histories_are_tables_by_fold_and_epoch(loaded, engine):
    history = loaded.history(engine, 3)
    assert list(history.index.names) == ["fold", "epoch"]
    assert len(history) == 2 * 3
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert history.notna().all(axis=None)


def test_predictions_are_arrays(loaded, tuner, engine, digits):
    held = loaded.predictions(engine, tuner.best_index_)
    assert sorted(held.rows) == list(range(len(digits[0])))
    test = loaded.test_predictions(engine)
    assert np.mean(test.y_pred == test.y_true) == tuner.test_score_


def test_the_champion_is_the_best_of_both_engines(loaded, tuners, digits):
    best = max(tuners.values(), key=lambda each: each.best_score_)
    np.testing.assert_allclose(
        loaded.champion.predict_proba(digits[1]), best.predict_proba(digits[1]), atol=1e-6
    )


@pytest.mark.slow
def test_missing_objects_raise_an_error(loaded, engine, folder):
    with pytest.raises(tk.NotFoundError, match="has no trial 99 of"):
        loaded.history(engine, 99)
    tuner = study(
        QUALITY, engine, algorithm="random", n_trials=20, tracking=True, name="t", refit=False
    ).fit(X, y)
    held = tk.load_study("t")
    assert repr(held) == "LoadedStudy('t', 20 trials)"
    first, last = held.trials.index[0][1], held.trials.index[-1][1]
    assert len(held.predictions(engine, first).rows) == len(X)
    with pytest.raises(tk.NotFoundError, match=f"trial {last} of {engine} has no predictions"):
        held.predictions(engine, last)
    assert len(held.history(engine, 0)) == 0
    with pytest.raises(tk.NotFoundError, match="was not evaluated on a test split"):
        held.test_predictions(engine)
    with pytest.raises(tk.NotFoundError, match="'t' has no champion: it was run with refit=False"):
        held.champion  # noqa: B018 - loads it
    assert tuner.run_id_ in held.executions.index


@pytest.mark.interpreter
def test_another_process_predicts_the_same_with_the_champion(folder):
    """With MLflow only, including preprocessing, in a process without tunekit."""
    rng = np.random.default_rng(0)
    names = np.array(["no", "yes"])
    frame = pd.DataFrame({"a": rng.normal(50, 9, 90), "b": rng.normal(0, 0.1, 90)})
    target = names[(frame["a"] > 50).astype(int)]
    tuners = {
        f"frames by {engine}": tk.Tuner(
            make_pipeline(StandardScaler(), tk.KerasClassifier(epochs=3)),
            tk.Space(kerasclassifier__units=tk.Int(4, 32)),
            engine=engine,
            n_trials=2,
            cv=0.3,
            name=f"frames by {engine}",
            random_state=0,
        ).fit(frame, target)
        for engine in ("optuna", "hyperopt")
    }
    frame.to_csv("rows.csv", index=False)
    uri = tuners["frames by optuna"].tracking_uri_
    code = f"""
import mlflow, pandas as pd
mlflow.set_tracking_uri({uri!r})
for name in {list(tuners)!r}:
    model = mlflow.pyfunc.load_model(f"models:/{{name}}@champion")
    print(*model.predict(pd.read_csv("rows.csv")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for said, (name, tuner) in zip(done.stdout.splitlines(), tuners.items(), strict=True):
        assert said.split() == list(tuner.predict(frame))
        version = mlflow.MlflowClient(uri).get_model_version_by_alias(name, ALIAS)
        info = mlflow.models.Model.load(version.source.removeprefix("file://"))
        assert info.signature.inputs.input_names() == ["a", "b"]
        needs = mlflow.artifacts.load_text(f"{version.source}/requirements.txt").split()
        packages = {need.split("==")[0] for need in needs}
        assert packages >= {"tunekit-hpo", "keras", "tensorflow", "pandas"}
        assert all("==" in need for need in needs)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a/b: 'c' \"d\"", "emoji 🎉", "x" * 500, "@ #?%", ".."])
def test_a_study_of_any_name_has_a_champion(name, folder):
    tuner = study(DEPTHS, estimator=DecisionTreeClassifier(), n_trials=1, tracking=True, name=name)
    tuner.fit(X, y)
    mlflow.set_tracking_uri(tuner.tracking_uri_)
    try:
        champion = mlflow.pyfunc.load_model(f"models:/{model_name(name)}@champion")
    finally:
        mlflow.set_tracking_uri(None)
    np.testing.assert_array_equal(champion.predict(X), tuner.predict(X))
    np.testing.assert_array_equal(tk.load_study(name).champion.predict(X), tuner.predict(X))


def champion_of(uri, name):
    client = mlflow.MlflowClient(uri)
    return client.get_model_version_by_alias(name, ALIAS).tags["tunekit.run"]


@pytest.mark.slow
def test_the_alias_goes_to_the_best_of_the_newest_searches(folder):
    def search(engine, low, **settings):
        space = tk.Space(quality=tk.Float(low, low + 0.1))
        tuner = study(space, engine, n_trials=1, tracking=True, name="s", **settings)
        return tuner.fit(X, y)

    first = search("optuna", 0.5)
    uri = first.tracking_uri_
    assert champion_of(uri, "s") == first.run_id_
    search("hyperopt", 0.3)
    assert champion_of(uri, "s") == first.run_id_, "a worse one of another engine"
    better = search("hyperopt", 0.7)
    assert champion_of(uri, "s") == better.run_id_, "a better one of another engine"
    newer = search("hyperopt", 0.62)
    assert champion_of(uri, "s") == newer.run_id_, "a newer one of the same engine"
    search("hyperopt", 0.2)
    assert champion_of(uri, "s") == first.run_id_, "the model of the other engine is better again"
    with pytest.warns(tk.TrackingWarning, match="other settings"):
        other = search("optuna", 0.1, cv=3)
    assert champion_of(uri, "s") == other.run_id_, "a model whose score is not comparable"


@pytest.mark.slow
def test_an_estimator_that_cannot_be_pickled_gives_a_warning(folder):
    class Unpicklable(DecisionTreeClassifier):
        def __reduce__(self):
            raise TypeError("cannot pickle this")

    tuner = study(DEPTHS, estimator=Unpicklable(), n_trials=1, tracking=True, name="s")
    with pytest.warns(tk.TrackingWarning, match="stored as an MLflow model: .*cannot pickle this"):
        tuner.fit(X, y)
    assert tk.load_study("s").trials["state"].tolist() == ["complete"]
