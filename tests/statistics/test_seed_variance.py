"""Intervals and tests over seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from tunekit.statistics.bootstrap import bootstrap_interval, resample, row_mean
from tunekit.statistics.seed_variance import score_seeds, seeds_difference, seeds_interval


def test_seeds_and_rows_both_widen_the_interval():
    rng = np.random.default_rng(0)
    rows = (rng.random(400) < 0.8).astype(float)
    strata = np.zeros(400, dtype=int)
    alike = seeds_interval(score_seeds([row_mean(rows)] * 4, strata))
    shifts = (-0.1, 0, 0, 0.1)
    apart = seeds_interval(score_seeds([row_mean(rows + shift) for shift in shifts], strata))
    one = bootstrap_interval(resample(row_mean(rows), strata))
    assert alike.value == apart.value == pytest.approx(one.value)
    assert alike.high - alike.low == pytest.approx(one.high - one.low, rel=0.1)
    assert apart.high - apart.low > 1.5 * (alike.high - alike.low)


def test_without_variance_over_rows_the_test_over_seeds_is_a_paired_t_test():
    rng = np.random.default_rng(0)
    noise, strata = 1e-6 * rng.normal(size=1000), np.zeros(1000, dtype=int)
    first, second = rng.normal(0.8, 0.1, 3), rng.normal(0.9, 0.1, 3)
    scored = [score_seeds([row_mean(noise + k) for k in each], strata) for each in (first, second)]
    difference = seeds_difference(*scored, rope=0.0)
    expected = stats.ttest_rel(first, second)
    assert difference.p_value == pytest.approx(expected.pvalue, rel=1e-3)
    ends = expected.confidence_interval(0.95)
    assert (difference.low, difference.high) == pytest.approx((ends.low, ends.high), rel=1e-3)


def test_without_variance_over_seeds_and_rows_there_is_no_p_value():
    strata = np.zeros(20, dtype=int)
    one, other = (score_seeds([lambda rows, k=k: k] * 3, strata) for k in (1.0, 0.5))
    assert math.isnan(seeds_interval(one).low)
    assert math.isnan(seeds_difference(one, other, rope=0.01).p_value)
    assert seeds_difference(one, one, rope=0.01).p_value == 1.0
