"""The API of the tuner."""

from __future__ import annotations

import pickle

import numpy as np
import optuna
import pandas as pd
import pytest
from scipy.sparse import coo_matrix
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import Ridge
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk

X, y = load_iris(return_X_y=True)
DEPTH = tk.Space(max_depth=tk.Int(1, 4), criterion=tk.Categorical(["gini", "entropy"]))


def tree(engine="optuna", **settings):
    defaults = {"n_trials": 8, "cv": 3, "random_state": 0, "tracking": False}
    return tk.Tuner(DecisionTreeClassifier(), DEPTH, engine=engine, **{**defaults, **settings})


def test_a_keras_study_sets_all_attributes(tuner, digits, engine):
    X_train, X_test, _, y_test = digits
    assert tuner.best_score_ == tuner.cv_results_["mean_test_score"].max()
    assert tuner.best_params_ == tuner.cv_results_["params"][tuner.best_index_]
    assert len(tuner.best_params_["units"]) == tuner.best_params_["layers"]
    assert tuner.predict(X_test).shape == (len(X_test),)
    np.testing.assert_allclose(tuner.predict_proba(X_test).sum(axis=1), 1, rtol=1e-6)
    assert tuner.score(X_test, y_test) == accuracy_score(y_test, tuner.predict(X_test))
    assert tuner.test_score_ == tuner.score(X_test, y_test)
    assert tuner.best_estimator_.get_params()["units"] == tuner.best_params_["units"]
    assert tuner.n_features_in_ == X_train.shape[1]
    assert list(tuner.classes_) == [0, 1, 2]
    assert set(tuner.trials_["engine"]) == {engine}
    assert isinstance(tuner.study_, optuna.Study)
    assert tuner.study_.best_value == tuner.best_score_


def test_inactive_parameters_are_missing_values_in_tables(tuner):
    active = tuner.trials_["optimizer"] == "sgd"
    assert tuner.trials_["momentum"].notna().equals(active)
    assert 0 < active.sum() < len(active)
    np.testing.assert_array_equal(
        np.ma.getmaskarray(tuner.cv_results_["param_momentum"]), ~active.to_numpy()
    )
    for params in tuner.cv_results_["params"]:
        assert ("momentum" in params) == (params["optimizer"] == "sgd")


def test_cv_results_have_the_format_of_scikit_learn(engine):
    ours = tree(engine).fit(X, y).cv_results_
    grid = {"max_depth": [1, 2], "criterion": ["gini", "entropy"]}
    theirs = GridSearchCV(DecisionTreeClassifier(), grid, cv=3).fit(X, y).cv_results_
    assert set(ours) == set(theirs)
    for name, column in theirs.items():
        assert type(ours[name]) is type(column), name
        assert len(ours[name]) == 8
    ranks = ours["rank_test_score"]
    assert ours["mean_test_score"][ranks == 1].min() == ours["mean_test_score"].max()


def test_scores_equal_those_of_scikit_learn(engine):
    tuner = tree(engine).fit(X, y)
    best = DecisionTreeClassifier(random_state=0, **tuner.best_params_)
    assert tuner.best_score_ == cross_val_score(best, X, y, cv=3).mean()


def test_the_same_seed_gives_the_same_study(engine):
    one, two = (tree(engine).fit(X, y) for _ in range(2))
    assert one.cv_results_["params"] == two.cv_results_["params"]
    np.testing.assert_array_equal(
        one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"]
    )
    assert tree(engine, random_state=1).fit(X, y).cv_results_["params"] != one.cv_results_["params"]


@pytest.mark.slow
def test_a_pipeline_is_tuned_by_step_names(engine):
    model = Pipeline([("scale", StandardScaler()), ("mlp", tk.KerasClassifier(epochs=3))])
    space = tk.Space(
        mlp__learning_rate=tk.Float(1e-3, 1e-1, log=True), scale__with_mean=tk.Categorical([True])
    )
    tuner = tk.Tuner(
        model, space, engine=engine, n_trials=3, cv=2, random_state=0, tracking=False
    ).fit(X, y)
    assert set(tuner.best_params_) == {"mlp__learning_rate", "scale__with_mean"}
    assert tuner.best_estimator_["mlp"].random_state == 0


def test_a_regressor_is_tuned(engine):
    X, y = load_diabetes(return_X_y=True)
    tuner = tk.Tuner(
        Ridge(),
        tk.Space(alpha=tk.Float(1e-3, 10.0, log=True)),
        engine=engine,
        n_trials=8,
        cv=0.3,
        scoring="neg_mean_squared_error",
        random_state=0,
        tracking=False,
    ).fit(X, y)
    assert is_regressor(tuner)
    assert tuner.best_score_ < 0
    assert not hasattr(tuner, "predict_proba")


@pytest.mark.slow
def test_trials_run_in_two_processes(engine):
    tuner = tree(engine, n_jobs=2, n_trials=10).fit(X, y)
    assert len(tuner.trials_) == 10
    assert (tuner.trials_["state"] == "complete").all()
    best = DecisionTreeClassifier(random_state=0, **tuner.best_params_)
    assert tuner.best_score_ == cross_val_score(best, X, y, cv=3).mean()


def test_a_second_fit_replaces_all_results():
    tuner = tree(n_trials=2).fit(X, y)
    tuner.evaluate(X, y)
    tuner.set_params(refit=False).fit(X, y)
    assert not hasattr(tuner, "best_estimator_")
    assert not hasattr(tuner, "test_score_")
    with pytest.raises(tk.ParameterError, match="fit with refit=True"):
        tuner.evaluate(X, y)


@pytest.mark.parametrize("kind", ["lists", "coo", "masks"])
def test_data_and_splits_come_in_many_forms(kind):
    half = np.arange(150) % 2 == 0
    cv = [(half, ~half), (~half, half)] if kind == "masks" else 2
    data = {"lists": X.tolist(), "coo": coo_matrix(X), "masks": X}[kind]
    labels = pd.Series(np.array(["a", "b", "c"])[y]) if kind == "lists" else y
    tuner = tree(n_trials=2, cv=cv).fit(data, labels)
    assert tuner.best_score_ > 0.5


def test_a_failed_trial_is_recorded_and_the_study_continues(engine):
    space = tk.Space(n_neighbors=tk.Int(60, 140))  # of 100 training rows
    tuner = tk.Tuner(
        KNeighborsClassifier(),
        space,
        engine=engine,
        n_trials=15,
        cv=3,
        random_state=0,
        tracking=False,
    ).fit(X, y)
    failed = tuner.trials_[tuner.trials_["state"] == "failed"]
    assert (failed["n_neighbors"] > 100).all()
    assert len(failed) > 0
    assert failed["error"].str.contains("Expected n_neighbors <= n_samples_fit").all()
    assert np.isnan(tuner.cv_results_["mean_test_score"][failed.index]).all()
    ranks = tuner.cv_results_["rank_test_score"]
    assert ranks[failed.index].min() > len(tuner.trials_) - len(failed)
    assert tuner.best_params_["n_neighbors"] <= 100


def test_a_study_without_success_raises_the_reason(engine):
    space = tk.Space(n_neighbors=tk.Int(130, 140))
    tuner = tk.Tuner(KNeighborsClassifier(), space, engine=engine, n_trials=3, tracking=False)
    with pytest.raises(tk.StudyError, match=r"no trial .* all 3 trials were run: 3 × .*Expected"):
        tuner.fit(X, y)
    assert len(tuner.trials_) == 3


class Interrupting(DecisionTreeClassifier):
    """An estimator that simulates Ctrl-C in its third fit."""

    fits = 0

    def fit(self, X, y):
        type(self).fits += 1
        if type(self).fits == 3:
            raise KeyboardInterrupt
        return super().fit(X, y)


def test_an_interrupted_study_leaves_no_trial_running(tmp_path):
    Interrupting.fits = 0
    storage = f"sqlite:///{tmp_path}/study.db"
    tuner = tree(n_trials=5, cv=0.3, name="s", storage=storage, sanity_check=False)
    tuner.set_params(estimator=Interrupting())
    with pytest.raises(KeyboardInterrupt):
        tuner.fit(X, y)
    states = [
        trial.state.name for trial in optuna.load_study(study_name="s", storage=storage).trials
    ]
    assert states == [*["COMPLETE"] * (len(states) - 1), "FAIL"]
    assert len(states) > 2


def test_the_tuner_is_a_scikit_learn_estimator(engine):
    tuner = tree(engine, n_trials=3)
    copy = clone(tuner)
    assert copy.space == DEPTH
    assert copy.get_params()["estimator__max_depth"] is None
    assert is_classifier(tuner)
    assert "Tuner" in repr(tuner)
    nested = cross_val_score(tuner, X, y, cv=2)
    assert nested.min() > 0.8
    restored = pickle.loads(pickle.dumps(tuner.fit(X, y)))
    np.testing.assert_array_equal(restored.predict(X), tuner.predict(X))


def test_without_refit_there_is_no_model():
    tuner = tree(refit=False).fit(X, y)
    assert not hasattr(tuner, "best_estimator_")
    assert not hasattr(tuner, "n_features_in_")
    for method in (tuner.predict, tuner.predict_proba, tuner.score):
        with pytest.raises(AttributeError, match="no best estimator: fit with refit=True"):
            method(X)
    assert not hasattr(tuner, "classes_")
    with pytest.raises(ValueError, match="not fitted"):
        tree().predict(X)


def test_a_failed_refit_notes_that_the_search_is_complete():
    class Careful(DecisionTreeClassifier):
        def fit(self, X, y):
            if len(X) == 150:
                raise OSError("too much")
            return super().fit(X, y)

    tuner = tree().set_params(estimator=Careful())
    with pytest.raises(OSError, match="too much") as caught:
        tuner.fit(X, y)
    assert "the search is complete" in caught.value.__notes__[0]
    assert tuner.best_score_ > 0.5
    with pytest.raises(ValueError, match="not fitted"):
        tuner.predict(X)
    tuner.set_params(scoring=lambda *_: np.nan)
    with pytest.raises(tk.StudyError):
        tuner.fit(X, y)
    assert not hasattr(tuner, "best_score_")


def test_a_scorer_function_is_used():
    def worst(model, X, y):
        return -model.score(X, y)

    assert tree(scoring=worst).fit(X, y).best_score_ < 0


def test_the_seed_of_an_estimator_is_kept():
    model = RandomForestClassifier(n_estimators=2, random_state=7)
    tuner = tk.Tuner(model, DEPTH, n_trials=2, cv=2, random_state=0, tracking=False).fit(X, y)
    assert tuner.best_estimator_.random_state == 7


def test_decision_values_come_from_the_best_estimator(tuner, digits):
    assert tuner.decision_function(digits[1]).shape == (len(digits[1]), 3)


def test_progress_is_shown_only_on_request(capfd):
    tree(progress=True, n_trials=3, name="iris [/b]").fit(X, y)
    shown = capfd.readouterr()
    assert "iris [/b] · optuna" in shown.err
    assert "3/3 trials, best 0." in shown.err
    tree(n_trials=3).fit(X, y)
    silent = capfd.readouterr()
    assert (silent.out, silent.err) == ("", "")
