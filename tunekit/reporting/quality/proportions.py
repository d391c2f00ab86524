"""Intervals of proportions."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from statsmodels.stats.proportion import proportion_confint


def wilson(
    share: ArrayLike, n: ArrayLike, level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Wilson's score interval of shares.

    Parameters
    ----------
    share : array-like of shape (k,)
        From 0 to 1.
    n : array-like of shape (k,)
        How many each is a share of; need not be whole.
    level : float
        Such as 0.95.

    Returns
    -------
    low, high : ndarray of shape (k,)
        NaN where ``n`` is 0.

    References
    ----------
    E. B. Wilson: Probable inference, the law of succession, and statistical inference. Journal of
    the American Statistical Association 22, 1927.

    Examples
    --------
    >>> low, high = wilson([1.0], [50], 0.95)
    >>> round(low.item(), 3), high.item()
    (0.929, 1.0)
    """
    share, n = np.atleast_1d(np.asarray(share, float)), np.atleast_1d(np.asarray(n, float))
    low, high = np.full(len(n), np.nan), np.full(len(n), np.nan)
    some = n > 0
    if some.any():
        counts = share[some] * n[some]
        low[some], high[some] = proportion_confint(counts, n[some], 1 - level, method="wilson")
        low[share == 0], high[share == 1] = 0.0, 1.0  # but for rounding
    return low, high
