"""Rank tests over data sets agree with SciPy and scikit-posthocs."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import scikit_posthocs
from scipy import stats

import tunekit as tk
from tunekit.statistics.multiple_testing import holm
from tunekit.statistics.rank_tests import rank_test


@pytest.fixture
def results():
    rng = np.random.default_rng(0)
    scores = rng.normal(loc=[0.0, 0.2, 0.9, 1.6], size=(14, 4))
    return pd.DataFrame(scores, columns=list("wxyz"), index=[f"set {i}" for i in range(14)])


def test_friedman_and_nemenyi_agree_with_scipy_and_scikit_posthocs(results):
    result = rank_test(results)
    assert result.p_value == pytest.approx(stats.friedmanchisquare(*results.to_numpy().T).pvalue)
    assert list(result.ranks) == ["z", "y", "x", "w"] or result.ranks["z"] < result.ranks["w"]
    nemenyi = scikit_posthocs.posthoc_nemenyi_friedman(results.to_numpy())
    for i, one in enumerate(results):
        for j, other in enumerate(results):
            apart = abs(result.ranks[one] - result.ranks[other]) > result.critical_difference
            assert apart == (nemenyi.iloc[i, j] < 0.05)


def test_rounding_does_not_affect_ranks_over_data_sets():
    noisy = pd.DataFrame([[0.96, 0.9600000000000002, 0.5], [0.8, 0.7999999999999999, 0.9]])
    result = rank_test(noisy)
    assert result.ranks == {"0": 2.0, "1": 2.0, "2": 2.0}
    assert result.pairs["0", "1"] == 1.0


@pytest.mark.parametrize(
    ("k", "q"), [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (8, 3.031), (10, 3.164)]
)
def test_the_critical_difference_is_demsars(k, q):
    # J. Demšar, "Statistical comparisons of classifiers over multiple data sets", 2006, table 5.
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(14, k)))
    expected = q * math.sqrt(k * (k + 1) / (6 * 14))
    assert rank_test(frame).critical_difference == pytest.approx(expected, rel=3e-4)


def test_pairs_over_data_sets_are_wilcoxons_with_holm(results):
    result = rank_test(results)
    raw = [stats.wilcoxon(results[a] - results[b]).pvalue for a, b in result.pairs]
    assert list(result.pairs.values()) == pytest.approx(holm(raw))


def test_ranks_require_all_scores(results):
    results.iloc[3, 1] = np.nan
    with pytest.raises(tk.DataError, match="'x' has no score on 'set 3'"):
        rank_test(results)
    with pytest.raises(tk.DataError, match="got 1 and 4"):
        rank_test(results.iloc[:1])
    equal = results.iloc[4:] * 0
    assert rank_test(equal).p_value == 1.0
