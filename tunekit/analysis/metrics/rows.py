"""Rows that a classifier was evaluated on, with labels encoded as positions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from tunekit.analysis.labels import readable_names
from tunekit.core.predictions import Predictions
from tunekit.statistics.roc_auc import Ends, macro_interval

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


#: What a column of scores belongs to.
Noun = Literal["class", "label"]

PLURAL: dict[Noun, str] = {"class": "classes", "label": "labels"}


@dataclass(frozen=True, kw_only=True)
class ScoredRows(ABC):
    """Rows that a classifier was evaluated on, with one column of scores per class or label.

    Attributes
    ----------
    names : tuple of str
        Display names.
    true, predicted : ndarray with n_rows rows
        True and predicted classes or labels.
    scores : ndarray of shape (n_rows, n_columns)
        Probabilities; no columns if the model returns none.
    rows, fold : ndarray of int of shape (n_rows,)
        As in :class:`~tunekit.core.predictions.Predictions`.
    left_out : int
        Number of rows that were excluded, since their probabilities are not finite.
    """

    names: tuple[str, ...]
    true: NDArray[Any]
    predicted: NDArray[Any]
    scores: NDArray[np.float64]
    rows: NDArray[np.int64]
    fold: NDArray[np.int64]
    left_out: int = 0
    noun: ClassVar[Noun] = "class"

    @cached_property
    def folds(self) -> list[NDArray[np.int64]]:
        """Positions of the rows of each fold."""
        return [np.flatnonzero(self.fold == number) for number in np.unique(self.fold)]

    @cached_property
    def row_weights(self) -> NDArray[np.float64]:
        """Weight of each prediction for intervals: 1 / (number of predictions of its row)."""
        return row_weights(self.rows)

    @property
    @abstractmethod
    def n_columns(self) -> int:
        """Number of classes of the model, or of labels."""

    @property
    @abstractmethod
    def shown(self) -> list[int]:
        """Columns with a curve of their own."""

    @property
    def has_averages(self) -> bool:
        """Whether there are several curves, which have averages."""
        return len(self.shown) == self.n_columns

    @abstractmethod
    def truth(self, column: int) -> NDArray[np.bool_]:
        """Return which rows belong to the class, or have the label, of a column."""

    @abstractmethod
    def name(self, column: int) -> str:
        """Return the name of the class, or the label, of a column."""

    @abstractmethod
    def macro_interval(self, columns: list[int], level: float) -> Ends:
        """Return the interval of the mean area under the ROC curves of several columns."""

    def with_finite_scores(self) -> Self | Undefined:
        """Return the rows that have a finite probability in every column."""
        if not self.scores.shape[1]:
            return Undefined("the model returns no probabilities")
        finite = np.isfinite(self.scores).all(axis=1)
        if not finite.any():
            return Undefined("no row has finite probabilities")
        return replace(
            self,
            true=self.true[finite],
            predicted=self.predicted[finite],
            scores=self.scores[finite],
            rows=self.rows[finite],
            fold=self.fold[finite],
            left_out=int((~finite).sum()),
        )

    def pairs(self) -> tuple[NDArray[np.bool_], NDArray[np.float64], list[NDArray[np.int64]]]:
        """Return truth, score and positions of each fold for all pairs of a row and a column."""
        truth = np.column_stack([self.truth(column) for column in range(self.n_columns)])
        offsets = np.arange(self.n_columns)
        folds = [(fold[:, None] * self.n_columns + offsets).ravel() for fold in self.folds]
        return truth.ravel(), self.scores.ravel(), folds


@dataclass(frozen=True, kw_only=True)
class ClassRows(ScoredRows):
    """Rows with one label each; ``names`` are the model's classes and other labels of the rows.

    Attributes
    ----------
    columns : ndarray of int of shape (n_classes,)
        Position in ``names`` of the class of each column of ``scores``.
    true, predicted : ndarray of int of shape (n_rows,)
        Positions in ``names``.
    """

    columns: NDArray[np.int64]
    true: NDArray[np.int64]
    predicted: NDArray[np.int64]

    @property
    def n_columns(self) -> int:
        """Number of classes of the model."""
        return len(self.columns)

    @property
    def shown(self) -> list[int]:
        """The second of two classes, else all classes."""
        return [1] if self.n_columns == BINARY else list(range(self.n_columns))

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

    def macro_interval(self, columns: list[int], level: float) -> Ends:
        """Return the interval of the mean one-vs-rest area of several classes."""
        return macro_interval(self.true, self.scores[:, columns], self.columns[columns], level)


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
    return rows if isinstance(rows, Undefined) else rows.with_finite_scores()


def binary_rows(predictions: Predictions) -> ClassRows | Undefined:
    """Return the scored rows of a binary classification with rows of both classes."""
    rows = scored_rows(predictions)
    if isinstance(rows, Undefined):
        return rows
    if len(rows.columns) != BINARY:
        return Undefined(f"it requires two classes, but there are {len(rows.columns)}")
    reason = single_class_reason(rows.truth(1))
    return Undefined(f"{reason} {rows.name(1)}") if reason else rows


def single_class_reason(truth: NDArray[np.bool_], noun: Noun = "class") -> str:
    """Return which rows are missing, to be followed by a name; empty if there are both kinds."""
    if not truth.any():
        return f"no row {'belongs to class' if noun == 'class' else 'has label'}"
    all_rows = "all rows belong to class" if noun == "class" else "all rows have label"
    return all_rows if truth.all() else ""


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
