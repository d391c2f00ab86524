"""Studies in a storage: which are resumed, and which are rejected."""

from __future__ import annotations

import threading

import numpy as np
import optuna
import pytest
from dummy_estimators import QUALITY, IterativeEstimator, ScriptedEstimator, study
from sklearn.datasets import load_iris
from sklearn.model_selection import StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk
from tunekit.study.storage import read_records

X, y = load_iris(return_X_y=True)
DEPTH = tk.Space(max_depth=tk.Int(1, 4), criterion=tk.Categorical(["gini", "entropy"]))


@pytest.mark.slow
@pytest.mark.parametrize(
    "algorithm",
    [optuna.samplers.RandomSampler(seed=0), optuna.samplers.TPESampler(seed=0), "cmaes"],
)
def test_a_sampler_does_not_start_again_when_a_study_is_resumed(algorithm, tmp_path):
    storage = f"sqlite:///{tmp_path}/study.db"
    for n_trials in (5, 10):
        tuner = study(QUALITY, algorithm=algorithm, storage=storage, name="s", n_trials=n_trials)
        tuner.fit(X, y)
    assert tuner.trials_["quality"].is_unique


def test_data_that_cannot_be_hashed_cannot_be_stored(tmp_path):
    locks = np.array([[threading.Lock()] for _ in range(20)], dtype=object)
    storage = f"sqlite:///{tmp_path}/study.db"
    tuner = study(QUALITY, estimator=ScriptedEstimator(), storage=storage, n_trials=1)
    with pytest.raises(tk.DataError, match="storage: X and y cannot be hashed"):
        tuner.fit(locks, [0, 1] * 10)


MIXED = tk.Space(
    max_depth=tk.Int(1, 30),
    min_samples_leaf=tk.Float(0.001, 0.4, log=True),
    criterion=tk.Categorical(["gini", "entropy"]),
    ccp_alpha=tk.Float(0.0, 0.1).when(criterion="gini"),
)


def tables(*tuners):
    return [tuner.trials_.drop(columns="duration") for tuner in tuners]


@pytest.mark.slow
def test_a_resumed_study_equals_an_uninterrupted_one(engine, tmp_path):
    storage = f"sqlite:///{tmp_path}/study.db"
    whole = study(MIXED, engine, estimator=DecisionTreeClassifier(), n_trials=26).fit(X, y)
    for n_trials in (11, 18, 26):
        parts = study(
            MIXED,
            engine,
            estimator=DecisionTreeClassifier(),
            n_trials=n_trials,
            storage=storage,
            name="s",
        ).fit(X, y)
        assert len(parts.trials_) == n_trials
    one, two = tables(whole, parts)
    assert one.equals(two)


@pytest.mark.slow
def test_resuming_keeps_failed_pruned_and_reused_trials(engine, tmp_path):
    settings = {
        "estimator": IterativeEstimator(),
        "pruner": "median",
        "cv": 0.3,
        "storage": f"sqlite:///{tmp_path}/study.db",
        "name": "s",
        "initial": [{"rate": 0.3}, "default"],
    }
    space = tk.Space(rate=tk.Float(0.0, 1.0, step=0.1), epochs=tk.Categorical([4, 8]))
    first = study(space, engine, n_trials=12, **settings).fit(X, y)
    again = study(space, engine, n_trials=12, **settings).fit(X, y)
    one, two = tables(first, again)
    assert one.equals(two)
    assert len(again.study_.trials) == 12


def test_a_shorter_study_is_the_beginning_of_a_longer_one(engine):
    short, long = (
        study(MIXED, engine, estimator=DecisionTreeClassifier(), n_trials=n).fit(X, y)
        for n in (14, 24)
    )
    one, two = tables(short, long)
    assert one.equals(two[:14])


def tree(engine="optuna", **settings):
    defaults = {"n_trials": 8, "cv": 3, "random_state": 0, "tracking": False}
    return tk.Tuner(DecisionTreeClassifier(), DEPTH, engine=engine, **{**defaults, **settings})


@pytest.mark.slow
def test_a_study_is_resumed_up_to_the_total_number_of_trials(engine, tmp_path):
    storage = f"sqlite:///{tmp_path}/study.db"
    first = tree(engine, n_trials=4, storage=storage, name="s").fit(X, y)
    second = tree(engine, n_trials=7, storage=storage, name="s").fit(X, y)
    assert len(second.trials_) == 7
    assert second.cv_results_["params"][:4] == first.cv_results_["params"]
    np.testing.assert_array_equal(
        second.cv_results_["mean_test_score"][:4], first.cv_results_["mean_test_score"]
    )


@pytest.mark.parametrize(
    ("changed", "settings", "labels"),
    [
        (
            ["space.max_depth.high is 4 there and 9 here", "space.criterion is only there"],
            {"space": tk.Space(max_depth=tk.Int(1, 9))},
            y,
        ),
        (["data: the values differ"], {}, y[::-1]),
        (["splits.number is 3 there and 4 here"], {"cv": 4}, y),
        (
            ["scoring.accuracy is only there; scoring.neg_log_loss is only here"],
            {"scoring": "neg_log_loss"},
            y,
        ),
        (
            ["estimator.min_samples_leaf is 1 there and 5 here"],
            {"estimator": DecisionTreeClassifier(min_samples_leaf=5)},
            y,
        ),
    ],
)
def test_a_stored_study_with_other_settings_is_rejected(tmp_path, changed, settings, labels):
    storage = f"sqlite:///{tmp_path}/study.db"
    tree(n_trials=2, cv=3, storage=storage, name="s").fit(X, y)
    other = tree(n_trials=4, storage=storage, name="s").set_params(**settings)
    with pytest.raises(tk.ParameterError, match="a study 's' with other settings: ") as caught:
        other.fit(X, labels)
    for difference in changed:
        assert difference in str(caught.value)
    assert "\n" not in str(caught.value)


def test_splits_that_differ_each_time_are_explained(tmp_path):
    cv = StratifiedKFold(3, shuffle=True)
    settings = {"storage": f"sqlite:///{tmp_path}/study.db", "name": "s", "cv": cv}
    tree(n_trials=1, random_state=None, **settings).fit(X, y)
    with pytest.raises(tk.ParameterError, match="a cv that shuffles without a random_state"):
        tree(n_trials=2, random_state=None, **settings).fit(X, y)


def test_a_stored_study_with_another_scorer_of_the_same_name_is_rejected(tmp_path):
    settings = {"storage": f"sqlite:///{tmp_path}/study.db", "name": "s", "n_trials": 2}
    tree(scoring=lambda model, X, y: 1.0, **settings).fit(X, y)
    tree(scoring=lambda model, X, y: 1.0, **settings).fit(X, y)
    with pytest.raises(tk.ParameterError, match="scoring.<lambda> is 'maximize .* there and"):
        tree(scoring=lambda model, X, y: 2.0, **settings).fit(X, y)


@pytest.mark.slow
def test_a_stored_study_with_parameters_unknown_to_json_is_resumed(tmp_path):
    settings = {"storage": f"sqlite:///{tmp_path}/study.db", "name": "s"}
    model = DecisionTreeClassifier(class_weight={0: 1, 1: 2, 2: 1})
    for n_trials in (2, 3):
        tree(n_trials=n_trials, **settings).set_params(estimator=model).fit(X, y)
    model = DecisionTreeClassifier(class_weight={0: 1, 1: 9, 2: 1})
    with pytest.raises(tk.ParameterError, match="estimator.class_weight is"):
        tree(n_trials=4, **settings).set_params(estimator=model).fit(X, y)


def test_a_study_that_tunekit_did_not_create_is_rejected(tmp_path):
    storage = f"sqlite:///{tmp_path}/study.db"
    made = optuna.create_study(study_name="s", storage=storage, direction="maximize")
    made.optimize(lambda trial: trial.suggest_float("max_depth", 0, 1), 1)
    with pytest.raises(tk.ParameterError, match="with trials that tunekit did not create"):
        tree(storage=storage, name="s").fit(X, y)


def test_a_stored_study_with_another_direction_is_rejected(tmp_path):
    storage = f"sqlite:///{tmp_path}/study.db"
    optuna.create_study(study_name="s", storage=storage, direction="minimize")
    with pytest.raises(tk.ParameterError, match="with the directions minimize, not maximize"):
        tree(storage=storage, name="s").fit(X, y)


def test_a_study_of_an_older_version_is_resumed():
    facts = {"scores": [0.5], "fit_times": [1.0], "score_times": [0.1]}
    found = optuna.trial.create_trial(
        params={"quality": 0.5},
        distributions={"quality": optuna.distributions.FloatDistribution(0, 1)},
        value=0.5,
        user_attrs={
            "tunekit.evaluation": facts,
            "tunekit.engine": "optuna",
            "tunekit.duration": 2.0,
        },
    )
    old = optuna.create_study(direction="maximize")
    old.add_trial(found)
    (record,) = read_records(old, QUALITY)
    assert record.evaluation.score == 0.5
    assert np.isnan(record.evaluation.predict_time)


@pytest.mark.parametrize("address", ["sqlite:///no/such/dir/s.db", "sqlite:////no/such/dir/s.db"])
def test_a_storage_in_a_folder_that_does_not_exist_is_refused(address, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    message = rf"^storage '{address}': the folder /.*no/such/dir does not exist: create it, or corr"
    with pytest.raises(tk.ParameterError, match=message):
        study(QUALITY, storage=address, n_trials=1).fit(X, y)
    assert list(tmp_path.iterdir()) == []
