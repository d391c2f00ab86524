"""Rows that a classifier was judged on, with labels as positions among all labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunekit.analysis.labels import readable_names
from tunekit.core.predictions import Predictions

BINARY = 2  # classes

_PLAIN = "biufU"  # kinds of arrays whose values can be sorted among themselves


@dataclass(frozen=True)
class Undefined:
    """Why something cannot be computed.

    Attributes
    ----------
    reason : str
        One sentence, without a full stop.
    """

    reason: str


@dataclass(frozen=True)
class ClassRows:
    """Rows that a classifier was judged on.

    Attributes
    ----------
    names : tuple of str
        Of the labels: the model's classes and those that only the rows have, sorted by label.
    columns : ndarray of int of shape (n_classes,)
        Position in ``names`` of the class of each column of ``scores``.
    true, predicted : ndarray of int of shape (n_rows,)
        Positions in ``names``.
    scores : ndarray of shape (n_rows, n_classes)
        Probabilities; without columns where the model gives none.
    rows, fold : ndarray of int of shape (n_rows,)
        As in :class:`~tunekit.core.predictions.Predictions`.
    left_out : int
        Rows whose probabilities are not finite, which are not among these.
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
        """Places of the rows of each fold."""
        return [np.flatnonzero(self.fold == number) for number in np.unique(self.fold)]

    @cached_property
    def once(self) -> NDArray[np.float64]:
        """Weight of each prediction, 1 / (how many there are of its row), for intervals."""
        return once(self.rows)

    @property
    def unseen(self) -> tuple[str, ...]:
        """Labels of rows that are not among the model's classes."""
        known = set(self.columns.tolist())
        return tuple(name for i, name in enumerate(self.names) if i not in known)

    def truth(self, column: int) -> NDArray[np.bool_]:
        """Return which rows are of the class of a column."""
        return np.asarray(self.true == self.columns[column])

    def name(self, column: int) -> str:
        """Return the name of the class of a column."""
        return self.names[int(self.columns[column])]

    def pairs(self) -> tuple[NDArray[np.bool_], NDArray[np.float64], list[NDArray[np.int64]]]:
        """Return truth, score and the places of each fold for all pairs of a row and a class."""
        n_classes = len(self.columns)
        truth = self.true[:, None] == self.columns[None, :]
        each = np.arange(n_classes)
        folds = [(fold[:, None] * n_classes + each).ravel() for fold in self.folds]
        return truth.ravel(), self.scores.ravel(), folds


def class_rows(predictions: Predictions) -> ClassRows | Undefined:
    """Return the rows of a classification with one label a row.

    Labels that the model never saw are kept: whatever it says of such a row is an error.
    """
    if predictions.classes is None:
        return Undefined("these are no predictions of one label a row")
    if not len(predictions.rows):
        return Undefined("no row was judged")
    classes, true, predicted = (
        _column(each) for each in (predictions.classes, predictions.y_true, predictions.y_pred)
    )
    labels, places = np.unique(np.concatenate([classes, true, predicted]), return_inverse=True)
    columns, true, predicted = np.split(places, np.cumsum([len(classes), len(true)]))
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
    found = class_rows(predictions)
    if isinstance(found, Undefined):
        return found
    if not found.scores.shape[1]:
        return Undefined("the model gives no probabilities")
    finite = np.isfinite(found.scores).all(axis=1)
    if not finite.any():
        return Undefined("no row has finite probabilities")
    return replace(
        found,
        true=found.true[finite],
        predicted=found.predicted[finite],
        scores=found.scores[finite],
        rows=found.rows[finite],
        fold=found.fold[finite],
        left_out=int((~finite).sum()),
    )


def binary_rows(predictions: Predictions) -> ClassRows | Undefined:
    """Return the scored rows of a binary problem that hold both kinds."""
    found = scored_rows(predictions)
    if isinstance(found, Undefined):
        return found
    if len(found.columns) != BINARY:
        return Undefined(f"it is for two classes, and there are {len(found.columns)}")
    lacking = one_kind(found.truth(1))
    return Undefined(f"{lacking} {found.name(1)}") if lacking else found


def one_kind(truth: NDArray[np.bool_]) -> str:
    """Return how to say that there is only one kind of rows; empty where there are both."""
    if not truth.any():
        return "no row is of class"
    return "all rows are of class" if truth.all() else ""


def once(rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return 1 / (how often a row occurs) for each occurrence.

    Examples
    --------
    >>> once(np.array([4, 7, 4])).tolist()
    [0.5, 1.0, 0.5]
    """
    _, places, counts = np.unique(rows, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / counts[places], dtype=np.float64)


def _column(values: Any) -> NDArray[Any]:
    array = np.asarray(values)
    array = array[:, 0] if array.ndim > 1 else array
    return array if array.dtype.kind in _PLAIN else array.astype(str)
