"""What is bound to fail is found before anything is trained."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from dummy_estimators import TooLarge, study
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris, make_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk

X, y = load_iris(return_X_y=True)
ROWS = np.arange(150)
TOWNS = np.array(["Ulm", "Bonn", "Kiel"], dtype=object)[ROWS % 3][:, None]
SPARSE = make_pipeline(OneHotEncoder(), HistGradientBoostingClassifier())


class Marked(ClassifierMixin, BaseEstimator):
    """Notes the number of rows of each fit in a file."""

    def __init__(self, file="fits.txt"):
        self.file = file

    def fit(self, X, y):
        with Path(self.file).open("a") as file:
            file.write(f"{len(X)}\n")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


@pytest.fixture
def fits(tmp_path, monkeypatch):
    """Return a function that returns the number of rows of each fit so far."""
    monkeypatch.chdir(tmp_path)
    return lambda: [int(n) for n in Path("fits.txt").read_text().split()]


def only_probabilities(y_true, y_pred):
    raise TypeError("it has no value")


REFUSED = {
    "a parameter": (
        {"bad": DecisionTreeClassifier(max_depth=-1)},
        {},
        r"DecisionTreeClassifier fails on split 0: InvalidParameterError: The 'max_depth'",
    ),
    "sparse inputs": (
        {"bad": SPARSE},
        {"X": TOWNS},
        (
            r"HistGradientBoostingClassifier fails on split 0: TypeError: Sparse data .*use "
            r"OneHotEncoder\(sparse_output=False\) and ColumnTransformer\(sparse_threshold=0\)\."
        ),
    ),
    "text": (
        {"bad": LogisticRegression()},
        {"X": TOWNS},
        r"LogisticRegression fails on split 0: ValueError: could not convert string to float",
    ),
    "text as targets": (
        {"bad": LinearRegression()},
        {"y": np.array(["a", "b", "c"])[y]},
        r"LinearRegression fails on split 0: .* y contains text, such as 'b': use a classifier",
    ),
    "probabilities": (
        {"bad": SVC()},
        {"scoring": "neg_log_loss"},
        r"scoring 'neg_log_loss' of SVC fails on split 0: AttributeError",
    ),
    "a scorer": (
        {"bad": DummyClassifier()},
        {"scoring": make_scorer(only_probabilities)},
        r"scoring \"make_scorer\(only_probabilities.*TypeError: it has no value",
    ),
    "one class in training": (
        {"bad": LogisticRegression()},
        {"y": (y > 0).astype(int), "cv": [(ROWS[50:], ROWS[:50])]},
        (
            r"LogisticRegression fails on split 0: ValueError: .* All training rows of this "
            r"split have the class 1: use a stratified cv, such as 5, or shuffle the rows\."
        ),
    ),
    "one class in validation": (
        {"bad": LogisticRegression()},
        {
            "y": (y > 0).astype(int),
            "cv": [(ROWS[::2], ROWS[1::2]), (ROWS[:100], ROWS[100:])],
            "scoring": "roc_auc",
        },
        (
            r"scoring 'roc_auc' of LogisticRegression fails on split 1: the score is nan. All "
            r"validation rows of this split have the class 1: use a stratified cv"
        ),
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_comparison_refuses_what_is_bound_to_fail(kind, fits):
    candidates, settings, message = REFUSED[kind]
    settings = {"X": X, "y": y, "cv": 2, "tracking": False, **settings}
    good = DummyClassifier() if kind != "text as targets" else LinearRegression()
    with pytest.raises(tk.StudyError, match=rf"^candidate 'bad': {message}"):
        tk.compare({**candidates, "good": good}, **settings)


def parameter_of(estimator):
    """Return the name of a parameter whose default is None and that does not matter here."""
    params = estimator.get_params()
    names = ("memory", "n_jobs", "random_state", "constant")
    return next(name for name in names if name in params)


def searched(kind, engine="optuna", **settings):
    """Return a tuner for a problem, and its data."""
    candidates, given, _ = REFUSED[kind]
    given = {"X": X, "y": y, "cv": 2, **given, **settings}
    data = given.pop("X"), given.pop("y")
    estimator = candidates["bad"]
    space = tk.Space(**{parameter_of(estimator): tk.Categorical([None])})
    return study(space, engine, estimator=estimator, sanity_check=True, **given), data


@pytest.mark.parametrize("kind", REFUSED)
def test_a_search_refuses_what_is_bound_to_fail(kind, engine):
    tuner, data = searched(kind, engine)
    with pytest.raises(tk.StudyError, match=f"no trial can succeed: {REFUSED[kind][2]}"):
        tuner.fit(*data)
    assert not hasattr(tuner, "trials_")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sparse inputs", "probabilities"])
def test_other_processes_find_it_too(kind):
    tuner, data = searched(kind, n_jobs=2)
    with pytest.raises(tk.StudyError, match=f"no trial can succeed: {REFUSED[kind][2]}"):
        tuner.fit(*data)


@pytest.mark.slow
@pytest.mark.parametrize("deed", ["die", "hang"])
def test_a_check_in_another_process_that_dies_or_hangs_does_not_stop_the_search(deed):
    space = tk.Space(deed=tk.Categorical([deed]))
    tuner = study(space, n_trials=1, trial_timeout=1.0, sanity_check=True)
    with pytest.raises(tk.StudyError, match="the process died|it took longer than trial_timeout"):
        tuner.fit(X, y)


def test_nothing_is_trained_and_nothing_tracked_before_the_problem_is_found(fits, folder):
    candidates = {"good": Marked(), "bad": DecisionTreeClassifier(max_depth=-1)}
    many, labels = make_classification(20_000, random_state=0)
    with pytest.raises(tk.StudyError, match="candidate 'bad'"):
        tk.compare(candidates, many, labels)
    assert fits() == [50], "25 rows of each class"
    with pytest.raises(tk.NotFoundError):
        tk.load_comparison("comparison")


def test_an_estimator_that_needs_more_than_a_few_rows_is_not_refused():
    many, labels = make_classification(400, random_state=0)
    found = tk.compare({"near": KNeighborsClassifier(150)}, many, labels, cv=2, tracking=False)
    assert found.ranking()["score"].notna().all()


def test_an_estimator_that_fails_only_on_many_rows_is_a_failed_candidate():
    many, labels = make_classification(400, random_state=0)
    candidates = {"good": DummyClassifier(), "large": TooLarge()}
    found = tk.compare(candidates, many, labels, cv=2, tracking=False)
    assert found.ranking()["error"]["large"] == "ValueError: it has too many rows"


def test_every_class_has_rows_in_a_check(fits):
    labels = np.r_[np.zeros(2000), np.ones(20), np.full(20, 2)].astype(int)
    tk.compare({"a": Marked()}, np.zeros((2040, 1)), labels, cv=2, tracking=False)
    assert fits()[0] == 25 + 10 + 10


def test_configurations_that_fail_for_different_reasons_are_no_problem():
    space = tk.Space(quality=tk.Float(0, 1), deed=tk.Categorical(["raise"]))
    with pytest.raises(
        tk.StudyError, match="no trial of 'scriptedestimator' succeeded; .*3 × ValueError: quality"
    ):
        study(space, n_trials=3, sanity_check=True).fit(X, y)


def test_a_search_with_some_invalid_combinations_is_not_refused(engine):
    space = tk.Space(
        loss=tk.Categorical(["hinge", "squared_hinge"]), dual=tk.Categorical([False, True])
    )
    settings = {"n_trials": 8, "algorithm": "random", "sanity_check": True}
    tuner = study(space, engine, estimator=LinearSVC(), **settings).fit(X, y > 0)
    assert "failed" in set(tuner.trials_["state"])
    assert tuner.best_score_ > 0.9


@pytest.mark.parametrize(
    ("estimator", "space", "message"),
    [
        (
            DecisionTreeClassifier(),
            tk.Space(max_depth=tk.Int(0, 3)),
            r'^Int\("max_depth"\): The \'max_depth\' parameter of Decision.* must be.*0',
        ),
        (
            SVC(),
            tk.Space(kernel=tk.Categorical(["rbf", "linear", "gauss"])),
            r'^Categorical\("kernel"\): The \'kernel\' parameter of SVC must be .*\'gauss\'',
        ),
        (
            make_pipeline(OneHotEncoder(), SVC()),
            tk.Space(svc__C=tk.Float(-1.0, 1.0)),
            r'^Float\("svc__C"\): The \'C\' parameter of SVC must be',
        ),
        (
            tk.KerasClassifier(),
            tk.Space(optimizer=tk.Categorical(["adam", "sdg"])),
            r'^Categorical\("optimizer"\): KerasClassifier: optimizer \'sdg\' is not known',
        ),
        (
            tk.KerasClassifier(),
            tk.Space(
                optimizer=tk.Categorical(["adam", "sgd"]),
                momentum=tk.Float(0.0, 1.5).when(optimizer="sgd"),
            ),
            r'^Float\("momentum"\): KerasClassifier: momentum must be .*, got 1.5',
        ),
    ],
)
def test_a_value_that_the_estimator_refuses_is_found_in_the_space(estimator, space, message):
    with pytest.raises(tk.SpaceError, match=message):
        study(space, estimator=estimator).fit(X, y)


@pytest.mark.slow
def test_all_of_it_takes_no_longer_than_a_second():
    many, labels = make_classification(20_000, 20, random_state=0)
    candidates = {
        "forest": RandomForestClassifier(500),
        "boosting": HistGradientBoostingClassifier(max_iter=1000),
        "words": make_pipeline(CountVectorizer(), LogisticRegression()),
    }
    start = time.perf_counter()
    with pytest.raises(tk.StudyError, match="candidate 'words'"):
        tk.compare(candidates, many, labels, tracking=False)
    assert time.perf_counter() - start < 20, "the fits of the forest alone take longer"


@pytest.mark.slow
def test_the_check_of_a_network_takes_one_epoch_and_changes_nothing():
    network = tk.KerasClassifier(epochs=3, units=4, random_state=0)
    alone = network.fit(X, y).predict_proba(X)
    found = tk.compare({"a": network}, X, y, cv=2, tracking=False)
    assert all(len(fit.curve["loss"]) == 3 for fit in found.fits)
    np.testing.assert_array_equal(network.fit(X, y).predict_proba(X), alone)
