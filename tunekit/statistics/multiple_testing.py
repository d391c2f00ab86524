"""Many comparisons at once: Holm's correction, and letters for what cannot be told apart."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

_LETTER = re.compile(r"\(\w+\)|\w")


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number; an undefined one stays so and does not count.

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
    # Not statsmodels' multipletests: it collects garbage at each call, which takes seconds in a
    # process that trains networks.
    values = np.asarray(p_values, dtype=float)
    order = np.argsort(values, kind="stable")[: np.count_nonzero(~np.isnan(values))]
    steps = values[order] * np.arange(len(order), 0, -1)
    corrected = np.full(len(values), np.nan)
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return corrected.tolist()


def letters(different: ArrayLike) -> list[str]:
    """Return letters such that two candidates share one where they cannot be told apart.

    Parameters
    ----------
    different : array-like of shape (n, n)
        Whether each pair can be told apart, symmetric; in the order of the ranking.

    Returns
    -------
    list of str
        One or more letters for each, ``"a"`` for the first.

    References
    ----------
    H.-P. Piepho, "An algorithm for a letter-based representation of all-pairwise comparisons",
    Journal of Computational and Graphical Statistics 13, 2004.
    J. Gramm et al., "Algorithms for compact letter displays: comparison and evaluation",
    Computational Statistics & Data Analysis 52, 2007: the letters that are found by growing
    cliques are few, and do not take ages for hundreds of candidates.

    Examples
    --------
    >>> letters([[False, False, True], [False, False, False], [True, False, False]])
    ['a', 'ab', 'b']
    """
    alike: NDArray[np.bool_] = ~np.asarray(different, dtype=bool)
    todo = np.triu(alike)
    columns: list[NDArray[np.bool_]] = []
    while todo.any():
        column = np.zeros(len(alike), dtype=bool)
        column[list(np.argwhere(todo)[0])] = True
        for i in range(len(alike)):
            column[i] |= alike[i, column].all()
        columns.append(column)
        todo &= ~np.outer(column, column)
    columns.sort(key=lambda column: tuple(np.flatnonzero(column)))
    return [
        "".join(_letter(k) for k, column in enumerate(columns) if column[i])
        for i in range(len(alike))
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
    """Return the k-th letter; behind z they go on with aa, which stands in brackets."""
    alphabet, text = string.ascii_lowercase, ""
    while k >= 0:
        text, k = alphabet[k % len(alphabet)] + text, k // len(alphabet) - 1
    return text if len(text) == 1 else f"({text})"
