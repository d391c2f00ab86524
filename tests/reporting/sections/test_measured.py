"""The section on how the scores were measured."""

from __future__ import annotations

import pytest
from report_parser import Page
from sklearn.datasets import load_diabetes
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit

import tunekit as tk

X_REAL, Y_REAL = load_diabetes(return_X_y=True)


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
