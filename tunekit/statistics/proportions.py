"""Intervals and tests for proportions of correct predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tunekit.statistics.estimates import Difference, Interval

_SMALL = 25  # discordant rows below which the exact test is used
_DRAWS = 10_000  # samples from the posterior


def wilson(successes: int, total: int, level: float = 0.95) -> Interval:
    """Return Wilson's interval for a proportion.

    Parameters
    ----------
    successes : int
        0 to ``total``.
    total : int
        0 or more; for 0, the proportion is undefined.
    level : float, default=0.95
        Between 0 and 1.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal
    of the American Statistical Association 22, 1927.

    Examples
    --------
    >>> interval = wilson(50, 50)
    >>> round(interval.low, 3), interval.high
    (0.929, 1.0)
    """
    if total == 0:
        nan = float("nan")
        return Interval(nan, nan, nan, level, "Wilson", "there are no rows")
    low, high = wilson_ends([successes / total], [total], level)
    return Interval(successes / total, low.item(), high.item(), level, "Wilson")


def wilson_ends(
    shares: ArrayLike, totals: ArrayLike, level: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the bounds of Wilson's intervals for several proportions.

    Parameters
    ----------
    shares : array-like of shape (k,)
        Proportions from 0 to 1.
    totals : array-like of shape (k,)
        Number of rows of each proportion; need not be whole.
    level : float, default=0.95
        Between 0 and 1.

    Returns
    -------
    low, high : ndarray of shape (k,)
        NaN where the total is 0.

    Examples
    --------
    >>> low, high = wilson_ends([1.0, 0.5], [50, 100])
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.929, 0.404], [1.0, 0.596])
    """
    from statsmodels.stats.proportion import proportion_confint

    share = np.atleast_1d(np.asarray(shares, dtype=float))
    total = np.atleast_1d(np.asarray(totals, dtype=float))
    low, high = np.full(len(total), np.nan), np.full(len(total), np.nan)
    nonzero = total > 0
    if nonzero.any():
        counts = share[nonzero] * total[nonzero]
        low[nonzero], high[nonzero] = proportion_confint(
            counts, total[nonzero], 1 - level, method="wilson"
        )
        low[share == 0], high[share == 1] = 0.0, 1.0  # exact despite rounding
    return low, high


def mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> tuple[float, str]:
    """Return the p-value of McNemar's test that two models have the same accuracy.

    Parameters
    ----------
    first, second : ndarray of shape (n_rows,)
        Whether each model is correct, on the same rows.

    Returns
    -------
    p_value : float
        Two-sided; 1 if they are correct on the same rows.
    name : str
        The exact test if they disagree on fewer than 25 rows, otherwise the chi-squared test with
        Edwards' continuity correction.

    References
    ----------
    Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 12, 1947.
    """
    from statsmodels.stats.contingency_tables import mcnemar as test

    table = np.array(
        [
            [np.sum(first & second), np.sum(first & ~second)],
            [np.sum(~first & second), np.sum(~first & ~second)],
        ]
    )
    n_discordant = int(table[0, 1] + table[1, 0])
    exact = n_discordant < _SMALL
    name = "McNemar's exact test" if exact else "McNemar's test"
    if not n_discordant:
        return 1.0, name
    return min(1.0, float(test(table, exact=exact, correction=True).pvalue)), name


def paired_difference(
    first: NDArray[np.bool_], second: NDArray[np.bool_], *, rope: float, level: float = 0.95
) -> Difference:
    """Return the difference in accuracy of two models on the same rows.

    Parameters
    ----------
    first, second : ndarray of shape (n_rows,)
        Whether each model is correct.
    rope : float
        Half the width of the region of practical equivalence.
    level : float, default=0.95
        Between 0 and 1.

    Returns
    -------
    Difference
        The test is McNemar's. The interval is Newcombe's, based on Wilson's (method 10). The
        probabilities are from a Dirichlet posterior with Jeffreys' prior, so that they are not 0
        or 1 if the models agree on all rows.

    References
    ----------
    R. G. Newcombe, "Improved confidence intervals for the difference between binomial proportions
    based on paired data", Statistics in Medicine 17, 1998.
    """
    p_value, name = mcnemar(first, second)
    n, value = len(first), float(first.mean() - second.mean())
    intervals = [wilson(int(each.sum()), n, level) for each in (first, second)]
    below = intervals[0].value - intervals[0].low, intervals[1].high - intervals[1].value
    above = intervals[0].high - intervals[0].value, intervals[1].value - intervals[1].low
    phi = _correlation(first, second)
    low, high = (float(np.sqrt(a**2 - 2 * phi * a * b + b**2)) for a, b in (below, above))
    discordant = np.array([np.sum(first & ~second), np.sum(~first & second)])
    prior = np.add([*discordant, n - discordant.sum()], [0.5, 0.5, 1.0])
    shares = np.random.default_rng(0).dirichlet(prior, _DRAWS)
    differences = shares[:, 0] - shares[:, 1]
    better, worse = float((differences > rope).mean()), float((differences < -rope).mean())
    same = max(0.0, 1 - better - worse)
    return Difference(value, value - low, value + high, p_value, better, same, worse, rope, name)


def _correlation(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Return Newcombe's phi, with a continuity correction towards 0."""
    n, both = len(first), float(np.sum(first & second))
    product = both * float(np.sum(~first & ~second))
    product -= float(np.sum(first & ~second)) * float(np.sum(~first & second))
    margins = [float(each.sum()) * float(n - each.sum()) for each in (first, second)]
    if not all(margins):
        return 0.0
    return (max(product - n / 2, 0.0) if product > 0 else product) / float(
        np.sqrt(margins[0]) * np.sqrt(margins[1])
    )


def cochran(right: NDArray[Any]) -> float:
    """Return the p-value of Cochran's Q test that several models have the same accuracy.

    Parameters
    ----------
    right : ndarray of shape (n_rows, n_models)
        Whether each model is correct on each row.

    References
    ----------
    W. G. Cochran, "The comparison of percentages in matched samples", Biometrika 37, 1950.
    """
    from statsmodels.stats.contingency_tables import cochrans_q

    columns = np.asarray(right, dtype=int)
    if (columns == columns[:, :1]).all():
        return 1.0  # they never disagree, and Q would be 0 / 0
    return float(cochrans_q(columns).pvalue)
