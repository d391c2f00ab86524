"""Numbers of a report are written alike wherever they stand."""

from __future__ import annotations

from tunekit.analysis.text import scored
from tunekit.statistics.estimates import Interval


def test_a_minus_is_none_of_a_hyphen_and_digits_are_as_many():
    found = Interval(-0.637, -0.75, -0.4991, 0.95, "")
    assert scored(found) == "−0.6370 (95% interval −0.7500 to −0.4991)"
