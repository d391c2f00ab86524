"""Predictions of a model, its learning curves, and the inputs of its worst errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: A metric's name and its value at each epoch.
Curve = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Predictions:
    """What a model said of rows that it was not trained on.

    Attributes
    ----------
    rows : ndarray of shape (n_rows,)
        Positions in the data that the model was judged on.
    fold : ndarray of shape (n_rows,)
        The split (from 0) in which each row was held out.
    y_true : ndarray of shape (n_rows,)
        Targets.
    y_pred : ndarray of shape (n_rows,)
        Predicted labels or values.
    y_score : ndarray of shape (n_rows, n_classes) or None
        Probability of each class (0 to 1), in the order of ``classes``; None where the
        estimator gives none.
    classes : ndarray of shape (n_classes,) or None
        Labels; None for a regression.
    decision : ndarray of shape (n_rows,) or None
        Value of the decision function, of two classes, larger for the second; None where the
        estimator has none. Areas under curves are measured with it.
    """

    rows: NDArray[np.int64]
    fold: NDArray[np.int64]
    y_true: NDArray[Any]
    y_pred: NDArray[Any]
    y_score: NDArray[np.float64] | None
    classes: NDArray[Any] | None
    decision: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Mistakes:
    """The inputs of the rows that a model was most wrong about, the worst first.

    Attributes
    ----------
    rows : ndarray of shape (n_rows,)
        Positions in the data that the model was judged on, as in :class:`Predictions`.
    inputs : ndarray of shape (n_rows, ...) or None
        Numbers, or texts where they are no numbers; None where they were not kept.
    columns : tuple of str
        Names of the columns of a table; empty where it gives none.
    stride : int
        1, or of large images every so many rows and columns.
    reason : str
        Why inputs were not kept; empty where they were.
    """

    rows: NDArray[np.int64]
    inputs: NDArray[Any] | None
    columns: tuple[str, ...] = ()
    stride: int = 1
    reason: str = ""
