"""ROC curves of several classes, with their averages.

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
from sklearn.metrics import auc, roc_curve

from tunekit.analysis.metrics.curves import ClassMean, band, mean_where_held, thinned
from tunekit.analysis.metrics.notes import notes_on_curves
from tunekit.analysis.metrics.rows import BINARY, ClassRows, Undefined, one_kind, scored_rows
from tunekit.core.predictions import Predictions
from tunekit.statistics.roc_auc import Ends, auc_interval, clustered_interval, macro_interval

#: What a curve is of: one class against the rest, the mean over classes, or all pairs of a row
#: and a class.
Kind = Literal["class", "macro", "micro"]

#: False-positive rates at which true-positive rates are told.
RATES = (0.01, 0.05, 0.1, 0.2)

#: False-positive rates at which curves are averaged, as many as in scikit-learn's example.
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
        mean true-positive rate of the folds.
    low, high : ndarray of shape (n_points,)
        With several folds their spread around ``tpr``: one standard deviation either way, within
        0 and 1. Without, ``tpr``.
    auc : float
        Area under the curve; with several folds the mean of their areas.
    at_rates : tuple of float
        True-positive rates at the false-positive rates :data:`RATES`.
    interval : (float, float)
        By DeLong's method, with one fold only; NaN where it is undefined.
    fold_areas : tuple of float
        One a fold; NaN where a fold does not hold both kinds of rows.
    positives : int
        Rows of the class; of an average, all rows.
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
        """Standard deviation of the folds' areas; NaN with fewer than two."""
        areas = [area for area in self.fold_areas if not math.isnan(area)]
        return float(np.std(areas)) if len(areas) > 1 else math.nan


@dataclass(frozen=True)
class Roc:
    """ROC curves of a model.

    Attributes
    ----------
    curves : tuple of RocCurve
        Macro and micro average first, then the classes in order. For two classes there is one,
        that of ``classes[1]``.
    undefined : tuple of (str, str)
        Classes without a curve, and why.
    n_rows, n_folds : int
        Predictions, and the folds that they were made in.
    level : float
        Of the intervals.
    notes : tuple of str
        Sentences on what was left out.
    """

    curves: tuple[RocCurve, ...]
    undefined: tuple[tuple[str, str], ...]
    n_rows: int
    n_folds: int
    level: float
    notes: tuple[str, ...]

    def area(self, label: str) -> float:
        """Return the area of a class; NaN where it has none."""
        return next((c.auc for c in self.curves if (c.kind, c.label) == ("class", label)), math.nan)


@dataclass(frozen=True)
class _Parts:
    """One curve in each fold: true-positive rates on the grid, a row a fold, and areas."""

    rates: NDArray[np.float64]
    areas: NDArray[np.float64]
    exact: tuple[NDArray[np.float64], NDArray[np.float64]]  # of the last fold


def roc(predictions: Predictions, *, level: float = 0.95) -> Roc | Undefined:
    """Return the ROC curve of each class against the rest, and for several classes the averages.

    With several folds each curve is the mean of the folds' true-positive rates, and each area the
    mean of their areas: scores of two models are not on one scale, so they are never pooled. The
    macro average is the mean of the one-vs-rest rates at the same false-positive rates, its area
    the mean of the one-vs-rest areas; the micro average counts every (row, class) pair once.

    Parameters
    ----------
    predictions : Predictions
        Of a classifier.
    level : float, default=0.95
        Of the intervals, from 0 to 1.

    Returns
    -------
    Roc or Undefined
        Undefined where no curve is.
    """
    found = scored_rows(predictions)
    if isinstance(found, Undefined):
        return found
    shown = [1] if len(found.columns) == BINARY else list(range(len(found.columns)))
    undefined, curves, columns = [], [], []
    mean = ClassMean(len(found.folds), len(GRID))
    for column in shown:
        truth = found.truth(column)
        parts = _parts(truth, found.scores[:, column], found.folds)
        reason = _reason(truth, parts, found.name(column))
        if reason:
            undefined.append((found.name(column), reason))
            continue
        mean.add(parts.rates)
        curves.append(_class_curve(found, column, parts, level))
        columns.append(column)
    if not curves:
        return Undefined(undefined[0][1])
    averages = (
        []
        if shown == [1]
        else [_macro(found, columns, curves, mean.curves(), level), _micro(found, level)]
    )
    return Roc(
        curves=(*averages, *curves),
        undefined=tuple(undefined),
        n_rows=len(found.rows),
        n_folds=len(found.folds),
        level=level,
        notes=notes_on_curves(found, {c.label: c.fold_areas for c in curves}, undefined),
    )


def _parts(
    truth: NDArray[np.bool_], score: NDArray[np.float64], folds: list[NDArray[np.int64]]
) -> _Parts:
    rates, areas = np.full((len(folds), len(GRID)), np.nan), np.full(len(folds), np.nan)
    exact = (np.empty(0), np.empty(0))
    for number, fold in enumerate(folds):
        if one_kind(truth[fold]):
            continue
        fpr, tpr, _ = roc_curve(truth[fold], score[fold])
        exact, areas[number] = (fpr, tpr), auc(fpr, tpr)
        rates[number] = np.interp(GRID, fpr, tpr)
    return _Parts(rates, areas, exact)


def _reason(truth: NDArray[np.bool_], parts: _Parts, name: str) -> str:
    lacking = one_kind(truth)
    if lacking:
        return f"{lacking} {name}"
    if np.isnan(parts.areas).all():
        return f"no fold holds both rows of class {name} and others"
    return ""


def _class_curve(found: ClassRows, column: int, parts: _Parts, level: float) -> RocCurve:
    truth, label = found.truth(column), found.name(column)
    positives = int(truth.sum())
    if len(found.folds) > 1:
        return _mean_curve(label, "class", parts.rates, parts.areas, positives)
    own = auc_interval(truth, found.scores[:, column], level)
    return _curve(label, "class", *parts.exact, own.value, (own.low, own.high), positives)


def _macro(
    found: ClassRows,
    columns: list[int],
    curves: list[RocCurve],
    rates: NDArray[np.float64],
    level: float,
) -> RocCurve:
    label, n_classes = "macro average", len(found.columns)
    if len(columns) < n_classes:
        label += f" of {len(columns)} classes"
    n_rows = len(found.rows)
    area = float(np.mean([curve.auc for curve in curves]))
    if len(found.folds) == 1:
        own = macro_interval(found.true, found.scores[:, columns], found.columns[columns], level)
        return _curve(label, "macro", np.r_[0.0, GRID], np.r_[0.0, rates[0]], area, own, n_rows)
    means = mean_where_held(np.array([curve.fold_areas for curve in curves]))
    return _mean_curve(label, "macro", rates, means, n_rows, area)


def _micro(found: ClassRows, level: float) -> RocCurve:
    n_rows, n_classes = found.scores.shape
    truth, score, folds = found.pairs()
    parts = _parts(truth, score, folds)
    if len(folds) > 1:
        return _mean_curve("micro average", "micro", parts.rates, parts.areas, n_rows)
    row = np.repeat(np.arange(n_rows), n_classes)
    area, low, high = clustered_interval(truth, score, row, level)
    return _curve("micro average", "micro", *parts.exact, area, (low, high), n_rows)


def _curve(
    label: str,
    kind: Kind,
    fpr: NDArray[np.float64],
    tpr: NDArray[np.float64],
    area: float,
    interval: Ends,
    positives: int,
) -> RocCurve:
    at_rates, kept = tuple(np.interp(RATES, fpr, tpr).tolist()), thinned(fpr, tpr)
    fpr, tpr = fpr[kept], tpr[kept]
    return RocCurve(label, kind, fpr, tpr, tpr, tpr, area, at_rates, interval, (area,), positives)


def _mean_curve(
    label: str,
    kind: Kind,
    rates: NDArray[np.float64],
    areas: NDArray[np.float64],
    positives: int,
    area: float | None = None,
) -> RocCurve:
    fpr, drawn = np.r_[0.0, GRID], band(rates)
    tpr, low, high = (np.r_[0.0, each] for each in (drawn.mean, drawn.low, drawn.high))
    kept = thinned(fpr, tpr)
    return RocCurve(
        label=label,
        kind=kind,
        fpr=fpr[kept],
        tpr=tpr[kept],
        low=low[kept],
        high=high[kept],
        auc=float(np.nanmean(areas)) if area is None else area,
        at_rates=tuple(np.interp(RATES, GRID, drawn.mean).tolist()),
        interval=(math.nan, math.nan),
        fold_areas=tuple(areas.tolist()),
        positives=positives,
    )
