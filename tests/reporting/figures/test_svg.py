"""The width of a text in a figure."""

from __future__ import annotations

import pytest

from tunekit.reporting.figures.svg import text_width


def test_a_text_is_as_wide_as_its_letters():
    assert text_width("iiii", 10) < text_width("mmmm", 10)
    assert text_width("猫", 10) > 0
    assert text_width("$x$", 20) == pytest.approx(2 * text_width("$x$", 10), rel=0.05)
