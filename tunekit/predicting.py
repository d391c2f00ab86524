"""Predictions of a fitted model for held-out rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunekit.precision import in_float64, targets_in_float64
from tunekit.records import Predictions
from tunekit.splits import has_classes


def predict(estimator: Any, X: Any, y: Any) -> Predictions:
    """Return the predictions of a fitted estimator for held-out rows.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    X : array-like of shape (n_samples, ...)
    y : array-like of shape (n_samples,)

    Returns
    -------
    Predictions
    """
    rows = np.arange(len(np.asarray(y)))
    one_label = classes_of(estimator, y) is not None
    classes = getattr(estimator, "classes_", None) if one_label else None
    return Predictions(
        rows=rows,
        fold=np.zeros_like(rows),
        y_true=column(targets_in_float64(estimator, y)),
        y_pred=np.asarray(in_float64(estimator).predict(X)),
        y_score=probabilities(estimator, X, classes),
        classes=None if classes is None else np.asarray(classes),
    )


def classes_of(estimator: Any, y: Any) -> NDArray[Any] | None:
    """Return the labels in order; None where a row has several, and for a regression."""
    one_label = has_classes(estimator, y)
    return np.unique(np.asarray(y)) if one_label else None


def probabilities(
    estimator: Any, X: Any, classes: NDArray[Any] | None
) -> NDArray[np.float64] | None:
    """Return probabilities with one column for each class, 0 for one that training never saw."""
    if classes is None or not hasattr(estimator, "predict_proba"):
        return None
    given = np.asarray(in_float64(estimator).predict_proba(X), dtype=np.float64)
    full = np.zeros((len(given), len(classes)))
    full[:, np.searchsorted(classes, estimator.classes_)] = given
    return full


def column(y: Any) -> NDArray[Any]:
    """Return the targets, without a second dimension that holds one column."""
    target = np.asarray(y)
    return target[:, 0] if target.ndim > 1 and target.shape[1] == 1 else target
