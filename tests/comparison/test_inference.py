"""Intervals and tests of a comparison match its design."""

from __future__ import annotations

import math

import numpy as np
import pytest
from compared_trees import TREES, compare
from dummy_estimators import InconsistentSVC
from scipy import stats
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import (
    TimeSeriesSplit,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk
from tunekit.core.comparison_info import TEST_SPLIT
from tunekit.statistics.corrected_ttest import corrected_difference
from tunekit.statistics.multiple_testing import holm
from tunekit.statistics.proportions import mcnemar, wilson

X_CANCER, Y_CANCER = load_breast_cancer(return_X_y=True)


def test_the_ranking_shows_the_best_and_significant_differences(trees):
    ranking = trees.ranking()
    assert list(ranking["rank"]) == [1, 2, 3]
    assert ranking.index[2] == "stump"
    assert list(ranking["group"]) == ["a", "a", "b"]
    best = trees.scores()["bayes"]
    assert ranking.loc["bayes", "score"] == pytest.approx(best.mean())
    half = stats.t.ppf(0.975, 9) * best.std(ddof=1) * math.sqrt(1 / 10 + 0.25)
    assert ranking.loc["bayes", "low"] == pytest.approx(best.mean() - half)
    assert ranking.loc["bayes", "high"] == min(1.0, best.mean() + half)
    assert (ranking["fit_time"] > 0).all()
    assert (ranking["predict_time"] > 0).all()
    assert ranking.loc["tree", "n_bytes"] > ranking.loc["stump", "n_bytes"] > 100


def test_pairs_are_tested_with_corrections_for_folds_and_multiplicity(trees):
    pairs = trees.pairwise()
    assert len(pairs) == 3
    scores = trees.scores()
    raw = []
    for _, pair in pairs.iterrows():
        expected = corrected_difference(
            scores[pair["first"]], scores[pair["second"]], 0.25, rope=0.01
        )
        assert pair["p_value"] == expected.p_value
        assert pair["equivalent"] == expected.same
        assert pair["difference"] >= 0
        raw.append(expected.p_value)
    assert list(pairs["p_corrected"]) == holm(raw)
    assert pairs.attrs["test"] == "Nadeau and Bengio's corrected t-test"
    assert "too many false positives" in pairs.attrs["why"]


def test_with_a_baseline_there_are_fewer_tests_to_correct_for(trees):
    found = compare(baseline="stump")
    pairs = found.pairwise()
    assert list(pairs["second"]) == ["stump", "stump"]
    assert len(found.pairwise(all_pairs=True)) == 3
    assert list(pairs["p_corrected"]) == holm(list(pairs["p_value"]))
    with pytest.raises(tk.ParameterError, match="has no baseline"):
        trees.pairwise(all_pairs=False)


def test_a_cost_ranks_the_cheapest_first(trees):
    ranking = trees.ranking("fit_time")
    assert list(ranking["score"]) == sorted(ranking["score"])
    assert ranking["rank"].iloc[0] == 1
    pair = trees.pairwise("fit_time").iloc[0]
    assert pair["difference"] <= 0
    assert pair["better"] >= pair["worse"]


@pytest.mark.slow
def test_a_hold_out_is_tested_by_rows():
    found = compare(cv=0.4, scoring=["accuracy", "f1_macro"])
    ranking, pairs = found.ranking(), found.pairwise()
    (fit,) = [fit for fit in found.fits if fit.candidate == "stump"]
    right = fit.predictions.y_true == fit.predictions.y_pred
    expected = wilson(int(right.sum()), 60)
    stump = ranking.loc["stump"]
    assert (stump["score"], stump["low"], stump["high"]) == (
        expected.value,
        expected.low,
        expected.high,
    )
    pair = pairs[(pairs["first"] == "bayes") & (pairs["second"] == "stump")].iloc[0]
    (other,) = [each for each in found.fits if each.candidate == "bayes"]
    both = other.predictions.y_true == other.predictions.y_pred
    assert (pair["p_value"], pair["test"]) == mcnemar(both, right)
    assert pairs.attrs["test"] == "Cochran's Q for all, then McNemar's test"
    assert 0 < pairs.attrs["omnibus_p"] < 0.001
    assert found.design("f1_macro").test == "paired bootstrap"
    f1 = found.ranking("f1_macro")
    assert f1.loc["tree", "low"] < f1.loc["tree", "score"] < f1.loc["tree", "high"]
    assert f1.loc["stump", "note"] == "all resamples have the same score", (
        "it is right on whole classes"
    )


def test_roc_auc_on_a_test_split_is_tested_with_delong():
    candidates = {"nb": GaussianNB(), "tree": DecisionTreeClassifier(max_depth=2)}
    found = compare(candidates, X_CANCER, Y_CANCER, cv=3, scoring=["roc_auc"], test_size=0.3)
    ranking = found.ranking(on="test")
    (fit,) = [f for f in found.fits if f.candidate == "nb" and f.split == TEST_SPLIT]
    assert fit.n_test == round(0.3 * 569)
    assert fit.n_train + fit.n_test == 569
    area = roc_auc_score(fit.predictions.y_true, fit.predictions.y_score[:, 1])
    assert ranking.loc["nb", "score"] == pytest.approx(area)
    assert ranking.loc["nb", "low"] < area < ranking.loc["nb", "high"] < 1
    assert list(found.pairwise(on="test")["test"]) == ["DeLong's test"]
    judged = {
        row for f in found.fits if f.split != TEST_SPLIT for row in f.predictions.rows.tolist()
    }
    assert not judged & set(fit.predictions.rows.tolist()), (
        "no fold contains rows of the test split"
    )


def test_several_seeds_on_one_split_use_the_variance_of_seeds_and_rows():
    found = compare(cv=0.3, seeds=4)
    assert {fit.seed for fit in found.fits} == {0, 1, 2, 3}
    assert found.design().unit == "seeds"
    row = found.ranking().loc["tree"]
    own = [fit.scores["accuracy"] for fit in found.fits if fit.candidate == "tree"]
    assert row["score"] == pytest.approx(np.mean(own))
    assert row["low"] < row["score"] < row["high"] <= 1
    assert found.pairwise()["test"].iloc[0] == "t-test over seeds and rows, paired by both"


def test_on_folds_the_seeds_are_averaged():
    found = compare(cv=3, seeds=[5, 9], scoring="accuracy")
    by_hand = [
        np.mean([f.scores["accuracy"] for f in found.fits if (f.candidate, f.split) == ("tree", k)])
        for k in range(3)
    ]
    np.testing.assert_allclose(found.scores()["tree"], by_hand)
    assert {fit.seed for fit in found.fits} == {5, 9}


def test_a_time_series_is_evaluated_on_later_rows():
    found = compare(
        {"line": LinearRegression(), "ridge": Ridge()},
        np.arange(80.0)[:, None],
        np.arange(80.0) ** 2,
        cv=TimeSeriesSplit(4),
        test_size=0.25,
    )
    for fit in found.fits:
        assert fit.predictions.rows.min() >= fit.n_train
    assert {fit.predictions.rows.max() for fit in found.fits if fit.split == TEST_SPLIT} == {79}
    assert max(f.predictions.rows.max() for f in found.fits if f.split != TEST_SPLIT) == 59
    assert "follow time" in found.design().why
    assert found.info.scorer == "r2"


def test_a_regression_has_a_region_of_equivalence_in_its_own_units():
    X, y = load_diabetes(return_X_y=True)
    found = compare(
        {"line": LinearRegression(), "ridge": Ridge(1e-3)}, X, y, scoring="neg_mean_absolute_error"
    )
    pair = found.pairwise().iloc[0]
    second = found.ranking().loc[pair["second"], "score"]
    assert pair["rope"] == pytest.approx(0.01 * abs(second))
    assert pair["verdict"] == "equivalent"
    assert compare(rope=0.05, cv=2).pairwise()["rope"].unique() == [0.05]


def test_a_classifier_without_probabilities_has_an_area_with_an_interval():
    models = {"svm": LinearSVC(), "nb": GaussianNB()}
    found = compare(models, X_CANCER, Y_CANCER, cv=0.3, scoring="roc_auc")
    ranking, said = found.ranking(), found.predictions("svm")
    area = roc_auc_score(said.y_true, said.decision)
    assert ranking["score"]["svm"] == pytest.approx(area)
    assert ranking["low"]["svm"] < area < ranking["high"]["svm"]
    assert found.pairwise()["test"].tolist() == ["DeLong's test"]


def test_a_score_that_predictions_do_not_reproduce_has_no_interval():
    candidates, settings = (
        {"svm": InconsistentSVC(), "nb": GaussianNB()},
        {"cv": 0.3, "scoring": "roc_auc"},
    )
    found = compare(candidates, X_CANCER, Y_CANCER, **settings)
    row = found.ranking().loc["svm"]
    assert row["score"] > 0.9
    assert math.isnan(row["low"])
    assert "cannot be computed again" in row["note"]
    assert row["group"] == "", "there are no letters without a test"
    assert "cannot be computed again" in found.pairwise()["note"].iloc[0]
    assert found.pairwise()["test"].tolist() == ["no test"] == [found.design().test]
    assert "roc_auc of svm cannot be computed again" in found.design().why
    assert "There is no significance test for this comparison." in found._repr_html_()
    three = compare({**candidates, "stump": TREES["stump"]}, X_CANCER, Y_CANCER, **settings)
    assert three.design().test == "DeLong's test"
    assert "roc_auc of svm cannot be computed again" in three.design().why
    assert set(three.pairwise()["test"]) == {"no test", "DeLong's test"}


@pytest.mark.slow
@pytest.mark.parametrize(("scoring", "test"), [("f1_macro", "McNemar"), ("roc_auc", "DeLong")])
def test_five_rows_do_not_show_that_a_perfect_model_is_better_than_a_constant_one(scoring, test):
    candidates = {"perfect": GaussianNB(), "constant": DummyClassifier()}
    X, y = np.arange(100.0)[:, None], np.repeat([0, 1], 50)
    few, many = (compare(candidates, X, y, cv=cv, scoring=[scoring]) for cv in (0.05, 0.4))
    (pair,) = few.pairwise().to_dict("records")
    assert pair["test"].startswith(test)
    assert pair["p_value"] >= 0.2
    assert list(few.ranking()["group"]) == ["a", "a"]
    assert list(many.ranking()["group"]) == ["a", "b"]


def test_a_bootstrap_finds_differences_among_many_candidates():
    X, y = load_diabetes(return_X_y=True)
    lines = {f"line {i}": Ridge(alpha) for i, alpha in enumerate(10.0 ** np.arange(-4, 4))}
    found = compare(lines, X, y, cv=0.5, scoring="neg_mean_absolute_error")
    groups = found.ranking()["group"]
    assert not set(groups.iloc[0]) & set(groups.iloc[-1])
