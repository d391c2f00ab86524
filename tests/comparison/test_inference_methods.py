"""The design of a comparison determines its intervals and tests."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest
from dummy_estimators import ScriptedEstimator
from scipy import stats
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.feature_selection import SelectKBest
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk
from tunekit.comparison.result import Comparison

X, y = load_iris(return_X_y=True)
X_CANCER, Y_CANCER = load_breast_cancer(return_X_y=True)
STUMP = DecisionTreeClassifier(max_depth=1)
MODELS = {"bayes": GaussianNB(), "stump": STUMP, "prior": DummyClassifier()}


def compare(candidates=None, X=X, y=y, **settings):
    return tk.compare(candidates or MODELS, X, y, **{"tracking": False, **settings})


class Slow(ScriptedEstimator):
    """An estimator with one slow fit of three."""

    count = 0

    def fit(self, X, y):
        Slow.count += 1
        time.sleep(0.1 * (Slow.count == 1))
        return super().fit(X, y)


def test_intervals_of_times_are_not_negative():
    Slow.count = 0
    row = compare(
        {"slow": Slow()}, cv=3, scoring=["accuracy", "fit_time"], sanity_check=False
    ).ranking("fit_time")
    assert row["low"].tolist() == [0.0]
    assert row["high"].iloc[0] > row["score"].iloc[0] > 0


def test_probabilities_are_not_negative():
    candidates = {"stump": STUMP, "prior": DummyClassifier()}
    settings = {"cv": 3, "scoring": "roc_auc", "test_size": 0.3}
    pair = compare(candidates, X_CANCER, Y_CANCER, **settings).pairwise(on="test").iloc[0]
    assert all(0 <= pair[each] <= 1 for each in ("better", "equivalent", "worse"))


@pytest.mark.slow
def test_seeds_do_not_narrow_the_interval_of_an_accuracy():
    one, several = (compare(MODELS, X_CANCER, Y_CANCER, cv=0.4, seeds=seeds) for seeds in (1, 3))
    for narrow, wide in ((one.ranking(), several.ranking()), (one.pairwise(), several.pairwise())):
        widths = [frame["high"] - frame["low"] for frame in (narrow, wide)]
        np.testing.assert_allclose(*widths, rtol=0.15)
    prior = {"prior": MODELS["prior"]}
    found = compare(prior, X_CANCER, Y_CANCER, cv=0.4, seeds=3, scoring="f1_macro")
    note = found.ranking().loc["prior", "note"]
    assert note == "the score does not vary with seeds or rows", "other samples contain all classes"


@pytest.mark.parametrize(("seeds", "on"), [(1, "folds"), (2, "folds"), (1, "test")])
def test_a_time_on_a_single_set_of_rows_has_no_test(seeds, on):
    scoring = ["accuracy", "fit_time", "predict_latency"]
    found = compare(cv=0.3, scoring=scoring, seeds=seeds, test_size=0.2)
    for scorer in scoring[1:]:
        design, pairs = found.design(scorer, on=on), found.pairwise(scorer, on=on)
        assert (design.test, design.interval) == ("no test", "none")
        assert f"{scorer} cannot be computed again from predictions: use it" in design.why
        assert set(pairs["test"]) == {"no test"} == {pairs.attrs["test"]}
        assert pairs["p_value"].isna().all()
    assert found.design(on=on).test != "no test"


class Column(ScriptedEstimator):
    """An estimator that predicts the values of a column."""

    def __init__(self, column=0):
        self.column = column
        self.quality, self.deed, self.seconds, self.marks = 0.5, "good", 0.0, None

    def predict(self, X):
        return X[:, self.column].astype(int)


def test_equal_differences_in_all_folds_are_not_independent():
    coins, rows = np.repeat([0, 1], [60, 40]), np.zeros((100, 1))
    constant = {f"always {k}": DummyClassifier(strategy="constant", constant=k) for k in (0, 1)}
    (pair,) = compare(constant, rows, coins).pairwise().to_dict("records")
    assert "the same in every fold" in pair["note"]
    # A sign test over the ten folds would give 0.002, although this is likely by chance.
    assert pair["p_value"] == pytest.approx(stats.binomtest(40, 100).pvalue, rel=0.02)
    assert pair["test"] == "McNemar's test"


def test_costs_and_regressions_that_agree_in_every_fold_have_no_p_value():
    nets = {f"{k} columns": make_pipeline(SelectKBest(k=k), LinearSVC()) for k in (1, 2)}
    found = compare(nets, scoring=["accuracy", "n_params"], cv=3)
    (pair,) = found.pairwise("n_params").to_dict("records")
    assert pair["difference"] == -3
    assert math.isnan(pair["p_value"])
    steps = {f"always {k}": DummyRegressor(strategy="constant", constant=k) for k in (0, 3)}
    rows = np.zeros((40, 1))
    found = compare(steps, rows, rows[:, 0], scoring="neg_mean_absolute_error")
    (pair,) = found.pairwise().to_dict("records")
    assert (pair["difference"], pair["verdict"]) == (3.0, "undecided")
    assert math.isnan(pair["p_value"])


@pytest.mark.slow
def test_mcnemars_test_is_not_used_if_it_points_the_other_way():
    labels = np.repeat([0, 1, 2], [80, 10, 10])
    rare, common = np.where(labels == 0, 1, labels), np.where(labels > 0, 0, labels)
    rows = np.column_stack([rare, common])
    found = compare(
        {"rare": Column(0), "common": Column(1)}, rows, labels, scoring="balanced_accuracy", cv=0.5
    )
    (pair,) = found.pairwise().to_dict("records")
    assert (pair["first"], pair["difference"]) == ("rare", pytest.approx(1 / 3))
    assert math.isnan(pair["p_value"]), "McNemar's test favors the common one"


class Fixed(ScriptedEstimator):
    """An estimator with a given number of correct rows in each fold."""

    def __init__(self, folds=()):
        self.folds = folds
        self.quality, self.deed, self.seconds, self.marks = 0.5, "good", 0.0, None

    def predict(self, X):
        right = np.arange(50) < self.folds[int(X[0, 0]) // 50]
        return np.where(right, X[:, 1], 1 - X[:, 1]).astype(int)


def test_rounding_does_not_affect_ranks():
    fifths = [(np.arange(250), np.arange(k, k + 50)) for k in range(0, 250, 50)]
    low, one, other = (48, 48, 48, 48, 48), (45, 46, 50, 49, 50), (50, 47, 47, 47, 49)
    rows = np.column_stack([np.arange(250), np.arange(250) % 2])
    found = compare(
        {"low": Fixed(low), "one": Fixed(one), "other": Fixed(other)}, rows, rows[:, 1], cv=fifths
    )
    assert found.ranking()["score"].iloc[0] != found.ranking()["score"].iloc[1], (
        "sums in another order differ"
    )
    assert list(found.ranking()["rank"]) == [1, 1, 1]
    assert list(found.ranking().index) == ["low", "one", "other"]
    assert found.pairwise()[["first", "second"]].iloc[0].tolist() == ["low", "one"]


def test_a_single_slow_fit_does_not_change_the_fit_time():
    found = compare({"bayes": GaussianNB()}, cv=5)
    fits = [replace(fit, fit_time=4.0 if fit.split == 0 else 0.25) for fit in found.fits]
    assert Comparison(found.info, fits).ranking()["fit_time"].item() == 0.25
