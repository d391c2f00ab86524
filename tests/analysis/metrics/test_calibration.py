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
def test_reliability_is_scikit_learns(seed, n, folds):
    held = classified([0, 1], n, seed=seed, folds=folds)
    (curve,) = calibration(held).curves
    observed, forecast = calibration_curve(
        held.y_true, held.y_score[:, 1], n_bins=10, strategy="quantile"
    )
    np.testing.assert_allclose(curve.observed, observed)
    np.testing.assert_allclose(curve.forecast, forecast)
    assert curve.counts.sum() == n
    low, high = proportion_confint(
        np.rint(curve.observed * curve.counts), curve.counts, method="wilson"
    )
    np.testing.assert_allclose([curve.low, curve.high], [low, high], atol=1e-12)


@pytest.mark.parametrize("classes", [[0, 1], ["a", "b"], [0, 1, 2], ["a", "b", "c", "d"]])
def test_brier_scores_are_scikit_learns(classes):
    held = classified(classes)
    found = calibration(held)
    scores = held.y_score
    if len(classes) == 2:
        expected = brier_score_loss(held.y_true, scores[:, 1], pos_label=classes[1])
        rates = np.full(len(scores), np.mean(held.y_true == classes[1]))
        of_base = brier_score_loss(held.y_true, rates, pos_label=classes[1])
    else:
        expected = brier_score_loss(held.y_true, scores, labels=classes)
        rates = np.tile([np.mean(held.y_true == each) for each in classes], (len(scores), 1))
        of_base = brier_score_loss(held.y_true, rates, labels=classes)
        for i, curve in enumerate(found.curves):
            own = brier_score_loss(held.y_true == classes[i], scores[:, i])
            assert curve.brier == pytest.approx(own)
    assert found.brier == pytest.approx(expected)
    assert found.brier_of_base == pytest.approx(of_base)


def test_what_the_model_does_not_know_has_probability_zero():
    # Worked by hand: (0.4, 0.4, 0.2, -1) squared for the strange row, all right for the other.
    scores = np.array([[0.4, 0.4, 0.2], [1.0, 0.0, 0.0]])
    held = labelled([9, 0], [0, 0], [0, 1, 2], scores=scores)
    assert calibration(held).brier == pytest.approx((0.16 + 0.16 + 0.04 + 1) / 2)
    assert calibration(held).brier_of_base == pytest.approx(0.5)
    assert calibration(held).notes == ("Rows of 9 had no class to be given.",)


def test_the_most_probable_class_is_right_when_it_is_the_true_one():
    held = classified(np.arange(4), 200)
    top = calibration(held).top
    right = held.y_score.argmax(axis=1) == held.y_true
    observed, forecast = calibration_curve(
        right, held.y_score.max(axis=1), n_bins=10, strategy="quantile"
    )
    np.testing.assert_allclose(top.observed, observed)
    np.testing.assert_allclose(top.forecast, forecast)
    assert top.counts @ top.observed == pytest.approx(right.sum())


@pytest.mark.parametrize(("n", "bins"), [(9, 1), (25, 2), (99, 9), (5000, 10)])
def test_a_bin_has_at_least_ten_rows(n, bins):
    (curve,) = calibration(classified([0, 1], n)).curves
    assert len(curve.counts) == bins


def test_of_many_classes_only_the_most_probable_is_judged():
    assert len(calibration(classified(np.arange(10), 200)).curves) == 10
    found = calibration(classified(np.arange(11), 200))
    assert found.curves == ()
    assert found.top is not None
