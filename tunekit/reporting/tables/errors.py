"""Rows that a model predicts wrongly, as rows of a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunekit.analysis.metrics.label_rows import label_sets
from tunekit.analysis.metrics.rows import Undefined
from tunekit.analysis.metrics.shared_mistakes import confident_mistakes
from tunekit.analysis.text import significant
from tunekit.core.predictions import Predictions
from tunekit.reporting.tables.table import Column

_TARGETS = 15  # shown at first
_IN_WORDS = 3  # targets in a description


@dataclass(frozen=True)
class ErrorRow:
    """A row that is predicted wrongly.

    Attributes
    ----------
    row : int
        Position in the data that the model was evaluated on.
    cells : mapping of Column to object
        True and predicted values.
    description : str
        The same in words.
    """

    row: int
    cells: Mapping[Column, Any]
    description: str


def columns_of(errors: Sequence[ErrorRow]) -> dict[Column, Sequence[Any]]:
    """Return the columns of a table of errors of the same kind."""
    cells: dict[Column, Sequence[Any]] = {
        Column("row", "row", "integer"): [each.row for each in errors]
    }
    return cells | {column: [each.cells[column] for each in errors] for column in errors[0].cells}


def wrong_classes(predictions: Predictions) -> list[ErrorRow]:
    """Return the wrong rows of a classifier, the most confident mistakes first.

    Parameters
    ----------
    predictions : Predictions
        With one label per row.
    """
    mistakes = confident_mistakes(predictions)
    if isinstance(mistakes, Undefined):
        return []
    errors = []
    for each in mistakes:
        confidence = "" if math.isnan(each.probability) else f" ({100 * each.probability:.0f}%)"
        cells = {
            Column("true", "true"): each.true,
            Column("predicted", "predicted"): each.predicted,
            Column("probability", "probability", "percent", 1): each.probability,
        }
        description = f"{each.true}, predicted as {each.predicted}{confidence}"
        errors.append(ErrorRow(each.row, cells, description))
    return errors


def wrong_labels(predictions: Predictions, names: Sequence[str]) -> list[ErrorRow]:
    """Return the rows with wrong labels, those with the most wrong labels first.

    Parameters
    ----------
    predictions : Predictions
        With several labels per row.
    names : sequence of str
        Names of the labels.
    """
    sets = label_sets(predictions, names)
    if isinstance(sets, Undefined):
        return []
    n_wrong = (predictions.y_true != predictions.y_pred).sum(axis=1)
    worst = np.zeros(int(predictions.rows.max()) + 1)
    np.maximum.at(worst, predictions.rows, n_wrong)
    return sorted(wrong_classes(sets), key=lambda each: -worst[each.row])


def largest_errors(
    predictions: Predictions, names: Sequence[str], rows: NDArray[np.int64] | None, *, most: int
) -> list[ErrorRow]:
    """Return the rows with the largest errors of a regressor, the largest first.

    A row of several validation splits is shown and sorted by its mean prediction. Errors of
    several targets are summed in units of the targets' standard deviations.

    Parameters
    ----------
    predictions : Predictions
    names : sequence of str
        Names of the targets; an empty one for a single target.
    rows : ndarray or None
        Rows to return; None returns the ``most`` worst.
    most : int
    """
    unique, first, places, times = np.unique(
        predictions.rows, return_index=True, return_inverse=True, return_counts=True
    )
    true = predictions.y_true.astype(float).reshape(len(places), -1)[first]
    predicted = np.zeros_like(true)
    np.add.at(predicted, places, predictions.y_pred.astype(float).reshape(len(places), -1))
    predicted /= times[:, None]
    spread = true.std(axis=0)
    error = (np.abs(predicted - true) / np.where(spread > 0, spread, 1.0)).sum(axis=1)
    worst = np.argsort(-error, kind="stable")
    worst = worst[:most] if rows is None else worst[np.isin(unique[worst], rows)]
    return [
        _error_row(int(unique[i]), names, true[i].tolist(), predicted[i].tolist()) for i in worst
    ]


def _error_row(
    row: int, names: Sequence[str], true: Sequence[float], predicted: Sequence[float]
) -> ErrorRow:
    cells: dict[Column, Any] = {}
    for place, name in enumerate(names):
        for what, value in (("true", true[place]), ("predicted", predicted[place])):
            key, label = (f"{what}/{place}", f"{name}, {what}") if name else (what, what)
            cells[Column(key, label, "general", hidden=place >= _TARGETS)] = value
    parts = [
        f"{name} {significant(one)}, predicted as {significant(other)}".strip()
        for name, one, other in zip(names, true, predicted, strict=True)
    ]
    return ErrorRow(row, cells, "; ".join(parts[:_IN_WORDS]))
