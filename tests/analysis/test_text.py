"""Numbers in sentences."""

from __future__ import annotations

from tunekit.analysis.text import scored
from tunekit.statistics.estimates import Interval


def test_negative_scores_have_a_minus_sign_and_the_same_number_of_digits():
    found = Interval(-0.637, -0.75, -0.4991, 0.95, "")
    assert scored(found) == "−0.6370 (95% interval −0.7500 to −0.4991)"
