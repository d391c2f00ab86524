"""Scores that are not means over rows, pooled over the rows of all folds."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import get_scorer_names

from tunekit.core.predictions import Predictions
from tunekit.evaluation.objectives import Objective
from tunekit.evaluation.predict import joined
from tunekit.evaluation.rescoring import reproduced, rescored
from tunekit.evaluation.splits import Split
from tunekit.statistics.bootstrap import Statistic

#: Rows of a fold below which scores are pooled, see docs/decisions/0014.
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

#: Prefix of areas, which compare rows; pooled, they compare outputs of different models.
AREAS = "roc_auc"


@dataclass(frozen=True)
class Pooled:
    """A score of the rows of all folds together.

    Attributes
    ----------
    value : float
        Mean over repetitions of the folds, and over seeds.
    statistic : callable
        Takes positions in ``rows``, with repeats, and returns the score of these rows.
    rows : ndarray of shape (n_rows,)
        Positions in the data, each once.
    strata : ndarray of shape (n_rows,)
        Class of each row as a number; 0 for a regression.
    """

    value: float
    statistic: Statistic
    rows: NDArray[np.int64]
    strata: NDArray[np.int64]


# See findings/sklearn-mean-r2-of-small-folds-is-far-too-low.sh.
def may_be_pooled(scorer: str, sizes: Sequence[int]) -> bool:
    """Return whether folds are too small to average a score over them.

    Parameters
    ----------
    scorer : str
        Name of the scorer. A score that is not one of scikit-learn is never pooled.
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


def names_to_pool(objectives: Iterable[Objective], splits: Iterable[Split]) -> list[str]:
    """Return the names of the objectives for whose averages the folds may be too small.

    Parameters
    ----------
    objectives : iterable of Objective
    splits : iterable of (ndarray, ndarray)
    """
    sizes = [len(test) for _, test in splits]
    return [each.name for each in objectives if may_be_pooled(each.known_as, sizes)]


def is_pooled(scorer: str, sizes: Sequence[int], values: Sequence[float]) -> bool:
    """Return whether a score is pooled: folds are too small and, for an area, one is undefined.

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
        Whether the scores are known to be those of scikit-learn's scorer.

    Returns
    -------
    Pooled or None
        Repeated folds are pooled within each repetition. If the number of folds that validate on
        a row varies, all folds are one pool. None if the scores of the folds are not those of the
        scorer, such as a custom one with its name, or cannot be computed from predictions.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        if not certain and not all(
            _agrees(scorer, predictions, value)
            for parts, fold_values in zip(seeds, values, strict=True)
            for predictions, value in zip(parts, fold_values, strict=True)
        ):
            return None
        repetitions = _repetitions([part.rows for part in seeds[0]])
        rows = np.unique(np.concatenate([part.rows for part in seeds[0]]))
        candidates = [
            _of_pool(scorer, joined([parts[fold] for fold in folds]), rows)
            for parts in seeds
            for folds in repetitions
        ]
        statistics = [each for each in candidates if each is not None]
        if len(statistics) < len(candidates):
            return None

        def statistic(places: NDArray[np.int64]) -> float:
            return float(np.mean([each(places) for each in statistics]))

        value = statistic(np.arange(len(rows)))
    return Pooled(value, statistic, rows, _strata(joined(seeds[0]), rows))


def _repetitions(tests: Sequence[NDArray[np.int64]]) -> list[list[int]]:
    """Return the folds of each repetition; all folds as one if repetitions differ in their rows."""
    repetitions: list[list[int]] = [[]]
    seen: set[int] = set()
    for number, test in enumerate(tests):
        rows = set(test.tolist())
        if seen & rows:
            repetitions.append([])
            seen = set()
        repetitions[-1].append(number)
        seen |= rows
    covered = [{row for fold in folds for row in tests[fold].tolist()} for folds in repetitions]
    return repetitions if all(each == covered[0] for each in covered) else [list(range(len(tests)))]


def _of_pool(scorer: str, predictions: Predictions, rows: NDArray[np.int64]) -> Statistic | None:
    """Return a function that scores a subset of rows, with all predictions for each row."""
    score = rescored(scorer, predictions)
    if score is None:
        return None
    order = np.argsort(predictions.rows, kind="stable")
    ends = np.searchsorted(predictions.rows[order], rows, side="right")
    positions = np.split(order, ends[:-1])
    if len(order) == len(rows):
        return lambda drawn: score(order[drawn])
    return lambda drawn: score(np.concatenate([positions[each] for each in drawn]))


def _agrees(scorer: str, predictions: Predictions, value: float) -> bool:
    """Return whether the scorer reproduces the score of a fold."""
    if not math.isnan(value):
        return reproduced(scorer, predictions, value) is not None
    score = rescored(scorer, predictions)
    return score is None or math.isnan(score(np.arange(len(predictions.rows))))


def _strata(predictions: Predictions, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    if predictions.classes is None:
        return np.zeros(len(rows), dtype=np.int64)
    first = np.unique(predictions.rows, return_index=True)[1]
    return np.unique(predictions.y_true[first], return_inverse=True)[1].astype(np.int64)
