"""Names of classes as they are shown: readable, told apart, and short where there is no room."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

#: Characters that turn the direction of the text around them.
_TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

#: Controls, halves of surrogate pairs, line and paragraph separators, and what is no character.
_UNSEEN = frozenset({"Cc", "Cs", "Cn", "Zl", "Zp"})


def readable(label: Any) -> str:
    r"""Return a label as text that a page and a figure can show.

    Characters that cannot be seen, or that XML cannot hold, are escaped as Python would; a label
    of nothing but spaces stands in quotes.

    Examples
    --------
    >>> readable("a\x00b"), readable(""), readable(3)
    ('a\\x00b', "''", '3')
    """
    text = str(label)
    if not text.strip():
        return repr(text)
    return "".join(
        each.encode("unicode_escape").decode()
        if each in _TURNING or unicodedata.category(each) in _UNSEEN
        else each
        for each in text
    )


def readable_names(labels: Iterable[Any]) -> tuple[str, ...]:
    """Return the labels of several classes as texts; those that would read alike are numbered.

    Examples
    --------
    >>> readable_names(["", "''", "b"])
    ("''", "'' #2", 'b')
    """
    return _told_apart([readable(label) for label in labels])


def shortened(names: Sequence[str], limit: int) -> tuple[str, ...]:
    """Return names of at most ``limit`` characters, all different if they were.

    Parameters
    ----------
    names : sequence of str
    limit : int
        At least 8.

    Examples
    --------
    >>> shortened(["a class with a long name", "b"], 10)
    ('a class w…', 'b')
    """
    return _told_apart(names, limit)


def _told_apart(names: Sequence[str], limit: int | None = None) -> tuple[str, ...]:
    """Return names of at most ``limit`` characters, numbered where they would be equal."""
    taken: set[str] = set()
    found = []
    for name in names:
        number, text = 1, _cut(name, "", limit)
        while text in taken:
            number += 1
            text = _cut(name, f" #{number}", limit)
        taken.add(text)
        found.append(text)
    return tuple(found)


def _cut(name: str, mark: str, limit: int | None) -> str:
    if limit is None or len(name) + len(mark) <= limit:
        return name + mark
    return f"{name[: limit - 1 - len(mark)].rstrip()}…{mark}"
