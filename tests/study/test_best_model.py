"""Files that a study stores for its best model."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dummy_estimators import QUALITY, study
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import tunekit as tk
from tunekit.core.predictions import Predictions
from tunekit.evaluation.mistakes import KEPT
from tunekit.study.best_model import BestPredictions
from tunekit.study.storage import read_records
from tunekit.tracking.artifacts import read_json, read_mistakes
from tunekit.tracking.store import open_store
from tunekit.tracking.study_reader import read_execution, read_predictions, read_study

X, Y = load_iris(return_X_y=True)
DEPTHS = tk.Space(max_depth=tk.Int(1, 3))


@pytest.fixture
def tracked(tuner, uri):
    return read_execution(open_store(uri, create=False), tuner.run_id_)


def test_the_stored_python_code_recreates_the_best_estimator(tuner, tracked, digits):
    code = read_json(open_store(tracked.uri, create=False), tuner.run_id_, "architecture.json")[
        "python"
    ]
    names = {}
    exec("\n".join(code["imports"]), names)  # noqa: S102 - what the study wrote
    again = eval(code["expression"], names)
    assert repr(again.get_params()) == repr(tuner.best_estimator_.get_params())
    again.fit(digits[0], digits[2])
    np.testing.assert_array_equal(again.predict(digits[1]), tuner.predict(digits[1]))


def test_a_study_stores_the_inputs_of_its_mistakes(tuner, tracked, digits):
    best = tracked.trials[0]
    held = read_predictions(open_store(tracked.uri, create=False), best.run_id, "predictions.npz")
    found = read_mistakes(open_store(tracked.uri, create=False), best.run_id, "mistakes.npz")
    wrong = held.y_pred != held.y_true
    assert len(found.rows) == min(KEPT, wrong.sum()) > 0
    assert set(found.rows) <= set(held.rows[wrong])
    np.testing.assert_array_equal(found.inputs, digits[0][found.rows])
    judged = read_mistakes(
        open_store(tracked.uri, create=False), tuner.run_id_, "test_mistakes.npz"
    )
    wrong = np.flatnonzero(tuner.predict(digits[1]) != digits[3])
    assert (judged is None) == (len(wrong) == 0)
    if judged:
        assert set(judged.rows) <= set(wrong)
        np.testing.assert_array_equal(judged.inputs, digits[1][judged.rows])


@pytest.mark.slow
def test_a_resumed_search_stores_the_mistakes_of_an_earlier_trial(folder, engine):
    settings = {"tracking": True, "name": "on", "storage": "sqlite:///s.db", "n_trials": 3}
    for n_trials in (3, 4):
        settings["n_trials"] = n_trials
        settings["initial"] = [{"quality": 1.0}]
        tuner = study(QUALITY, engine, **settings).fit(X, Y)
        assert tuner.best_index_ == 0
        tracked = read_study(open_store(tuner.tracking_uri_, create=False), "on")
        assert (
            read_mistakes(
                open_store(tracked.uri, create=False), tracked.trials[0].run_id, "mistakes.npz"
            )
            is not None
        )
        for path in Path("mlruns").rglob("mistakes.npz"):
            path.unlink()


@pytest.mark.slow
def test_inputs_are_not_stored_if_the_environment_variable_is_0(folder, monkeypatch):
    monkeypatch.setenv("TUNEKIT_KEEP_INPUTS", "0")
    tuner = study(DEPTHS, estimator=DecisionTreeClassifier(), tracking=True, name="quiet")
    tuner.fit(X, Y)
    tuner.evaluate(X, 2 - Y)
    assert list(Path("mlruns").rglob("*mistakes.npz")) == []
    assert len(list(Path("mlruns").rglob("test_predictions.npz"))) == 1


@pytest.mark.slow
def test_mistakes_are_stored_without_refit(folder):
    tuner = study(
        DEPTHS,
        estimator=DecisionTreeRegressor(),
        tracking=True,
        name="bare",
        refit=False,
    ).fit(X, Y.astype(float))
    tracked = read_study(open_store(tuner.tracking_uri_, create=False), "bare")
    assert (
        read_json(open_store(tracked.uri, create=False), tuner.run_id_, "architecture.json") is None
    )
    assert (
        len(read_json(open_store(tracked.uri, create=False), tuner.run_id_, "data.json")["targets"])
        == 1
    )
    found = read_mistakes(
        open_store(tracked.uri, create=False), tracked.trials[0].run_id, "mistakes.npz"
    )
    assert 0 < len(found.rows) <= KEPT


def test_trials_record_when_they_ran_and_how_fast_they_predict(tuner, tracked):
    for trial in tracked.trials:
        row = tuner.cv_results_["split0_test_score"][trial.number]
        other = tuner.cv_results_["split1_test_score"][trial.number]
        assert trial.fold_scores == (row, other)
        assert np.mean(trial.fold_scores) == pytest.approx(trial.score)
        assert trial.ended - trial.started == pytest.approx(1000 * trial.duration, rel=0.5, abs=50)
        assert 0 < trial.predict_time < trial.fit_time
    evaluation = read_records(tuner.study_, tuner.space)[0].evaluation
    assert sum(evaluation.n_test) == 210
    first = next(each for each in tracked.trials if each.number == 0)
    assert first.predict_time == pytest.approx(sum(evaluation.predict_times) / 210)


@pytest.mark.slow
def test_a_store_of_an_older_version_can_be_read(folder):
    tuner = study(QUALITY, n_trials=2, tracking=True, name="old").fit(X, Y)
    with closing(sqlite3.connect("mlflow.db")) as store, store:
        store.execute("DELETE FROM tags WHERE key IN ('tunekit.fold_scores', 'tunekit.command')")
        store.execute("DELETE FROM latest_metrics WHERE key = 'predict_time'")
    for name in ("data.json", "architecture.json", "mistakes.npz"):
        for path in Path("mlruns").rglob(name):
            path.unlink()
    tracked = read_study(open_store(tuner.tracking_uri_, create=False), "old")
    assert tracked.executions[0].command == ""
    for trial in tracked.trials:
        assert trial.fold_scores == ()
        assert np.isnan(trial.predict_time)
    assert read_json(open_store(tracked.uri, create=False), tuner.run_id_, "data.json") is None
    assert (
        read_mistakes(
            open_store(tracked.uri, create=False), tracked.trials[0].run_id, "mistakes.npz"
        )
        is None
    )


def test_of_equal_trials_the_one_with_the_lowest_number_keeps_its_predictions(tuners):
    (first, second) = read_records(tuners["optuna"].study_, tuners["optuna"].space)[:2]
    rows = np.arange(1)
    wrong, right = (
        Predictions(rows, rows, np.array([1]), np.array([label]), None, None) for label in (0, 1)
    )
    same = replace(second.evaluation, scores=(0.5,), predictions=right)
    other = replace(same, predictions=wrong)
    best = BestPredictions()
    assert best.of(0) is None
    best.trial_measured(replace(second, evaluation=same))
    assert best.of(second.number) is right
    best.trial_measured(replace(first, evaluation=other))
    assert best.of(first.number) is wrong
    assert best.of(second.number) is None
    best.trial_measured(replace(second, number=7, evaluation=same))
    best.trial_measured(replace(second, number=8, evaluation=replace(same, scores=(np.nan,))))
    assert best.of(first.number) is wrong
