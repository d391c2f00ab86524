"""Every interval and test agrees with a reference implementation or a published example."""

from __future__ import annotations

import math

import baycomp
import numpy as np
import pandas as pd
import pytest
import scikit_posthocs
from hypothesis import given
from hypothesis import strategies as st
from MLstatkit import Delong_test
from scipy import stats
from sklearn.datasets import make_moons
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
from sklearn.svm import SVC
from statsmodels.stats.contingency_tables import cochrans_q
from statsmodels.stats.multitest import multipletests

import tunekit as tk
from tunekit.statistics.bootstrap import (
    bootstrap_difference,
    bootstrap_interval,
    resample,
    row_mean,
)
from tunekit.statistics.corrected_ttest import corrected_difference, mean_interval
from tunekit.statistics.multiple_testing import holm, letters, share_a_letter
from tunekit.statistics.proportions import cochran, mcnemar, paired_difference, wilson
from tunekit.statistics.rank_tests import rank_test
from tunekit.statistics.roc_auc import areas_and_covariance, auc_interval, delong
from tunekit.statistics.seed_variance import score_seeds, seeds_difference, seeds_interval


def binary(rng, n=80, shift=1.0):
    """Truth, and scores of two models for the same rows."""
    truth = rng.random(n) < 0.4
    common = rng.normal(size=n) + shift * truth
    return truth, common + rng.normal(size=n), common + rng.normal(size=n)


# R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in
# Medicine 17, 1998, table I, method 3.
@pytest.mark.parametrize(
    ("successes", "total", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_newcombes_intervals(successes, total, low, high):
    found = wilson(successes, total)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_of_no_rows_a_share_is_undefined():
    assert math.isnan(wilson(0, 0).value)


@pytest.mark.parametrize(("only_first", "only_second"), [(3, 9), (0, 5), (24, 0), (12, 12)])
def test_mcnemar_is_the_binomial_test_where_few_rows_tell(only_first, only_second):
    first = np.repeat([True, False, True, False], [only_first, only_second, 40, 7])
    second = np.repeat([False, True, True, False], [only_first, only_second, 40, 7])
    p_value, name = mcnemar(first, second)
    expected = stats.binomtest(only_first, only_first + only_second, 0.5).pvalue
    assert p_value == pytest.approx(expected)
    assert name == "McNemar's exact test"


def test_mcnemar_has_edwards_correction_where_many_rows_tell():
    first, second = np.repeat([True, False], [30, 12]), np.repeat([False, True], [30, 12])
    p_value, name = mcnemar(first, second)
    assert p_value == pytest.approx(stats.chi2.sf((abs(30 - 12) - 1) ** 2 / 42, 1))
    assert name == "McNemar's test"


def test_models_that_are_right_on_the_same_rows_are_not_told_apart():
    right = np.array([True, False, True])
    assert mcnemar(right, right)[0] == 1.0
    assert cochran(np.stack([right, right, right], axis=1)) == 1.0


def test_cochrans_q_of_two_models_is_mcnemars_without_correction():
    rng = np.random.default_rng(0)
    right = rng.random((60, 2)) < [0.8, 0.6]
    b, c = np.sum(right[:, 0] & ~right[:, 1]), np.sum(~right[:, 0] & right[:, 1])
    assert cochran(right) == pytest.approx(stats.chi2.sf((b - c) ** 2 / (b + c), 1))
    three = rng.random((60, 3)) < [0.8, 0.6, 0.7]
    assert cochran(three) == pytest.approx(cochrans_q(three.astype(int)).pvalue)


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
    found = auc_interval(truth, score, level=0.9)
    variance = areas_and_covariance(truth, score[None])[1][0, 0]
    logit = math.log(found.value / (1 - found.value))
    half = stats.norm.ppf(0.95) * math.sqrt(variance) / (found.value * (1 - found.value))
    assert math.log(found.low / (1 - found.low)) == pytest.approx(logit - half)
    assert math.log(found.high / (1 - found.high)) == pytest.approx(logit + half)
    assert found.value == pytest.approx(roc_auc_score(truth, score))


@pytest.mark.parametrize(
    ("truth", "score", "value", "note"),
    [
        ([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], 1.0, "without error"),
        ([0, 0, 0], [0.1, 0.2, 0.8], math.nan, "only one class"),
        ([0, 0, 1], [0.1, 0.5, 0.3], 0.5, "a class has one row"),
        ([0, 0, 1, 1], [0.9, 0.8, 0.2, 0.1], 0.0, "without error"),
        ([0, 0, 1, 1], [0.5, 0.5, 0.5, 0.5], 0.5, "the same for all rows"),
    ],
)
def test_a_degenerate_area_has_no_interval_and_says_why(truth, score, value, note):
    found = auc_interval(np.array(truth, dtype=bool), np.array(score))
    assert found.value == pytest.approx(value, nan_ok=True)
    assert math.isnan(found.low)
    assert note in found.note


def test_models_that_order_rows_alike_do_not_differ():
    truth, score, _ = binary(np.random.default_rng(3))
    assert delong(truth, score, 2 * score + 1) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize(("m", "n"), [(2, 2), (3, 4), (30, 40)])
def test_a_perfect_and_a_constant_model_differ_as_sure_as_there_are_rows(m, n):
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


@pytest.fixture(scope="module")
def moons():
    """Fold scores of scikit-learn's example "Statistical comparison of models"."""
    X, y = make_moons(noise=0.352, random_state=1, n_samples=100)
    cv = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    return [
        cross_val_score(SVC(kernel=kernel, random_state=0), X, y, cv=cv, scoring="roc_auc")
        for kernel in ("rbf", "linear")
    ]


def test_the_corrected_t_test_gives_what_scikit_learns_example_prints(moons):
    # Corrected t-value 0.750, corrected p-value 0.227, which is one-sided there.
    found = corrected_difference(*moons, 10 / 90, rope=0.01)
    assert round(found.p_value / 2, 3) == 0.227
    error = (found.high - found.low) / 2 / stats.t.ppf(0.975, 99)
    assert round(found.value / error, 3) == 0.750


def test_the_posterior_gives_what_scikit_learns_example_prints_and_baycomp_finds(moons):
    # "Probability of rbf being more accurate than linear: 77.3%".
    without_rope = corrected_difference(*moons, 10 / 90, rope=0.0)
    assert round(without_rope.better, 3) == 0.773
    found = corrected_difference(*moons, 10 / 90, rope=0.01)
    expected = baycomp.CorrelatedTTest.probs(*moons, rope=0.01, runs=10)
    assert (found.better, found.same, found.worse) == pytest.approx(expected)


def test_a_mean_over_folds_has_a_wider_interval_than_the_naive_one():
    scores = np.random.default_rng(0).normal(0.9, 0.02, 10)
    found = mean_interval(scores, ratio=1 / 9, level=0.9)
    naive = stats.t.interval(0.9, 9, loc=scores.mean(), scale=stats.sem(scores))
    corrected = stats.t.interval(
        0.9, 9, loc=scores.mean(), scale=scores.std(ddof=1) * math.sqrt(1 / 10 + 1 / 9)
    )
    assert (found.low, found.high) == pytest.approx(corrected)
    assert found.high - found.low > naive[1] - naive[0]


def test_the_unit_of_a_score_does_not_matter():
    rng = np.random.default_rng(0)
    one, other = rng.normal(1.0, 0.1, 10), rng.normal(1.2, 0.1, 10)
    found = corrected_difference(one, other, 0.25, rope=0.0)
    tiny = corrected_difference(1e-15 * one, 1e-15 * other, 0.25, rope=0.0)
    assert tiny.p_value == pytest.approx(found.p_value)
    assert mean_interval(1e-15 * one, 0.25).low == pytest.approx(
        1e-15 * mean_interval(one, 0.25).low
    )


def test_without_spread_over_folds_nothing_is_invented():
    same = corrected_difference([0.9] * 5, [0.9] * 5, 0.25, rope=0.01)
    assert (same.p_value, same.verdict) == (1.0, "equivalent")
    shifted = corrected_difference([0.9] * 5, [0.8] * 5, 0.25, rope=0.01)
    assert math.isnan(shifted.p_value), "folds share rows: that they agree is no proof"
    assert "there is no spread to go by" in shifted.note
    assert math.isnan(shifted.low)
    assert shifted.verdict == "undecided"
    assert math.isnan(mean_interval([0.9, 0.9], 0.25).low)
    assert math.isnan(mean_interval([0.9], 0.25).low)


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


def test_the_interval_of_a_difference_of_shares_is_newcombes():
    # M. W. Fagerland, S. Lydersen and P. Laake, "Recommended tests and confidence intervals for
    # paired binomial proportions", Statistics in Medicine 33, 2014: the example of Bentur et al.
    first = np.repeat([True, True, False, False], [1, 1, 7, 12])
    second = np.repeat([True, False, True, False], [1, 1, 7, 12])
    found = paired_difference(first, second, rope=0.01)
    assert (round(found.low, 3), round(found.high, 3)) == (-0.507, -0.026)
    assert found.value == pytest.approx(2 / 21 - 8 / 21)
    assert (found.p_value, found.test) == mcnemar(first, second)
    turned = paired_difference(second, first, rope=0.01)
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))
    assert turned.better == pytest.approx(found.worse, abs=0.01)


def test_the_probabilities_of_a_difference_of_shares_are_the_posteriors():
    first = np.repeat([True, True, False, False], [40, 3, 0, 2])
    second = np.repeat([True, False, True, False], [40, 3, 0, 2])
    found = paired_difference(first, second, rope=0.0)
    # Of two cells of a Dirichlet, which one is the greater is told by a beta distribution.
    assert found.better == pytest.approx(stats.beta(3.5, 0.5).sf(0.5), abs=0.01)
    assert found.low < 0, "three rows tell nothing, as McNemar's test says"
    assert paired_difference(first, second, rope=0.01).verdict == "undecided"


def test_models_that_agree_on_few_rows_are_not_shown_to_be_equivalent():
    right = np.repeat([True, False], [40, 5])
    few = paired_difference(right, right, rope=0.01)
    assert (few.value, few.p_value, few.verdict) == (0.0, 1.0, "undecided")
    many = np.tile(right, 100)
    assert paired_difference(many, many, rope=0.01).verdict == "equivalent"


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


def test_where_rows_hardly_matter_the_test_over_seeds_is_a_paired_t_test():
    rng = np.random.default_rng(0)
    noise, strata = 1e-6 * rng.normal(size=1000), np.zeros(1000, dtype=int)
    first, second = rng.normal(0.8, 0.1, 3), rng.normal(0.9, 0.1, 3)
    scored = [score_seeds([row_mean(noise + k) for k in each], strata) for each in (first, second)]
    found = seeds_difference(*scored, rope=0.0)
    expected = stats.ttest_rel(first, second)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-3)
    ends = expected.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high), rel=1e-3)


def test_what_neither_seeds_nor_rows_change_is_not_tested():
    strata = np.zeros(20, dtype=int)
    one, other = (score_seeds([lambda rows, k=k: k] * 3, strata) for k in (1.0, 0.5))
    assert math.isnan(seeds_interval(one).low)
    assert math.isnan(seeds_difference(one, other, rope=0.01).p_value)
    assert seeds_difference(one, one, rope=0.01).p_value == 1.0


@pytest.mark.parametrize("n", [1, 3, 40])
def test_holm_is_statsmodels(n):
    p_values = np.random.default_rng(n).beta(0.2, 1, n).round(3)  # small ones, and ties
    expected = multipletests(p_values, method="holm")[1]
    assert holm(p_values) == pytest.approx(expected.tolist(), abs=1e-15)


def test_holm_gives_holms_own_steps():
    # Step by step: 4 × 0.005, then the greatest so far of 3 × 0.01, 2 × 0.03 and 0.04.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    corrected = holm([0.01, math.nan, 0.03])
    assert corrected[0] == pytest.approx(0.02)
    assert math.isnan(corrected[1])


@given(st.integers(1, 7), st.randoms(use_true_random=False))
def test_candidates_share_a_letter_just_where_they_cannot_be_told_apart(n, random):
    apart = np.zeros((n, n), dtype=bool)
    for i in range(n):
        for j in range(i):
            apart[i, j] = apart[j, i] = random.random() < 0.5
    found = [set(each) for each in letters(apart)]
    assert all(found)
    assert "a" in found[0]
    for i in range(n):
        for j in range(i):
            assert bool(found[i] & found[j]) == (not apart[i, j])


def test_letters_go_on_behind_z():
    found = letters(~np.eye(28, dtype=bool))
    assert (found[0], found[25], found[26], found[27]) == ("a", "z", "(aa)", "(ab)")
    assert not share_a_letter(found[0], found[26]), "the letters within brackets are one"
    assert share_a_letter("z(aa)", "(aa)(ab)")


def test_letters_for_hundreds_of_candidates_are_found():
    rng = np.random.default_rng(0)
    quality = np.sort(rng.random(200))
    noise = np.triu(rng.normal(size=(200, 200)), 1)
    apart = np.abs(quality[:, None] - quality) + 0.05 * (noise + noise.T) > 0.15
    np.fill_diagonal(apart, val=False)
    found = letters(apart)  # inserting and absorbing would take hours
    shared = [[share_a_letter(one, other) for other in found] for one in found]
    np.testing.assert_array_equal(shared, ~apart)


@pytest.fixture
def results():
    rng = np.random.default_rng(0)
    scores = rng.normal(loc=[0.0, 0.2, 0.9, 1.6], size=(14, 4))
    return pd.DataFrame(scores, columns=list("wxyz"), index=[f"set {i}" for i in range(14)])


def test_friedman_and_nemenyi_agree_with_scipy_and_scikit_posthocs(results):
    found = rank_test(results)
    assert found.p_value == pytest.approx(stats.friedmanchisquare(*results.to_numpy().T).pvalue)
    assert list(found.ranks) == ["z", "y", "x", "w"] or found.ranks["z"] < found.ranks["w"]
    nemenyi = scikit_posthocs.posthoc_nemenyi_friedman(results.to_numpy())
    for i, one in enumerate(results):
        for j, other in enumerate(results):
            apart = abs(found.ranks[one] - found.ranks[other]) > found.critical_difference
            assert apart == (nemenyi.iloc[i, j] < 0.05)


def test_rounding_decides_no_rank_over_data_sets():
    noisy = pd.DataFrame([[0.96, 0.9600000000000002, 0.5], [0.8, 0.7999999999999999, 0.9]])
    found = rank_test(noisy)
    assert found.ranks == {"0": 2.0, "1": 2.0, "2": 2.0}
    assert found.pairs["0", "1"] == 1.0


@pytest.mark.parametrize(
    ("k", "q"), [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (8, 3.031), (10, 3.164)]
)
def test_the_critical_difference_is_demsars(k, q):
    # J. Demšar, "Statistical comparisons of classifiers over multiple data sets", 2006, table 5.
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(14, k)))
    expected = q * math.sqrt(k * (k + 1) / (6 * 14))
    assert rank_test(frame).critical_difference == pytest.approx(expected, rel=3e-4)


def test_pairs_over_data_sets_are_wilcoxons_with_holm(results):
    found = rank_test(results)
    raw = [stats.wilcoxon(results[a] - results[b]).pvalue for a, b in found.pairs]
    assert list(found.pairs.values()) == pytest.approx(holm(raw))


def test_ranks_need_a_score_everywhere(results):
    results.iloc[3, 1] = np.nan
    with pytest.raises(tk.DataError, match="'x' has no score on 'set 3'"):
        rank_test(results)
    with pytest.raises(tk.DataError, match="got 1 and 4"):
        rank_test(results.iloc[:1])
    equal = results.iloc[4:] * 0
    assert rank_test(equal).p_value == 1.0


# What follows simulates models without a true difference. With 600 runs, a test that is wrong in
# 4% of them shows more than 6% about once in a hundred; the seeds are fixed.

RUNS = 600


def share_of_alarms(p_values):
    return np.mean(np.array(p_values) < 0.05)


def test_tests_on_rows_cry_wolf_in_at_most_six_percent():
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
    """Whether each row is nearer to the mean of its own class, of two, in some columns."""
    means = [X[fit][y[fit] == label][:, columns].mean(axis=0) for label in (0, 1)]
    distances = [((X[test][:, columns] - mean) ** 2).sum(axis=1) for mean in means]
    return accuracy_score(y[test], distances[0] > distances[1])


def test_the_test_on_repeated_folds_cries_wolf_in_at_most_six_percent_and_a_naive_one_often():
    rng = np.random.default_rng(0)
    corrected, naive = [], []
    for run in range(RUNS):
        y = np.repeat([0, 1], 40)
        X = rng.normal(size=(80, 8)) + 0.3 * y[:, None]  # each half of the columns says as much
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


def test_the_bootstrap_of_few_rows_cries_wolf_in_at_most_six_percent():
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


def test_the_bootstrap_of_heavy_tailed_errors_cries_wolf_in_at_most_six_percent():
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
        found = bootstrap_difference(*drawn, rope=0.0)
        outside.append(not found.low <= 0 <= found.high)
    # With BCa 8% of these intervals leave 0 out.
    assert 0.02 < np.mean(outside) <= 0.06


@pytest.mark.parametrize(("n_seeds", "n_rows", "spread"), [(5, 120, 0.02), (2, 1000, 0.05)])
def test_the_test_over_seeds_cries_wolf_in_at_most_six_percent(n_seeds, n_rows, spread):
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
