"""Several data sets: models are ranked on each, and the ranks are compared."""

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

_FEWEST = 3  # models that Friedman's test takes


@dataclass(frozen=True)
class RankTest:
    """What several data sets say of several models.

    Attributes
    ----------
    ranks : Mapping of str to float
        Mean rank of each model over the data sets, 1 is best; the best first.
    p_value : float
        Friedman's: that all are alike. NaN for two models.
    critical_difference : float
        Nemenyi's: mean ranks that lie further apart differ.
    pairs : Mapping of (str, str) to float
        Wilcoxon's signed-rank test of each pair, corrected by Holm.
    n_datasets : int
    level : float
        1 minus the level of the tests.
    """

    ranks: Mapping[str, float]
    p_value: float
    critical_difference: float
    pairs: Mapping[tuple[str, str], float]
    n_datasets: int
    level: float


def rank_test(scores: pd.DataFrame, level: float = 0.95) -> RankTest:
    """Return Friedman's test over data sets, with what tells pairs apart.

    Parameters
    ----------
    scores : DataFrame of shape (n_datasets, n_models)
        One score for each data set and model, greater is better, none missing. Folds of one data
        set are no data sets.
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
    if n < 2 or k < 2:  # noqa: PLR2004 - two are the fewest to compare
        raise DataError(
            f"ranks are compared over two data sets and two models or more, got {n} and {k}."
        )
    values = scores.to_numpy(dtype=float)
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        raise DataError(
            f"{scores.columns[column]!r} has no score on {scores.index[row]!r}: leave the model or "
            f"the data set out."
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
