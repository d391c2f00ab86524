"""What no other one beats in everything: the front of score against cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def on_front(gains: Sequence[Sequence[float]]) -> list[bool]:
    """Tell for each of several candidates whether no other one is at least as good in everything.

    Parameters
    ----------
    gains : sequence of sequence of float
        A row a candidate, a column a thing of which more is better. A column in which a value is
        missing says nothing; a candidate whose first value is missing is not on the front.

    Returns
    -------
    list of bool
        Equal candidates are on the front together.

    Examples
    --------
    >>> on_front([[0.9, -10.0], [0.8, -5.0], [0.7, -7.0]])
    [True, True, False]
    """
    if not gains:
        return []
    if not gains:
        return []
    values: NDArray[np.float64] = np.array(gains, dtype=float).reshape(len(gains), -1)
    counted = ~np.isnan(values[:, 0])
    known = values[counted]
    known = known[:, ~np.isnan(known).any(axis=0)]
    front = [not any(_beats(other, own) for other in known) for own in known]
    flags = np.zeros(len(gains), dtype=bool)
    flags[counted] = front
    return [bool(flag) for flag in flags]


def _beats(other: NDArray[np.float64], own: NDArray[np.float64]) -> bool:
    return bool((other >= own).all() and (other > own).any())
