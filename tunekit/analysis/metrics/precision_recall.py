"""Precision–recall curves of classes, and their averages.

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

from tunekit.analysis.metrics.curves import ClassMean, band, mean_of_columns
from tunekit.analysis.metrics.notes import notes_on_curves
from tunekit.analysis.metrics.ranked_counts import RankedCounts, ranked_counts
from tunekit.analysis.metrics.roc import Kind
from tunekit.analysis.metrics.rows import (
    PLURAL,
    Noun,
    ScoredRows,
    Undefined,
    scored_rows,
    single_class_reason,
)
from tunekit.core.predictions import Predictions

#: Recalls at which curves are averaged; each step is drawn as two points.
_GRID = np.linspace(0.0, 1.0, 101)

_ROUNDING = 1e-9  # 3 / 7 and 1 - 4 / 7 are the same recall


@dataclass(frozen=True)
class PrecisionRecallCurve:
    """One step curve: up to each recall, the precision is that at the end of the step.

    Attributes
    ----------
    label : str
        A class, ``"macro average"`` or ``"micro average"``.
    kind : {"class", "macro", "micro"}
    recall, precision : ndarray of shape (n_steps,)
        From 0 to 1; with several folds, the mean precision over folds at the same recall.
    low, high : ndarray of shape (n_steps,)
        With several folds, ``precision`` minus and plus one standard deviation over the folds,
        limited to [0, 1]; otherwise ``precision``.
    average_precision : float
        That of scikit-learn, the area under the steps; with several folds, the mean over folds.
    fold_values : tuple of float
        One per fold; NaN unless the fold contains both kinds of rows.
    base_rate : float
        Proportion of the class among the rows, the precision of random predictions. For an
        average, the mean over the classes.
    positives : int
        Number of rows of the class; for an average, of all rows.
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
        """Standard deviation of the average precision over folds; NaN with fewer than two."""
        values = [value for value in self.fold_values if not math.isnan(value)]
        return float(np.std(values)) if len(values) > 1 else math.nan


@dataclass(frozen=True)
class PrecisionRecall:
    """Precision–recall curves of a model, with the attributes of a ``Roc``."""

    curves: tuple[PrecisionRecallCurve, ...]
    undefined: tuple[tuple[str, str], ...]
    n_rows: int
    n_folds: int
    notes: tuple[str, ...]
    noun: Noun = "class"

    def average_precision(self, label: str) -> float:
        """Return the average precision of a class; NaN if it is undefined."""
        of_classes = (c for c in self.curves if (c.kind, c.label) == ("class", label))
        return next((curve.average_precision for curve in of_classes), math.nan)


def precision_recall(predictions: Predictions) -> PrecisionRecall | Undefined:
    """Return the precision–recall curve of each class, and averages for several classes.

    With several folds, precisions at the same recall and average precisions are means over the
    folds with both kinds of rows. The macro average is the mean over the classes; the micro average
    counts every (row, class) pair once.

    Parameters
    ----------
    predictions : Predictions
        Predictions of a classifier.

    Returns
    -------
    PrecisionRecall or Undefined
        Undefined if all curves are.
    """
    rows = scored_rows(predictions)
    return rows if isinstance(rows, Undefined) else precision_recall_of(rows)


def precision_recall_of(rows: ScoredRows) -> PrecisionRecall | Undefined:
    """Return the precision–recall curves of rows with scores, see :func:`precision_recall`."""
    undefined, curves, mean = [], [], ClassMean(len(rows.folds), len(_GRID))
    for column in rows.shown:
        truth, score, label = rows.truth(column), rows.scores[:, column], rows.name(column)
        by_fold = _fold_curves(truth, score, rows.folds)
        if np.isnan(by_fold.values).all():
            no_fold = f"no fold contains both other rows and rows of {rows.noun}"
            reason = single_class_reason(truth, rows.noun) or no_fold
            undefined.append((label, f"{reason} {label}"))
            continue
        curves.append(_curve(label, "class", truth, by_fold))
        mean.add(by_fold.precisions)
    if not curves:
        return Undefined(undefined[0][1])
    averages = [_macro(rows, curves, mean.curves()), _micro(rows)] if rows.has_averages else []
    return PrecisionRecall(
        curves=(*averages, *curves),
        undefined=tuple(undefined),
        n_rows=len(rows.rows),
        n_folds=len(rows.folds),
        notes=notes_on_curves(rows, {c.label: c.fold_values for c in curves}, undefined),
        noun=rows.noun,
    )


@dataclass(frozen=True)
class _FoldCurves:
    """Precisions at the recalls of the grid, one row per fold, and average precisions.

    With one fold and few positives, ``recall`` contains all recalls, and ``precision`` is exact.
    """

    precisions: NDArray[np.float64]
    values: NDArray[np.float64]
    recall: NDArray[np.float64]
    precision: NDArray[np.float64] | None = None


def _fold_curves(
    truth: NDArray[np.bool_], score: NDArray[np.float64], folds: list[NDArray[np.int64]]
) -> _FoldCurves:
    precisions, values = np.full((len(folds), len(_GRID)), np.nan), np.full(len(folds), np.nan)
    for number, fold in enumerate(folds):
        if single_class_reason(truth[fold]):
            continue
        found = ranked_counts(truth[fold], score[fold])
        values[number] = found.average_precision
        precisions[number] = _precision_at(_GRID, found)
    positives = int(truth.sum())
    if len(folds) > 1 or not 0 < positives < min(len(truth), len(_GRID)):
        return _FoldCurves(precisions, values, _GRID)
    recall = np.linspace(0.0, 1.0, positives + 1)  # of the only fold, which has both kinds of rows
    return _FoldCurves(precisions, values, recall, _precision_at(recall, found))


def _precision_at(recall: NDArray[np.float64], found: RankedCounts) -> NDArray[np.float64]:
    """Return the precision at the highest threshold that reaches each recall."""
    reached = np.searchsorted(found.recall, recall - _ROUNDING, side="left")
    at_recalls = found.precision[np.minimum(reached, len(found.true) - 1)]
    at_recalls[0] = at_recalls[1]  # the first step begins at 0
    return np.asarray(at_recalls)


def _curve(
    label: str,
    kind: Kind,
    truth: NDArray[np.bool_],
    by_fold: _FoldCurves,
    n_rows: int | None = None,
) -> PrecisionRecallCurve:
    mean_curve = band(
        by_fold.precisions if by_fold.precision is None else by_fold.precision[None, :]
    )
    return PrecisionRecallCurve(
        label=label,
        kind=kind,
        recall=by_fold.recall,
        precision=mean_curve.mean,
        low=mean_curve.low,
        high=mean_curve.high,
        average_precision=float(np.nanmean(by_fold.values)),
        fold_values=tuple(by_fold.values.tolist()),
        base_rate=float(truth.mean()),
        positives=int(truth.sum()) if n_rows is None else n_rows,
    )


def _macro(
    rows: ScoredRows, curves: list[PrecisionRecallCurve], precisions: NDArray[np.float64]
) -> PrecisionRecallCurve:
    mean_curve, label = band(precisions), "macro average"
    if len(curves) < rows.n_columns:
        label += f" of {len(curves)} {PLURAL[rows.noun]}"
    return PrecisionRecallCurve(
        label=label,
        kind="macro",
        recall=_GRID,
        precision=mean_curve.mean,
        low=mean_curve.low,
        high=mean_curve.high,
        average_precision=float(np.mean([each.average_precision for each in curves])),
        fold_values=tuple(
            mean_of_columns(np.array([each.fold_values for each in curves])).tolist()
        ),
        base_rate=float(np.mean([each.base_rate for each in curves])),
        positives=len(rows.rows),
    )


def _micro(rows: ScoredRows) -> PrecisionRecallCurve:
    truth, score, folds = rows.pairs()
    by_fold = _fold_curves(truth, score, folds)
    return _curve("micro average", "micro", truth, by_fold, n_rows=len(rows.rows))
