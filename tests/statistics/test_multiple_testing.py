"""Holm's correction, and letters for groups of candidates."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from tunekit.statistics.multiple_testing import holm, letters, share_a_letter


@pytest.mark.slow
@pytest.mark.parametrize("n", [1, 3, 40])
def test_holm_is_statsmodels(n):
    p_values = np.random.default_rng(n).beta(0.2, 1, n).round(3)  # small ones, and ties
    expected = multipletests(p_values, method="holm")[1]
    assert holm(p_values) == pytest.approx(expected.tolist(), abs=1e-15)


def test_holm_follows_the_published_steps():
    # Step by step: 4 × 0.005, then the greatest so far of 3 × 0.01, 2 × 0.03 and 0.04.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    corrected = holm([0.01, math.nan, 0.03])
    assert corrected[0] == pytest.approx(0.02)
    assert math.isnan(corrected[1])


@given(st.integers(1, 7), st.randoms(use_true_random=False))
def test_candidates_share_a_letter_exactly_if_not_significantly_different(n, random):
    apart = np.zeros((n, n), dtype=bool)
    for i in range(n):
        for j in range(i):
            apart[i, j] = apart[j, i] = random.random() < 0.5
    letter_sets = [set(each) for each in letters(apart)]
    assert all(letter_sets)
    assert "a" in letter_sets[0]
    for i in range(n):
        for j in range(i):
            assert bool(letter_sets[i] & letter_sets[j]) == (not apart[i, j])


def test_letters_continue_after_z():
    labels = letters(~np.eye(28, dtype=bool))
    assert (labels[0], labels[25], labels[26], labels[27]) == ("a", "z", "(aa)", "(ab)")
    assert not share_a_letter(labels[0], labels[26]), "letters in brackets are a single one"
    assert share_a_letter("z(aa)", "(aa)(ab)")


@pytest.mark.slow
def test_letters_for_hundreds_of_candidates_are_found():
    rng = np.random.default_rng(0)
    quality = np.sort(rng.random(200))
    noise = np.triu(rng.normal(size=(200, 200)), 1)
    apart = np.abs(quality[:, None] - quality) + 0.05 * (noise + noise.T) > 0.15
    np.fill_diagonal(apart, val=False)
    labels = letters(apart)  # inserting and absorbing would take hours
    shared = [[share_a_letter(one, other) for other in labels] for one in labels]
    np.testing.assert_array_equal(shared, ~apart)
