"""Calibration and Brier scores, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from fake_predictions import classified, labelled
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    brier_score_loss,
)
from statsmodels.stats.proportion import proportion_confint

from tunekit.analysis.metrics.calibration import calibration


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), n=st.integers(100, 300), folds=st.integers(1, 3))
def test_reliability_equals_that_of_scikit_learn(seed, n, folds):
    predictions = classified([0, 1], n, seed=seed, folds=folds)
    (curve,) = calibration(predictions).curves
    observed, forecast = calibration_curve(
        predictions.y_true, predictions.y_score[:, 1], n_bins=10, strategy="quantile"
    )
    np.testing.assert_allclose(curve.observed, observed)
    np.testing.assert_allclose(curve.forecast, forecast)
    assert curve.counts.sum() == n
    low, high = proportion_confint(
        np.rint(curve.observed * curve.counts), curve.counts, method="wilson"
    )
    np.testing.assert_allclose([curve.low, curve.high], [low, high], atol=1e-12)


@pytest.mark.parametrize("classes", [[0, 1], ["a", "b"], [0, 1, 2], ["a", "b", "c", "d"]])
def test_brier_scores_equal_those_of_scikit_learn(classes):
    predictions = classified(classes)
    result = calibration(predictions)
    scores = predictions.y_score
    if len(classes) == 2:
        expected = brier_score_loss(predictions.y_true, scores[:, 1], pos_label=classes[1])
        rates = np.full(len(scores), np.mean(predictions.y_true == classes[1]))
        of_base = brier_score_loss(predictions.y_true, rates, pos_label=classes[1])
    else:
        expected = brier_score_loss(predictions.y_true, scores, labels=classes)
        rates = np.tile([np.mean(predictions.y_true == each) for each in classes], (len(scores), 1))
        of_base = brier_score_loss(predictions.y_true, rates, labels=classes)
        for i, curve in enumerate(result.curves):
            class_brier = brier_score_loss(predictions.y_true == classes[i], scores[:, i])
            assert curve.brier == pytest.approx(class_brier)
    assert result.brier == pytest.approx(expected)
    assert result.brier_of_base == pytest.approx(of_base)


def test_unknown_labels_have_probability_zero():
    # Computed by hand: (0.4, 0.4, 0.2, -1) squared for the unknown label, 0 for the other row.
    scores = np.array([[0.4, 0.4, 0.2], [1.0, 0.0, 0.0]])
    predictions = labelled([9, 0], [0, 0], [0, 1, 2], scores=scores)
    assert calibration(predictions).brier == pytest.approx((0.16 + 0.16 + 0.04 + 1) / 2)
    assert calibration(predictions).brier_of_base == pytest.approx(0.5)
    assert calibration(predictions).notes == ("Labels unknown to the model: 9.",)


def test_the_most_probable_class_is_calibrated_against_being_correct():
    predictions = classified(np.arange(4), 200)
    top = calibration(predictions).top
    correct = predictions.y_score.argmax(axis=1) == predictions.y_true
    observed, forecast = calibration_curve(
        correct, predictions.y_score.max(axis=1), n_bins=10, strategy="quantile"
    )
    np.testing.assert_allclose(top.observed, observed)
    np.testing.assert_allclose(top.forecast, forecast)
    assert top.counts @ top.observed == pytest.approx(correct.sum())


@pytest.mark.parametrize(("n", "bins"), [(9, 1), (25, 2), (99, 9), (5000, 10)])
def test_a_bin_has_at_least_ten_rows(n, bins):
    (curve,) = calibration(classified([0, 1], n)).curves
    assert len(curve.counts) == bins


def test_many_classes_have_only_the_curve_of_the_most_probable_class():
    assert len(calibration(classified(np.arange(10), 200)).curves) == 10
    result = calibration(classified(np.arange(11), 200))
    assert result.curves == ()
    assert result.top is not None
