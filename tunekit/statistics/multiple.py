"""Many comparisons at once: Holm's correction, and letters for what cannot be told apart."""

from __future__ import annotations

import string
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


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
    from statsmodels.stats.multitest import multipletests

    values = np.asarray(p_values, dtype=float)
    defined = ~np.isnan(values)
    corrected = np.full(len(values), np.nan)
    if defined.any():
        corrected[defined] = multipletests(values[defined], method="holm")[1]
    return [float(each) for each in corrected]


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
    Journal of Computational and Graphical Statistics 13, 2004: insert and absorb.

    Examples
    --------
    >>> letters([[False, False, True], [False, False, False], [True, False, False]])
    ['a', 'ab', 'b']
    """
    apart: NDArray[np.bool_] = np.asarray(different, dtype=bool)
    columns = [frozenset(range(len(apart)))]
    for i, j in np.argwhere(np.triu(apart, 1)):
        split = []
        for column in columns:
            both = {i, j} <= column
            split += [column - {i}, column - {j}] if both else [column]
        columns = [each for each in dict.fromkeys(split) if not any(each < more for more in split)]
    columns.sort(key=sorted)
    return [
        "".join(_letter(k) for k, column in enumerate(columns) if i in column)
        for i in range(len(apart))
    ]


def _letter(k: int) -> str:
    """Return the k-th letter; behind z they go on with aa, which stands in brackets."""
    alphabet = string.ascii_lowercase
    if k < len(alphabet):
        return alphabet[k]
    return f"({alphabet[k // len(alphabet) - 1]}{alphabet[k % len(alphabet)]})"
