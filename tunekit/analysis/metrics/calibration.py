"""Calibration of predicted probabilities.

References
----------
G. W. Brier: Verification of forecasts expressed in terms of probability. Monthly Weather Review
78, 1950.
C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger: On calibration of modern neural networks. ICML 2017.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunekit.analysis.metrics.label_rows import LabelRows
from tunekit.analysis.metrics.notes import left_out
from tunekit.analysis.metrics.rows import (
    BINARY,
    ClassRows,
    ScoredRows,
    Undefined,
    scored_rows,
    single_class_reason,
)
from tunekit.core.predictions import Predictions
from tunekit.statistics.proportions import wilson_ends

#: Maximum number of classes with one curve per class.
MOST_CLASSES = 10

_MOST_BINS, _FEWEST_ROWS = 10, 10  # rows per bin


@dataclass(frozen=True)
class Reliability:
    """Observed frequency of an event against its predicted probability.

    Attributes
    ----------
    label : str
        A class, or ``"most probable class"``: the event that the most probable class is true.
    forecast : ndarray of shape (n_bins,)
        Mean predicted probability of each bin; all bins have the same number of predictions.
    observed : ndarray of shape (n_bins,)
        Observed frequency of the event in each bin.
    low, high : ndarray of shape (n_bins,)
        Wilson interval of this frequency; several predictions of one row count as one.
    counts : ndarray of int of shape (n_bins,)
        Number of predictions in each bin.
    brier : float
        Mean squared difference between probability and event, from 0 to 1.
    brier_of_base : float
        Brier score of always predicting the base rate.
    """

    label: str
    forecast: NDArray[np.float64]
    observed: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    counts: NDArray[np.int64]
    brier: float
    brier_of_base: float


@dataclass(frozen=True)
class Calibration:
    """Calibration of a model's probabilities.

    Attributes
    ----------
    curves : tuple of Reliability
        One per class that occurs, for up to ten classes; for two classes, only that of
        ``classes[1]``; empty for more than ten.
    top : Reliability or None
        Reliability of the most probable class of each row; None for two classes.
    brier, brier_of_base : float
        Brier score (smaller is better), and that of always predicting the base rates. For two
        classes, it is that of scikit-learn for the positive class, from 0 to 1; for more classes,
        the sum of the squared differences over all classes, from 0 to 2.
    n_classes : int
    n_rows : int
        Number of predictions.
    level : float
        Confidence level of the intervals.
    notes : tuple of str
    """

    curves: tuple[Reliability, ...]
    top: Reliability | None
    brier: float
    brier_of_base: float
    n_classes: int
    n_rows: int
    level: float
    notes: tuple[str, ...]


def calibration(predictions: Predictions, *, level: float = 0.95) -> Calibration | Undefined:
    """Compare predicted probabilities with observed frequencies, over all folds together.

    Parameters
    ----------
    predictions : Predictions
        Predictions of a classifier.
    level : float, default=0.95
        Confidence level of the intervals, from 0 to 1.

    Returns
    -------
    Calibration or Undefined
    """
    rows = scored_rows(predictions)
    if isinstance(rows, Undefined):
        return rows
    n_classes = len(rows.columns)
    binary = n_classes == BINARY
    shown = [1] if binary else range(n_classes) if n_classes <= MOST_CLASSES else []
    curves = tuple(
        _reliability(rows, rows.name(column), rows.truth(column), rows.scores[:, column], level)
        for column in shown
        if binary or rows.truth(column).any()
    )
    brier, of_base = (
        (curves[0].brier, curves[0].brier_of_base) if binary else _summed_over_classes(rows)
    )
    return Calibration(
        curves=curves,
        top=None if binary else _top(rows, level),
        brier=brier,
        brier_of_base=of_base,
        n_classes=n_classes,
        n_rows=len(rows.rows),
        level=level,
        notes=_notes(rows),
    )


def calibration_of_labels(rows: LabelRows, *, level: float = 0.95) -> tuple[Reliability, ...]:
    """Return the calibration of each label of multilabel targets, at most ten.

    Parameters
    ----------
    rows : LabelRows
        With finite probabilities.
    level : float, default=0.95
        Confidence level of the intervals, from 0 to 1.

    Returns
    -------
    tuple of Reliability
        In the order of the labels; of more than ten, those with the largest Brier scores.
    """
    curves = [
        _reliability(rows, rows.name(column), rows.truth(column), rows.scores[:, column], level)
        for column in rows.shown
    ]
    order = np.argsort([-curve.brier for curve in curves], kind="stable")[:MOST_CLASSES]
    return tuple(curves[i] for i in sorted(order))


def _notes(rows: ClassRows) -> tuple[str, ...]:
    notes = [left_out(rows.left_out, "finite probabilities")]
    reason = single_class_reason(rows.truth(1)) if len(rows.columns) == BINARY else ""
    if reason:
        notes.append(f"{reason.capitalize()} {rows.name(1)}.")
    if rows.unseen:
        notes.append(f"Labels unknown to the model: {', '.join(rows.unseen[:3])}.")
    return tuple(filter(None, notes))


def _summed_over_classes(rows: ClassRows) -> tuple[float, float]:
    """Return the Brier score summed over classes, and that of predicting the base rates."""
    forecast = np.zeros((len(rows.rows), len(rows.names)))
    forecast[:, rows.columns] = rows.scores  # unknown labels have probability 0
    forecast[np.arange(len(rows.rows)), rows.true] -= 1
    rates = np.bincount(rows.true, minlength=len(rows.names)) / len(rows.rows)
    return float((forecast**2).sum(axis=1).mean()), float(1 - rates @ rates)


def _top(rows: ClassRows, level: float) -> Reliability:
    best = rows.scores.argmax(axis=1)
    correct = rows.columns[best] == rows.true
    return _reliability(rows, "most probable class", correct, rows.scores.max(axis=1), level)


def _reliability(
    rows: ScoredRows,
    label: str,
    event: NDArray[np.bool_],
    probability: NDArray[np.float64],
    level: float,
) -> Reliability:
    bins = int(np.clip(len(probability) // _FEWEST_ROWS, 1, _MOST_BINS))
    edges = np.percentile(probability, 100 * np.linspace(0, 1, bins + 1))
    bin_of = np.searchsorted(edges[1:-1], probability)
    counts = np.bincount(bin_of, minlength=bins)
    used = counts > 0
    forecast = np.bincount(bin_of, probability, minlength=bins)[used] / counts[used]
    observed = np.bincount(bin_of, event, minlength=bins)[used] / counts[used]
    distinct = np.bincount(bin_of, rows.row_weights, minlength=bins)[used]
    low, high = wilson_ends(observed, distinct, level)
    base = float(event.mean())
    return Reliability(
        label=label,
        forecast=forecast,
        observed=observed,
        low=low,
        high=high,
        counts=counts[used],
        brier=float(np.mean((probability - event) ** 2)),
        brier_of_base=base * (1 - base),
    )
