"""Precision-recall curves: each number against scikit-learn or its definition."""

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


def by_label(found):
    return {curve.label: curve for curve in found.curves}


def coarse(predictions):
    """The same with many ties among the probabilities."""
    scores = np.round(predictions.y_score, 1) + 0.01
    return replace(predictions, y_score=scores / scores.sum(axis=1, keepdims=True))


@settings(max_examples=25, deadline=None)
@given(seed=seeds, sharpness=st.floats(0, 4), tied=st.booleans())
def test_average_precisions_are_scikit_learns_and_the_areas_of_the_stairs(seed, sharpness, tied):
    held = classified([0, 1, 2], 60, seed=seed, sharpness=sharpness)
    held = coarse(held) if tied else held
    found = by_label(precision_recall(held))
    values = []
    for label in (0, 1, 2):
        curve = found[str(label)]
        expected = average_precision_score(held.y_true == label, held.y_score[:, label])
        assert curve.average_precision == pytest.approx(expected)
        stairs = np.sum(np.diff(curve.recall) * curve.precision[1:])
        assert stairs == pytest.approx(expected)
        assert curve.base_rate == pytest.approx(np.mean(held.y_true == label))
        values.append(expected)
    assert found["macro average"].average_precision == pytest.approx(np.mean(values))
    truth = held.y_true[:, None] == np.arange(3)
    expected = average_precision_score(truth, held.y_score, average="micro")
    assert found["micro average"].average_precision == pytest.approx(expected)
    assert found["micro average"].base_rate == pytest.approx(1 / 3)


def test_the_first_stair_begins_at_a_recall_of_zero():
    truth, positive = np.array([0, 1]), np.array([0.9, 0.1])
    scores = np.column_stack([1 - positive, positive])
    rows = np.arange(2)
    held = Predictions(rows, rows * 0, truth, truth, scores, np.array([0, 1]))
    (curve,) = precision_recall(held).curves
    assert curve.precision.tolist() == [0.5, 0.5]


def test_precisions_of_folds_are_averaged_at_the_same_recall():
    # Worked by hand. Fold 0 finds its positives 1st and 3rd, fold 1 both first.
    truth = np.array([1, 0, 1, 0, 1, 1, 0, 0])
    positive = np.array([0.9, 0.8, 0.7, 0.6, 0.9, 0.8, 0.7, 0.6])
    scores = np.column_stack([1 - positive, positive])
    fold = np.repeat([0, 1], 4)
    held = Predictions(np.arange(8), fold, truth, truth, scores, np.array([0, 1]))
    (curve,) = precision_recall(held).curves
    at = dict(zip(curve.recall.round(2).tolist(), curve.precision.tolist(), strict=True))
    assert at[0.0] == at[0.5] == 1.0
    assert at[0.51] == at[1.0] == pytest.approx((2 / 3 + 1) / 2)
    assert curve.fold_values == pytest.approx((5 / 6, 1.0))
    assert curve.average_precision == pytest.approx(11 / 12)
    last = curve.high[-1] - curve.precision[-1], curve.precision[-1] - curve.low[-1]
    assert last == pytest.approx((1 / 6, 1 / 6))
