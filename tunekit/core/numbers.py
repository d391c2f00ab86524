"""Numbers among settings, where booleans are none and NumPy's are, and evenly spaced indices."""

from __future__ import annotations

from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray


def is_number(value: Any) -> TypeGuard[float]:
    """Return whether a value is a number.

    Examples
    --------
    >>> is_number(0.5), is_number(np.float32(2)), is_number(True), is_number("1")
    (True, True, False, False)
    """
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def is_whole(value: Any) -> TypeGuard[int]:
    """Return whether a value is a whole number.

    Examples
    --------
    >>> is_whole(3), is_whole(np.int64(3)), is_whole(3.0), is_whole(False)
    (True, True, False, False)
    """
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def spread_evenly(n: int, most: int) -> NDArray[np.int64]:
    """Return at most ``most`` evenly spaced indices below ``n``, including both ends."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.int64))
