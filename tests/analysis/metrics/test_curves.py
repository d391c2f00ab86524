"""What ROC, precision-recall and gain curves have in common: folds, missing rows, thinning."""

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
    # Each fold ranks perfectly, but on scales that do not agree.
    y = np.array([0, 1, 0, 1])
    positive = np.array([0.1, 0.2, 0.8, 0.9])
    scores = np.column_stack([1 - positive, positive])
    held = Predictions(np.arange(4), np.array([0, 0, 1, 1]), y, y, scores, np.array([0, 1]))
    assert roc(held).curves[0].auc == 1.0
    assert precision_recall(held).curves[0].average_precision == 1.0
    assert gain(held).at(0.5) == 1.0
    pooled = replace(held, fold=np.zeros(4, dtype=int))
    assert roc(pooled).curves[0].auc == roc_auc_score(y, positive) == 0.75
    assert precision_recall(pooled).curves[0].average_precision < 1
    assert gain(pooled).at(0.5) < 1


@pytest.mark.parametrize("compute", [roc, precision_recall, gain])
def test_without_both_kinds_of_rows_there_is_no_curve(compute):
    held = classified(["no", "yes"], folds=2)
    for chosen, said in (("yes", "all rows are of class yes"), ("no", "no row is of class yes")):
        assert compute(part(held, held.y_true == chosen)) == Undefined(said)
    apart = replace(held, fold=(held.y_true == "yes").astype(int))
    assert isinstance(compute(apart), Undefined)
    assert "no fold holds" in compute(apart).reason


@pytest.mark.parametrize("compute", [roc, precision_recall, gain])
def test_rows_without_finite_probabilities_are_left_out_and_counted(compute):
    held = classified([0, 1])
    scores = held.y_score.copy()
    scores[[3, 5]] = np.nan, np.inf
    found = compute(replace(held, y_score=scores))
    assert found.n_rows == 118
    assert found.notes == ("2 rows without finite probabilities were left out.",)
    whole = compute(part(held, ~np.isin(np.arange(120), [3, 5])))
    assert not isinstance(whole, Roc) or found.curves[0].auc == whole.curves[0].auc


@settings(max_examples=50, deadline=None)
@given(seed=seeds, n=st.integers(2, 800), points=st.integers(2, 60))
def test_a_thinned_curve_stays_near_the_whole_one(seed, n, points):
    rng = np.random.default_rng(seed)
    x, y = (np.sort(rng.choice(20, n) / 19 if seed % 2 else rng.random(n)) for _ in range(2))
    kept = thinned(x, y, points)
    assert len(kept) <= points or len(kept) == n <= points
    assert (kept[0], kept[-1]) == (0, n - 1)
    step = (x[-1] - x[0] + y[-1] - y[0]) / (points - 1)
    for first, last in pairwise(kept):
        # Every point left out is as near to a point of the line that stands for it.
        at = np.linspace(0, 1, 50)[:, None]
        line = [each[first] + at * (each[last] - each[first]) for each in (x, y)]
        away = np.abs(line[0] - x[first:last]) + np.abs(line[1] - y[first:last])
        assert away.min(axis=0).max(initial=0) <= step * 1.05 + 1e-9
