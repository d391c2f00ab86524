"""Display names: readable, distinct, and valid in XML."""

from __future__ import annotations

import pytest
from fake_predictions import EVIL
from hypothesis import given
from hypothesis import strategies as st

from tunekit.analysis.labels import readable, readable_names, shortened


@pytest.mark.slow
@given(st.text(max_size=70))
def test_readable_names_are_valid_in_xml(text):
    shown = readable(text)
    assert shown.strip()
    shown.encode("utf-8")
    assert not set(map(ord, shown)) & {0xFFFE, 0xFFFF, *range(32), *range(0x7F, 0xA0)}


@given(st.lists(st.text(max_size=70), unique=True, max_size=20), st.integers(8, 40))
def test_distinct_names_stay_distinct(texts, limit):
    names = readable_names(texts)
    assert len(set(names)) == len(texts)
    cut = shortened(names, limit)
    assert len(set(cut)) == len(texts)
    assert all(len(each) <= limit for each in cut)


def test_names_that_would_be_equal_are_numbered():
    assert readable_names(["", "''", "a"]) == ("''", "'' #2", "a")
    assert shortened(["a" * 9, "a" * 10, "a" * 11, "b"], 9) == (
        "aaaaaaaaa",
        "aaaaaaaa…",
        "aaaaa… #2",
        "b",
    )


def test_invisible_characters_are_escaped():
    assert readable_names(EVIL)[2:6] == ("_hidden", "''", "' '", "\\x00\\x1b")
    assert readable_names(EVIL)[8:] == ("猫😀\\u202e", "\\ud800")
