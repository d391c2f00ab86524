"""The section on how it was measured."""

from __future__ import annotations

import pytest
from report_parser import Page
from sklearn.datasets import load_diabetes
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    TimeSeriesSplit,
)

import tunekit as tk

X_REAL, Y_REAL = load_diabetes(return_X_y=True)


@pytest.mark.slow
def test_splits_that_follow_time_are_said_to(folder):
    scoring = ["r2", "neg_mean_absolute_error"]
    found = tk.compare(
        {"a": Ridge(), "b": DummyRegressor()},
        *(X_REAL, Y_REAL),
        cv=TimeSeriesSplit(4),
        test_size=0.1,
        scoring=scoring,
    )
    text = Page(tk.report(found, "r.html", sections=["measured"])).text("measured")
    assert "4 folds, each behind the rows that it was fitted on, as time goes, the same" in text
    assert "the last 44 rows, that no fold saw" in text
    assert "r2, to maximize; neg_mean_absolute_error, to maximize" in text
