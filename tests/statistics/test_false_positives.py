"""The false positive rate of every test is at most six percent."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.model_selection import RepeatedStratifiedKFold

from tunekit.statistics.bootstrap import bootstrap_difference, resample, row_mean
from tunekit.statistics.corrected_ttest import corrected_difference
from tunekit.statistics.proportions import cochran, mcnemar
from tunekit.statistics.roc_auc import delong
from tunekit.statistics.seed_variance import score_seeds, seeds_difference

pytestmark = pytest.mark.slow


def binary(rng, n=80, shift=1.0):
    """Truth, and scores of two models for the same rows."""
    truth = rng.random(n) < 0.4
    common = rng.normal(size=n) + shift * truth
    return truth, common + rng.normal(size=n), common + rng.normal(size=n)


# These tests simulate models without a true difference. In 600 runs, a test with a rate of
# 4% exceeds 6% about once in a hundred; the seeds are fixed.
RUNS = 600


def share_of_alarms(p_values):
    return np.mean(np.array(p_values) < 0.05)


def test_false_positive_rate_of_tests_on_rows():
    alarms = {"mcnemar": [], "cochran": [], "delong": [], "bootstrap": []}
    rng = np.random.default_rng(0)
    for _ in range(RUNS):
        hard = rng.random(150)
        right = rng.random((150, 3)) < 0.6 + 0.35 * (hard[:, None] < 0.6)
        alarms["mcnemar"].append(mcnemar(right[:, 0], right[:, 1])[0])
        alarms["cochran"].append(cochran(right))
        alarms["delong"].append(delong(*binary(rng, 150))[2])
        losses, strata = right.astype(float), np.zeros(150, dtype=int)
        drawn = (resample(row_mean(each), strata, n_resamples=200) for each in losses.T[:2])
        alarms["bootstrap"].append(bootstrap_difference(*drawn, rope=0.0).p_value)
    shares = {name: share_of_alarms(p_values) for name, p_values in alarms.items()}
    assert max(shares.values()) <= 0.06, shares
    assert min(shares.values()) > 0.01, f"a test that never speaks is of no use: {shares}"


def nearest_mean(X, y, fit, test, columns):
    """Return whether each row is nearer to the mean of its class than to that of the other."""
    means = [X[fit][y[fit] == label][:, columns].mean(axis=0) for label in (0, 1)]
    distances = [((X[test][:, columns] - mean) ** 2).sum(axis=1) for mean in means]
    return np.mean(y[test] == (distances[0] > distances[1]))


def test_false_positive_rate_on_repeated_folds_is_low_and_that_of_a_naive_test_high():
    rng = np.random.default_rng(0)
    corrected, naive = [], []
    for run in range(RUNS):
        y = np.repeat([0, 1], 40)
        X = (
            rng.normal(size=(80, 8)) + 0.3 * y[:, None]
        )  # both halves of the columns are equally informative
        cv = RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=run)
        folds = list(cv.split(X, y))
        first, second = (
            np.array([nearest_mean(X, y, *fold, columns) for fold in folds])
            for columns in (slice(0, 4), slice(4, 8))
        )
        corrected.append(corrected_difference(first, second, 0.25, rope=0.01).p_value)
        naive.append(stats.ttest_rel(first, second).pvalue if (first != second).any() else 1.0)
    assert 0.005 < share_of_alarms(corrected) <= 0.06
    assert share_of_alarms(naive) > 0.12


def test_false_positive_rate_of_the_bootstrap_of_few_rows():
    rng = np.random.default_rng(0)
    p_values, strata = [], np.zeros(20, dtype=int)
    for _ in range(RUNS):
        hard = rng.gamma(2.0, size=20)
        drawn = (
            resample(row_mean(hard + rng.normal(size=20)), strata, n_resamples=200, seed=1)
            for _ in range(2)
        )
        p_values.append(bootstrap_difference(*drawn, rope=0.0).p_value)
    assert 0.02 < share_of_alarms(p_values) <= 0.06


def test_false_positive_rate_of_the_bootstrap_of_heavy_tailed_errors():
    rng = np.random.default_rng(0)
    outside, strata = [], np.zeros(114, dtype=int)
    for _ in range(RUNS):
        hard = rng.normal(1.5, 1.5, size=114)
        drawn = (
            resample(
                row_mean(np.log1p(np.exp(-2 * (hard + rng.normal(scale=1.2, size=114))))),
                strata,
                n_resamples=200,
                accelerated=False,
            )
            for _ in range(2)
        )
        difference = bootstrap_difference(*drawn, rope=0.0)
        outside.append(not difference.low <= 0 <= difference.high)
    # With BCa, 8% of these intervals exclude 0.
    assert 0.02 < np.mean(outside) <= 0.06


@pytest.mark.parametrize(("n_seeds", "n_rows", "spread"), [(5, 120, 0.02), (2, 1000, 0.05)])
def test_false_positive_rate_of_the_test_over_seeds(n_seeds, n_rows, spread):
    rng = np.random.default_rng(0)
    p_values, strata = [], np.zeros(n_rows, dtype=int)
    for _ in range(300):
        hard = rng.random(n_rows) < 0.3

        def model(hard=hard):
            skill = np.clip(0.85 + rng.normal(scale=spread), 0.4, 1.0)
            right = rng.random(n_rows) < np.where(hard, skill - 0.4, skill)
            return row_mean(right.astype(float))

        first, second = (
            score_seeds([model() for _ in range(n_seeds)], strata, n_resamples=100)
            for _ in range(2)
        )
        p_values.append(seeds_difference(first, second, rope=0.0).p_value)
    assert share_of_alarms(p_values) <= 0.06
