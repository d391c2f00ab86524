"""How much each row counts in training."""

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
    """What weights are divided by, so that the learning rate means the same for all of them.

    Later rows are divided by the scale of the first ones: with a scale of their own, their
    weights relative to the first rows would be lost.

    Attributes
    ----------
    learned, measured : float
        Of the weights in training, and of those in what is measured; above 0.
    """

    learned: float = 1.0
    measured: float = 1.0


@dataclass(frozen=True)
class Weights:
    """How much each row counts.

    Attributes
    ----------
    learned : ndarray of shape (n_samples,)
        In training: the weights given, times those of the classes.
    measured : ndarray of shape (n_samples,)
        In measured losses: the given weights only.
    scale : Scale
        What they were divided by.
    """

    learned: NDArray[np.float64]
    measured: NDArray[np.float64]
    scale: Scale

    def column(self) -> NDArray[np.float64] | None:
        """Return the weights as :class:`tunekit.models.training.programs.Arrays` holds them.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, 2), or None
            None where every row has the weight 1; two columns where rows count differently in
            training and in measuring.
        """
        if not np.array_equal(self.learned, self.measured):
            return np.column_stack([self.learned, self.measured])
        return None if (self.learned == 1).all() else self.learned

    def take(self, rows: NDArray[np.bool_]) -> Weights:
        """Return the weights of some rows."""
        return Weights(self.learned[rows], self.measured[rows], self.scale)


def weigh(
    given: Any, of_targets: NDArray[np.float64] | None, X: Any, *, scale: Scale | None
) -> Weights:
    """Return the weight of each row.

    Parameters
    ----------
    given : array-like of shape (n_samples,), a number or None
        What the user gave, 0 or more.
    of_targets : ndarray of shape (n_samples,) or None
        Weights that follow from the targets, such as those of classes.
    X : array-like or sparse matrix of shape (n_samples, ...)
    scale : Scale or None
        What to divide the weights by; None for their means over the rows that count, so that
        these weigh 1 on average.

    Returns
    -------
    Weights
        A row that does not count in training has the weight 0 there.

    Raises
    ------
    DataError
        When no row counts.
    """
    ones = np.ones(X.shape[0])
    own = ones
    if given is not None:
        own = _check_sample_weight(given, X, dtype=np.float64, ensure_non_negative=True)
    weight = own if of_targets is None else own * of_targets
    counted = weight > 0
    if not counted.any():
        raise DataError("sample_weight: every row has the weight 0, none is left to learn from.")
    if scale is None:
        scale = Scale(float(weight[counted].mean()), float(own[counted].mean()))
        if np.ptp(weight[counted]) == 0:  # or rounding might make them differ from 1
            weight = np.where(counted, scale.learned, 0.0)
    return Weights(weight / scale.learned, own / scale.measured, scale)


def weight_of_classes(given: Any, y: NDArray[Any]) -> NDArray[np.float64] | None:
    """Return the weight of each row by its class.

    Parameters
    ----------
    given : "balanced", mapping, sequence of mappings or None
        Weights by label, 0 or more; a label that is not there has 1. For several labels a row
        a mapping for each column.
    y : ndarray of shape (n_samples,) or (n_samples, n_labels)

    Returns
    -------
    ndarray of shape (n_samples,) or None
        None where classes have no weights.

    Raises
    ------
    DataError
        When ``given`` is something else, or has labels that ``y`` has not.
    """
    if given is None:
        return None
    if not (isinstance(given, str) and given == "balanced"):
        _check_mappings(given, y)
    try:
        weight = np.asarray(compute_sample_weight(given, y), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"class_weight={given!r}: {error}") from None
    if not (np.isfinite(weight) & (weight >= 0)).all():
        raise DataError(f"class_weight must hold weights of 0 or more, got {given!r}.")
    return weight


def _check_mappings(given: Any, y: NDArray[Any]) -> None:
    """Refuse other kinds and labels that are slips; a fold may lack a class altogether."""
    one = y.ndim == 1
    columns = [given] if one else given
    if not (
        isinstance(columns, (list, tuple)) and all(isinstance(each, Mapping) for each in columns)
    ):
        wanted = "weights by label" if one else "a list of weights by label, a column each"
        raise DataError(f"class_weight must be 'balanced' or {wanted}, got {given!r}.")
    if not one:
        return
    labels = np.unique(y).tolist()
    unknown = [label for label in given if label not in labels]
    missing = [label for label in labels if label not in given]
    if unknown and missing:
        raise DataError(
            f"class_weight has labels that y has not, {unknown}, and none for {missing}."
        )
