"""Rank tests of several models over several data sets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import friedmanchisquare, rankdata, studentized_range, wilcoxon

from tunekit.exceptions import DataError
from tunekit.statistics.multiple_testing import holm

_FEWEST = 3  # models that Friedman's test requires


@dataclass(frozen=True)
class RankTest:
    """Results of rank tests of several models over several data sets.

    Attributes
    ----------
    ranks : Mapping of str to float
        Mean rank of each model over the data sets, 1 is best; sorted from best to worst.
    p_value : float
        p-value of Friedman's test that all models are equal; NaN for two models.
    critical_difference : float
        Nemenyi's critical difference: mean ranks that differ by more are significantly different.
    pairs : Mapping of (str, str) to float
        p-value of Wilcoxon's signed-rank test for each pair, corrected by Holm's method.
    n_datasets : int
    level : float
        1 minus the significance level of the tests.
    """

    ranks: Mapping[str, float]
    p_value: float
    critical_difference: float
    pairs: Mapping[tuple[str, str], float]
    n_datasets: int
    level: float


def rank_test(scores: pd.DataFrame, level: float = 0.95) -> RankTest:
    """Return Friedman's test over data sets, with post-hoc tests of pairs.

    Parameters
    ----------
    scores : DataFrame of shape (n_datasets, n_models)
        One score for each data set and model, greater is better, none missing. Rows must be
        independent data sets, not folds of one data set.
    level : float, default=0.95
        Between 0 and 1.

    Raises
    ------
    DataError
        If there are fewer than two data sets or models, or a score is missing.

    References
    ----------
    J. Demšar, "Statistical comparisons of classifiers over multiple data sets", Journal of Machine
    Learning Research 7, 2006.
    """
    n, k = scores.shape
    if n < 2 or k < 2:  # noqa: PLR2004 - minimum for a comparison
        raise DataError(f"ranks require at least two data sets and two models, got {n} and {k}.")
    values = scores.to_numpy(dtype=float)
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        raise DataError(
            f"{scores.columns[column]!r} has no score on {scores.index[row]!r}: omit the model or "
            f"the data set."
        )
    values = np.stack([without_rounding(row) for row in values])
    mean = rankdata(-values, axis=1).mean(axis=0)
    order = np.argsort(mean, kind="stable")
    names = [str(name) for name in scores.columns]
    pairs = list(combinations(order.tolist(), 2))
    corrected = holm([_wilcoxon(values[:, i] - values[:, j]) for i, j in pairs])
    equal = (values == values[:, :1]).all()
    friedman = 1.0 if equal else float("nan")
    if k >= _FEWEST and not equal:
        friedman = float(friedmanchisquare(*values.T).pvalue)
    critical = studentized_range.ppf(level, k, np.inf) / np.sqrt(2) * np.sqrt(k * (k + 1) / (6 * n))
    return RankTest(
        ranks={names[i]: float(mean[i]) for i in order},
        p_value=friedman,
        critical_difference=float(critical),
        pairs={(names[i], names[j]): p for (i, j), p in zip(pairs, corrected, strict=True)},
        n_datasets=n,
        level=level,
    )


def _wilcoxon(differences: np.ndarray) -> float:
    return 1.0 if not differences.any() else float(wilcoxon(differences).pvalue)


_DIGITS = 1e-12  # relative tolerance, far above the rounding error of sums in another order


def without_rounding(scores: ArrayLike) -> NDArray[np.float64]:
    """Return scores in which those that agree to about 12 significant digits are made equal.

    Parameters
    ----------
    scores : array-like of shape (n,)
        NaN is kept.

    Examples
    --------
    >>> without_rounding([0.9600000000000002, 0.5, 0.96]).tolist()
    [0.96, 0.5, 0.96]
    """
    values = np.array(scores, dtype=float)
    for one, other in pairwise(np.argsort(values, kind="stable")):
        if math.isclose(values[one], values[other], rel_tol=_DIGITS):
            values[other] = values[one]
    return values
