"""Gain and lift: each number against its definition."""

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
    # Ten rows, four positives, at places 1, 2, 4 and 8.
    truth = np.array([1, 1, 0, 1, 0, 0, 0, 1, 0, 0])
    positive = np.linspace(0.95, 0.05, 10)
    scores = np.column_stack([1 - positive, positive])
    rows = np.arange(10)
    held = Predictions(rows, rows * 0, truth, truth, scores, np.array([0, 1]))
    found = gain(held)
    assert [found.at(share) for share in (0.1, 0.2, 0.3, 0.4, 0.8)] == pytest.approx(
        [0.25, 0.5, 0.5, 0.75, 1.0]
    )
    assert found.lift[20] == pytest.approx(2.5)
    assert np.isnan(found.lift[0])
    assert found.best[[20, 40, 60]].tolist() == pytest.approx([0.5, 1.0, 1.0])
    assert (found.base_rate, found.positive) == (0.4, "1")


def test_rows_of_equal_probability_come_in_the_mean_of_all_orders():
    truth = np.array([1, 0, 0, 1])
    scores = np.full((4, 2), 0.5)
    held = Predictions(np.arange(4), np.zeros(4, int), truth, truth, scores, np.array([0, 1]))
    np.testing.assert_allclose(gain(held).gain, gain(held).share)


@settings(max_examples=25, deadline=None)
@given(seed=seeds, sharpness=st.floats(-2, 4))
def test_the_area_under_the_gain_follows_from_that_under_the_roc_curve(seed, sharpness):
    # The rows looked at are p TPR + (1 - p) FPR, so the area is p / 2 + (1 - p) AUC.
    held = classified([0, 1], 100, seed=seed, sharpness=sharpness)
    found, share = gain(held), np.mean(held.y_true)
    area = np.trapezoid(found.gain, found.share)
    expected = share / 2 + (1 - share) * roc_auc_score(held.y_true, held.y_score[:, 1])
    assert area == pytest.approx(expected)
