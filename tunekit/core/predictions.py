"""Frozen records of the predictions of a model and of the inputs of its worst errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Metric names, each with one value per epoch.
Curve = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Predictions:
    """Predictions of a model for validation or test rows.

    Attributes
    ----------
    rows : ndarray of shape (n_rows,)
        Positions in the data that the model was evaluated on.
    fold : ndarray of shape (n_rows,)
        The split (from 0) in which each row was a validation row.
    y_true : ndarray of shape (n_rows,) or (n_rows, n_outputs)
        Targets.
    y_pred : ndarray of shape (n_rows,) or (n_rows, n_outputs)
        Predicted labels or values.
    y_score : ndarray of shape (n_rows, n_classes) or None
        Probability of each class (0 to 1), in the order of ``classes``; for multilabel targets,
        of each label. None if the estimator predicts none.
    classes : ndarray of shape (n_classes,) or None
        Labels; None for a regression and for multilabel targets. The positive one of two labels
        is last.
    decision : ndarray of shape (n_rows,) or None
        Value of the decision function for two classes, larger for the second; None if the
        estimator has none. Areas under curves are computed from it.
    """

    rows: NDArray[np.int64]
    fold: NDArray[np.int64]
    y_true: NDArray[Any]
    y_pred: NDArray[Any]
    y_score: NDArray[np.float64] | None
    classes: NDArray[Any] | None
    decision: NDArray[np.float64] | None = None

    @property
    def binary_scores(self) -> NDArray[np.float64] | None:
        """Scores of two classes, larger for the second: decisions, else probabilities.

        scikit-learn's scorers prefer them in this order. None for a regression, for another number
        of classes, and if the estimator has neither.
        """
        if self.classes is None or len(self.classes) != 2:  # noqa: PLR2004 - two classes
            return None
        if self.decision is not None:
            return self.decision
        return None if self.y_score is None else self.y_score[:, 1]


@dataclass(frozen=True)
class Mistakes:
    """Inputs of the rows with the worst errors of a model, the worst first.

    Attributes
    ----------
    rows : ndarray of shape (n_rows,)
        Positions in the data that the model was evaluated on, as in :class:`Predictions`.
    inputs : ndarray of shape (n_rows, ...) or None
        Numbers, or strings for other values; None if they were not stored.
    columns : tuple of str
        Column names of a table; empty if it has none.
    stride : int
        Step between the stored rows and columns of large images; 1 stores all of them.
    reason : str
        Why inputs were not stored; empty if they were.
    """

    rows: NDArray[np.int64]
    inputs: NDArray[Any] | None
    columns: tuple[str, ...] = ()
    stride: int = 1
    reason: str = ""
