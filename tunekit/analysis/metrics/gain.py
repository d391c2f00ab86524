"""Cumulative gain and lift of a binary classifier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix_at_thresholds

from tunekit.analysis.metrics.curves import band
from tunekit.analysis.metrics.notes import left_out
from tunekit.analysis.metrics.rows import Undefined, binary_rows, single_class_reason
from tunekit.core.predictions import Predictions

#: Proportions of the rows at which gain and lift are reported.
REPORTED_SHARES = (0.05, 0.1, 0.2, 0.3, 0.5)

_SHARES = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True)
class Gain:
    """Cumulative gain and lift of a binary classifier.

    Attributes
    ----------
    positive : str
        ``classes[1]``.
    share : ndarray of shape (101,)
        Proportion of the rows, from 0 to 1, those with the highest probability first.
    gain : ndarray of shape (101,)
        Proportion of all positives among them; with several folds, the mean over folds.
    low, high : ndarray of shape (101,)
        With several folds, ``gain`` minus and plus one standard deviation over the folds, limited
        to [0, 1]; otherwise ``gain``.
    base_rate : float
        Proportion of positives among all rows.
    n_rows, n_folds : int
        Number of predictions and of folds.
    notes : tuple of str
    """

    positive: str
    share: NDArray[np.float64]
    gain: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    base_rate: float
    n_rows: int
    n_folds: int
    notes: tuple[str, ...]

    @property
    def lift(self) -> NDArray[np.float64]:
        """Ratio of the positives to those in a random selection of the same size; NaN at 0."""
        return self.gain / np.where(self.share > 0, self.share, np.nan)

    @property
    def best(self) -> NDArray[np.float64]:
        """Gain of a model that ranks all positives first."""
        return np.minimum(self.share / self.base_rate, 1.0)

    def at(self, share: float) -> float:
        """Return the gain at a proportion of the rows."""
        return float(np.interp(share, self.share, self.gain))


def gain(predictions: Predictions) -> Gain | Undefined:
    """Return the cumulative gain of rows ranked by the probability of ``classes[1]``.

    For rows with equal probability, it is the mean over all orders. With several folds, rows are
    ranked within each, since the scores of two models are not on the same scale.

    Parameters
    ----------
    predictions : Predictions
        Predictions of a binary classifier.

    Returns
    -------
    Gain or Undefined
    """
    rows = binary_rows(predictions)
    if isinstance(rows, Undefined):
        return rows
    truth, score = rows.truth(1), rows.scores[:, 1]
    folds = [fold for fold in rows.folds if not single_class_reason(truth[fold])]
    if not folds:
        return Undefined(f"no fold contains both rows of class {rows.name(1)} and other rows")
    curve = band(np.array([_gains(truth[fold], score[fold]) for fold in folds]))
    return Gain(
        positive=rows.name(1),
        share=_SHARES,
        gain=curve.mean,
        low=curve.low,
        high=curve.high,
        base_rate=float(truth.mean()),
        n_rows=len(truth),
        n_folds=len(rows.folds),
        notes=tuple(filter(None, [left_out(rows.left_out, "finite probabilities")])),
    )


def _gains(truth: NDArray[np.bool_], score: NDArray[np.float64]) -> NDArray[np.float64]:
    _, fp, _, tp, _ = confusion_matrix_at_thresholds(truth, score)
    selected = np.concatenate([[0.0], (tp + fp) / len(truth)])
    gains = np.concatenate([[0.0], tp / truth.sum()])
    return np.asarray(np.interp(_SHARES, selected, gains))
