"""ROC curves: each number against scikit-learn or its definition."""

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


def by_label(found):
    return {curve.label: curve for curve in found.curves}


def coarse(predictions):
    """The same with many ties among the probabilities."""
    scores = np.round(predictions.y_score, 1) + 0.01
    return replace(predictions, y_score=scores / scores.sum(axis=1, keepdims=True))


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(seed=seeds, sharpness=st.floats(0, 4), tied=st.booleans())
def test_areas_are_scikit_learns(seed, sharpness, tied):
    held = classified([0, 1, 2], 60, seed=seed, sharpness=sharpness)
    held = coarse(held) if tied else held
    found = by_label(roc(held))
    for average in ("macro", "micro"):
        expected = roc_auc_score(held.y_true, held.y_score, multi_class="ovr", average=average)
        assert found[f"{average} average"].auc == pytest.approx(expected)
    for label in (0, 1, 2):
        expected = roc_auc_score(held.y_true == label, held.y_score[:, label])
        assert found[str(label)].auc == pytest.approx(expected)


def test_with_two_classes_the_curve_is_that_of_the_second():
    held = classified(["no", "yes"])
    (curve,) = roc(held).curves
    assert curve.label == "yes"
    fpr, tpr, _ = roc_curve(held.y_true == "yes", held.y_score[:, 1])
    np.testing.assert_array_equal(curve.fpr, fpr)
    np.testing.assert_array_equal(curve.tpr, tpr)
    np.testing.assert_allclose(curve.at_rates, np.interp(RATES, fpr, tpr))


def test_the_macro_curve_is_that_of_scikit_learns_example():
    # "Multiclass Receiver Operating Characteristic (ROC)": the mean of the classes' rates on a
    # grid of 1000 false-positive rates.
    held = classified([0, 1, 2], 90)
    grid = np.linspace(0, 1, 1000)
    rates = []
    for label in (0, 1, 2):
        fpr, tpr, _ = roc_curve(held.y_true == label, held.y_score[:, label])
        rates.append(np.interp(grid, fpr, tpr))
    curve = by_label(roc(held))["macro average"]
    np.testing.assert_allclose(curve.tpr[1:], np.interp(curve.fpr[1:], grid, np.mean(rates, 0)))
    assert (curve.fpr[0], curve.tpr[0]) == (0, 0)


def test_with_folds_the_curve_is_that_of_scikit_learns_example():
    # "Receiver Operating Characteristic (ROC) with cross validation": mean and standard deviation
    # of the folds' rates, mean of their areas.
    held = classified([0, 1], 90, folds=3)
    grid, rates, areas = np.linspace(0, 1, 1000), [], []
    for number in range(3):
        own = held.fold == number
        fpr, tpr, _ = roc_curve(held.y_true[own], held.y_score[own, 1])
        rates.append(np.interp(grid, fpr, tpr))
        areas.append(auc(fpr, tpr))
    (curve,) = roc(held).curves
    mean, spread = np.mean(rates, axis=0), np.std(rates, axis=0)
    for found, expected in (
        (curve.tpr, mean),
        (curve.low, np.maximum(mean - spread, 0)),
        (curve.high, np.minimum(mean + spread, 1)),
    ):
        np.testing.assert_allclose(found[1:], np.interp(curve.fpr[1:], grid, expected))
    assert curve.auc == pytest.approx(np.mean(areas))
    assert curve.spread == pytest.approx(np.std(areas))
    np.testing.assert_allclose(curve.fold_areas, areas)
    assert all(map(math.isnan, curve.interval)), "a spread is not an interval"


def test_a_class_that_is_absent_is_undefined_and_not_zero():
    held = classified([0, 1, 2], folds=3)
    found = roc(part(held, held.y_true != 2))
    assert [curve.label for curve in found.curves] == [
        "macro average of 2 classes", "micro average", "0", "1",
    ]  # fmt: skip
    assert found.undefined == (("2", "no row is of class 2"),)
    assert math.isnan(found.area("2"))
    classes = by_label(found)
    mean = (classes["0"].auc + classes["1"].auc) / 2
    assert classes["macro average of 2 classes"].auc == pytest.approx(mean)
    assert found.notes == ("Undefined for 1 of 3 classes: no row is of class 2.",)


def test_a_class_that_a_fold_lacks_has_the_mean_of_the_others():
    held = classified([0, 1, 2], folds=3)
    lacking = part(held, (held.fold != 1) | (held.y_true != 2))
    curve, whole = by_label(roc(lacking))["2"], by_label(roc(held))["2"]
    assert math.isnan(curve.fold_areas[1])
    assert curve.auc == pytest.approx((whole.fold_areas[0] + whole.fold_areas[2]) / 2)
    assert "Some folds do not hold both rows of class 2 and others" in roc(lacking).notes[0]
    found = by_label(roc(lacking))
    mean = np.mean([found[label].auc for label in "012"])
    assert found["macro average"].auc == pytest.approx(mean)


def test_rows_of_a_label_that_was_never_seen_are_negatives_of_all_classes():
    held = classified([0, 1, 2], 60)
    strange = replace(held, y_true=np.where(np.arange(60) % 5 == 0, 9, held.y_true))
    found = by_label(roc(strange))
    for label in (0, 1, 2):
        expected = roc_auc_score(strange.y_true == label, strange.y_score[:, label])
        assert found[str(label)].auc == pytest.approx(expected)


def logit(value):
    return math.log(value / (1 - value))


@pytest.mark.slow
@pytest.mark.parametrize("average", ["macro", "micro"])
def test_intervals_of_averages_agree_with_the_bootstrap(average):
    # Resampled within classes for the macro average, over all rows for the micro average.
    held = classified([0, 1, 2], 240, sharpness=1.0)
    rng = np.random.default_rng(0)
    areas = []
    for _ in range(600):
        if average == "macro":
            own = (np.flatnonzero(held.y_true == label) for label in range(3))
            drawn = np.concatenate([rng.choice(each, len(each)) for each in own])
        else:
            drawn = rng.integers(0, 240, 240)
        scores = held.y_score[drawn]
        areas.append(roc_auc_score(held.y_true[drawn], scores, multi_class="ovr", average=average))
    curve = by_label(roc(held))[f"{average} average"]
    reach = (logit(curve.interval[1]) - logit(curve.interval[0])) / 2 / norm.ppf(0.975)
    assert reach * curve.auc * (1 - curve.auc) == pytest.approx(np.std(areas), rel=0.1)


def test_an_area_of_one_is_said_to_have_no_interval():
    held = classified([0, 1, 2])
    perfect = replace(held, y_score=np.eye(3)[held.y_true])
    for curve in roc(perfect).curves:
        assert curve.auc == 1
        assert all(map(math.isnan, curve.interval))


def test_folds_of_one_class_have_no_area():
    # That of all rows together would compare scores of two models.
    y, fold = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1])
    positive = np.array([0.1, 0.6, 0.4, 0.9])
    scores = np.column_stack([1 - positive, positive])
    found = roc(Predictions(np.arange(4), fold, y, y, scores, np.array([0, 1])))
    assert found == Undefined("no fold holds both rows of class 1 and others")


def test_areas_equal_scikit_learns():
    X, y = load_iris(return_X_y=True)
    X = X + np.random.default_rng(0).normal(scale=2, size=X.shape)
    scores = LogisticRegression(max_iter=500).fit(X, y).predict_proba(X)
    fold = np.zeros(len(y), dtype=int)
    held = Predictions(np.arange(150), fold, y, scores.argmax(1), scores, np.arange(3))
    found = {curve.label: curve.auc for curve in roc(held).curves}
    for average in ("macro", "micro"):
        expected = roc_auc_score(y, scores, multi_class="ovr", average=average)
        assert found[f"{average} average"] == pytest.approx(expected)
    for label in range(3):
        assert found[str(label)] == pytest.approx(roc_auc_score(y == label, scores[:, label]))
