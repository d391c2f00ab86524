"""Inference for one or two models that were evaluated once on the same rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from tunekit.comparison.inference_methods import Method, method_on_rows
from tunekit.core.predictions import Predictions
from tunekit.statistics.bootstrap import (
    Resamples,
    Statistic,
    bootstrap_interval,
    resample,
)
from tunekit.statistics.estimates import Difference, Interval
from tunekit.statistics.proportions import wilson
from tunekit.statistics.roc_auc import auc_interval, delong

_NAN = float("nan")


def interval_on_rows(
    method: Method, predictions: Predictions, resamples: Callable[[], Resamples], level: float
) -> Interval:
    """Return a score with its interval: Wilson's, DeLong's, or a bootstrap interval.

    Parameters
    ----------
    method : Method
        From :func:`tunekit.comparison.inference_methods.method_on_rows`.
    predictions : Predictions
    resamples : callable
        Returns bootstrap samples of the score; called only for a bootstrap interval.
    level : float
    """
    if method is Method.MCNEMAR:
        return wilson(int(is_correct(predictions).sum()), len(predictions.y_true), level)
    if method is Method.DELONG and (parts := binary(predictions)) is not None:
        return auc_interval(*parts, level)
    if method in (Method.DELONG, Method.PAIRED_BOOTSTRAP):  # no ROC curve of two classes
        return bootstrap_interval(resamples(), level)
    raise NotImplementedError(f"there is no interval on rows for {method}")


def difference_of_areas(
    truth: NDArray[np.bool_],
    scores: tuple[NDArray[np.float64], NDArray[np.float64]],
    rope: float,
    level: float,
) -> Difference:
    """Return the difference of two areas under ROC curves with DeLong's interval and test.

    Parameters
    ----------
    truth : ndarray of shape (n_rows,)
        Whether a row belongs to the positive class.
    scores : (ndarray, ndarray)
        Scores of both models for each row.
    rope : float
        Half the width of the region of practical equivalence.
    level : float
    """
    value, error, p_value = delong(truth, *scores)
    name = "DeLong's test"
    if not error > 0:
        note = "DeLong's variance is 0 or unknown"
        return Difference(value, _NAN, _NAN, p_value, _NAN, _NAN, _NAN, rope, name, note)
    half_width = float(norm.ppf((1 + level) / 2)) * error
    better, worse = (float(norm.sf((rope - sign * value) / error)) for sign in (1, -1))
    same = max(0.0, 1 - better - worse)  # rounding can make it negative
    ends = (value - half_width, value + half_width)
    return Difference(value, *ends, p_value, better, same, worse, rope, name)


def strata(predictions: Predictions) -> NDArray[np.int64]:
    """Return the class of each row as an integer; 0 for all rows of a regression."""
    if predictions.classes is None:
        return np.zeros(len(predictions.y_true), dtype=np.int64)
    return np.unique(predictions.y_true, return_inverse=True)[1].astype(np.int64)


def is_correct(predictions: Predictions) -> NDArray[np.bool_]:
    """Return whether all labels of each row are predicted correctly."""
    correct: NDArray[np.bool_] = np.asarray(predictions.y_true == predictions.y_pred, dtype=bool)
    return np.asarray(correct.reshape(len(correct), -1).all(axis=1))


def binary(predictions: Predictions) -> tuple[NDArray[np.bool_], NDArray[np.float64]] | None:
    """Return whether rows belong to the second of two classes, and their scores; else None."""
    scores, classes = predictions.binary_scores, predictions.classes
    if scores is None or classes is None:
        return None
    return predictions.y_true == classes[1], scores


def rows_interval(
    scorer: str, predictions: Predictions, statistic: Statistic, level: float = 0.95
) -> Interval:
    """Return the score of one model on a single set of rows, with its interval.

    Parameters
    ----------
    scorer : str
        Name of a scikit-learn scorer.
    predictions : Predictions
    statistic : callable
        Computes the score of any subset of the rows, see
        :func:`tunekit.evaluation.rescoring.rescored`.
    level : float, default=0.95

    Returns
    -------
    Interval
        Wilson's for accuracy, DeLong's for a binary ROC AUC, and a bootstrap interval otherwise.
    """
    return interval_on_rows(
        method_on_rows(scorer),
        predictions,
        lambda: resample(statistic, strata(predictions)),
        level,
    )
