"""Scorers of a comparison, including custom ones with the name of a built-in one."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import accuracy_score, make_scorer, mean_squared_error
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
