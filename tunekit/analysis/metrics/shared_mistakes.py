"""Mistakes of one model, and mistakes that several models share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunekit.analysis.metrics.rows import ClassRows, Undefined, class_rows
from tunekit.core.predictions import Predictions


@dataclass(frozen=True)
class Mistake:
    """A row that a model predicts wrongly.

    Attributes
    ----------
    row : int
        Position in the data that the model was evaluated on.
    true, predicted : str
        Its label, and the label that was predicted for it most often.
    probability, probability_of_true : float
        Probability of the predicted and of the true class, as the mean over its predictions; NaN
        if the model returns none, 0 for an unknown class.
    wrong, times : int
        ``wrong`` of its ``times`` predictions are wrong.
    """

    row: int
    true: str
    predicted: str
    probability: float
    probability_of_true: float
    wrong: int
    times: int


@dataclass(frozen=True)
class SharedMistake:
    """A row that several models predict wrongly.

    Attributes
    ----------
    row : int
    true : str
    predicted : tuple of str
        One label per model, in their order.
    wrong : int
        Number of models that are wrong.
    """

    row: int
    true: str
    predicted: tuple[str, ...]
    wrong: int


@dataclass(frozen=True)
class SharedMistakes:
    """How the mistakes of several models overlap.

    Attributes
    ----------
    models : tuple of str
    wrong_by : tuple of int
        Number of rows that no model, one model, …, all models predict wrongly.
    rows : tuple of SharedMistake
        Rows that at least two models predict wrongly, those of most models first.
    """

    models: tuple[str, ...]
    wrong_by: tuple[int, ...]
    rows: tuple[SharedMistake, ...]

    @property
    def n_rows(self) -> int:
        """Number of rows that all models were evaluated on."""
        return sum(self.wrong_by)


@dataclass(frozen=True)
class _RowLabels:
    """One predicted label per row; labels are positions in their names."""

    rows: NDArray[np.int64]
    true: NDArray[np.int64]
    predicted: NDArray[np.int64]
    scores: NDArray[np.float64]
    wrong: NDArray[np.int64]
    times: NDArray[np.int64]


def confident_mistakes(predictions: Predictions) -> tuple[Mistake, ...] | Undefined:
    """Return the rows that a model predicts wrongly, the most confident mistakes first.

    If repeated folds predict a row several times, its label is the most frequent one; ties are
    resolved by the higher mean probability.

    Parameters
    ----------
    predictions : Predictions
        Predictions of a classifier.

    Returns
    -------
    tuple of Mistake or Undefined
        Empty if all rows are correct. Without probabilities, it is sorted by row.
    """
    rows = class_rows(predictions)
    if isinstance(rows, Undefined):
        return rows
    labels = _row_labels(rows)
    column = np.full(len(rows.names), -1)
    column[rows.columns] = np.arange(len(rows.columns))
    mistakes = [
        Mistake(
            row=int(labels.rows[i]),
            true=rows.names[labels.true[i]],
            predicted=rows.names[labels.predicted[i]],
            probability=_probability(labels.scores[i], int(column[labels.predicted[i]])),
            probability_of_true=_probability(labels.scores[i], int(column[labels.true[i]])),
            wrong=int(labels.wrong[i]),
            times=int(labels.times[i]),
        )
        for i in np.flatnonzero(labels.predicted != labels.true)
    ]
    mistakes.sort(key=lambda each: (-_confidence(each.probability), each.row))
    return tuple(mistakes)


def shared_mistakes(models: Mapping[str, Predictions]) -> SharedMistakes | Undefined:
    """Return the rows that several models predict wrongly.

    Parameters
    ----------
    models : mapping of str to Predictions
        Predictions of at least two classifiers on the same data; rows that some model was not
        evaluated on are left out.

    Returns
    -------
    SharedMistakes or Undefined
    """
    if len(models) < 2:  # noqa: PLR2004 - sharing takes two
        return Undefined("there is only one model")
    by_model: dict[str, dict[int, tuple[str, str]]] = {}
    for name, predictions in models.items():
        rows = class_rows(predictions)
        if isinstance(rows, Undefined):
            return Undefined(f"{name}: {rows.reason}")
        labels = _row_labels(rows)
        by_model[name] = {
            row: (rows.names[true], rows.names[predicted])
            for row, true, predicted in zip(
                labels.rows.tolist(), labels.true.tolist(), labels.predicted.tolist(), strict=True
            )
        }
    common = sorted(set.intersection(*(set(each) for each in by_model.values())))
    if not common:
        return Undefined("no row was evaluated by all models")
    wrong_by, mistakes = [0] * (len(models) + 1), []
    for row in common:
        true_labels = {each[row][0] for each in by_model.values()}
        if len(true_labels) > 1:
            return Undefined(
                f"the models were evaluated on different data: row {row} has two labels"
            )
        (true,) = true_labels
        predicted = tuple(each[row][1] for each in by_model.values())
        wrong = sum(each != true for each in predicted)
        wrong_by[wrong] += 1
        if wrong > 1:
            mistakes.append(SharedMistake(row, true, predicted, wrong))
    mistakes.sort(key=lambda each: (-each.wrong, each.row))
    return SharedMistakes(tuple(models), tuple(wrong_by), tuple(mistakes))


def _row_labels(classified: ClassRows) -> _RowLabels:
    rows, first, positions, times = np.unique(
        classified.rows, return_index=True, return_inverse=True, return_counts=True
    )
    n_labels = len(classified.names)
    scores = np.zeros((len(rows), classified.scores.shape[1]))
    np.add.at(scores, positions, classified.scores)
    scores /= times[:, None]
    # Number of predictions of each label for each row, for pairs that occur.
    pairs, counts = np.unique(positions * n_labels + classified.predicted, return_counts=True)
    row, label = pairs // n_labels, pairs % n_labels
    column = np.full(n_labels, -1)
    column[classified.columns] = np.arange(len(classified.columns))
    probability = np.zeros(len(pairs))
    if scores.shape[1]:
        probability = np.where(column[label] >= 0, scores[row, column[label]], 0.0)
    # Last of each row: the most frequent label, among ties the most probable, then the first.
    order = np.lexsort((-label, np.nan_to_num(probability), counts, row))
    top = np.flatnonzero(np.append(np.diff(row[order]) > 0, True))
    n_wrong = np.zeros(len(rows), dtype=np.int64)
    np.add.at(n_wrong, positions, classified.predicted != classified.true)
    return _RowLabels(rows, classified.true[first], label[order][top], scores, n_wrong, times)


def _probability(scores: NDArray[np.float64], column: int) -> float:
    if not len(scores):
        return math.nan
    return float(scores[column]) if column >= 0 else 0.0


def _confidence(probability: float) -> float:
    return -1.0 if math.isnan(probability) else probability
