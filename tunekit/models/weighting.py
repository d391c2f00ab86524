"""How much each row counts in training."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
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
