"""Shares of rows that are right: their interval, and tests of two and of many models."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tunekit.statistics.estimates import Difference, Interval

_SMALL = 25  # rows on which two models disagree, below which the exact test is taken
_DRAWS = 10_000  # from the posterior


def wilson(successes: int, total: int, level: float = 0.95) -> Interval:
    """Return Wilson's interval for a share.

    Parameters
    ----------
    successes : int
        0 to ``total``.
    total : int
        0 or more; of nothing the share is undefined.
    level : float, default=0.95
        Between 0 and 1.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal
    of the American Statistical Association 22, 1927.

    Examples
    --------
    >>> found = wilson(50, 50)
    >>> round(found.low, 3), found.high
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
    """Return the ends of Wilson's intervals for many shares.

    Parameters
    ----------
    shares : array-like of shape (k,)
        From 0 to 1.
    totals : array-like of shape (k,)
        How many rows each is a share of; need not be whole.
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
    some = total > 0
    if some.any():
        counts = share[some] * total[some]
        low[some], high[some] = proportion_confint(counts, total[some], 1 - level, method="wilson")
        low[share == 0], high[share == 1] = 0.0, 1.0  # but for rounding
    return low, high


def mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> tuple[float, str]:
    """Return the p-value of McNemar's test that two models are right equally often.

    Parameters
    ----------
    first, second : ndarray of shape (n_rows,)
        Whether each model is right, on the same rows.

    Returns
    -------
    p_value : float
        Two-sided; 1 where they are right on the same rows.
    name : str
        The exact test where they disagree on fewer than 25 rows, else the one with a chi-squared
        distribution and Edwards' correction for continuity.

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
    disagree = int(table[0, 1] + table[1, 0])
    exact = disagree < _SMALL
    name = "McNemar's exact test" if exact else "McNemar's test"
    if not disagree:
        return 1.0, name
    return min(1.0, float(test(table, exact=exact, correction=True).pvalue)), name


def paired_difference(
    first: NDArray[np.bool_], second: NDArray[np.bool_], *, rope: float, level: float = 0.95
) -> Difference:
    """Return by how much more often one model is right than another, on the same rows.

    Parameters
    ----------
    first, second : ndarray of shape (n_rows,)
        Whether each model is right.
    rope : float
        Half the width of the region of practical equivalence.
    level : float, default=0.95
        Between 0 and 1.

    Returns
    -------
    Difference
        Its test is McNemar's, its interval Newcombe's, which adds those of Wilson (method 10). Its
        probabilities are of a Dirichlet posterior with Jeffreys' prior: rows on which models agree
        do not show that they always will.

    References
    ----------
    R. G. Newcombe, "Improved confidence intervals for the difference between binomial proportions
    based on paired data", Statistics in Medicine 17, 1998.
    """
    p_value, name = mcnemar(first, second)
    n, value = len(first), float(first.mean() - second.mean())
    ones = [wilson(int(each.sum()), n, level) for each in (first, second)]
    below = ones[0].value - ones[0].low, ones[1].high - ones[1].value
    above = ones[0].high - ones[0].value, ones[1].value - ones[1].low
    phi = _correlation(first, second)
    low, high = (float(np.sqrt(a**2 - 2 * phi * a * b + b**2)) for a, b in (below, above))
    only = np.array([np.sum(first & ~second), np.sum(~first & second)])
    prior = np.add([*only, n - only.sum()], [0.5, 0.5, 1.0])
    shares = np.random.default_rng(0).dirichlet(prior, _DRAWS)
    drawn = shares[:, 0] - shares[:, 1]
    better, worse = float((drawn > rope).mean()), float((drawn < -rope).mean())
    same = max(0.0, 1 - better - worse)
    return Difference(value, value - low, value + high, p_value, better, same, worse, rope, name)


def _correlation(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Return Newcombe's phi, which is corrected for continuity towards 0."""
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
    """Return the p-value of Cochran's Q test that several models are right equally often.

    Parameters
    ----------
    right : ndarray of shape (n_rows, n_models)
        Whether each model is right on each row.

    References
    ----------
    W. G. Cochran, "The comparison of percentages in matched samples", Biometrika 37, 1950.
    """
    from statsmodels.stats.contingency_tables import cochrans_q

    columns = np.asarray(right, dtype=int)
    if (columns == columns[:, :1]).all():
        return 1.0  # they never disagree, and Q is 0 divided by 0
    return float(cochrans_q(columns).pvalue)
