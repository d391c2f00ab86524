"""Precision, recall and F1 of each class, with intervals, against references."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fake_predictions import classified, labelled
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    precision_recall_fscore_support,
)

from tunekit.analysis.metrics.calibration import calibration
from tunekit.analysis.metrics.per_class import per_class
from tunekit.analysis.metrics.precision_recall import precision_recall
from tunekit.analysis.metrics.roc import roc
from tunekit.core.predictions import Predictions
from tunekit.statistics.proportions import wilson_ends

labels = st.lists(st.sampled_from("abcd"), min_size=1, max_size=40)


@settings(max_examples=30)
@given(st.data(), labels)
def test_precision_recall_and_f1_equal_those_of_scikit_learn(data, true):
    predicted = data.draw(st.lists(st.sampled_from("abc"), min_size=len(true), max_size=len(true)))
    result = per_class(labelled(true, predicted, list("abc")))
    names = [each.label for each in result.classes]
    expected = precision_recall_fscore_support(true, predicted, labels=names, zero_division=np.nan)
    for values, key in zip(expected, ("precision", "recall", "f1", "support"), strict=True):
        np.testing.assert_allclose([getattr(each, key) for each in result.classes], values)
    assert result.accuracy == pytest.approx(accuracy_score(true, predicted))


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [
        # R. G. Newcombe: Two-sided confidence intervals for the single proportion: comparison of
        # seven methods. Statistics in Medicine 17, 1998, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_intervals_of_proportions_are_wilson_intervals(count, n, low, high):
    result = wilson_ends([count / n], [n], 0.95)
    assert [each.item() for each in result] == pytest.approx([low, high], abs=5e-5)
    true, predicted = ["a"] * n, ["a"] * count + ["b"] * (n - count)
    (a, _) = per_class(labelled(true, predicted, ["a", "b"])).classes
    assert a.recall_interval == pytest.approx((low, high), abs=5e-5)


def test_repeated_predictions_of_a_row_count_once_in_an_interval():
    once = classified([0, 1], 50)
    thrice = Predictions(
        *(np.tile(each, 3) for each in (once.rows, once.fold, once.y_true, once.y_pred)),
        np.tile(once.y_score, (3, 1)),
        once.classes,
    )
    for a, b in zip(per_class(once).classes, per_class(thrice).classes, strict=True):
        assert b.recall_interval == pytest.approx(a.recall_interval)
        assert b.precision_interval == pytest.approx(a.precision_interval)
        assert b.support == 3 * a.support
        assert b.n_rows == a.n_rows == a.support
    assert per_class(thrice).accuracy_interval == pytest.approx(per_class(once).accuracy_interval)
    (one,), (three,) = calibration(once).curves, calibration(thrice).curves
    assert (three.high - three.low).min() > 0.9 * (one.high - one.low).min()


def test_areas_of_classes_are_those_of_the_curves():
    predictions = classified([0, 1, 2], folds=2)
    areas, precisions = roc(predictions), precision_recall(predictions)
    for each in per_class(predictions, roc=areas, precision_recall=precisions).classes:
        assert each.auc == areas.area(each.label)
        assert each.average_precision == precisions.average_precision(each.label)
    assert all(math.isnan(each.auc) for each in per_class(predictions).classes)


def test_classes_are_sorted_from_worst_to_undefined():
    result = per_class(labelled(list("aabbccx"), list("aababaa"), list("abcd")))
    order = [(each.label, each.f1) for each in result.worst_first()]
    assert order[:4] == [("c", 0.0), ("x", 0.0), ("b", 0.5), ("a", pytest.approx(4 / 7))]
    assert order[4][0] == "d"
    assert math.isnan(order[4][1])
    assert [each.label for each in result.classes if not each.known] == ["x"]
    absent = per_class(labelled(list("bcc"), list("bcb"), list("abc")))
    assert [each.label for each in absent.worst_first()] == ["b", "c", "a"]
