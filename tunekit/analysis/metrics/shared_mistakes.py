"""Rows that a model, or every model, gets wrong."""

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
    """A row that a model gets wrong.

    Attributes
    ----------
    row : int
        Its place in the data that the model was judged on.
    true, predicted : str
        Its label, and the one that was predicted for it most often.
    probability, probability_of_true : float
        Of the predicted and of the true class, the mean of its predictions; NaN where the model
        gives none, 0 for a class that it does not know.
    wrong, times : int
        How many of its predictions are wrong.
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
    """A row that several models get wrong.

    Attributes
    ----------
    row : int
    true : str
    predicted : tuple of str
        By each model, in their order.
    wrong : int
        How many models are wrong.
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
        How many rows no model, one model, …, all models get wrong.
    rows : tuple of SharedMistake
        Those that at least two get wrong, the most shared first.
    """

    models: tuple[str, ...]
    wrong_by: tuple[int, ...]
    rows: tuple[SharedMistake, ...]

    @property
    def n_rows(self) -> int:
        """Rows that all models were judged on."""
        return sum(self.wrong_by)


@dataclass(frozen=True)
class _Verdicts:
    """One verdict a row: places in the names of labels."""

    rows: NDArray[np.int64]
    true: NDArray[np.int64]
    predicted: NDArray[np.int64]
    scores: NDArray[np.float64]
    wrong: NDArray[np.int64]
    times: NDArray[np.int64]


def confident_mistakes(predictions: Predictions) -> tuple[Mistake, ...] | Undefined:
    """Return the rows that a model gets wrong, the most confident mistake first.

    A row with several predictions, out of repeated folds, stands for what was predicted most
    often, and of equals for the label with the higher mean probability.

    Parameters
    ----------
    predictions : Predictions
        Of a classifier.

    Returns
    -------
    tuple of Mistake or Undefined
        Empty where every row is right. Without probabilities, by row.
    """
    found = class_rows(predictions)
    if isinstance(found, Undefined):
        return found
    verdicts = _verdicts(found)
    column = np.full(len(found.names), -1)
    column[found.columns] = np.arange(len(found.columns))
    mistakes = [
        Mistake(
            row=int(verdicts.rows[i]),
            true=found.names[verdicts.true[i]],
            predicted=found.names[verdicts.predicted[i]],
            probability=_probability(verdicts.scores[i], int(column[verdicts.predicted[i]])),
            probability_of_true=_probability(verdicts.scores[i], int(column[verdicts.true[i]])),
            wrong=int(verdicts.wrong[i]),
            times=int(verdicts.times[i]),
        )
        for i in np.flatnonzero(verdicts.predicted != verdicts.true)
    ]
    mistakes.sort(key=lambda each: (-_known(each.probability), each.row))
    return tuple(mistakes)


def shared_mistakes(models: Mapping[str, Predictions]) -> SharedMistakes | Undefined:
    """Return the rows that several models get wrong, where each has one verdict a row.

    Parameters
    ----------
    models : mapping of str to Predictions
        Two or more classifiers, judged on the same data; rows that not all were judged on are
        left out.

    Returns
    -------
    SharedMistakes or Undefined
    """
    if len(models) < 2:  # noqa: PLR2004 - one shares with none
        return Undefined("there is only one model")
    verdicts: dict[str, dict[int, tuple[str, str]]] = {}
    for name, predictions in models.items():
        found = class_rows(predictions)
        if isinstance(found, Undefined):
            return Undefined(f"{name}: {found.reason}")
        own = _verdicts(found)
        verdicts[name] = {
            row: (found.names[true], found.names[predicted])
            for row, true, predicted in zip(
                own.rows.tolist(), own.true.tolist(), own.predicted.tolist(), strict=True
            )
        }
    common = sorted(set.intersection(*(set(each) for each in verdicts.values())))
    if not common:
        return Undefined("no row was judged by all models")
    wrong_by, rows = [0] * (len(models) + 1), []
    for row in common:
        labels = {each[row][0] for each in verdicts.values()}
        if len(labels) > 1:
            return Undefined(f"the models were judged on other data: row {row} has two labels")
        (true,) = labels
        predicted = tuple(each[row][1] for each in verdicts.values())
        wrong = sum(each != true for each in predicted)
        wrong_by[wrong] += 1
        if wrong > 1:
            rows.append(SharedMistake(row, true, predicted, wrong))
    rows.sort(key=lambda each: (-each.wrong, each.row))
    return SharedMistakes(tuple(models), tuple(wrong_by), tuple(rows))


def _verdicts(found: ClassRows) -> _Verdicts:
    rows, first, places, times = np.unique(
        found.rows, return_index=True, return_inverse=True, return_counts=True
    )
    n_labels = len(found.names)
    scores = np.zeros((len(rows), found.scores.shape[1]))
    np.add.at(scores, places, found.scores)
    scores /= times[:, None]
    # How often each label was predicted for a row, for the pairs that there are.
    pairs, counts = np.unique(places * n_labels + found.predicted, return_counts=True)
    row, label = pairs // n_labels, pairs % n_labels
    column = np.full(n_labels, -1)
    column[found.columns] = np.arange(len(found.columns))
    probability = np.zeros(len(pairs))
    if scores.shape[1]:
        probability = np.where(column[label] >= 0, scores[row, column[label]], 0.0)
    # The last of a row wins: the most frequent, then the most probable, then the first label.
    order = np.lexsort((-label, np.nan_to_num(probability), counts, row))
    last = np.flatnonzero(np.append(np.diff(row[order]) > 0, True))
    wrong = np.zeros(len(rows), dtype=np.int64)
    np.add.at(wrong, places, found.predicted != found.true)
    return _Verdicts(rows, found.true[first], label[order][last], scores, wrong, times)


def _probability(scores: NDArray[np.float64], column: int) -> float:
    if not len(scores):
        return math.nan
    return float(scores[column]) if column >= 0 else 0.0


def _known(probability: float) -> float:
    return -1.0 if math.isnan(probability) else probability
