"""Scores that are not means over rows, computed once for all folds where a fold has few rows."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import get_scorer_names

from tunekit.core.predictions import Predictions
from tunekit.evaluation.predict import joined
from tunekit.evaluation.rescoring import reproduced, rescored
from tunekit.statistics.bootstrap import Statistic

#: Rows of a fold below which scores are pooled; docs/decisions/0014 has the measurement.
FEW = 50

_MEANS = frozenset(
    {
        *("accuracy", "top_k_accuracy", "neg_brier_score", "neg_log_loss"),
        *("f1_samples", "jaccard_samples", "precision_samples", "recall_samples"),
        *("neg_mean_absolute_error", "neg_mean_absolute_percentage_error"),
        *("neg_mean_squared_error", "neg_mean_squared_log_error"),
        *("neg_mean_gamma_deviance", "neg_mean_poisson_deviance"),
    }
)

#: Areas compare rows with each other; pooled, they compare the outputs of several models.
AREAS = "roc_auc"


@dataclass(frozen=True)
class Pooled:
    """A score of the rows of all folds together.

    Attributes
    ----------
    value : float
        The mean over repeats of the folds, and over seeds.
    statistic : callable
        The score of any of the rows; takes positions in ``rows``, with repeats.
    rows : ndarray of shape (n_rows,)
        Positions in the data, each once.
    strata : ndarray of shape (n_rows,)
        Class of each row as a number; 0 for a regression.
    """

    value: float
    statistic: Statistic
    rows: NDArray[np.int64]
    strata: NDArray[np.int64]


def may_be_pooled(scorer: str, sizes: Sequence[int]) -> bool:
    """Return whether folds are too small for the mean of a score over them.

    Parameters
    ----------
    scorer : str
        Name of the scorer. A score that is not scikit-learn's is never pooled.
    sizes : sequence of int
        Number of validation rows of each split.

    Examples
    --------
    >>> may_be_pooled("r2", [20, 20]), may_be_pooled("r2", [50, 50]), may_be_pooled("r2", [20])
    (True, False, False)
    >>> may_be_pooled("accuracy", [20, 20])
    False
    """
    few = len(sizes) > 1 and min(sizes) < FEW
    return few and scorer in get_scorer_names() and scorer not in _MEANS


def is_pooled(scorer: str, sizes: Sequence[int], values: Sequence[float]) -> bool:
    """Return whether a score is pooled: too few rows, and for an area a fold without one.

    Parameters
    ----------
    scorer : str
    sizes : sequence of int
        Number of validation rows of each split.
    values : sequence of float
        The score of each split; NaN where it is undefined.
    """
    undefined = any(map(math.isnan, values))
    return may_be_pooled(scorer, sizes) and (undefined or not scorer.startswith(AREAS))


def pool(
    scorer: str,
    seeds: Sequence[Sequence[Predictions]],
    values: Sequence[Sequence[float]],
    *,
    certain: bool = False,
) -> Pooled | None:
    """Return a score of the rows of all folds together.

    Parameters
    ----------
    scorer : str
        Name of a scikit-learn scorer.
    seeds : sequence of sequence of Predictions
        For each seed, the predictions for the rows of each fold.
    values : sequence of sequence of float
        For each seed, the score of each fold; NaN where it is undefined.
    certain : bool, default=False
        Whether it is known that the scores are those of scikit-learn's scorer.

    Returns
    -------
    Pooled or None
        Folds that were made several times are pooled within each time; where a row is held out a
        varying number of times, all are one pool. None where the scores of the folds are not those
        of the scorer, as of another one with its name, or it cannot be computed from predictions.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        if not certain and not all(
            _agrees(scorer, said, value)
            for parts, own in zip(seeds, values, strict=True)
            for said, value in zip(parts, own, strict=True)
        ):
            return None
        times = _times([part.rows for part in seeds[0]])
        rows = np.unique(np.concatenate([part.rows for part in seeds[0]]))
        found = [
            _of_pool(scorer, joined([parts[fold] for fold in time]), rows)
            for parts in seeds
            for time in times
        ]
        statistics = [each for each in found if each is not None]
        if len(statistics) < len(found):
            return None

        def statistic(places: NDArray[np.int64]) -> float:
            return float(np.mean([each(places) for each in statistics]))

        value = statistic(np.arange(len(rows)))
    return Pooled(value, statistic, rows, _strata(joined(seeds[0]), rows))


def _times(tests: Sequence[NDArray[np.int64]]) -> list[list[int]]:
    """Return the folds of each time that all rows were held out, or all folds as one."""
    times: list[list[int]] = [[]]
    seen: set[int] = set()
    for number, test in enumerate(tests):
        rows = set(test.tolist())
        if seen & rows:
            times.append([])
            seen = set()
        times[-1].append(number)
        seen |= rows
    held = [{row for fold in time for row in tests[fold].tolist()} for time in times]
    return times if all(each == held[0] for each in held) else [list(range(len(tests)))]


def _of_pool(scorer: str, said: Predictions, rows: NDArray[np.int64]) -> Statistic | None:
    """Return a function that scores a subset of rows, each as often as it was held out."""
    score = rescored(scorer, said)
    if score is None:
        return None
    order = np.argsort(said.rows, kind="stable")
    ends = np.searchsorted(said.rows[order], rows, side="right")
    places = np.split(order, ends[:-1])
    if len(order) == len(rows):
        return lambda drawn: score(order[drawn])
    return lambda drawn: score(np.concatenate([places[each] for each in drawn]))


def _agrees(scorer: str, said: Predictions, value: float) -> bool:
    """Return whether a fold's score is what the scorer gives."""
    if not math.isnan(value):
        return reproduced(scorer, said, value) is not None
    score = rescored(scorer, said)
    return score is None or math.isnan(score(np.arange(len(said.rows))))


def _strata(said: Predictions, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    if said.classes is None:
        return np.zeros(len(rows), dtype=np.int64)
    first = np.unique(said.rows, return_index=True)[1]
    return np.unique(said.y_true[first], return_inverse=True)[1].astype(np.int64)
