"""Stores other than a SQLite file: a tracking server, and PostgreSQL."""

from __future__ import annotations

import mlflow
import numpy as np
import optuna
import pytest
from dummy_estimators import study
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from store_checks import assert_both_ledgers_agree, killed

import tunekit as tk
from tunekit.tracking.store import open_store
from tunekit.tracking.study_reader import read_curves, read_study

X, y = load_iris(return_X_y=True)


@pytest.fixture
def addresses(request, bare_folder):
    """Addresses of an MLflow store and of an Optuna storage."""
    kind = request.param
    if kind == "postgresql":
        server = request.getfixturevalue("postgres")
        return server.database(f"{bare_folder.name} m"), server.database(f"{bare_folder.name} s")
    return request.getfixturevalue("server").uri, f"sqlite:///{bare_folder}/study.db"


@pytest.mark.slow
@pytest.mark.parametrize("addresses", ["http", "postgresql"], indirect=True)
def test_another_store_contains_the_same_as_sqlite(engine, addresses, monkeypatch):
    uri, storage = addresses
    tuner = study(
        tk.Space(decisiontreeclassifier__max_depth=tk.Int(1, 50)),
        engine,
        estimator=make_pipeline(StandardScaler(), DecisionTreeClassifier()),
        n_trials=3,
        name=f"trees {engine}",
        storage=storage,
        tracking=True,
        tracking_uri=uri,
    ).fit(X, y)
    tuner.set_params(n_trials=4).fit(X, y)
    tuner.evaluate(X, y)
    tracked = read_study(open_store(uri, create=False), f"trees {engine}")
    assert sorted(trial.number for trial in tracked.trials) == [0, 1, 2, 3]
    assert [each.status for each in tracked.executions] == ["FINISHED"] * 2
    assert tracked.executions[0].test_score == tuner.test_score_
    assert tracked.trials[0].params == tuner.best_params_
    client = mlflow.MlflowClient(uri)
    artifacts = {each.path for each in client.list_artifacts(tuner.run_id_)}
    assert artifacts >= {"config.json", "environment.json", "trials.csv", "test_predictions.npz"}
    with monkeypatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", uri)
        champion = mlflow.pyfunc.load_model(f"models:/trees {engine}@champion")
        np.testing.assert_array_equal(champion.predict(X), tuner.predict(X))


@pytest.mark.slow
def test_a_study_on_postgresql_that_is_killed_loses_nothing(forks, engine, postgres, bare_folder):
    address, storage = (postgres.database(f"{kind} {engine}") for kind in ("runs", "trials"))
    killed(forks, engine, 6, 25, storage, address)
    held = optuna.load_study(study_name="s", storage=storage)
    finished = [each for each in held.trials if "tunekit.interrupted" not in each.user_attrs]
    assert len(finished) == 25
    assert_both_ledgers_agree(held, address)
    tracked = read_study(open_store(address, create=False), "s")
    assert (
        len(read_curves(open_store(tracked.uri, create=False), tracked.trials[0])[0]["loss"]) == 5
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_four_processes_can_start_without_a_store(forks, engine, kind, bare_folder, request):
    """Once here, and twenty times in ``make bench``."""
    uri, storage = (
        f"sqlite:///{bare_folder}/{role}.db"
        if kind == "sqlite"
        else request.getfixturevalue("postgres").database(f"{role} of {engine}")
        for role in ("runs", "trials")
    )
    assert forks.run("start_together", engine, uri, storage) == {"failed": 0}, forks.said()
    held = optuna.load_study(study_name="s", storage=storage)
    assert len(held.trials) >= 2
    assert_both_ledgers_agree(held, uri)
    executions = read_study(open_store(uri, create=False), "s").executions
    assert [each.status for each in executions] == ["FINISHED"] * 4
    assert len({each.ledger for each in executions}) == 1


def test_mlflow_and_optuna_cannot_share_a_database(engine, folder):
    tuner = study(tk.Space(max_depth=tk.Int(1, 5)), engine, estimator=DecisionTreeClassifier())
    tuner.set_params(n_trials=1, tracking=True, storage="sqlite:///mlflow.db")
    with pytest.raises(tk.ParameterError, match="is an MLflow store; Optuna and MLflow cannot"):
        tuner.fit(X, y)
    tuner.set_params(storage="sqlite:///s.db", tracking_uri="sqlite:///s.db")
    with pytest.raises(tk.TrackingError, match="is an Optuna storage; MLflow and Optuna cannot"):
        tuner.fit(X, y)
