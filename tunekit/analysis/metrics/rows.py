"""Rows that a classifier was evaluated on, with labels encoded as positions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunekit.analysis.labels import readable_names
from tunekit.core.predictions import Predictions

BINARY = 2  # classes

_SORTABLE = "biufU"  # kinds of arrays whose values can be compared with each other


@dataclass(frozen=True)
class Undefined:
    """The reason why a metric cannot be computed.

    Attributes
    ----------
    reason : str
        One sentence, without a full stop.
    """

    reason: str


@dataclass(frozen=True)
class ClassRows:
    """Rows that a classifier was evaluated on.

    Attributes
    ----------
    names : tuple of str
        Names of the labels: the model's classes and other labels of the rows, sorted by label.
    columns : ndarray of int of shape (n_classes,)
        Position in ``names`` of the class of each column of ``scores``.
    true, predicted : ndarray of int of shape (n_rows,)
        Positions in ``names``.
    scores : ndarray of shape (n_rows, n_classes)
        Probabilities; no columns if the model returns none.
    rows, fold : ndarray of int of shape (n_rows,)
        As in :class:`~tunekit.core.predictions.Predictions`.
    left_out : int
        Number of rows that were excluded, since their probabilities are not finite.
    """

    names: tuple[str, ...]
    columns: NDArray[np.int64]
    true: NDArray[np.int64]
    predicted: NDArray[np.int64]
    scores: NDArray[np.float64]
    rows: NDArray[np.int64]
    fold: NDArray[np.int64]
    left_out: int = 0

    @cached_property
    def folds(self) -> list[NDArray[np.int64]]:
        """Positions of the rows of each fold."""
        return [np.flatnonzero(self.fold == number) for number in np.unique(self.fold)]

    @cached_property
    def row_weights(self) -> NDArray[np.float64]:
        """Weight of each prediction for intervals: 1 / (number of predictions of its row)."""
        return row_weights(self.rows)

    @property
    def unseen(self) -> tuple[str, ...]:
        """Labels of rows that are not classes of the model."""
        known = set(self.columns.tolist())
        return tuple(name for i, name in enumerate(self.names) if i not in known)

    def truth(self, column: int) -> NDArray[np.bool_]:
        """Return which rows belong to the class of a column."""
        return np.asarray(self.true == self.columns[column])

    def name(self, column: int) -> str:
        """Return the name of the class of a column."""
        return self.names[int(self.columns[column])]

    def pairs(self) -> tuple[NDArray[np.bool_], NDArray[np.float64], list[NDArray[np.int64]]]:
        """Return truth, score and positions of each fold for all pairs of a row and a class."""
        n_classes = len(self.columns)
        truth = self.true[:, None] == self.columns[None, :]
        offsets = np.arange(n_classes)
        folds = [(fold[:, None] * n_classes + offsets).ravel() for fold in self.folds]
        return truth.ravel(), self.scores.ravel(), folds


def class_rows(predictions: Predictions) -> ClassRows | Undefined:
    """Return the rows of a classification with one label per row.

    Rows with labels unknown to the model are included; every prediction for them is an error.
    """
    if predictions.classes is None:
        return Undefined("the predictions do not consist of one label per row")
    if not len(predictions.rows):
        return Undefined("no rows were evaluated")
    classes, true, predicted = (
        _column(each) for each in (predictions.classes, predictions.y_true, predictions.y_pred)
    )
    labels, positions = np.unique(np.concatenate([classes, true, predicted]), return_inverse=True)
    columns, true, predicted = np.split(positions, np.cumsum([len(classes), len(true)]))
    scores = predictions.y_score
    return ClassRows(
        names=readable_names(labels),
        columns=columns,
        true=true,
        predicted=predicted,
        scores=np.empty((len(true), 0)) if scores is None else np.asarray(scores, dtype=float),
        rows=predictions.rows,
        fold=predictions.fold,
    )


def scored_rows(predictions: Predictions) -> ClassRows | Undefined:
    """Return the rows of a classification that have a finite probability of every class."""
    rows = class_rows(predictions)
    if isinstance(rows, Undefined):
        return rows
    if not rows.scores.shape[1]:
        return Undefined("the model returns no probabilities")
    finite = np.isfinite(rows.scores).all(axis=1)
    if not finite.any():
        return Undefined("no row has finite probabilities")
    return replace(
        rows,
        true=rows.true[finite],
        predicted=rows.predicted[finite],
        scores=rows.scores[finite],
        rows=rows.rows[finite],
        fold=rows.fold[finite],
        left_out=int((~finite).sum()),
    )


def binary_rows(predictions: Predictions) -> ClassRows | Undefined:
    """Return the scored rows of a binary classification with rows of both classes."""
    rows = scored_rows(predictions)
    if isinstance(rows, Undefined):
        return rows
    if len(rows.columns) != BINARY:
        return Undefined(f"it requires two classes, but there are {len(rows.columns)}")
    reason = single_class_reason(rows.truth(1))
    return Undefined(f"{reason} {rows.name(1)}") if reason else rows


def single_class_reason(truth: NDArray[np.bool_]) -> str:
    """Return which class is missing, to be followed by the class; empty if there are both."""
    if not truth.any():
        return "no row belongs to class"
    return "all rows belong to class" if truth.all() else ""


def row_weights(rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return 1 / (number of occurrences of a row) for each occurrence.

    Examples
    --------
    >>> row_weights(np.array([4, 7, 4])).tolist()
    [0.5, 1.0, 0.5]
    """
    _, positions, counts = np.unique(rows, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / counts[positions], dtype=np.float64)


def _column(values: Any) -> NDArray[Any]:
    array = np.asarray(values)
    array = array[:, 0] if array.ndim > 1 else array
    return array if array.dtype.kind in _SORTABLE else array.astype(str)
