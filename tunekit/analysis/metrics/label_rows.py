"""Rows with several labels each (multilabel targets), and their labels as sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tunekit.analysis.labels import readable_names
from tunekit.analysis.metrics.rows import Noun, ScoredRows, Undefined
from tunekit.core.predictions import Predictions
from tunekit.statistics.roc_auc import Ends, label_macro_interval


@dataclass(frozen=True, kw_only=True)
class LabelRows(ScoredRows):
    """Rows with any number of labels each; ``names`` are those of the labels.

    Attributes
    ----------
    true, predicted : ndarray of bool of shape (n_rows, n_labels)
        Whether each row has each label.
    """

    true: NDArray[np.bool_]
    predicted: NDArray[np.bool_]
    noun: ClassVar[Noun] = "label"

    @property
    def n_columns(self) -> int:
        """Number of labels."""
        return len(self.names)

    @property
    def shown(self) -> list[int]:
        """All labels."""
        return list(range(self.n_columns))

    def truth(self, column: int) -> NDArray[np.bool_]:
        """Return which rows have a label."""
        return self.true[:, column]

    def name(self, column: int) -> str:
        """Return the name of a label."""
        return self.names[column]

    def macro_interval(self, columns: list[int], level: float) -> Ends:
        """Return the interval of the mean area of several labels."""
        return label_macro_interval(self.true[:, columns], self.scores[:, columns], level)


def label_rows(predictions: Predictions, names: Sequence[str]) -> LabelRows | Undefined:
    """Return the rows of a classification with several labels per row.

    Parameters
    ----------
    predictions : Predictions
        ``y_true`` and ``y_pred`` have one column of 0 and 1 per label.
    names : sequence of str
        Names of the labels.
    """
    true, predicted = (np.asarray(each) for each in (predictions.y_true, predictions.y_pred))
    if not len(true):
        return Undefined("no rows were evaluated")
    if not all(np.isin(each, (0, 1)).all() for each in (true, predicted)):
        return Undefined("each row has several targets, which are not labels of 0 and 1")
    scores = predictions.y_score
    return LabelRows(
        names=readable_names(names),
        true=true.astype(bool),
        predicted=predicted.astype(bool),
        scores=np.empty((len(true), 0)) if scores is None else np.asarray(scores, dtype=float),
        rows=predictions.rows,
        fold=predictions.fold,
    )


def label_sets(predictions: Predictions, names: Sequence[str]) -> Predictions | Undefined:
    """Return predictions whose classes are sets of labels, as text.

    Parameters
    ----------
    predictions : Predictions
        Of several labels per row.
    names : sequence of str
        Names of the labels.
    """
    rows = label_rows(predictions, names)
    if isinstance(rows, Undefined):
        return rows
    true, predicted = (_as_texts(each, rows.names) for each in (rows.true, rows.predicted))
    return replace(
        predictions, y_true=true, y_pred=predicted, y_score=None, classes=np.unique(true)
    )


def _as_texts(has_label: NDArray[np.bool_], names: Sequence[str]) -> NDArray[np.str_]:
    labels = np.array(names, dtype=object)
    return np.array([", ".join(labels[row]) or "no label" for row in has_label], dtype=str)
