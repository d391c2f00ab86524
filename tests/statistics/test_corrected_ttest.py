"""The corrected t-test agrees with scikit-learn's example and with baycomp."""

from __future__ import annotations

import math

import baycomp
import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import make_moons
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
from sklearn.svm import SVC

from tunekit.statistics.corrected_ttest import corrected_difference, mean_interval


@pytest.fixture(scope="module")
def moons():
    """Fold scores of scikit-learn's example "Statistical comparison of models"."""
    X, y = make_moons(noise=0.352, random_state=1, n_samples=100)
    cv = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    return [
        cross_val_score(SVC(kernel=kernel, random_state=0), X, y, cv=cv, scoring="roc_auc")
        for kernel in ("rbf", "linear")
    ]


def test_the_corrected_t_test_agrees_with_scikit_learns_example(moons):
    # Corrected t-value 0.750, corrected one-sided p-value 0.227.
    difference = corrected_difference(*moons, 10 / 90, rope=0.01)
    assert round(difference.p_value / 2, 3) == 0.227
    error = (difference.high - difference.low) / 2 / stats.t.ppf(0.975, 99)
    assert round(difference.value / error, 3) == 0.750


def test_the_posterior_agrees_with_scikit_learns_example_and_baycomp(moons):
    # "Probability of rbf being more accurate than linear: 77.3%".
    without_rope = corrected_difference(*moons, 10 / 90, rope=0.0)
    assert round(without_rope.better, 3) == 0.773
    difference = corrected_difference(*moons, 10 / 90, rope=0.01)
    expected = baycomp.CorrelatedTTest.probs(*moons, rope=0.01, runs=10)
    assert (difference.better, difference.same, difference.worse) == pytest.approx(expected)


def test_a_mean_over_folds_has_a_wider_interval_than_the_naive_one():
    scores = np.random.default_rng(0).normal(0.9, 0.02, 10)
    interval = mean_interval(scores, ratio=1 / 9, level=0.9)
    naive = stats.t.interval(0.9, 9, loc=scores.mean(), scale=stats.sem(scores))
    corrected = stats.t.interval(
        0.9, 9, loc=scores.mean(), scale=scores.std(ddof=1) * math.sqrt(1 / 10 + 1 / 9)
    )
    assert (interval.low, interval.high) == pytest.approx(corrected)
    assert interval.high - interval.low > naive[1] - naive[0]


def test_the_unit_of_a_score_does_not_matter():
    rng = np.random.default_rng(0)
    one, other = rng.normal(1.0, 0.1, 10), rng.normal(1.2, 0.1, 10)
    difference = corrected_difference(one, other, 0.25, rope=0.0)
    tiny = corrected_difference(1e-15 * one, 1e-15 * other, 0.25, rope=0.0)
    assert tiny.p_value == pytest.approx(difference.p_value)
    assert mean_interval(1e-15 * one, 0.25).low == pytest.approx(
        1e-15 * mean_interval(one, 0.25).low
    )


def test_without_variance_over_folds_there_is_no_p_value():
    same = corrected_difference([0.9] * 5, [0.9] * 5, 0.25, rope=0.01)
    assert (same.p_value, same.verdict) == (1.0, "equivalent")
    shifted = corrected_difference([0.9] * 5, [0.8] * 5, 0.25, rope=0.01)
    assert math.isnan(shifted.p_value), "folds share rows, so their agreement is no evidence"
    assert "its variance cannot be estimated" in shifted.note
    assert math.isnan(shifted.low)
    assert shifted.verdict == "undecided"
    assert math.isnan(mean_interval([0.9, 0.9], 0.25).low)
    assert math.isnan(mean_interval([0.9], 0.25).low)
