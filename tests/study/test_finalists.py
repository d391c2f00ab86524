"""Finalists: the best configurations, fitted again with new seeds and splits."""

from __future__ import annotations

import copy
import pickle

import mlflow
import numpy as np
import pytest
from dummy_estimators import QUALITY, ScriptedEstimator, study
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import (
    GroupKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk

X, y = load_iris(return_X_y=True)
DEPTHS = tk.Space(max_depth=tk.Int(1, 6), min_samples_leaf=tk.Int(1, 30))


@pytest.fixture
def searched(folder, engine):
    return study(
        DEPTHS,
        engine,
        estimator=DecisionTreeClassifier(),
        cv=StratifiedKFold(3, shuffle=True),
        n_trials=8,
        name="depths",
        tracking=True,
    ).fit(X, y)


def test_the_best_are_fitted_again_and_shown_with_their_search_score(searched):
    found = searched.finalists(k=3, seeds=2)
    best = searched.trials_[searched.trials_["reused"].isna()].sort_values(
        "score", ascending=False, kind="stable"
    )
    expected = {
        f"{searched.engine} trial {number}": score
        for number, score in best["score"].head(3).items()
    }
    ranking = found.ranking()
    assert ranking["search_score"].to_dict() == expected
    assert {fit.seed for fit in found.fits} == {1, 2}, "the search had 0"
    folds = list(StratifiedKFold(3, shuffle=True, random_state=1).split(X, y))
    number = int(ranking.index[0].split()[2])
    params = searched.cv_results_["params"][list(searched.trials_.index).index(number)]
    by_hand = [
        cross_val_score(DecisionTreeClassifier(**params, random_state=seed), X, y, cv=folds)
        for seed in (1, 2)
    ]
    np.testing.assert_allclose(found.scores()[ranking.index[0]], np.mean(by_hand, axis=0))


def test_they_are_tracked_in_the_experiment_of_the_study(searched):
    found = searched.finalists(k=2, seeds=1)
    client = mlflow.MlflowClient(searched.tracking_uri_)
    assert client.get_run(found.run_id).info.experiment_id == (
        client.get_run(searched.run_id_).info.experiment_id
    )
    assert found.info.source == searched.run_id_
    held = tk.load_comparison("depths")
    assert held.info.kind == "finalists"
    assert held.ranking().equals(found.ranking())
    assert len(tk.load_study("depths").trials) == 8, "finalists are not trials"


def test_a_deterministic_estimator_is_fitted_once_per_fold(folder):
    tuner = study(QUALITY, estimator=ScriptedEstimator(), n_trials=3, cv=2).fit(X, y)
    assert {fit.seed for fit in tuner.finalists(k=2, seeds=5).fits} == {1}


def test_a_hold_out_gets_new_rows_and_an_interval_from_several_seeds():
    tuner = study(DEPTHS, estimator=RandomForestClassifier(3), n_trials=2, cv=0.3).fit(X, y)
    found = tuner.finalists(k=2, seeds=3)
    assert found.design().unit == "seeds"
    rows = found.fits[0].predictions.rows
    assert set(rows.tolist()) != set(tuner.splits_[0][1].tolist())


def test_finalists_use_the_groups_of_the_search():
    groups = np.arange(150) % 10
    tuner = study(DEPTHS, estimator=DecisionTreeClassifier(), n_trials=2, cv=GroupKFold(2))
    found = tuner.fit(X, y, groups=groups).finalists(k=1, seeds=1)
    for fit in found.fits:
        inside = set(groups[fit.predictions.rows].tolist())
        assert len(inside) == 5


def test_groups_of_the_search_are_reused_only_for_the_same_data(engine):
    """Rows of a group are nearly equal, so one of them in training reveals the answer."""
    rng = np.random.default_rng(0)
    groups = rng.permutation(np.repeat(np.arange(20), 8))
    inputs = rng.normal(size=(20, 4))[groups] + 0.01 * rng.normal(size=(160, 4))
    labels = rng.integers(0, 2, 20)[groups]
    space = tk.Space(n_neighbors=tk.Int(1, 3))
    tuner = study(space, engine, estimator=KNeighborsClassifier(), cv=4, n_trials=2)
    tuner.fit(inputs, labels, groups=groups)
    for found in (
        tuner.finalists(inputs, labels, k=1),
        tuner.finalists(inputs.copy(), labels, k=1),
    ):
        ranked = found.ranking().iloc[0]
        assert ranked["score"] == pytest.approx(ranked["search_score"])
        assert found.info.grouped
        assert found.info.same_splits
    loaded = pickle.loads(pickle.dumps(tuner))
    for other, rows in ((loaded, inputs), (tuner, inputs[::-1])):
        with pytest.raises(tk.DataError, match=r"call finalists\(X, y, groups=groups\)"):
            other.finalists(rows, labels, k=1)
    assert loaded.finalists(inputs, labels, k=1, groups=groups).info.grouped


@pytest.mark.parametrize(
    "cv", [GroupKFold(5, shuffle=True), StratifiedGroupKFold(3, shuffle=True), 0.3]
)
def test_groups_stay_together_with_any_cv(cv):
    groups = np.arange(len(X)) % 15
    tuner = study(DEPTHS, "optuna", estimator=DecisionTreeClassifier(), cv=cv, n_trials=2)
    found = tuner.fit(X, y, groups=groups).finalists(k=1, seeds=1)
    judged = [set(groups[fit.predictions.rows]) for fit in found.fits]
    searched = [set(groups[test]) for _, test in tuner.splits_]
    assert judged != searched, "the folds differ"
    for fit, test in zip(found.fits, judged, strict=True):
        rows = np.isin(groups, list(test))
        assert fit.n_test == rows.sum(), "no group is in both training and validation rows"
    assert not found.info.same_splits


def test_their_configurations_are_available(searched):
    found = searched.finalists(k=2, seeds=1)
    best = found.ranking().index[0]
    (params,) = found.params(best)
    number = int(best.split()[2])
    assert params == searched.cv_results_["params"][list(searched.trials_.index).index(number)]
    assert tk.load_comparison(found.name, tracking_uri=searched.tracking_uri_).params(best) == [
        params
    ]


def test_the_objective_that_determined_the_best_is_first():
    tuner = study(
        DEPTHS,
        estimator=DecisionTreeClassifier(),
        n_trials=2,
        scoring=["fit_time", "accuracy", "f1_macro"],
        refit="f1_macro",
    ).fit(X, y)
    found = tuner.finalists(k=1, seeds=1)
    assert list(found.info.scoring) == ["f1_macro", "fit_time", "accuracy"]


def test_a_tuner_from_a_file_requires_the_data():
    tuner = study(DEPTHS, estimator=DecisionTreeClassifier(), n_trials=2).fit(X, y)
    loaded = pickle.loads(pickle.dumps(tuner))
    assert not hasattr(loaded, "_data")
    with pytest.raises(tk.ParameterError, match=r"without the data of its search: call finalists"):
        loaded.finalists()
    with pytest.raises(tk.DataError, match="X has 10 rows and y has 150"):
        loaded.finalists(X[:10], y)
    assert len(loaded.finalists(X, y, k=2, seeds=1).candidates) == 2


def test_invalid_numbers_are_rejected():
    tuner = study(DEPTHS, estimator=DecisionTreeClassifier(), n_trials=2).fit(X, y)
    for k in (0, 2.5, "3", True):
        with pytest.raises(tk.ParameterError, match="k must be a whole number of at least 1"):
            tuner.finalists(k=k)
    with pytest.raises(tk.ParameterError, match="seeds must be a number of seeds"):
        tuner.finalists(seeds=0)


def test_pruned_and_failed_trials_are_not_finalists():
    space = tk.Space(quality=tk.Float(0, 1), deed=tk.Categorical(["good", "raise"]))
    tuner = study(space, estimator=ScriptedEstimator(), n_trials=10, cv=2).fit(X, y)
    good = (tuner.trials_["state"] == "complete").sum()
    assert 0 < good < 10
    assert len(tuner.finalists(k=10, seeds=1).candidates) == good


@pytest.mark.slow
def test_keras_finalists_are_compared_by_seeds(tuners, digits):
    tuner = copy.copy(tuners["optuna"])
    tuner.tracking_uri_ = None  # other tests count the runs in the store
    found = tuner.finalists(digits[0], digits[2], k=2, seeds=2)
    assert len(found.fits) == 2 * 2 * 2
    assert found.ranking()["score"].between(0, 1).all()
