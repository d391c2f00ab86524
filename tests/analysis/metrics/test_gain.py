"""Gain and lift, against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from fake_predictions import classified
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from tunekit.analysis.metrics.gain import gain
from tunekit.core.predictions import Predictions

seeds = st.integers(0, 10_000)


def test_gain_and_lift_by_hand():
    # Ten rows with four positives, at ranks 1, 2, 4 and 8.
    truth = np.array([1, 1, 0, 1, 0, 0, 0, 1, 0, 0])
    positive = np.linspace(0.95, 0.05, 10)
    scores = np.column_stack([1 - positive, positive])
    rows = np.arange(10)
    predictions = Predictions(rows, rows * 0, truth, truth, scores, np.array([0, 1]))
    curve = gain(predictions)
    assert [curve.at(share) for share in (0.1, 0.2, 0.3, 0.4, 0.8)] == pytest.approx(
        [0.25, 0.5, 0.5, 0.75, 1.0]
    )
    assert curve.lift[20] == pytest.approx(2.5)
    assert np.isnan(curve.lift[0])
    assert curve.best[[20, 40, 60]].tolist() == pytest.approx([0.5, 1.0, 1.0])
    assert (curve.base_rate, curve.positive) == (0.4, "1")


def test_ties_give_the_mean_over_all_orders():
    truth = np.array([1, 0, 0, 1])
    scores = np.full((4, 2), 0.5)
    predictions = Predictions(
        np.arange(4), np.zeros(4, int), truth, truth, scores, np.array([0, 1])
    )
    np.testing.assert_allclose(gain(predictions).gain, gain(predictions).share)


@settings(max_examples=25, deadline=None)
@given(seed=seeds, sharpness=st.floats(-2, 4))
def test_the_area_under_the_gain_curve_follows_from_the_roc_auc(seed, sharpness):
    # The selected rows are p TPR + (1 - p) FPR, so the area is p / 2 + (1 - p) AUC.
    predictions = classified([0, 1], 100, seed=seed, sharpness=sharpness)
    curve, share = gain(predictions), np.mean(predictions.y_true)
    area = np.trapezoid(curve.gain, curve.share)
    expected = share / 2 + (1 - share) * roc_auc_score(
        predictions.y_true, predictions.y_score[:, 1]
    )
    assert area == pytest.approx(expected)
