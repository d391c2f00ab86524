"""Precision-recall curves, against scikit-learn or their definition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_predictions import classified
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from tunekit.analysis.metrics.precision_recall import precision_recall
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
def test_average_precision_equals_that_of_scikit_learn_and_the_area_under_the_steps(
    seed, sharpness, tied
):
    predictions = classified([0, 1, 2], 60, seed=seed, sharpness=sharpness)
    predictions = coarse(predictions) if tied else predictions
    curves = by_label(precision_recall(predictions))
    values = []
    for label in (0, 1, 2):
        curve = curves[str(label)]
        expected = average_precision_score(
            predictions.y_true == label, predictions.y_score[:, label]
        )
        assert curve.average_precision == pytest.approx(expected)
        area = np.sum(np.diff(curve.recall) * curve.precision[1:])
        assert area == pytest.approx(expected)
        assert curve.base_rate == pytest.approx(np.mean(predictions.y_true == label))
        values.append(expected)
    assert curves["macro average"].average_precision == pytest.approx(np.mean(values))
    truth = predictions.y_true[:, None] == np.arange(3)
    expected = average_precision_score(truth, predictions.y_score, average="micro")
    assert curves["micro average"].average_precision == pytest.approx(expected)
    assert curves["micro average"].base_rate == pytest.approx(1 / 3)


def test_the_first_step_begins_at_recall_zero():
    truth, positive = np.array([0, 1]), np.array([0.9, 0.1])
    scores = np.column_stack([1 - positive, positive])
    rows = np.arange(2)
    predictions = Predictions(rows, rows * 0, truth, truth, scores, np.array([0, 1]))
    (curve,) = precision_recall(predictions).curves
    assert curve.precision.tolist() == [0.5, 0.5]


def test_precisions_of_folds_are_averaged_at_the_same_recall():
    # Computed by hand. Fold 0 ranks its positives 1st and 3rd, fold 1 ranks both first.
    truth = np.array([1, 0, 1, 0, 1, 1, 0, 0])
    positive = np.array([0.9, 0.8, 0.7, 0.6, 0.9, 0.8, 0.7, 0.6])
    scores = np.column_stack([1 - positive, positive])
    fold = np.repeat([0, 1], 4)
    predictions = Predictions(np.arange(8), fold, truth, truth, scores, np.array([0, 1]))
    (curve,) = precision_recall(predictions).curves
    at = dict(zip(curve.recall.round(2).tolist(), curve.precision.tolist(), strict=True))
    assert at[0.0] == at[0.5] == 1.0
    assert at[0.51] == at[1.0] == pytest.approx((2 / 3 + 1) / 2)
    assert curve.fold_values == pytest.approx((5 / 6, 1.0))
    assert curve.average_precision == pytest.approx(11 / 12)
    last = curve.high[-1] - curve.precision[-1], curve.precision[-1] - curve.low[-1]
    assert last == pytest.approx((1 / 6, 1 / 6))
