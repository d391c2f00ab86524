"""Whether probabilities mean what they say.

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

from tunekit.analysis.metrics.notes import left_out
from tunekit.analysis.metrics.rows import BINARY, ClassRows, Undefined, one_kind, scored_rows
from tunekit.core.predictions import Predictions
from tunekit.statistics.proportions import wilson_ends

#: Classes up to which each has a curve of its own.
MOST_CLASSES = 10

_MOST_BINS, _FEWEST_ROWS = 10, 10  # in a bin


@dataclass(frozen=True)
class Reliability:
    """How often something happened, against the probability that it was given.

    Attributes
    ----------
    label : str
        A class; or ``"most probable class"``, which happens when it is the true one.
    forecast : ndarray of shape (n_bins,)
        Mean probability of each bin; a bin holds as many predictions as the others.
    observed : ndarray of shape (n_bins,)
        Share of its predictions for which it happened.
    low, high : ndarray of shape (n_bins,)
        Wilson's interval of that share; several predictions of one row count as one.
    counts : ndarray of int of shape (n_bins,)
        Predictions.
    brier : float
        Mean squared difference of probability and what happened, from 0 to 1.
    brier_of_base : float
        What a forecast of the share of all rows, whatever the row, would score.
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
        One a class that occurs, up to ten classes; for two classes that of ``classes[1]`` alone;
        empty with more than ten.
    top : Reliability or None
        Of the most probable class of each row; None for two classes.
    brier, brier_of_base : float
        Brier score, smaller is better, and what a forecast of the rows' base rates would score.
        For two classes scikit-learn's, of the positive class, from 0 to 1; for more the sum of
        the squared differences over all classes, from 0 to 2.
    n_classes : int
    n_rows : int
        Predictions.
    level : float
        Of the intervals.
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
    """Compare probabilities with how often things happened, over all folds together.

    Parameters
    ----------
    predictions : Predictions
        Of a classifier.
    level : float, default=0.95
        Of the intervals, from 0 to 1.

    Returns
    -------
    Calibration or Undefined
    """
    found = scored_rows(predictions)
    if isinstance(found, Undefined):
        return found
    n_classes = len(found.columns)
    binary = n_classes == BINARY
    shown = [1] if binary else range(n_classes) if n_classes <= MOST_CLASSES else []
    curves = tuple(
        _reliability(found, found.name(column), found.truth(column), found.scores[:, column], level)
        for column in shown
        if binary or found.truth(column).any()
    )
    brier, of_base = (
        (curves[0].brier, curves[0].brier_of_base) if binary else _summed_over_classes(found)
    )
    return Calibration(
        curves=curves,
        top=None if binary else _top(found, level),
        brier=brier,
        brier_of_base=of_base,
        n_classes=n_classes,
        n_rows=len(found.rows),
        level=level,
        notes=_notes(found),
    )


def _notes(found: ClassRows) -> tuple[str, ...]:
    notes = [left_out(found.left_out, "finite probabilities")]
    lacking = one_kind(found.truth(1)) if len(found.columns) == BINARY else ""
    if lacking:
        notes.append(f"{lacking.capitalize()} {found.name(1)}.")
    if found.unseen:
        notes.append(f"Rows of {', '.join(found.unseen[:3])} had no class to be given.")
    return tuple(filter(None, notes))


def _summed_over_classes(found: ClassRows) -> tuple[float, float]:
    """Return the Brier score summed over classes, and that of the base rates."""
    forecast = np.zeros((len(found.rows), len(found.names)))
    forecast[:, found.columns] = found.scores  # what the model does not know has probability 0
    forecast[np.arange(len(found.rows)), found.true] -= 1
    rates = np.bincount(found.true, minlength=len(found.names)) / len(found.rows)
    return float((forecast**2).sum(axis=1).mean()), float(1 - rates @ rates)


def _top(found: ClassRows, level: float) -> Reliability:
    best = found.scores.argmax(axis=1)
    right = found.columns[best] == found.true
    return _reliability(found, "most probable class", right, found.scores.max(axis=1), level)


def _reliability(
    found: ClassRows,
    label: str,
    happened: NDArray[np.bool_],
    probability: NDArray[np.float64],
    level: float,
) -> Reliability:
    bins = int(np.clip(len(probability) // _FEWEST_ROWS, 1, _MOST_BINS))
    edges = np.percentile(probability, 100 * np.linspace(0, 1, bins + 1))
    places = np.searchsorted(edges[1:-1], probability)
    counts = np.bincount(places, minlength=bins)
    held = counts > 0
    forecast = np.bincount(places, probability, minlength=bins)[held] / counts[held]
    observed = np.bincount(places, happened, minlength=bins)[held] / counts[held]
    distinct = np.bincount(places, found.once, minlength=bins)[held]
    low, high = wilson_ends(observed, distinct, level)
    base = float(happened.mean())
    return Reliability(
        label=label,
        forecast=forecast,
        observed=observed,
        low=low,
        high=high,
        counts=counts[held],
        brier=float(np.mean((probability - happened) ** 2)),
        brier_of_base=base * (1 - base),
    )
