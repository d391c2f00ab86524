"""Proportions and their differences agree with references and published examples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import cochrans_q

from tunekit.statistics.proportions import cochran, mcnemar, paired_difference, wilson


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
    interval = wilson(successes, total)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


def test_a_proportion_of_no_rows_is_undefined():
    assert math.isnan(wilson(0, 0).value)


@pytest.mark.parametrize(("only_first", "only_second"), [(3, 9), (0, 5), (24, 0), (12, 12)])
def test_mcnemar_is_the_binomial_test_for_few_discordant_rows(only_first, only_second):
    first = np.repeat([True, False, True, False], [only_first, only_second, 40, 7])
    second = np.repeat([False, True, True, False], [only_first, only_second, 40, 7])
    p_value, name = mcnemar(first, second)
    expected = stats.binomtest(only_first, only_first + only_second, 0.5).pvalue
    assert p_value == pytest.approx(expected)
    assert name == "McNemar's exact test"


def test_mcnemar_has_edwards_correction_for_many_discordant_rows():
    first, second = np.repeat([True, False], [30, 12]), np.repeat([False, True], [30, 12])
    p_value, name = mcnemar(first, second)
    assert p_value == pytest.approx(stats.chi2.sf((abs(30 - 12) - 1) ** 2 / 42, 1))
    assert name == "McNemar's test"


def test_models_that_are_correct_on_the_same_rows_do_not_differ():
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


def test_the_interval_of_a_difference_of_proportions_is_newcombes():
    # M. W. Fagerland, S. Lydersen and P. Laake, "Recommended tests and confidence intervals for
    # paired binomial proportions", Statistics in Medicine 33, 2014: the example of Bentur et al.
    first = np.repeat([True, True, False, False], [1, 1, 7, 12])
    second = np.repeat([True, False, True, False], [1, 1, 7, 12])
    difference = paired_difference(first, second, rope=0.01)
    assert (round(difference.low, 3), round(difference.high, 3)) == (-0.507, -0.026)
    assert difference.value == pytest.approx(2 / 21 - 8 / 21)
    assert (difference.p_value, difference.test) == mcnemar(first, second)
    turned = paired_difference(second, first, rope=0.01)
    assert (turned.low, turned.high) == pytest.approx((-difference.high, -difference.low))
    assert turned.better == pytest.approx(difference.worse, abs=0.01)


def test_the_probabilities_of_a_difference_of_proportions_are_those_of_the_posterior():
    first = np.repeat([True, True, False, False], [40, 3, 0, 2])
    second = np.repeat([True, False, True, False], [40, 3, 0, 2])
    difference = paired_difference(first, second, rope=0.0)
    # Which of two cells of a Dirichlet is greater follows a beta distribution.
    assert difference.better == pytest.approx(stats.beta(3.5, 0.5).sf(0.5), abs=0.01)
    assert difference.low < 0, "three rows are not enough, as in McNemar's test"
    assert paired_difference(first, second, rope=0.01).verdict == "undecided"


def test_models_that_agree_on_few_rows_are_not_shown_to_be_equivalent():
    right = np.repeat([True, False], [40, 5])
    few = paired_difference(right, right, rope=0.01)
    assert (few.value, few.p_value, few.verdict) == (0.0, 1.0, "undecided")
    many = np.tile(right, 100)
    assert paired_difference(many, many, rope=0.01).verdict == "equivalent"
