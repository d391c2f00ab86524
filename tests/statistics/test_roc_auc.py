"""Areas under ROC curves: intervals and tests against references."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from fake_predictions import classified
from MLstatkit import Delong_test
from scipy import stats
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from tunekit.analysis.metrics.roc import roc
from tunekit.statistics.roc_auc import (
    areas_and_covariance,
    auc_interval,
    clustered_interval,
    delong,
    label_macro_interval,
    logit_ends,
    macro_interval,
)


def by_label(found):
    return {curve.label: curve for curve in found.curves}


def coarse(predictions):
    """Return the data with many ties among the probabilities."""
    scores = np.round(predictions.y_score, 1) + 0.01
    return replace(predictions, y_score=scores / scores.sum(axis=1, keepdims=True))


def components(truth, score):
    """By definition: fraction of the negatives below each positive, and vice versa."""
    beats = (score[truth][:, None] > score[~truth][None, :]) + 0.5 * (
        score[truth][:, None] == score[~truth][None, :]
    )
    return beats.mean(axis=1), beats.mean(axis=0)


def logit(value):
    return math.log(value / (1 - value))


@pytest.mark.parametrize("tied", [False, True])
def test_intervals_are_delongs_on_the_logit_scale(tied):
    predictions = classified([0, 1], 80, sharpness=0.7)
    predictions = coarse(predictions) if tied else predictions
    truth, score = predictions.y_true == 1, predictions.y_score[:, 1]
    (curve,) = roc(predictions).curves
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
    predictions = coarse(classified([0, 1], 40))
    truth, score = predictions.y_true == 1, predictions.y_score[:, 1]
    expected = auc_interval(truth, score, 0.9)
    interval = clustered_interval(truth, score, np.arange(40), 0.9)
    assert interval == pytest.approx((expected.value, expected.low, expected.high))


def test_the_variance_of_clusters_is_obuchowskis():
    # Obuchowski 1997, written out cluster by cluster.
    predictions = coarse(classified([0, 1, 2], 30))
    truth = (predictions.y_true[:, None] == np.arange(3)).ravel()
    score, cluster = predictions.y_score.ravel(), np.repeat(np.arange(30), 3)
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
    assert by_label(roc(predictions))["micro average"].interval == pytest.approx(expected)


def test_with_two_classes_the_macro_interval_is_delongs():
    predictions = classified([0, 1], 70)
    both = macro_interval(predictions.y_true, predictions.y_score, np.arange(2), 0.95)
    expected = auc_interval(predictions.y_true == 1, predictions.y_score[:, 1], 0.95)
    assert both == pytest.approx((expected.low, expected.high))


@pytest.mark.slow
def test_the_macro_interval_of_labels_contains_the_mean_area_with_its_probability():
    rng = np.random.default_rng(0)

    def rows(n):  # labels and scores of a row depend on each other
        common = rng.normal(size=(n, 1))
        truth = common + rng.normal(size=(n, 3)) > [0.0, 0.5, 1.0]
        return truth, truth + rng.normal(size=(n, 3)) + 0.8 * common

    truth, scores = rows(200_000)
    area = roc_auc_score(truth, scores)
    intervals = [label_macro_interval(*rows(150), 0.9) for _ in range(400)]
    assert 0.86 < np.mean([low <= area <= high for low, high in intervals]) < 0.94


def test_the_macro_interval_of_one_label_is_almost_delongs():
    predictions = classified([0, 1], 400, sharpness=0.7)
    truth, score = predictions.y_true == 1, predictions.y_score[:, 1]
    expected = auc_interval(truth, score, 0.95)
    low, high = label_macro_interval(truth[:, None], score[:, None], 0.95)
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-4)
    truth[1:] = False
    assert all(map(math.isnan, label_macro_interval(truth[:, None], score[:, None], 0.95)))


@pytest.mark.parametrize(
    ("truth", "score"),
    [
        ([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]),  # an area of 1
        ([1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9]),  # of 0
        ([0, 0, 0, 1], [0.1, 0.4, 0.2, 0.3]),  # a single positive
        ([0, 0, 1, 1], [0.5, 0.5, 0.5, 0.5]),  # nothing varies
    ],
)
def test_without_variance_there_is_no_interval(truth, score):
    positive, score = np.array(truth, dtype=bool), np.array(score)
    interval = clustered_interval(positive, score, np.arange(4), 0.95)
    assert interval[0] == pytest.approx(roc_auc_score(truth, score))
    assert all(map(math.isnan, interval[1:]))
    scores = np.column_stack([1 - score, score])
    assert all(map(math.isnan, macro_interval(np.array(truth), scores, np.arange(2), 0.95)))


def binary(rng, n=80, shift=1.0):
    """Truth, and scores of two models for the same rows."""
    truth = rng.random(n) < 0.4
    common = rng.normal(size=n) + shift * truth
    return truth, common + rng.normal(size=n), common + rng.normal(size=n)


@pytest.mark.parametrize("seed", range(4))
def test_delong_agrees_with_mlstatkit(seed):
    truth, first, second = binary(np.random.default_rng(seed))
    expected_z, expected_p = Delong_test(
        truth.astype(int), first, second, return_ci=False, return_auc=False
    )
    difference, error, p_value = delong(truth, first, second)
    assert abs(difference / error) == pytest.approx(abs(expected_z))
    assert p_value == pytest.approx(expected_p)


def test_delongs_covariance_is_that_of_its_definition_with_ties():
    rng = np.random.default_rng(1)
    truth = rng.random(40) < 0.5
    scores = rng.integers(0, 4, size=(2, 40)).astype(float) + truth
    m, n = truth.sum(), (~truth).sum()
    # One row for each pair of a positive and a negative, as in DeLong et al. 1988.
    wins = [
        (s[truth][:, None] > s[~truth]) + 0.5 * (s[truth][:, None] == s[~truth]) for s in scores
    ]
    expected = np.cov([w.mean(axis=1) for w in wins]) / m
    expected += np.cov([w.mean(axis=0) for w in wins]) / n
    areas, covariance = areas_and_covariance(truth, scores)
    np.testing.assert_allclose(covariance, expected)
    np.testing.assert_allclose(areas, [roc_auc_score(truth, s) for s in scores])


def test_an_areas_interval_is_delongs_on_the_logit_scale():
    truth, score, _ = binary(np.random.default_rng(2))
    interval = auc_interval(truth, score, level=0.9)
    variance = areas_and_covariance(truth, score[None])[1][0, 0]
    logit = math.log(interval.value / (1 - interval.value))
    half = stats.norm.ppf(0.95) * math.sqrt(variance) / (interval.value * (1 - interval.value))
    assert math.log(interval.low / (1 - interval.low)) == pytest.approx(logit - half)
    assert math.log(interval.high / (1 - interval.high)) == pytest.approx(logit + half)
    assert interval.value == pytest.approx(roc_auc_score(truth, score))


@pytest.mark.parametrize(
    ("truth", "score", "value", "note"),
    [
        ([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], 1.0, "separated perfectly"),
        ([0, 0, 0], [0.1, 0.2, 0.8], math.nan, "only one class"),
        ([0, 0, 1], [0.1, 0.5, 0.3], 0.5, "a class has only one row"),
        ([0, 0, 1, 1], [0.9, 0.8, 0.2, 0.1], 0.0, "separated perfectly"),
        ([0, 0, 1, 1], [0.5, 0.5, 0.5, 0.5], 0.5, "the same for all rows"),
    ],
)
def test_a_degenerate_area_has_no_interval_and_a_note(truth, score, value, note):
    interval = auc_interval(np.array(truth, dtype=bool), np.array(score))
    assert interval.value == pytest.approx(value, nan_ok=True)
    assert math.isnan(interval.low)
    assert note in interval.note


def test_models_with_the_same_order_of_rows_do_not_differ():
    truth, score, _ = binary(np.random.default_rng(3))
    assert delong(truth, score, 2 * score + 1) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize(("m", "n"), [(2, 2), (3, 4), (30, 40)])
def test_a_perfect_and_a_constant_model_differ_as_in_a_rank_test(m, n):
    truth = np.repeat([True, False], [m, n])
    difference, error, p_value = delong(truth, truth.astype(float), np.zeros(m + n))
    ranks = stats.mannwhitneyu(np.arange(m) + n, np.arange(n), method="exact")
    assert (difference, error) == (0.5, 0.0)
    assert p_value == pytest.approx(ranks.pvalue, rel=1e-6)


def test_an_unknown_variance_gives_no_p_value():
    truth = np.array([True, False, True, False])
    first, second = np.array([4.0, 3.0, 2.0, 1.0]), np.array([3.0, 4.0, 1.0, 2.0])
    assert areas_and_covariance(truth, np.stack([first, second]))[0].tolist() == [0.75, 0.25]
    assert math.isnan(delong(truth, first, second)[2])
