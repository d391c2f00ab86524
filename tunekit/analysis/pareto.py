"""The Pareto front of candidates by score and cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def on_front(gains: Sequence[Sequence[float]]) -> list[bool]:
    """Return for each candidate whether it is Pareto-optimal.

    Parameters
    ----------
    gains : sequence of sequence of float
        One row per candidate, one column per objective to maximize. Columns with missing values
        are ignored; a candidate whose first value is missing is not on the front.

    Returns
    -------
    list of bool
        Candidates with equal values are both on the front.

    Examples
    --------
    >>> on_front([[0.9, -10.0], [0.8, -5.0], [0.7, -7.0]])
    [True, True, False]
    """
    if not gains:
        return []
    values: NDArray[np.float64] = np.array(gains, dtype=float).reshape(len(gains), -1)
    has_score = ~np.isnan(values[:, 0])
    known = values[has_score]
    known = known[:, ~np.isnan(known).any(axis=0)]
    front = [not any(_dominates(other, each) for other in known) for each in known]
    flags = np.zeros(len(gains), dtype=bool)
    flags[has_score] = front
    return [bool(flag) for flag in flags]


def _dominates(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    return bool((one >= other).all() and (one > other).any())
