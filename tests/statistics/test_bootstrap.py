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
def test_the_bootstrap_of_one_class_is_scipys_but_for_few_rows(n):
    losses = np.random.default_rng(0).gamma(2.0, size=n)
    found = bootstrap_interval(resample(row_mean(losses), np.zeros(n, dtype=int), seed=3))
    # Hesterberg 2015: the level at which a normal distribution reaches as far as t does.
    reach = stats.t.ppf(0.975, n - 1) * math.sqrt(n / (n - 1))
    expected = stats.bootstrap(
        (losses,),
        np.mean,
        method="BCa" if n == 60 else "percentile",
        n_resamples=1000,
        confidence_level=1 - 2 * stats.norm.sf(reach),
        rng=np.random.default_rng(3),
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.method == ("bootstrap, BCa" if n == 60 else "bootstrap, percentile")


@pytest.mark.slow
def test_the_bootstrap_of_two_classes_is_scipys():
    rng = np.random.default_rng(0)
    first, second = rng.gamma(2.0, size=300), rng.gamma(2.0, size=100) + 5
    both, strata = np.concatenate([first, second]), np.repeat([0, 1], [300, 100])
    drawn = resample(lambda rows: both[rows].var(), strata, n_resamples=20_000)
    found = bootstrap_interval(drawn, level=0.9)
    expected = stats.bootstrap(
        (first, second),
        lambda one, other: np.concatenate([one, other]).var(),
        n_resamples=20_000,
        confidence_level=0.9,
        vectorized=False,
        rng=np.random.default_rng(1),
    ).confidence_interval
    width = expected.high - expected.low
    assert found.low == pytest.approx(expected.low, abs=0.02 * width)
    assert found.high == pytest.approx(expected.high, abs=0.02 * width)


def test_rounding_decides_nothing_in_a_bootstrap():
    rng = np.random.default_rng(0)
    right, strata = (rng.random(40) < 0.8).astype(float), np.zeros(40, dtype=int)
    whole = resample(row_mean(right), strata)
    tenth = resample(row_mean(0.1 * right), strata)  # of which sums depend on the order
    found, small = bootstrap_interval(whole), bootstrap_interval(tenth)
    assert (found.low, found.high) == pytest.approx((10 * small.low, 10 * small.high))
    worse = [resample(row_mean(k * (right - (np.arange(40) < 3))), strata) for k in (1, 0.1)]
    p_values = [
        bootstrap_difference(*pair, rope=0.0).p_value
        for pair in zip((whole, tenth), worse, strict=True)
    ]
    assert p_values[0] == pytest.approx(p_values[1])


def test_an_interval_holds_the_score_it_is_of_also_where_no_resample_comes_near():
    truth = np.random.default_rng(0).normal(size=130)

    def r2(rows):  # of the mean of all rows, which hardly any resample has as its own
        return 1 - np.mean((truth[rows] - 0.9999 * truth.mean()) ** 2) / truth[rows].var()

    found = bootstrap_interval(resample(r2, np.zeros(130, dtype=int)))
    assert -0.1 < found.low < -0.01 < found.value <= found.high <= 0
    assert found.method == "bootstrap, percentile"
    assert np.quantile(resample(r2, np.zeros(130, dtype=int)).draws, 0.9) < found.value


@pytest.mark.slow
@given(st.integers(0, 10_000), st.sampled_from([4, 12, 60]), st.sampled_from([0.8, 0.95, 0.9999]))
def test_an_interval_of_a_difference_leaves_0_out_just_where_its_p_value_is_small(seed, n, level):
    rng, strata = np.random.default_rng(seed), np.zeros(n, dtype=int)
    skewed, rounded = rng.gamma(0.3, size=n) - 0.15, np.round(rng.normal(0.3, size=n))
    nothing = resample(row_mean(np.zeros(n)), strata, n_resamples=200)
    for each in (skewed, rounded):
        one = resample(row_mean(each), strata, n_resamples=200)
        found = bootstrap_difference(one, nothing, rope=0.0, level=level)
        if not math.isnan(found.p_value):
            assert found.low <= found.value <= found.high
            assert (found.low > 0 or found.high < 0) == (found.p_value < 1 - level)


def test_rows_are_drawn_again_within_their_class():
    strata = np.repeat([0, 1, 2], [30, 2, 1])
    seen = []

    def statistic(rows):
        seen.append(np.bincount(strata[rows], minlength=3).tolist())
        return float(rows.mean())

    found = resample(statistic, strata, n_resamples=50)
    drawn = [each for each in seen if sum(each) == 33]  # others leave one row out, for the bias
    assert drawn == [[30, 2, 1]] * 51
    assert [len(part) for part in found.without] == [30, 2], "the only row of a class stays"
    assert len(set(found.draws)) > 40


def test_a_paired_bootstrap_knows_that_errors_go_together():
    rng = np.random.default_rng(0)
    hard = rng.random(300) < 0.3
    first, second = ~hard, ~hard.copy()
    second[np.flatnonzero(~hard)[:12]] = False
    strata = np.zeros(300, dtype=int)
    found = bootstrap_difference(
        resample(row_mean(first.astype(float)), strata),
        resample(row_mean(second.astype(float)), strata),
        rope=0.01,
    )
    assert found.value == pytest.approx(0.04)
    assert 0.01 < found.low < 0.04 < found.high < 0.08
    assert found.p_value < 0.01 < found.better
    assert found.better + found.same + found.worse == pytest.approx(1)


def test_many_pairs_of_a_bootstrap_can_be_told_apart_all_the_same():
    rng = np.random.default_rng(0)
    good, bad = (resample(row_mean(rng.normal(size=200) + k), np.zeros(200, int)) for k in (0, 2))
    found = bootstrap_difference(good, bad, rope=0.0)
    # The share of draws beyond 0 ends at 2 in 1,001, and times the pairs of 200 candidates.
    assert holm([found.p_value] * (200 * 199 // 2))[0] < 1e-6


def test_a_statistic_that_never_changes_has_no_interval():
    strata = np.zeros(20, dtype=int)
    found = bootstrap_interval(resample(lambda rows: 1.0, strata))
    assert math.isnan(found.low)
    assert found.note == "all resamples agree"
    one, other = (resample(lambda rows, k=k: k, strata) for k in (1.0, 0.5))
    apart = bootstrap_difference(one, other, rope=0.01)
    assert math.isnan(apart.p_value), "as few rows as one likes would do"
    assert apart.verdict == "undecided"
    assert bootstrap_difference(one, one, rope=0.01).p_value == 1.0


def test_rows_that_cannot_be_drawn_again_give_no_interval():
    found = bootstrap_interval(resample(lambda rows: float(rows.mean()), np.arange(3)))
    assert (found.value, found.note) == (1.0, "no class has two rows to draw from")


def test_a_resample_without_a_score_gives_no_interval():
    found = bootstrap_interval(
        resample(lambda rows: math.nan if 0 in rows[1:] else 1.0, np.zeros(9, dtype=int))
    )
    assert math.isnan(found.low)
    assert found.note == "some resamples have no score"
