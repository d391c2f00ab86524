"""Predictions of a fitted model for validation or test rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.utils.multiclass import type_of_target

from tunekit.core.predictions import Predictions
from tunekit.evaluation.float64 import in_float64, targets_in_float64
from tunekit.evaluation.positive_label import ordered_labels
from tunekit.evaluation.splits import has_classes

#: Scorers that use the decision function if there is one.
_RANKING = frozenset({"average_precision", "roc_auc"})

_TWO = 2  # classes


def predict(
    estimator: Any, X: Any, y: Any, *, scorers: Collection[str] = (), positive: Any = None
) -> Predictions:
    """Return the predictions of a fitted estimator.

    Parameters
    ----------
    estimator : estimator
        Fitted estimator.
    X : array-like of shape (n_samples, ...)
    y : array-like of shape (n_samples,)
    scorers : collection of str, default=()
        Names of scorers. The decision function is computed only if one of them uses it.
    positive : label or None, default=None
        The positive one of two labels; None means the larger one.

    Returns
    -------
    Predictions
    """
    rows = np.arange(len(np.asarray(y)))
    one_label = has_classes(estimator, y)
    classes = getattr(estimator, "classes_", None) if one_label else None
    return described(
        estimator,
        X,
        y,
        y_pred=np.asarray(in_float64(estimator).predict(X)),
        rows=rows,
        fold=0,
        classes=None if classes is None else _ordered(np.asarray(classes), positive),
        scorers=scorers,
    )


def described(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    y_pred: NDArray[Any],
    rows: NDArray[np.int64],
    fold: int,
    classes: NDArray[Any] | None,
    scorers: Collection[str],
) -> Predictions:
    """Add scores and positions to the predicted labels or values of a fitted estimator.

    Parameters
    ----------
    estimator : estimator
        Fitted estimator.
    X : array-like of shape (n_samples, ...)
    y : array-like of shape (n_samples,)
    y_pred : ndarray of shape (n_samples,)
    rows : ndarray of shape (n_samples,)
        Positions of the rows in the data.
    fold : int
        The split, from 0.
    classes : ndarray of shape (n_classes,) or None
        All labels of the data, from :func:`classes_of`; None for a regression.
    scorers : collection of str
        As for :func:`predict`.
    """
    return Predictions(
        rows=rows,
        fold=np.full(len(rows), fold),
        y_true=column(targets_in_float64(estimator, y)),
        y_pred=y_pred,
        y_score=(
            _label_probabilities(estimator, X, y)
            if classes is None
            else probabilities(estimator, X, classes)
        ),
        classes=classes,
        decision=None if _RANKING.isdisjoint(scorers) else _decision(estimator, X, classes),
    )


def joined(parts: Sequence[Predictions], folds: Sequence[int] | None = None) -> Predictions:
    """Concatenate the predictions for several folds.

    Parameters
    ----------
    parts : sequence of Predictions
    folds : sequence of int or None, default=None
        The split of each part; None keeps those of the parts.
    """
    numbers = [part.fold for part in parts]
    if folds is not None:
        numbers = [np.full(len(part.rows), n) for part, n in zip(parts, folds, strict=True)]
    scores = [part.y_score for part in parts if part.y_score is not None]
    decisions = [part.decision for part in parts if part.decision is not None]
    return Predictions(
        rows=np.concatenate([part.rows for part in parts]),
        fold=np.concatenate(numbers),
        y_true=np.concatenate([part.y_true for part in parts]),
        y_pred=np.concatenate([part.y_pred for part in parts]),
        y_score=np.concatenate(scores) if len(scores) == len(parts) else None,
        classes=parts[0].classes,
        decision=np.concatenate(decisions) if len(decisions) == len(parts) else None,
    )


def classes_of(estimator: Any, y: Any, positive: Any = None) -> NDArray[Any] | None:
    """Return the labels; None for multilabel targets and for a regression.

    They are sorted, except that the positive one of two labels is last if it is given.
    """
    one_label = has_classes(estimator, y)
    return _ordered(np.unique(np.asarray(y)), positive) if one_label else None


def _ordered(labels: NDArray[Any], positive: Any) -> NDArray[Any]:
    ordered = ordered_labels(labels, positive) if len(labels) == _TWO else None
    return labels if ordered is None else ordered


def probabilities(
    estimator: Any, X: Any, classes: NDArray[Any] | None
) -> NDArray[np.float64] | None:
    """Return probabilities with one column per class, 0 if training rows have no such class."""
    if classes is None or not hasattr(estimator, "predict_proba"):
        return None
    predicted = np.asarray(in_float64(estimator).predict_proba(X), dtype=np.float64)
    full = np.zeros((len(predicted), len(classes)))
    order = np.argsort(classes)
    full[:, order[np.searchsorted(classes, estimator.classes_, sorter=order)]] = predicted
    return full


def _label_probabilities(estimator: Any, X: Any, y: Any) -> NDArray[np.float64] | None:
    """Return the probability of each label of multilabel targets; None for other targets.

    An estimator of scikit-learn returns one column per label, or for each label one column per
    class: 0 and 1, or only one of them if the training rows have no other.
    """
    if not is_classifier(estimator) or type_of_target(y) != "multilabel-indicator":
        return None
    if not hasattr(estimator, "predict_proba"):
        return None
    predicted = in_float64(estimator).predict_proba(X)
    if isinstance(predicted, list):
        parts = zip(predicted, estimator.classes_, strict=True)
        predicted = np.column_stack([_of_ones(part, classes) for part, classes in parts])
    probability = np.asarray(predicted, dtype=np.float64)
    return probability if probability.shape == np.shape(y) else None


def _of_ones(probability: Any, classes: NDArray[Any]) -> NDArray[np.float64]:
    """Return the probability of class 1; 0 for a label that no training row has."""
    of_one = np.asarray(probability, dtype=np.float64)[:, np.asarray(classes) == 1]
    return of_one[:, 0] if of_one.shape[1] else np.zeros(len(of_one))


def _decision(estimator: Any, X: Any, classes: NDArray[Any] | None) -> NDArray[np.float64] | None:
    """Return the decision function; None unless there are two classes, both seen in training."""
    if classes is None or len(classes) != _TWO or not hasattr(estimator, "decision_function"):
        return None
    learned = np.asarray(getattr(estimator, "classes_", ()))
    if not np.array_equal(learned, np.sort(classes)):
        return None
    values = np.asarray(in_float64(estimator).decision_function(X), dtype=np.float64)
    if values.ndim != 1:
        return None
    return values if learned[1] == classes[1] else -values


def column(y: Any) -> NDArray[Any]:
    """Return the targets as one dimension if they have a single column."""
    target = np.asarray(y)
    return target[:, 0] if target.ndim > 1 and target.shape[1] == 1 else target
