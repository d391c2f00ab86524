"""Multiple comparisons: Holm's correction, and compact letter displays."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

_LETTER = re.compile(r"\(\w+\)|\w")


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected by Holm's method; NaN is kept and does not count.

    Parameters
    ----------
    p_values : sequence of float
        0 to 1, or NaN.

    References
    ----------
    S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 6, 1979.

    Examples
    --------
    >>> [round(each, 3) for each in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    # statsmodels' multipletests runs the garbage collector in each call, which takes seconds in a
    # process that trains networks.
    values = np.asarray(p_values, dtype=float)
    order = np.argsort(values, kind="stable")[: np.count_nonzero(~np.isnan(values))]
    steps = values[order] * np.arange(len(order), 0, -1)
    corrected = np.full(len(values), np.nan)
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return corrected.tolist()


def letters(different: ArrayLike) -> list[str]:
    """Return letters such that two candidates share one if they are not significantly different.

    Parameters
    ----------
    different : array-like of shape (n, n)
        Whether each pair is significantly different, symmetric; in the order of the ranking.

    Returns
    -------
    list of str
        One or more letters per candidate, ``"a"`` for the first.

    References
    ----------
    H.-P. Piepho, "An algorithm for a letter-based representation of all-pairwise comparisons",
    Journal of Computational and Graphical Statistics 13, 2004.
    J. Gramm et al., "Algorithms for compact letter displays: comparison and evaluation",
    Computational Statistics & Data Analysis 52, 2007: growing cliques finds few letters, and is
    fast for hundreds of candidates.

    Examples
    --------
    >>> letters([[False, False, True], [False, False, False], [True, False, False]])
    ['a', 'ab', 'b']
    """
    similar: NDArray[np.bool_] = ~np.asarray(different, dtype=bool)
    uncovered = np.triu(similar)
    columns: list[NDArray[np.bool_]] = []
    while uncovered.any():
        column = np.zeros(len(similar), dtype=bool)
        column[list(np.argwhere(uncovered)[0])] = True
        for i in range(len(similar)):
            column[i] |= similar[i, column].all()
        columns.append(column)
        uncovered &= ~np.outer(column, column)
    columns.sort(key=lambda column: tuple(np.flatnonzero(column)))
    return [
        "".join(_letter(k) for k, column in enumerate(columns) if column[i])
        for i in range(len(similar))
    ]


def share_a_letter(one: str, other: str) -> bool:
    """Return whether two candidates share one of the letters of :func:`letters`.

    Examples
    --------
    >>> share_a_letter("ab", "bc"), share_a_letter("a", "(aa)")
    (True, False)
    """
    return not set(_LETTER.findall(one)).isdisjoint(_LETTER.findall(other))


def _letter(k: int) -> str:
    """Return the k-th letter; after z follows (aa)."""
    alphabet, text = string.ascii_lowercase, ""
    while k >= 0:
        text, k = alphabet[k % len(alphabet)] + text, k // len(alphabet) - 1
    return text if len(text) == 1 else f"({text})"
