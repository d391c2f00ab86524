"""Common properties of ROC, precision-recall and gain curves: folds, missing rows, thinning."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from fake_predictions import classified, part
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from tunekit.analysis.metrics.curves import thinned
from tunekit.analysis.metrics.gain import gain
from tunekit.analysis.metrics.precision_recall import precision_recall
from tunekit.analysis.metrics.roc import Roc, roc
from tunekit.analysis.metrics.rows import Undefined
from tunekit.core.predictions import Predictions

seeds = st.integers(0, 10_000)


def test_areas_of_folds_are_averaged_and_not_pooled():
    # The ranking of each fold is perfect, but the scales differ.
    y = np.array([0, 1, 0, 1])
    positive = np.array([0.1, 0.2, 0.8, 0.9])
    scores = np.column_stack([1 - positive, positive])
    predictions = Predictions(np.arange(4), np.array([0, 0, 1, 1]), y, y, scores, np.array([0, 1]))
    assert roc(predictions).curves[0].auc == 1.0
    assert precision_recall(predictions).curves[0].average_precision == 1.0
    assert gain(predictions).at(0.5) == 1.0
    pooled = replace(predictions, fold=np.zeros(4, dtype=int))
    assert roc(pooled).curves[0].auc == roc_auc_score(y, positive) == 0.75
    assert precision_recall(pooled).curves[0].average_precision < 1
    assert gain(pooled).at(0.5) < 1


@pytest.mark.parametrize("compute", [roc, precision_recall, gain])
def test_a_curve_requires_rows_of_both_classes(compute):
    predictions = classified(["no", "yes"], folds=2)
    reasons = {"yes": "all rows belong to class yes", "no": "no row belongs to class yes"}
    for label, reason in reasons.items():
        assert compute(part(predictions, predictions.y_true == label)) == Undefined(reason)
    separate = replace(predictions, fold=(predictions.y_true == "yes").astype(int))
    assert isinstance(compute(separate), Undefined)
    assert "no fold contains" in compute(separate).reason


@pytest.mark.parametrize("compute", [roc, precision_recall, gain])
def test_rows_without_finite_probabilities_are_left_out_and_counted(compute):
    predictions = classified([0, 1])
    scores = predictions.y_score.copy()
    scores[[3, 5]] = np.nan, np.inf
    curves = compute(replace(predictions, y_score=scores))
    assert curves.n_rows == 118
    assert curves.notes == ("2 rows without finite probabilities were left out.",)
    whole = compute(part(predictions, ~np.isin(np.arange(120), [3, 5])))
    assert not isinstance(whole, Roc) or curves.curves[0].auc == whole.curves[0].auc


@settings(max_examples=50, deadline=None)
@given(seed=seeds, n=st.integers(2, 800), points=st.integers(2, 60))
def test_a_thinned_curve_stays_close_to_the_full_curve(seed, n, points):
    rng = np.random.default_rng(seed)
    x, y = (np.sort(rng.choice(20, n) / 19 if seed % 2 else rng.random(n)) for _ in range(2))
    positions = thinned(x, y, points)
    assert len(positions) <= points or len(positions) == n <= points
    assert (positions[0], positions[-1]) == (0, n - 1)
    step = (x[-1] - x[0] + y[-1] - y[0]) / (points - 1)
    for first, last in pairwise(positions):
        # Every omitted point is that close to the line that replaces it.
        at = np.linspace(0, 1, 50)[:, None]
        line = [each[first] + at * (each[last] - each[first]) for each in (x, y)]
        distance = np.abs(line[0] - x[first:last]) + np.abs(line[1] - y[first:last])
        assert distance.min(axis=0).max(initial=0) <= step * 1.05 + 1e-9
