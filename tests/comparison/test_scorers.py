"""Scorers of a comparison, including custom ones with the name of a built-in one."""

from __future__ import annotations

import pandas as pd
import pytest
from dummy_estimators import study
from sklearn.datasets import load_diabetes, load_iris
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import accuracy_score, make_scorer, mean_squared_error, r2_score
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk

X, y = load_iris(return_X_y=True)
X_REAL, Y_REAL = load_diabetes(return_X_y=True)
TWO = {"tree": DecisionTreeClassifier(max_depth=2), "prior": DummyClassifier()}
LINES = {"line": LinearRegression(), "mean": DummyRegressor()}


def compare(candidates=None, X=X, y=y, **settings):
    return tk.compare(candidates or TWO, X, y, **{"tracking": False, **settings})


@pytest.mark.parametrize("scoring", [[], {}, ()])
def test_an_empty_list_of_scorers_is_rejected(scoring):
    with pytest.raises(
        tk.ParameterError, match=r"at least one scorer .*, got .*; for example, add"
    ):
        compare(scoring=scoring)


def percent(estimator, X, y):
    return 100 * accuracy_score(y, estimator.predict(X))


def test_a_custom_scorer_with_a_built_in_name_has_its_own_range():
    row = compare(scoring={"accuracy": (percent, "maximize")}).ranking().loc["tree"]
    assert row["low"] < row["score"] < row["high"]


def twice(estimator, X, y):
    return -2 * mean_squared_error(y, estimator.predict(X))


def test_a_custom_scorer_with_a_built_in_name_is_recognized_in_every_unit():
    def scores_in(unit):
        scoring = {"neg_mean_squared_error": (twice, "maximize")}
        found = compare(LINES, X_REAL, Y_REAL * unit, cv=2, test_size=0.3, scoring=scoring)
        measured = found.scores(on="test")["line"].mean()
        assert found.ranking(on="test")["score"]["line"] == pytest.approx(measured)
        return measured / unit**2

    assert scores_in(1e-6) == pytest.approx(scores_in(1.0), rel=1e-6)


@pytest.mark.parametrize("name", ["score", "low", "note", "rank"])
def test_a_scorer_with_the_name_of_a_column_gets_a_separate_column(name):
    scoring = {"accuracy": "maximize", name: (make_scorer(accuracy_score), "maximize")}
    found, expected = compare(scoring=scoring), compare(scoring="accuracy")
    ranking = found.ranking()
    columns = ["rank", "score", "low", "high", "note"]
    pd.testing.assert_frame_equal(ranking[columns], expected.ranking()[columns])
    assert list(ranking[f"{name} (scorer)"]) == list(ranking["score"])


SCORED = ["rank", "score", "low", "high", "note"]


def assert_equal_scores(one, other, on):
    pd.testing.assert_frame_equal(one.ranking(on=on)[SCORED], other.ranking(on=on)[SCORED])
    pd.testing.assert_frame_equal(one.pairwise(on=on), other.pairwise(on=on))


NAMES = ["r2", "neg_root_mean_squared_error", "neg_max_error"]


@pytest.mark.slow
@pytest.mark.parametrize("on", ["folds", "test"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("few", [True, False], ids=["small folds", "large folds"])
def test_another_name_of_a_scorer_changes_nothing_else(name, few, on):
    data = (X_REAL[:90], Y_REAL[:90]) if few else (X_REAL, Y_REAL)
    settings = {"cv": 5, "test_size": 0.3}
    named = compare(LINES, *data, scoring={"mine": name}, **settings)
    expected = compare(LINES, *data, scoring=name, **settings)
    assert_equal_scores(named, expected, on)
    designs = [each.design(on=on) for each in (named, expected)]
    assert (designs[0].unit, designs[0].test) == (designs[1].unit, designs[1].test)
    assert list(named.ranking(on=on)["rank"]) == [1, 2]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["accuracy", "roc_auc"])
def test_another_name_of_a_scorer_has_the_same_test_on_rows(name):
    binary = (X[50:], (y[50:] == 2).astype(int))
    named, expected = (
        compare(X=binary[0], y=binary[1], scoring=scoring, cv=None, test_size=0.4, seeds=2)
        for scoring in ({"mine": name}, name)
    )
    assert_equal_scores(named, expected, "test")


@pytest.mark.slow
def test_another_name_of_a_scorer_is_stored(folder):
    settings = {"cv": 10, "scoring": {"fit": "r2"}, "name": "aliases", "tracking": True}
    found = compare(LINES, X_REAL[:60], Y_REAL[:60], **settings)
    again = tk.load_comparison("aliases")
    assert again.info.aliases == {"fit": "r2"}
    assert again.design().unit == "pooled"
    assert_equal_scores(again, found, "folds")


def test_another_name_of_a_scorer_is_pooled_in_a_search(engine):
    space, estimator = tk.Space(alpha=tk.Float(0.1, 10)), Ridge()
    searches = [
        study(space, engine, estimator=estimator, cv=10, n_trials=2, scoring=scoring)
        for scoring in ("r2", {"mine": "r2"}, {"mine": make_scorer(r2_score)})
    ]
    scores = [each.fit(X_REAL[:60], Y_REAL[:60]).trials_["score"] for each in searches]
    assert list(scores[1]) == list(scores[0])
    assert list(scores[2]) == list(scores[0])
    assert searches[1].trials_["std"].isna().all(), "a pooled score has no folds"
