"""ROC curves of classes, and their averages.

References
----------
T. Fawcett: An introduction to ROC analysis. Pattern Recognition Letters 27, 2006.
scikit-learn's examples "Multiclass Receiver Operating Characteristic (ROC)" and "Receiver
Operating Characteristic (ROC) with cross validation".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tunekit.analysis.metrics.curves import ClassMean, band, mean_of_columns, thinned
from tunekit.analysis.metrics.notes import notes_on_curves
from tunekit.analysis.metrics.ranked_counts import ranked_counts
from tunekit.analysis.metrics.rows import (
    PLURAL,
    Noun,
    ScoredRows,
    Undefined,
    scored_rows,
    single_class_reason,
)
from tunekit.core.predictions import Predictions
from tunekit.statistics.roc_auc import Ends, auc_interval, clustered_interval

#: Kind of a curve: one class against the rest, the mean over classes, or all pairs of a row and a
#: class.
Kind = Literal["class", "macro", "micro"]

#: False-positive rates at which true-positive rates are reported.
RATES = (0.01, 0.05, 0.1, 0.2)

#: False-positive rates at which curves are averaged, as in scikit-learn's example.
GRID = np.linspace(0.0, 1.0, 1000)


@dataclass(frozen=True)
class RocCurve:
    """One curve.

    Attributes
    ----------
    label : str
        A class, ``"macro average"`` or ``"micro average"``.
    kind : {"class", "macro", "micro"}
    fpr, tpr : ndarray of shape (n_points,)
        False- and true-positive rate, from 0 to 1, at most 200 points; with several folds, the
        mean true-positive rate over folds.
    low, high : ndarray of shape (n_points,)
        With several folds, ``tpr`` minus and plus one standard deviation over the folds, limited
        to [0, 1]; otherwise ``tpr``.
    auc : float
        Area under the curve; with several folds, the mean over folds.
    at_rates : tuple of float
        True-positive rates at the false-positive rates :data:`RATES`.
    interval : (float, float)
        Interval by DeLong's method, for one fold only; NaN if undefined.
    fold_areas : tuple of float
        One per fold; NaN unless the fold contains both kinds of rows.
    positives : int
        Number of rows of the class; for an average, of all rows.
    """

    label: str
    kind: Kind
    fpr: NDArray[np.float64]
    tpr: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    auc: float
    at_rates: tuple[float, ...]
    interval: Ends
    fold_areas: tuple[float, ...]
    positives: int

    @property
    def spread(self) -> float:
        """Standard deviation of the areas over folds; NaN with fewer than two."""
        areas = [area for area in self.fold_areas if not math.isnan(area)]
        return float(np.std(areas)) if len(areas) > 1 else math.nan


@dataclass(frozen=True)
class Roc:
    """ROC curves of a model.

    Attributes
    ----------
    curves : tuple of RocCurve
        Macro and micro average first, then the classes in order. For two classes, only the curve
        of ``classes[1]``.
    undefined : tuple of (str, str)
        Classes without a curve, and the reasons.
    n_rows, n_folds : int
        Number of predictions and of folds.
    level : float
        Confidence level of the intervals.
    notes : tuple of str
        Sentences on what was left out.
    noun : {"class", "label"}
        What each curve belongs to: one of several classes, or a label that a row may have beside
        others.
    """

    curves: tuple[RocCurve, ...]
    undefined: tuple[tuple[str, str], ...]
    n_rows: int
    n_folds: int
    level: float
    notes: tuple[str, ...]
    noun: Noun = "class"

    def area(self, label: str) -> float:
        """Return the area of a class; NaN if it is undefined."""
        return next((c.auc for c in self.curves if (c.kind, c.label) == ("class", label)), math.nan)


@dataclass(frozen=True)
class _FoldCurves:
    """One curve in each fold: true-positive rates on the grid, one row per fold, and areas."""

    rates: NDArray[np.float64]
    areas: NDArray[np.float64]
    exact: tuple[NDArray[np.float64], NDArray[np.float64]]  # of the last fold


def roc(predictions: Predictions, *, level: float = 0.95) -> Roc | Undefined:
    """Return the ROC curve of each class against the rest, and averages for several classes.

    With several folds, each curve is the mean of the true-positive rates over folds, and each area
    the mean of the areas. Scores of different folds are never pooled, since those of two models are
    not on the same scale. The macro average is the mean of the one-vs-rest rates at the same
    false-positive rates, and its area the mean of the one-vs-rest areas. The micro average counts
    every (row, class) pair once.

    Parameters
    ----------
    predictions : Predictions
        Predictions of a classifier.
    level : float, default=0.95
        Confidence level of the intervals, from 0 to 1.

    Returns
    -------
    Roc or Undefined
        Undefined if all curves are.
    """
    rows = scored_rows(predictions)
    return rows if isinstance(rows, Undefined) else roc_of(rows, level=level)


def roc_of(rows: ScoredRows, *, level: float = 0.95) -> Roc | Undefined:
    """Return the ROC curves of rows with scores, see :func:`roc`."""
    undefined, curves, columns = [], [], []
    mean = ClassMean(len(rows.folds), len(GRID))
    for column in rows.shown:
        truth = rows.truth(column)
        by_fold = _fold_curves(truth, rows.scores[:, column], rows.folds)
        reason = _reason(rows, column, by_fold)
        if reason:
            undefined.append((rows.name(column), reason))
            continue
        mean.add(by_fold.rates)
        curves.append(_class_curve(rows, column, by_fold, level))
        columns.append(column)
    if not curves:
        return Undefined(undefined[0][1])
    averages = (
        []
        if not rows.has_averages
        else [_macro(rows, columns, curves, mean.curves(), level), _micro(rows, level)]
    )
    return Roc(
        curves=(*averages, *curves),
        undefined=tuple(undefined),
        n_rows=len(rows.rows),
        n_folds=len(rows.folds),
        level=level,
        notes=notes_on_curves(rows, {c.label: c.fold_areas for c in curves}, undefined),
        noun=rows.noun,
    )


def _fold_curves(
    truth: NDArray[np.bool_], score: NDArray[np.float64], folds: list[NDArray[np.int64]]
) -> _FoldCurves:
    rates, areas = np.full((len(folds), len(GRID)), np.nan), np.full(len(folds), np.nan)
    exact = (np.empty(0), np.empty(0))
    for number, fold in enumerate(folds):
        if single_class_reason(truth[fold]):
            continue
        fpr, tpr = exact = ranked_counts(truth[fold], score[fold]).roc()
        areas[number] = np.trapezoid(tpr, fpr)
        rates[number] = np.interp(GRID, fpr, tpr)
    return _FoldCurves(rates, areas, exact)


def _reason(rows: ScoredRows, column: int, curves: _FoldCurves) -> str:
    reason = single_class_reason(rows.truth(column), rows.noun)
    if reason:
        return f"{reason} {rows.name(column)}"
    if np.isnan(curves.areas).all():
        return f"no fold contains both rows of {rows.noun} {rows.name(column)} and other rows"
    return ""


def _class_curve(rows: ScoredRows, column: int, curves: _FoldCurves, level: float) -> RocCurve:
    truth, label = rows.truth(column), rows.name(column)
    positives = int(truth.sum())
    if len(rows.folds) > 1:
        return _mean_curve(label, "class", curves.rates, curves.areas, positives)
    area = auc_interval(truth, rows.scores[:, column], level)
    return _curve(label, "class", *curves.exact, area.value, (area.low, area.high), positives)


def _macro(
    rows: ScoredRows,
    columns: list[int],
    curves: list[RocCurve],
    rates: NDArray[np.float64],
    level: float,
) -> RocCurve:
    label = "macro average"
    if len(columns) < rows.n_columns:
        label += f" of {len(columns)} {PLURAL[rows.noun]}"
    n_rows = len(rows.rows)
    area = float(np.mean([curve.auc for curve in curves]))
    if len(rows.folds) == 1:
        interval = rows.macro_interval(columns, level)
        return _curve(
            label, "macro", np.r_[0.0, GRID], np.r_[0.0, rates[0]], area, interval, n_rows
        )
    means = mean_of_columns(np.array([curve.fold_areas for curve in curves]))
    return _mean_curve(label, "macro", rates, means, n_rows, area)


def _micro(rows: ScoredRows, level: float) -> RocCurve:
    n_rows, n_classes = rows.scores.shape
    truth, score, folds = rows.pairs()
    by_fold = _fold_curves(truth, score, folds)
    if len(folds) > 1:
        return _mean_curve("micro average", "micro", by_fold.rates, by_fold.areas, n_rows)
    row = np.repeat(np.arange(n_rows), n_classes)
    area, low, high = clustered_interval(truth, score, row, level)
    return _curve("micro average", "micro", *by_fold.exact, area, (low, high), n_rows)


def _curve(
    label: str,
    kind: Kind,
    fpr: NDArray[np.float64],
    tpr: NDArray[np.float64],
    area: float,
    interval: Ends,
    positives: int,
) -> RocCurve:
    at_rates, shown = tuple(np.interp(RATES, fpr, tpr).tolist()), thinned(fpr, tpr)
    fpr, tpr = fpr[shown], tpr[shown]
    return RocCurve(label, kind, fpr, tpr, tpr, tpr, area, at_rates, interval, (area,), positives)


def _mean_curve(
    label: str,
    kind: Kind,
    rates: NDArray[np.float64],
    areas: NDArray[np.float64],
    positives: int,
    area: float | None = None,
) -> RocCurve:
    fpr, mean_curve = np.r_[0.0, GRID], band(rates)
    tpr, low, high = (
        np.r_[0.0, each] for each in (mean_curve.mean, mean_curve.low, mean_curve.high)
    )
    shown = thinned(fpr, tpr)
    return RocCurve(
        label=label,
        kind=kind,
        fpr=fpr[shown],
        tpr=tpr[shown],
        low=low[shown],
        high=high[shown],
        auc=float(np.nanmean(areas)) if area is None else area,
        at_rates=tuple(np.interp(RATES, GRID, mean_curve.mean).tolist()),
        interval=(math.nan, math.nan),
        fold_areas=tuple(areas.tolist()),
        positives=positives,
    )
