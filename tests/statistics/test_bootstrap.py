"""The bootstrap agrees with SciPy's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tunekit.statistics.bootstrap import (
    bootstrap_difference,
    bootstrap_interval,
    resample,
    row_mean,
)
from tunekit.statistics.multiple_testing import holm


@pytest.mark.parametrize("n", [60, 1200])
def test_the_bootstrap_of_one_class_is_scipys_except_for_few_rows(n):
    losses = np.random.default_rng(0).gamma(2.0, size=n)
    interval = bootstrap_interval(resample(row_mean(losses), np.zeros(n, dtype=int), seed=3))
    # Hesterberg 2015: the level at which the normal quantile equals that of t.
    reach = stats.t.ppf(0.975, n - 1) * math.sqrt(n / (n - 1))
    expected = stats.bootstrap(
        (losses,),
        np.mean,
        method="BCa" if n == 60 else "percentile",
        n_resamples=1000,
        confidence_level=1 - 2 * stats.norm.sf(reach),
        rng=np.random.default_rng(3),
    ).confidence_interval
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))
    assert interval.method == ("bootstrap, BCa" if n == 60 else "bootstrap, percentile")


@pytest.mark.slow
def test_the_bootstrap_of_two_classes_is_scipys():
    rng = np.random.default_rng(0)
    first, second = rng.gamma(2.0, size=300), rng.gamma(2.0, size=100) + 5
    both, strata = np.concatenate([first, second]), np.repeat([0, 1], [300, 100])
    drawn = resample(lambda rows: both[rows].var(), strata, n_resamples=20_000)
    interval = bootstrap_interval(drawn, level=0.9)
    expected = stats.bootstrap(
        (first, second),
        lambda one, other: np.concatenate([one, other]).var(),
        n_resamples=20_000,
        confidence_level=0.9,
        vectorized=False,
        rng=np.random.default_rng(1),
    ).confidence_interval
    width = expected.high - expected.low
    assert interval.low == pytest.approx(expected.low, abs=0.02 * width)
    assert interval.high == pytest.approx(expected.high, abs=0.02 * width)


def test_rounding_does_not_affect_a_bootstrap():
    rng = np.random.default_rng(0)
    right, strata = (rng.random(40) < 0.8).astype(float), np.zeros(40, dtype=int)
    whole = resample(row_mean(right), strata)
    tenth = resample(row_mean(0.1 * right), strata)  # sums of 0.1 depend on the order
    large, small = bootstrap_interval(whole), bootstrap_interval(tenth)
    assert (large.low, large.high) == pytest.approx((10 * small.low, 10 * small.high))
    worse = [resample(row_mean(k * (right - (np.arange(40) < 3))), strata) for k in (1, 0.1)]
    p_values = [
        bootstrap_difference(*pair, rope=0.0).p_value
        for pair in zip((whole, tenth), worse, strict=True)
    ]
    assert p_values[0] == pytest.approx(p_values[1])


def test_an_interval_contains_the_score_even_if_all_resamples_are_far_from_it():
    truth = np.random.default_rng(0).normal(size=130)

    def r2(rows):  # relative to the mean of all rows, which differs from that of a resample
        return 1 - np.mean((truth[rows] - 0.9999 * truth.mean()) ** 2) / truth[rows].var()

    interval = bootstrap_interval(resample(r2, np.zeros(130, dtype=int)))
    assert -0.1 < interval.low < -0.01 < interval.value <= interval.high <= 0
    assert interval.method == "bootstrap, percentile"
    assert np.quantile(resample(r2, np.zeros(130, dtype=int)).draws, 0.9) < interval.value


@pytest.mark.slow
@given(st.integers(0, 10_000), st.sampled_from([4, 12, 60]), st.sampled_from([0.8, 0.95, 0.9999]))
def test_an_interval_of_a_difference_excludes_0_exactly_if_its_p_value_is_small(seed, n, level):
    rng, strata = np.random.default_rng(seed), np.zeros(n, dtype=int)
    skewed, rounded = rng.gamma(0.3, size=n) - 0.15, np.round(rng.normal(0.3, size=n))
    nothing = resample(row_mean(np.zeros(n)), strata, n_resamples=200)
    for each in (skewed, rounded):
        one = resample(row_mean(each), strata, n_resamples=200)
        difference = bootstrap_difference(one, nothing, rope=0.0, level=level)
        if not math.isnan(difference.p_value):
            assert difference.low <= difference.value <= difference.high
            assert (difference.low > 0 or difference.high < 0) == (difference.p_value < 1 - level)


def test_rows_are_resampled_within_their_class():
    strata = np.repeat([0, 1, 2], [30, 2, 1])
    seen = []

    def statistic(rows):
        seen.append(np.bincount(strata[rows], minlength=3).tolist())
        return float(rows.mean())

    resamples = resample(statistic, strata, n_resamples=50)
    drawn = [each for each in seen if sum(each) == 33]  # others are leave-one-out, for the bias
    assert drawn == [[30, 2, 1]] * 51
    assert [len(part) for part in resamples.without] == [30, 2], "the only row of a class is kept"
    assert len(set(resamples.draws)) > 40


def test_a_paired_bootstrap_accounts_for_correlated_errors():
    rng = np.random.default_rng(0)
    hard = rng.random(300) < 0.3
    first, second = ~hard, ~hard.copy()
    second[np.flatnonzero(~hard)[:12]] = False
    strata = np.zeros(300, dtype=int)
    difference = bootstrap_difference(
        resample(row_mean(first.astype(float)), strata),
        resample(row_mean(second.astype(float)), strata),
        rope=0.01,
    )
    assert difference.value == pytest.approx(0.04)
    assert 0.01 < difference.low < 0.04 < difference.high < 0.08
    assert difference.p_value < 0.01 < difference.better
    assert difference.better + difference.same + difference.worse == pytest.approx(1)


def test_many_pairs_of_a_bootstrap_can_be_significantly_different():
    rng = np.random.default_rng(0)
    good, bad = (resample(row_mean(rng.normal(size=200) + k), np.zeros(200, int)) for k in (0, 2))
    difference = bootstrap_difference(good, bad, rope=0.0)
    # The fraction of resamples beyond 0 is at least 2 in 1,001, times the pairs of 200 candidates.
    assert holm([difference.p_value] * (200 * 199 // 2))[0] < 1e-6


def test_a_statistic_that_never_changes_has_no_interval():
    strata = np.zeros(20, dtype=int)
    interval = bootstrap_interval(resample(lambda rows: 1.0, strata))
    assert math.isnan(interval.low)
    assert interval.note == "all resamples have the same score"
    one, other = (resample(lambda rows, k=k: k, strata) for k in (1.0, 0.5))
    apart = bootstrap_difference(one, other, rope=0.01)
    assert math.isnan(apart.p_value), "any number of rows would give the same"
    assert apart.verdict == "undecided"
    assert bootstrap_difference(one, one, rope=0.01).p_value == 1.0


def test_rows_that_cannot_be_resampled_give_no_interval():
    interval = bootstrap_interval(resample(lambda rows: float(rows.mean()), np.arange(3)))
    assert (interval.value, interval.note) == (1.0, "no class has two rows to resample")


def test_a_resample_without_a_score_gives_no_interval():
    interval = bootstrap_interval(
        resample(lambda rows: math.nan if 0 in rows[1:] else 1.0, np.zeros(12, dtype=int))
    )
    assert math.isnan(interval.low)
    assert interval.note == "some resamples have no score"
