"""What is gained by looking at the most probable rows first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix_at_thresholds

from tunekit.analysis.metrics.curves import band
from tunekit.analysis.metrics.notes import left_out
from tunekit.analysis.metrics.rows import Undefined, binary_rows, one_kind
from tunekit.core.predictions import Predictions

#: Shares of the rows at which gain and lift are told.
TOLD = (0.05, 0.1, 0.2, 0.3, 0.5)

_SHARES = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True)
class Gain:
    """Cumulative gain and lift of a binary classifier.

    Attributes
    ----------
    positive : str
        ``classes[1]``.
    share : ndarray of shape (101,)
        Of the rows, from 0 to 1, those with the highest probability first.
    gain : ndarray of shape (101,)
        Share of all positives among them; with several folds the mean of theirs.
    low, high : ndarray of shape (101,)
        With several folds their spread around ``gain``: one standard deviation either way,
        within 0 and 1. Without, ``gain``.
    base_rate : float
        Share of the positives among all rows.
    n_rows, n_folds : int
        Predictions, and the folds that they were made in.
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
        """How many times as many positives as a random choice of as many rows; NaN at 0."""
        return self.gain / np.where(self.share > 0, self.share, np.nan)

    @property
    def best(self) -> NDArray[np.float64]:
        """Gain of a model that puts all positives first."""
        return np.minimum(self.share / self.base_rate, 1.0)

    def at(self, share: float) -> float:
        """Return the gain at a share of the rows."""
        return float(np.interp(share, self.share, self.gain))


def gain(predictions: Predictions) -> Gain | Undefined:
    """Return the cumulative gain, the rows with the highest probability of ``classes[1]`` first.

    Rows of equal probability come in the mean of all orders. With several folds the rows are
    ordered in each, since scores of two models are not on one scale.

    Parameters
    ----------
    predictions : Predictions
        Of a binary classifier.

    Returns
    -------
    Gain or Undefined
    """
    found = binary_rows(predictions)
    if isinstance(found, Undefined):
        return found
    truth, score = found.truth(1), found.scores[:, 1]
    folds = [fold for fold in found.folds if not one_kind(truth[fold])]
    if not folds:
        return Undefined(f"no fold holds both rows of class {found.name(1)} and others")
    drawn = band(np.array([_gains(truth[fold], score[fold]) for fold in folds]))
    return Gain(
        positive=found.name(1),
        share=_SHARES,
        gain=drawn.mean,
        low=drawn.low,
        high=drawn.high,
        base_rate=float(truth.mean()),
        n_rows=len(truth),
        n_folds=len(found.folds),
        notes=tuple(filter(None, [left_out(found.left_out, "finite probabilities")])),
    )


def _gains(truth: NDArray[np.bool_], score: NDArray[np.float64]) -> NDArray[np.float64]:
    _, fp, _, tp, _ = confusion_matrix_at_thresholds(truth, score)
    looked_at = np.concatenate([[0.0], (tp + fp) / len(truth)])
    found = np.concatenate([[0.0], tp / truth.sum()])
    return np.asarray(np.interp(_SHARES, looked_at, found))
