"""Scores that are the same but for rounding, so that it decides no rank."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

_DIGITS = 1e-12  # a share of a score: what sums in another order may change is far below


def without_rounding(scores: ArrayLike) -> NDArray[np.float64]:
    """Return scores of which those that agree to about 12 significant digits are equal.

    Parameters
    ----------
    scores : array-like of shape (n,)
        NaN stays so.

    Examples
    --------
    >>> without_rounding([0.9600000000000002, 0.5, 0.96]).tolist()
    [0.96, 0.5, 0.96]
    """
    found = np.array(scores, dtype=float)
    for one, other in pairwise(np.argsort(found, kind="stable")):
        if math.isclose(found[one], found[other], rel_tol=_DIGITS):
            found[other] = found[one]
    return found
