"""Figures of a comparison."""

from __future__ import annotations

import re

import numpy as np
from sklearn.datasets import load_diabetes, load_iris
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.naive_bayes import GaussianNB

import tunekit as tk
from tunekit.reporting.figures.comparison import forest, scores_by_fold
from tunekit.reporting.tables.pairs import pairs_table

X, y = load_iris(return_X_y=True)
X_REAL, Y_REAL = load_diabetes(return_X_y=True)


def test_each_pair_has_its_own_band_of_equivalence():
    candidates = {
        "line": LinearRegression(),
        "ridge": Ridge(1e-3),
        "shifted": Ridge(1e-3),
        "mean": DummyRegressor(strategy="constant", constant=40_000.0),
    }
    comparison = tk.compare(
        candidates, X_REAL, Y_REAL, tracking=False, scoring="neg_mean_absolute_error"
    )
    ropes = comparison.pairwise()["rope"]
    assert ropes.max() > 100 * ropes.min()
    figure = forest(comparison, "neg_mean_absolute_error", "folds", "forest")
    table = pairs_table(comparison, "neg_mean_absolute_error", "folds", "pairs")
    note = next(each.note for each in table.columns if each.key == "equivalent")
    assert note == "probability of a difference within ±1% of the second's score"
    # The band of the distant candidate would cover the whole axis.
    assert figure.svg.count('opacity="0.25"') == 2
    one = tk.compare({"a": GaussianNB(), "b": DummyClassifier()}, X, y, tracking=False, cv=2)
    table = pairs_table(one, "accuracy", "folds", "pairs")
    assert (
        next(each.note for each in table.columns if each.key == "equivalent")
        == "probability of a difference within ±0.01"
    )


def test_no_value_is_off_the_scale_if_the_best_are_equal():
    candidates = {"a": GaussianNB(), "b": GaussianNB(var_smoothing=1e-8), "c": DummyClassifier()}
    rows, truth = np.arange(100.0)[:, None] // 50, np.repeat([0, 1], 50)
    comparison = tk.compare(candidates, rows, truth, tracking=False)
    assert list(comparison.ranking()["score"]) == [1.0, 1.0, 0.5]
    assert ">0.6<" in scores_by_fold(comparison, "accuracy", "scores").svg, "the axis includes it"


def compared(models, X=X, y=y, **settings):
    return tk.compare(models, X, y, tracking=False, cv=3, **settings)


def test_figures_of_a_comparison_fit_on_a_phone():
    models = {f"{i} with a name without end": GaussianNB() for i in range(2)}
    comparison = compared(models, scoring="neg_log_loss")
    for draw in (
        forest(comparison, "neg_log_loss", "folds", "a"),
        scores_by_fold(comparison, "neg_log_loss", "b"),
    ):
        width = float(re.search(r'viewBox="0 0 ([\d.]+)', draw.svg)[1])
        assert 0.78 * width <= 328, "360 pixels minus a margin of 16 on each side"
    assert "Points: folds." in draw.caption
