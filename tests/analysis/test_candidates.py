"""Candidates side by side: curves, areas and their intervals, against references."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from comparison_data import data_of
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    confusion_matrix,
    r2_score,
    roc_auc_score,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk
from tunekit.analysis.candidates import MOST, side_by_side
from tunekit.comparison.row_inference import rows_interval
from tunekit.evaluation.rescoring import rescored
from tunekit.statistics.corrected_ttest import mean_interval
from tunekit.statistics.roc_auc import auc_interval

X, y = load_iris(return_X_y=True)
X = X + np.random.default_rng(0).normal(size=X.shape)  # so that the classes overlap


@pytest.fixture(scope="module")
def binary():
    models = {
        "bayes": GaussianNB(),
        "tree": DecisionTreeClassifier(max_depth=2, random_state=0),
        "svm": LinearSVC(),
    }
    labels = np.where(y == 1, "yes", "no")
    settings = {"cv": 3, "test_size": 0.3, "tracking": False}
    return tk.compare(models, X, labels, **settings)


def by_name(found):
    return {each.name: each for each in found.results}


def test_areas_over_folds_are_means_with_the_corrected_interval(binary):
    result = by_name(side_by_side(data_of(binary), "folds"))["bayes"]
    predictions = binary.predictions("bayes")
    folds = [predictions.fold == number for number in range(3)]
    for area, metric in (
        (result.auc, roc_auc_score),
        (result.average_precision, average_precision_score),
    ):
        values = [metric(predictions.y_true[f] == "yes", predictions.y_score[f, 1]) for f in folds]
        fits = [fit for fit in binary.fits if fit.candidate == "bayes" and fit.split >= 0]
        ratio = np.mean([fit.n_test / fit.n_train for fit in fits])
        expected = mean_interval(values, ratio)
        assert (area.value, area.low) == pytest.approx((expected.value, expected.low))
        assert area.high == pytest.approx(min(expected.high, 1.0))
    assert result.calibration.brier == pytest.approx(
        brier_score_loss(predictions.y_true, predictions.y_score[:, 1], pos_label="yes")
    )
    np.testing.assert_array_equal(
        result.confusion.counts, confusion_matrix(predictions.y_true, predictions.y_pred)
    )


def test_areas_on_the_test_split_have_intervals_by_delong_and_by_the_bootstrap(binary):
    found = side_by_side(data_of(binary), "test")
    assert (found.rows, found.n_folds, found.kind) == ("test split", 1, "class")
    result, predictions = by_name(found)["bayes"], binary.predictions("bayes", on="test")
    expected = auc_interval(predictions.y_true == "yes", predictions.y_score[:, 1])
    assert dataclasses.astuple(result.auc)[:3] == pytest.approx(
        (expected.value, expected.low, expected.high)
    )
    statistic = rescored("average_precision", predictions)
    expected = rows_interval("average_precision", predictions, statistic)
    assert dataclasses.astuple(result.average_precision)[:3] == pytest.approx(
        (expected.value, expected.low, expected.high)
    )


def test_candidates_are_in_the_order_of_the_ranking_and_without_curves_if_without_probabilities(
    binary,
):
    found = side_by_side(data_of(binary), "folds")
    assert [each.name for each in found.results] == list(binary.ranking().index)
    assert [each.place for each in found.results] == [0, 1, 2]
    svm = by_name(found)["svm"]
    assert (svm.roc, svm.auc, svm.calibration) == (None, None, None)
    assert svm.reason == "the model returns no probabilities"
    assert svm.confusion is not None


def test_several_classes_have_their_macro_average():
    models = {"bayes": GaussianNB(), "prior": DummyClassifier()}
    comparison = tk.compare(models, X, y, cv=0.4, tracking=False)
    results = by_name(side_by_side(data_of(comparison), "folds"))
    predictions = comparison.predictions("bayes")
    area = roc_auc_score(predictions.y_true, predictions.y_score, multi_class="ovr")
    assert results["bayes"].auc.value == pytest.approx(area)
    assert results["bayes"].auc.low < area < results["bayes"].auc.high
    truth = predictions.y_true[:, None] == np.arange(3)
    expected = average_precision_score(truth, predictions.y_score)
    average = results["bayes"].average_precision
    assert average.value == pytest.approx(expected)
    assert expected - 0.15 < average.low < expected < average.high < 1
    assert results["prior"].auc.value == pytest.approx(0.5)
    assert math.isnan(results["prior"].average_precision.low)


def test_regressions_have_residuals_of_one_or_of_each_target():
    target = X[:, :2] @ [[1.0, 0.0], [0.5, 2.0]] + X[:, 2:]
    models = {"line": LinearRegression(), "ridge": Ridge(1e3)}
    one = tk.compare(models, X, target[:, 0], cv=2, tracking=False)
    found = side_by_side(data_of(one), "folds")
    predictions = one.predictions("ridge")
    expected = r2_score(predictions.y_true, predictions.y_pred)
    assert by_name(found)["ridge"].residuals.errors.r2 == pytest.approx(expected)
    both = tk.compare(models, X, target, cv=2, tracking=False)
    found = side_by_side(data_of(both), "folds")
    assert [each.name for each in found.results[0].targets] == ["target 0", "target 1"]


@pytest.mark.slow
def test_only_the_best_of_many_candidates_are_shown():
    models = {f"tree {i:02d}": DecisionTreeClassifier(max_depth=1 + i) for i in range(MOST + 2)}
    comparison = tk.compare(models, X, y, cv=2, tracking=False)
    found = side_by_side(data_of(comparison), "folds")
    assert [each.name for each in found.results] == list(comparison.ranking().index[:MOST])
    assert found.omitted == 2
    alone = tk.compare({"bayes": GaussianNB()}, X, y, cv=2, tracking=False)
    assert side_by_side(data_of(alone), "folds") is None
