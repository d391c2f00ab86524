"""Weights of rows, from ``sample_weight`` and ``class_weight``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import _check_sample_weight

from tunekit.exceptions import DataError


@dataclass(frozen=True)
class Scale:
    """Divisors of the weights, so that the learning rate has the same effect for any scale.

    Rows of later fits are divided by the scale of the first fit. A new scale would change their
    weight relative to the first rows.

    Attributes
    ----------
    learned, measured : float
        Divisors of the training weights and of the evaluation weights; above 0. Saved estimators
        contain these names.
    """

    learned: float = 1.0
    measured: float = 1.0


@dataclass(frozen=True)
class RowWeights:
    """Scaled weights of rows.

    Attributes
    ----------
    training : ndarray of shape (n_samples,)
        Training weights: sample weights times class weights.
    evaluation : ndarray of shape (n_samples,)
        Evaluation weights, for losses and metrics: sample weights only.
    scale : Scale
        Divisors that were applied.
    """

    training: NDArray[np.float64]
    evaluation: NDArray[np.float64]
    scale: Scale

    def column(self) -> NDArray[np.float64] | None:
        """Return the weights as :class:`tunekit.models.training.programs.Arrays` stores them.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, 2), or None
            None if every row has weight 1; two columns if training and evaluation weights differ.
        """
        if not np.array_equal(self.training, self.evaluation):
            return np.column_stack([self.training, self.evaluation])
        return None if (self.training == 1).all() else self.training

    def take(self, rows: NDArray[np.bool_]) -> RowWeights:
        """Return the weights of the selected rows."""
        return RowWeights(self.training[rows], self.evaluation[rows], self.scale)


def row_weights(
    sample_weight: Any, target_weights: NDArray[np.float64] | None, X: Any, *, scale: Scale | None
) -> RowWeights:
    """Return the weight of each row.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), a number or None
        Weights from the user, 0 or more.
    target_weights : ndarray of shape (n_samples,) or None
        Weights that the targets imply, such as class weights.
    X : array-like or sparse matrix of shape (n_samples, ...)
    scale : Scale or None
        Divisors; None for the means over the rows with positive weight, so that these have weight
        1 on average.

    Returns
    -------
    RowWeights

    Raises
    ------
    DataError
        When every row has weight 0.
    """
    ones = np.ones(X.shape[0])
    evaluation = ones
    if sample_weight is not None:
        evaluation = _check_sample_weight(
            sample_weight, X, dtype=np.float64, ensure_non_negative=True
        )
    weight = evaluation if target_weights is None else evaluation * target_weights
    positive = weight > 0
    if not positive.any():
        raise DataError("sample_weight: every row has weight 0, so there is nothing to train on.")
    if scale is None:
        scale = Scale(float(weight[positive].mean()), float(evaluation[positive].mean()))
        if np.ptp(weight[positive]) == 0:  # rounding could make equal weights differ from 1
            weight = np.where(positive, scale.learned, 0.0)
    return RowWeights(weight / scale.learned, evaluation / scale.measured, scale)


# See findings/keras-class-weight-of-several-labels-weighs-rows.sh.
def class_weights(class_weight: Any, y: NDArray[Any]) -> NDArray[np.float64] | None:
    """Return the weight of each row by its class.

    Parameters
    ----------
    class_weight : "balanced", mapping, sequence of mappings or None
        Weights by label, 0 or more; missing labels have weight 1. For multilabel targets, one
        mapping per column.
    y : ndarray of shape (n_samples,) or (n_samples, n_labels)

    Returns
    -------
    ndarray of shape (n_samples,) or None
        None if classes have no weights.

    Raises
    ------
    DataError
        When ``class_weight`` has another type, or labels that do not occur in ``y``.
    """
    if class_weight is None:
        return None
    if not (isinstance(class_weight, str) and class_weight == "balanced"):
        _check_mappings(class_weight, y)
    try:
        weight = np.asarray(compute_sample_weight(class_weight, y), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"class_weight={class_weight!r}: {error}") from None
    if not (np.isfinite(weight) & (weight >= 0)).all():
        raise DataError(f"class_weight must contain weights of 0 or more, got {class_weight!r}.")
    return weight


def _check_mappings(class_weight: Any, y: NDArray[Any]) -> None:
    """Reject other types and mistyped labels. Missing labels are allowed: a fold may lack a class.

    A label is taken for mistyped if ``y`` lacks it and another label of ``y`` has no weight.
    """
    single = y.ndim == 1
    columns = [class_weight] if single else class_weight
    if not (
        isinstance(columns, (list, tuple)) and all(isinstance(each, Mapping) for each in columns)
    ):
        expected = (
            "a dict of weights by label" if single else "a list of such dicts, one per column"
        )
        raise DataError(f"class_weight must be 'balanced' or {expected}, got {class_weight!r}.")
    if not single:
        return
    labels = np.unique(y).tolist()
    unknown = [label for label in class_weight if label not in labels]
    missing = [label for label in labels if label not in class_weight]
    if unknown and missing:
        raise DataError(
            f"class_weight contains labels that do not occur in y, {unknown}, and no weights for "
            f"{missing}."
        )
