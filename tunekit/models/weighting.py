"""How much each row counts in training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import _check_sample_weight

from tunekit.exceptions import DataError


def total_weight(
    given: Any, of_targets: NDArray[np.float64] | None, X: Any
) -> NDArray[np.float64] | None:
    """Return the weight of each row, 1 on average over those that count.

    Parameters
    ----------
    given : array-like of shape (n_samples,), a number or None
        What the user gave, 0 or more.
    of_targets : ndarray of shape (n_samples,) or None
        Weights that follow from the targets, such as those of classes.
    X : array-like or sparse matrix of shape (n_samples, ...)

    Returns
    -------
    ndarray of shape (n_samples,) or None
        None where all rows count the same.

    Raises
    ------
    DataError
        When no row counts.
    """
    weight = of_targets
    if given is not None:
        own = _check_sample_weight(given, X, dtype=np.float64, ensure_non_negative=True)
        weight = own if weight is None else own * weight
    if weight is None:
        return None
    counted = weight[weight > 0]
    if not len(counted):
        raise DataError("sample_weight: every row has the weight 0, none is left to learn from.")
    weight = weight / counted.mean()
    return None if np.ptp(weight) == 0 else weight


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
