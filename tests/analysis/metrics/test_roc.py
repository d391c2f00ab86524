"""ROC curves, against scikit-learn or their definition."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from fake_predictions import classified, part
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import auc, roc_auc_score, roc_curve

from tunekit.analysis.metrics.roc import RATES, roc
from tunekit.analysis.metrics.rows import Undefined
from tunekit.core.predictions import Predictions

seeds = st.integers(0, 10_000)


def by_label(result):
    return {curve.label: curve for curve in result.curves}


def coarse(predictions):
    """Return predictions with many ties among the probabilities."""
    scores = np.round(predictions.y_score, 1) + 0.01
    return replace(predictions, y_score=scores / scores.sum(axis=1, keepdims=True))


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(seed=seeds, sharpness=st.floats(0, 4), tied=st.booleans())
def test_areas_of_predictions_equal_those_of_scikit_learn(seed, sharpness, tied):
    predictions = classified([0, 1, 2], 60, seed=seed, sharpness=sharpness)
    predictions = coarse(predictions) if tied else predictions
    curves = by_label(roc(predictions))
    for average in ("macro", "micro"):
        expected = roc_auc_score(
            predictions.y_true, predictions.y_score, multi_class="ovr", average=average
        )
        assert curves[f"{average} average"].auc == pytest.approx(expected)
    for label in (0, 1, 2):
        expected = roc_auc_score(predictions.y_true == label, predictions.y_score[:, label])
        assert curves[str(label)].auc == pytest.approx(expected)


def test_two_classes_have_the_curve_of_the_second():
    predictions = classified(["no", "yes"])
    (curve,) = roc(predictions).curves
    assert curve.label == "yes"
    fpr, tpr, _ = roc_curve(predictions.y_true == "yes", predictions.y_score[:, 1])
    np.testing.assert_array_equal(curve.fpr, fpr)
    np.testing.assert_array_equal(curve.tpr, tpr)
    np.testing.assert_allclose(curve.at_rates, np.interp(RATES, fpr, tpr))


def test_the_macro_curve_equals_that_of_the_scikit_learn_example():
    # "Multiclass Receiver Operating Characteristic (ROC)": the mean of the classes' rates on a
    # grid of 1000 false-positive rates.
    predictions = classified([0, 1, 2], 90)
    grid = np.linspace(0, 1, 1000)
    rates = []
    for label in (0, 1, 2):
        fpr, tpr, _ = roc_curve(predictions.y_true == label, predictions.y_score[:, label])
        rates.append(np.interp(grid, fpr, tpr))
    curve = by_label(roc(predictions))["macro average"]
    np.testing.assert_allclose(curve.tpr[1:], np.interp(curve.fpr[1:], grid, np.mean(rates, 0)))
    assert (curve.fpr[0], curve.tpr[0]) == (0, 0)


def test_the_curve_over_folds_equals_that_of_the_scikit_learn_example():
    # "Receiver Operating Characteristic (ROC) with cross validation": mean and standard deviation
    # of the folds' rates, mean of their areas.
    predictions = classified([0, 1], 90, folds=3)
    grid, rates, areas = np.linspace(0, 1, 1000), [], []
    for number in range(3):
        own = predictions.fold == number
        fpr, tpr, _ = roc_curve(predictions.y_true[own], predictions.y_score[own, 1])
        rates.append(np.interp(grid, fpr, tpr))
        areas.append(auc(fpr, tpr))
    (curve,) = roc(predictions).curves
    mean, spread = np.mean(rates, axis=0), np.std(rates, axis=0)
    for values, expected in (
        (curve.tpr, mean),
        (curve.low, np.maximum(mean - spread, 0)),
        (curve.high, np.minimum(mean + spread, 1)),
    ):
        np.testing.assert_allclose(values[1:], np.interp(curve.fpr[1:], grid, expected))
    assert curve.auc == pytest.approx(np.mean(areas))
    assert curve.spread == pytest.approx(np.std(areas))
    np.testing.assert_allclose(curve.fold_areas, areas)
    assert all(map(math.isnan, curve.interval)), "a spread is not an interval"


def test_an_absent_class_is_undefined():
    predictions = classified([0, 1, 2], folds=3)
    curves = roc(part(predictions, predictions.y_true != 2))
    assert [curve.label for curve in curves.curves] == [
        "macro average of 2 classes", "micro average", "0", "1",
    ]  # fmt: skip
    assert curves.undefined == (("2", "no row belongs to class 2"),)
    assert math.isnan(curves.area("2"))
    classes = by_label(curves)
    mean = (classes["0"].auc + classes["1"].auc) / 2
    assert classes["macro average of 2 classes"].auc == pytest.approx(mean)
    assert curves.notes == ("Undefined for 1 of 3 classes: no row belongs to class 2.",)


def test_a_class_missing_from_a_fold_has_the_mean_of_the_other_folds():
    predictions = classified([0, 1, 2], folds=3)
    lacking = part(predictions, (predictions.fold != 1) | (predictions.y_true != 2))
    curve, whole = by_label(roc(lacking))["2"], by_label(roc(predictions))["2"]
    assert math.isnan(curve.fold_areas[1])
    assert curve.auc == pytest.approx((whole.fold_areas[0] + whole.fold_areas[2]) / 2)
    assert "Some folds do not contain both rows of class 2 and other rows" in roc(lacking).notes[0]
    curves = by_label(roc(lacking))
    mean = np.mean([curves[label].auc for label in "012"])
    assert curves["macro average"].auc == pytest.approx(mean)


def test_rows_with_an_unknown_label_are_negatives_of_all_classes():
    predictions = classified([0, 1, 2], 60)
    strange = replace(predictions, y_true=np.where(np.arange(60) % 5 == 0, 9, predictions.y_true))
    curves = by_label(roc(strange))
    for label in (0, 1, 2):
        expected = roc_auc_score(strange.y_true == label, strange.y_score[:, label])
        assert curves[str(label)].auc == pytest.approx(expected)


def logit(value):
    return math.log(value / (1 - value))


@pytest.mark.slow
@pytest.mark.parametrize("average", ["macro", "micro"])
def test_intervals_of_averages_agree_with_the_bootstrap(average):
    # Resampled within classes for the macro average, over all rows for the micro average.
    predictions = classified([0, 1, 2], 240, sharpness=1.0)
    rng = np.random.default_rng(0)
    areas = []
    for _ in range(600):
        if average == "macro":
            own = (np.flatnonzero(predictions.y_true == label) for label in range(3))
            drawn = np.concatenate([rng.choice(each, len(each)) for each in own])
        else:
            drawn = rng.integers(0, 240, 240)
        scores = predictions.y_score[drawn]
        areas.append(
            roc_auc_score(predictions.y_true[drawn], scores, multi_class="ovr", average=average)
        )
    curve = by_label(roc(predictions))[f"{average} average"]
    reach = (logit(curve.interval[1]) - logit(curve.interval[0])) / 2 / norm.ppf(0.975)
    assert reach * curve.auc * (1 - curve.auc) == pytest.approx(np.std(areas), rel=0.1)


def test_an_area_of_one_has_no_interval():
    predictions = classified([0, 1, 2])
    perfect = replace(predictions, y_score=np.eye(3)[predictions.y_true])
    for curve in roc(perfect).curves:
        assert curve.auc == 1
        assert all(map(math.isnan, curve.interval))


def test_folds_of_one_class_have_no_area():
    # The area of all rows together would compare scores of two models.
    y, fold = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1])
    positive = np.array([0.1, 0.6, 0.4, 0.9])
    scores = np.column_stack([1 - positive, positive])
    curves = roc(Predictions(np.arange(4), fold, y, y, scores, np.array([0, 1])))
    assert curves == Undefined("no fold contains both rows of class 1 and other rows")


def test_areas_of_a_model_equal_those_of_scikit_learn():
    X, y = load_iris(return_X_y=True)
    X = X + np.random.default_rng(0).normal(scale=2, size=X.shape)
    scores = LogisticRegression(max_iter=500).fit(X, y).predict_proba(X)
    fold = np.zeros(len(y), dtype=int)
    predictions = Predictions(np.arange(150), fold, y, scores.argmax(1), scores, np.arange(3))
    curves = {curve.label: curve.auc for curve in roc(predictions).curves}
    for average in ("macro", "micro"):
        expected = roc_auc_score(y, scores, multi_class="ovr", average=average)
        assert curves[f"{average} average"] == pytest.approx(expected)
    for label in range(3):
        assert curves[str(label)] == pytest.approx(roc_auc_score(y == label, scores[:, label]))
