"""The section on how the scores were measured."""

from __future__ import annotations

import numpy as np
import pytest
from dummy_estimators import study
from report_parser import Page
from sklearn.datasets import load_diabetes, load_iris
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk

X, y = load_iris(return_X_y=True)
X_REAL, Y_REAL = load_diabetes(return_X_y=True)


def test_a_single_model_is_not_tested_and_groups_are_named(folder):
    settings = {"cv": 3, "groups": np.arange(len(X)) // 4}
    found = tk.compare({"only": DecisionTreeClassifier()}, X, y, test=(X[:9], y[:9]), **settings)
    page = Page(tk.report(found, "r.html", sections=["measured"]))
    measured = page.text("measured")
    assert "test used" not in measured
    assert f"{len(X) + 9} rows of 4 features, with the test split" in measured
    assert "1 model compared" in page.html
    tuner = study(tk.Space(max_depth=tk.Int(1, 4)), estimator=DecisionTreeClassifier(), cv=3)
    tuner.set_params(tracking=True, n_trials=1).fit(X, y, groups=settings["groups"])
    text = Page(tk.report(tuner, "s.html", sections=["measured"])).text("measured")
    assert "3 folds, groups kept together, the same for all trials" in text


@pytest.mark.slow
def test_splits_in_time_order_are_reported(folder):
    scoring = ["r2", "neg_mean_absolute_error"]
    comparison = tk.compare(
        {"a": Ridge(), "b": DummyRegressor()},
        *(X_REAL, Y_REAL),
        cv=TimeSeriesSplit(4),
        test_size=0.1,
        scoring=scoring,
    )
    text = Page(tk.report(comparison, "r.html", sections=["measured"])).text("measured")
    assert "4 folds, in time order: each fold is later than its training rows, the same" in text
    assert "the last 44 rows, in none of the folds" in text
    assert "r2, to maximize; neg_mean_absolute_error, to maximize" in text
