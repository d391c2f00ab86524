"""Display names of classes: readable, distinct, and shortened if necessary."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

#: Characters that change the direction of the surrounding text.
_BIDIRECTIONAL = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

#: Controls, lone surrogates, line and paragraph separators, and unassigned code points.
_INVISIBLE = frozenset({"Cc", "Cs", "Cn", "Zl", "Zp"})


def readable(label: Any) -> str:
    r"""Return a label as text that a page and a figure can show.

    Characters that are invisible, or invalid in XML, are escaped as in Python; a label that
    consists of white space is quoted.

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
        if each in _BIDIRECTIONAL or unicodedata.category(each) in _INVISIBLE
        else each
        for each in text
    )


def readable_names(labels: Iterable[Any]) -> tuple[str, ...]:
    """Return the labels of several classes as texts, with numbers if texts would be equal.

    Examples
    --------
    >>> readable_names(["", "''", "b"])
    ("''", "'' #2", 'b')
    """
    return _distinct([readable(label) for label in labels])


def shortened(names: Sequence[str], limit: int) -> tuple[str, ...]:
    """Return names of at most ``limit`` characters; distinct names stay distinct.

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
    return _distinct(names, limit)


def _distinct(names: Sequence[str], limit: int | None = None) -> tuple[str, ...]:
    """Return names of at most ``limit`` characters, with numbers if they would be equal."""
    taken: set[str] = set()
    distinct = []
    for name in names:
        number, text = 1, _cut(name, "", limit)
        while text in taken:
            number += 1
            text = _cut(name, f" #{number}", limit)
        taken.add(text)
        distinct.append(text)
    return tuple(distinct)


def _cut(name: str, mark: str, limit: int | None) -> str:
    if limit is None or len(name) + len(mark) <= limit:
        return name + mark
    return f"{name[: limit - 1 - len(mark)].rstrip()}…{mark}"
