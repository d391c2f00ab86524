"""Names as a report shows them: readable, different, and safe in XML."""

from __future__ import annotations

from fake_predictions import EVIL
from hypothesis import given
from hypothesis import strategies as st

from tunekit.analysis.labels import readable, readable_names, shortened


@pytest.mark.slow
@given(st.text(max_size=70))
def test_a_readable_name_can_stand_in_xml(text):
    shown = readable(text)
    assert shown.strip()
    shown.encode("utf-8")
    assert not set(map(ord, shown)) & {0xFFFE, 0xFFFF, *range(32), *range(0x7F, 0xA0)}


@given(st.lists(st.text(max_size=70), unique=True, max_size=20), st.integers(8, 40))
def test_names_stay_different_however_they_are_shown(texts, limit):
    names = readable_names(texts)
    assert len(set(names)) == len(texts)
    cut = shortened(names, limit)
    assert len(set(cut)) == len(texts)
    assert all(len(each) <= limit for each in cut)


def test_names_that_would_read_alike_are_numbered():
    assert readable_names(["", "''", "a"]) == ("''", "'' #2", "a")
    assert shortened(["a" * 9, "a" * 10, "a" * 11, "b"], 9) == (
        "aaaaaaaaa",
        "aaaaaaaa…",
        "aaaaa… #2",
        "b",
    )


def test_what_cannot_be_seen_is_escaped():
    assert readable_names(EVIL)[2:6] == ("_hidden", "''", "' '", "\\x00\\x1b")
    assert readable_names(EVIL)[8:] == ("猫😀\\u202e", "\\ud800")
