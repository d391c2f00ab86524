"""Precision–recall curves of several classes, with their averages.

References
----------
T. Saito, M. Rehmsmeier: The precision-recall plot is more informative than the ROC plot when
evaluating binary classifiers on imbalanced datasets. PLoS ONE 10(3), 2015.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_curve

from tunekit.analysis.metrics.curves import ClassMean, band, mean_where_held
from tunekit.analysis.metrics.notes import notes_on_curves
from tunekit.analysis.metrics.roc import Kind
from tunekit.analysis.metrics.rows import BINARY, ClassRows, Undefined, one_kind, scored_rows
from tunekit.core.predictions import Predictions

#: Recalls at which curves are averaged; each step of a stair is two points of a drawing.
_GRID = np.linspace(0.0, 1.0, 101)

_ROUNDING = 1e-9  # a recall of 3 / 7 is reached by one of 1 - 4 / 7


@dataclass(frozen=True)
class PrecisionRecallCurve:
    """One curve, a stair: up to each recall its precision is that of the stair's end.

    Attributes
    ----------
    label : str
        A class, ``"macro average"`` or ``"micro average"``.
    kind : {"class", "macro", "micro"}
    recall, precision : ndarray of shape (n_steps,)
        From 0 to 1; with several folds, the mean precision of the folds at the same recall.
    low, high : ndarray of shape (n_steps,)
        With several folds their spread around ``precision``: one standard deviation either way,
        within 0 and 1. Without, ``precision``.
    average_precision : float
        scikit-learn's, the area under the stair; with several folds the mean of theirs.
    fold_values : tuple of float
        One a fold; NaN where a fold does not hold both kinds of rows.
    base_rate : float
        Share of the class among the rows: the precision of a model that guesses. Of an average,
        the mean over the classes.
    positives : int
        Rows of the class; of an average, all rows.
    """

    label: str
    kind: Kind
    recall: NDArray[np.float64]
    precision: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    average_precision: float
    fold_values: tuple[float, ...]
    base_rate: float
    positives: int

    @property
    def spread(self) -> float:
        """Standard deviation of the folds' average precisions; NaN with fewer than two."""
        values = [value for value in self.fold_values if not math.isnan(value)]
        return float(np.std(values)) if len(values) > 1 else math.nan


@dataclass(frozen=True)
class PrecisionRecall:
    """Precision–recall curves of a model; the attributes are those of a ``Roc``."""

    curves: tuple[PrecisionRecallCurve, ...]
    undefined: tuple[tuple[str, str], ...]
    n_rows: int
    n_folds: int
    notes: tuple[str, ...]

    def average_precision(self, label: str) -> float:
        """Return the average precision of a class; NaN where it has none."""
        of_classes = (c for c in self.curves if (c.kind, c.label) == ("class", label))
        return next((curve.average_precision for curve in of_classes), math.nan)


def precision_recall(predictions: Predictions) -> PrecisionRecall | Undefined:
    """Return the precision–recall curve of each class, and for several classes the averages.

    With several folds, precisions at the same recall and average precisions are means over the
    folds that hold both kinds of rows. The macro average is the mean over the classes; the micro
    average counts every (row, class) pair once.

    Parameters
    ----------
    predictions : Predictions
        Of a classifier.

    Returns
    -------
    PrecisionRecall or Undefined
        Undefined where no curve is.
    """
    found = scored_rows(predictions)
    if isinstance(found, Undefined):
        return found
    n_classes = len(found.columns)
    shown = [1] if n_classes == BINARY else list(range(n_classes))
    undefined, curves, mean = [], [], ClassMean(len(found.folds), len(_GRID))
    for column in shown:
        truth, score, label = found.truth(column), found.scores[:, column], found.name(column)
        held = _folds(truth, score, found.folds)
        if np.isnan(held.values).all():
            lacking = one_kind(truth) or "no fold holds others and rows of class"
            undefined.append((label, f"{lacking} {label}"))
            continue
        curves.append(_curve(label, "class", truth, held))
        mean.add(held.precisions)
    if not curves:
        return Undefined(undefined[0][1])
    averages = [] if shown == [1] else [_macro(found, curves, mean.curves()), _micro(found)]
    return PrecisionRecall(
        curves=(*averages, *curves),
        undefined=tuple(undefined),
        n_rows=len(found.rows),
        n_folds=len(found.folds),
        notes=notes_on_curves(found, {c.label: c.fold_values for c in curves}, undefined),
    )


@dataclass(frozen=True)
class _Folds:
    """Precisions at the recalls of the grid, a row a fold, and average precisions.

    With one fold and few positives ``recall`` are the recalls that there are, and ``precision``
    is exact.
    """

    precisions: NDArray[np.float64]
    values: NDArray[np.float64]
    recall: NDArray[np.float64]
    precision: NDArray[np.float64] | None = None


def _folds(
    truth: NDArray[np.bool_], score: NDArray[np.float64], folds: list[NDArray[np.int64]]
) -> _Folds:
    precisions, values = np.full((len(folds), len(_GRID)), np.nan), np.full(len(folds), np.nan)
    for number, fold in enumerate(folds):
        if one_kind(truth[fold]):
            continue
        values[number] = average_precision_score(truth[fold], score[fold])
        precisions[number] = _precision_at(_GRID, truth[fold], score[fold])
    positives = int(truth.sum())
    if len(folds) > 1 or not 0 < positives < min(len(truth), len(_GRID)):
        return _Folds(precisions, values, _GRID)
    recall = np.linspace(0.0, 1.0, positives + 1)
    return _Folds(precisions, values, recall, _precision_at(recall, truth, score))


def _precision_at(
    recall: NDArray[np.float64], truth: NDArray[np.bool_], score: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the precision at the highest threshold that reaches each recall."""
    precisions, recalls, _ = precision_recall_curve(truth, score)
    # From the highest threshold on; the point that scikit-learn adds at recall 0 is no threshold.
    precisions, recalls = precisions[-2::-1], recalls[-2::-1]
    reached = np.searchsorted(recalls, recall - _ROUNDING, side="left")
    found = precisions[np.minimum(reached, len(recalls) - 1)]
    found[0] = found[1]  # the first stair begins at 0
    return np.asarray(found)


def _curve(
    label: str, kind: Kind, truth: NDArray[np.bool_], held: _Folds, rows: int | None = None
) -> PrecisionRecallCurve:
    drawn = band(held.precisions if held.precision is None else held.precision[None, :])
    return PrecisionRecallCurve(
        label=label,
        kind=kind,
        recall=held.recall,
        precision=drawn.mean,
        low=drawn.low,
        high=drawn.high,
        average_precision=float(np.nanmean(held.values)),
        fold_values=tuple(held.values.tolist()),
        base_rate=float(truth.mean()),
        positives=int(truth.sum()) if rows is None else rows,
    )


def _macro(
    found: ClassRows, curves: list[PrecisionRecallCurve], precisions: NDArray[np.float64]
) -> PrecisionRecallCurve:
    drawn, label = band(precisions), "macro average"
    if len(curves) < len(found.columns):
        label += f" of {len(curves)} classes"
    return PrecisionRecallCurve(
        label=label,
        kind="macro",
        recall=_GRID,
        precision=drawn.mean,
        low=drawn.low,
        high=drawn.high,
        average_precision=float(np.mean([each.average_precision for each in curves])),
        fold_values=tuple(
            mean_where_held(np.array([each.fold_values for each in curves])).tolist()
        ),
        base_rate=float(np.mean([each.base_rate for each in curves])),
        positives=len(found.rows),
    )


def _micro(found: ClassRows) -> PrecisionRecallCurve:
    truth, score, folds = found.pairs()
    held = _folds(truth, score, folds)
    return _curve("micro average", "micro", truth, held, rows=len(found.rows))
