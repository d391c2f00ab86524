"""Scores recomputed from stored predictions, for any subset of the rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer_names
from sklearn.utils.metaestimators import available_if

from tunekit.core.predictions import Predictions
from tunekit.evaluation.class_scores import class_score, label_score
from tunekit.evaluation.objectives import COSTS
from tunekit.evaluation.positive_label import scorer_of_labels
from tunekit.statistics.bootstrap import Statistic, row_mean
from tunekit.statistics.estimates import Interval

#: Regression scorers that are a mean over rows, with the value of each row.
_BY_ROW = {
    "neg_mean_absolute_error": lambda y_true, y_pred: -np.abs(y_true - y_pred),
    "neg_mean_squared_error": lambda y_true, y_pred: -((y_true - y_pred) ** 2),
}


def _r2(y_true: NDArray[Any], y_pred: NDArray[Any]) -> float:
    if len(y_true) < 2:  # noqa: PLR2004 - one row has no variance
        return math.nan
    residual, total = np.sum((y_true - y_pred) ** 2), np.sum((y_true - y_true.mean()) ** 2)
    if total == 0:
        return float(residual == 0)
    return float(1 - residual / total)


def _negative_root(y_true: NDArray[Any], y_pred: NDArray[Any]) -> float:
    return float(-np.sqrt(np.mean((y_true - y_pred) ** 2)))


#: Regression scorers of all rows together: 10 µs for 30 rows; scikit-learn's R² takes 290 µs.
_OF_ROWS: dict[str, Callable[[NDArray[Any], NDArray[Any]], float]] = {
    "r2": _r2,
    "neg_root_mean_squared_error": _negative_root,
}

#: Prefixes of the names of scorers that range from 0 to 1.
_ZERO_TO_ONE = (
    *("accuracy", "average_precision", "balanced_accuracy", "f1", "jaccard", "precision"),
    *("recall", "roc_auc", "top_k_accuracy"),
)

_ROUNDING = 1e-4  # largest relative difference of a recomputed score
_ROUNDING_OF_RATIO = 1e-6  # largest absolute one, for scores without a unit that may be near 0

_UNBOUNDED = ("mutual_info_score", "positive_likelihood_ratio")


def bounds(scorer: str) -> tuple[float, float]:
    """Return the smallest and the largest value that a scorer can have.

    Examples
    --------
    >>> bounds("accuracy"), bounds("r2"), bounds("neg_log_loss"), bounds("mine")
    ((0.0, 1.0), (-inf, 1.0), (-inf, 0.0), (-inf, inf))
    >>> bounds("fit_time")
    (0.0, inf)
    """
    if scorer in COSTS:
        return 0.0, np.inf
    if scorer not in get_scorer_names():
        return -np.inf, np.inf
    if scorer.startswith("neg_"):
        return -np.inf, 0.0
    least = 0.0 if scorer.startswith((*_ZERO_TO_ONE, *_UNBOUNDED)) else -np.inf
    return least, np.inf if scorer in _UNBOUNDED else 1.0


def within_bounds(interval: Interval, scorer: str) -> Interval:
    """Clip a symmetric interval to the possible values of a score."""
    low, high = bounds(scorer)
    if not low <= interval.value <= high:  # a custom scorer has this name
        return interval
    return replace(
        interval,
        low=float(np.maximum(interval.low, low)),
        high=float(np.minimum(interval.high, high)),
    )


def rescored(scorer: str, predictions: Predictions) -> Statistic | None:
    """Return a function that computes a score of any of the predicted rows.

    Parameters
    ----------
    scorer : str
        Name of a scikit-learn scorer.
    predictions : Predictions

    Returns
    -------
    callable or None
        Takes positions among the predictions, with repeats, and returns the score; None if the
        scorer is not one of scikit-learn, or needs outputs that the model does not have.

    Examples
    --------
    >>> y, y_pred = np.array([0, 1, 1, 1]), np.array([0, 1, 1, 0])
    >>> predictions = Predictions(np.arange(4), np.zeros(4), y, y_pred, None, np.arange(2))
    >>> rescored("accuracy", predictions)(np.array([0, 3]))
    0.5
    """
    if predictions.y_true.ndim == predictions.y_pred.ndim == 1:
        if statistic := class_score(scorer, predictions):
            return statistic
        if scorer in _BY_ROW or scorer in _OF_ROWS:
            return _of_numbers(scorer, predictions)
    elif (
        predictions.classes is None
        and predictions.y_true.shape == predictions.y_pred.shape
        and (statistic := label_score(scorer, predictions))
    ):
        return statistic
    if scorer not in get_scorer_names():
        return None
    score, model = scorer_of_labels(scorer, predictions.classes), recorded_model(predictions)

    def of_scorer(rows: NDArray[np.int64]) -> float:
        return float(score(model, rows, predictions.y_true[rows]))

    try:
        of_scorer(np.arange(len(predictions.y_true)))
    except (AttributeError, TypeError, ValueError):
        return None
    return of_scorer


def reproduced(scorer: str, predictions: Predictions, measured: float) -> Statistic | None:
    """Return :func:`rescored` if it reproduces the measured score; otherwise None.

    A custom scorer may have the name of one of scikit-learn.

    Parameters
    ----------
    scorer : str
        Name of a scikit-learn scorer. Errors (``neg_...``) may have the unit of the targets, so
        they are compared with a relative tolerance only.
    predictions : Predictions
    measured : float

    Examples
    --------
    >>> y = np.array([1e-4, 2e-4])
    >>> predictions = Predictions(np.arange(2), np.zeros(2), y, y[::-1], None, None)
    >>> reproduced("neg_mean_squared_error", predictions, -1e-8) is None
    False
    >>> reproduced("neg_mean_squared_error", predictions, -2e-8) is None
    True
    """
    statistic = rescored(scorer, predictions)
    if statistic is None:
        return None
    again = statistic(np.arange(len(predictions.rows)))
    absolute = 0.0 if scorer.startswith("neg_") else _ROUNDING_OF_RATIO
    matches = math.isclose(again, measured, rel_tol=_ROUNDING, abs_tol=absolute)
    return statistic if matches else None


def _of_numbers(scorer: str, predictions: Predictions) -> Statistic | None:
    """Return a function that computes an error or R²; None if the targets are not numbers."""
    try:  # labels may be booleans, which cannot be subtracted, or unsigned integers
        y_true, y_pred = (each.astype(float) for each in (predictions.y_true, predictions.y_pred))
    except (TypeError, ValueError):
        return None
    if scorer in _BY_ROW:
        return row_mean(_BY_ROW[scorer](y_true, y_pred))
    of_rows = _OF_ROWS[scorer]
    return lambda rows: of_rows(y_true[rows], y_pred[rows])


def recorded_model(predictions: Predictions) -> Any:
    """Return an estimator whose inputs are positions among the predictions, which it returns."""
    if predictions.classes is None:
        return _Regressor(predictions)
    return _Classifier(_sorted_classes(predictions))


def _sorted_classes(predictions: Predictions) -> Predictions:
    """Return predictions with sorted classes, as scikit-learn's scorers assume."""
    classes, scores, decision = predictions.classes, predictions.y_score, predictions.decision
    assert classes is not None  # noqa: S101 - for the type checker
    order = np.argsort(classes)
    if (order == np.arange(len(classes))).all():
        return predictions
    return replace(
        predictions,
        classes=classes[order],
        y_score=None if scores is None else scores[:, order],
        decision=None if decision is None else -decision,
    )


class _Regressor(RegressorMixin, BaseEstimator):
    """Returns the recorded predictions of a regressor; its inputs are row positions."""

    def __init__(self, predictions: Predictions) -> None:
        self.predictions = predictions

    def predict(self, X: NDArray[np.int64]) -> NDArray[Any]:
        return self.predictions.y_pred[X]


def _has(field: str) -> Callable[[Any], bool]:
    return lambda classifier: getattr(classifier.predictions, field) is not None


class _Classifier(ClassifierMixin, BaseEstimator):
    """Returns the recorded predictions of a classifier; its inputs are row positions."""

    def __init__(self, predictions: Predictions) -> None:
        self.predictions = predictions

    @property
    def classes_(self) -> NDArray[Any] | None:
        return self.predictions.classes

    def predict(self, X: NDArray[np.int64]) -> NDArray[Any]:
        return self.predictions.y_pred[X]

    @available_if(_has("y_score"))
    def predict_proba(self, X: NDArray[np.int64]) -> NDArray[np.float64]:
        assert self.predictions.y_score is not None  # noqa: S101 - checked by available_if
        return self.predictions.y_score[X]

    @available_if(_has("decision"))
    def decision_function(self, X: NDArray[np.int64]) -> NDArray[np.float64]:
        assert self.predictions.decision is not None  # noqa: S101 - checked by available_if
        return self.predictions.decision[X]
