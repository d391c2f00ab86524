"""The section with the statistics of a comparison."""

from __future__ import annotations

from comparison_data import data_of
from sklearn.datasets import load_diabetes, load_iris
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge

import tunekit as tk
from tunekit.reporting.sections.statistics import statistics_section

X, y = load_iris(return_X_y=True)


def compared(models, X=X, y=y, **settings):
    return tk.compare(models, X, y, tracking=False, cv=3, **settings)


def test_sentences_begin_with_a_capital():
    data = data_of(
        compared(
            {"a": Ridge(), "b": DummyRegressor()}, *load_diabetes(return_X_y=True), test_size=0.2
        )
    )
    assert "<p>Paired bootstrap." in statistics_section([data]).html
