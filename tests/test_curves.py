"""ROC, precision-recall and gain curves: each number against scikit-learn or its definition."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MLstatkit import Delong_test
from predicted import classified, part
from scipy.stats import norm
from sklearn.metrics import auc, average_precision_score, roc_auc_score, roc_curve

from tunekit.analysis.metrics.curves import thinned
from tunekit.analysis.metrics.gain import gain
from tunekit.analysis.metrics.precision_recall import precision_recall
from tunekit.analysis.metrics.roc import RATES, Roc, roc
from tunekit.analysis.metrics.rows import Undefined
from tunekit.core.predictions import Predictions
from tunekit.statistics.roc_auc import auc_interval, clustered_interval, logit_ends, macro_interval

seeds = st.integers(0, 10_000)


def by_label(found):
    return {curve.label: curve for curve in found.curves}


def coarse(predictions):
    """The same with many ties among the probabilities."""
    scores = np.round(predictions.y_score, 1) + 0.01
    return replace(predictions, y_score=scores / scores.sum(axis=1, keepdims=True))


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


# ---- intervals ----


def components(truth, score):
    """By definition: how often each positive beats the negatives, and the other way round."""
    beats = (score[truth][:, None] > score[~truth][None, :]) + 0.5 * (
        score[truth][:, None] == score[~truth][None, :]
    )
    return beats.mean(axis=1), beats.mean(axis=0)


def logit(value):
    return math.log(value / (1 - value))


@pytest.mark.parametrize("tied", [False, True])
def test_intervals_are_delongs_on_the_logit_scale(tied):
    held = classified([0, 1], 80, sharpness=0.7)
    held = coarse(held) if tied else held
    truth, score = held.y_true == 1, held.y_score[:, 1]
    (curve,) = roc(held).curves
    area, (low, high) = curve.auc, curve.interval
    assert area == pytest.approx(roc_auc_score(truth, score))
    # MLstatkit gives the interval on the plain scale, here within 0 and 1; its standard error
    # follows from that.
    _, _, ends, *_ = Delong_test(truth.astype(int), score, 1 - score)
    error = (ends[1] - ends[0]) / 2 / norm.ppf(0.975)
    reach = norm.ppf(0.975) * error / (area * (1 - area))
    assert logit(low) == pytest.approx(logit(area) - reach, abs=1e-6)
    assert logit(high) == pytest.approx(logit(area) + reach, abs=1e-6)


def test_clusters_of_one_row_have_delongs_interval():
    held = coarse(classified([0, 1], 40))
    truth, score = held.y_true == 1, held.y_score[:, 1]
    expected = auc_interval(truth, score, 0.9)
    found = clustered_interval(truth, score, np.arange(40), 0.9)
    assert found == pytest.approx((expected.value, expected.low, expected.high))


def test_the_variance_of_clusters_is_obuchowskis():
    # Obuchowski 1997, written out cluster by cluster.
    held = coarse(classified([0, 1, 2], 30))
    truth = (held.y_true[:, None] == np.arange(3)).ravel()
    score, cluster = held.y_score.ravel(), np.repeat(np.arange(30), 3)
    v10, v01 = components(truth, score)
    area, m, n, k = v10.mean(), truth.sum(), (~truth).sum(), 30
    of_positives, of_negatives = cluster[truth], cluster[~truth]
    s10 = s01 = s11 = 0.0
    for i in range(k):
        a = v10[of_positives == i].sum() - (of_positives == i).sum() * area
        b = v01[of_negatives == i].sum() - (of_negatives == i).sum() * area
        s10, s01, s11 = s10 + a * a, s01 + b * b, s11 + a * b
    s10, s01, s11 = k / ((k - 1) * m) * s10, k / ((k - 1) * n) * s01, k / (k - 1) * s11
    variance = s10 / m + s01 / n + 2 * s11 / (m * n)
    expected = logit_ends(area, variance, 0.95)
    assert clustered_interval(truth, score, cluster, 0.95)[1:] == pytest.approx(expected)
    assert by_label(roc(held))["micro average"].interval == pytest.approx(expected)


def test_with_two_classes_the_macro_interval_is_delongs():
    held = classified([0, 1], 70)
    both = macro_interval(held.y_true, held.y_score, np.arange(2), 0.95)
    expected = auc_interval(held.y_true == 1, held.y_score[:, 1], 0.95)
    assert both == pytest.approx((expected.low, expected.high))


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


@pytest.mark.parametrize(
    ("truth", "score"),
    [
        ([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]),  # an area of 1
        ([1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9]),  # of 0
        ([0, 0, 0, 1], [0.1, 0.4, 0.2, 0.3]),  # a single positive
        ([0, 0, 1, 1], [0.5, 0.5, 0.5, 0.5]),  # nothing varies
    ],
)
def test_where_nothing_varies_there_is_no_interval(truth, score):
    positive, score = np.array(truth, dtype=bool), np.array(score)
    found = clustered_interval(positive, score, np.arange(4), 0.95)
    assert found[0] == pytest.approx(roc_auc_score(truth, score))
    assert all(map(math.isnan, found[1:]))
    scores = np.column_stack([1 - score, score])
    assert all(map(math.isnan, macro_interval(np.array(truth), scores, np.arange(2), 0.95)))


def test_an_area_of_one_is_said_to_have_no_interval():
    held = classified([0, 1, 2])
    perfect = replace(held, y_score=np.eye(3)[held.y_true])
    for curve in roc(perfect).curves:
        assert curve.auc == 1
        assert all(map(math.isnan, curve.interval))


# ---- precision and recall ----


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


# ---- gain ----


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


# ---- thinning ----


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
