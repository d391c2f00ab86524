"""Residuals of a regression.

References
----------
M. B. Wilk, R. Gnanadesikan: Probability plotting methods for the analysis of data. Biometrika 55,
1968.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, norm, probplot
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from tunekit.analysis.metrics.curves import POINTS
from tunekit.analysis.metrics.notes import left_out
from tunekit.analysis.metrics.rows import Undefined
from tunekit.core.predictions import Predictions

_MOST_BINS, _FEWEST_ROWS = 10, 10  # rows per bin
_LARGEST = 10  # errors that are always drawn
_LARGEST_NUMBER = 1e100  # squares of larger numbers overflow
_FINITE = "a finite prediction (1e100 at most)"


@dataclass(frozen=True)
class Errors:
    """Error metrics; undefined values are NaN.

    Attributes
    ----------
    r2 : float
        Coefficient of determination, at most 1.
    mae, rmse : float
        Mean absolute error and root mean squared error, in the unit of the target.
    """

    r2: float
    mae: float
    rmse: float


@dataclass(frozen=True)
class ErrorBin:
    """Rows between two quantiles of the true value.

    Attributes
    ----------
    low, high : float
        Smallest and largest true value.
    n_rows : int
        Number of predictions.
    mae : float
        Mean absolute error.
    bias : float
        Mean of predicted minus true value; positive if predictions are too high.
    """

    low: float
    high: float
    n_rows: int
    mae: float
    bias: float


@dataclass(frozen=True)
class NormalQuantiles:
    """Quantiles of the residuals against those of a normal distribution.

    Attributes
    ----------
    expected : ndarray of shape (n_points,)
        Medians of the order statistics of a standard normal sample (Filliben's estimate).
    observed : ndarray of shape (n_points,)
        Residuals minus their mean, divided by their standard deviation.
    low, high : ndarray of shape (n_points,)
        Interval that contains each point of a normal sample with probability ``level``.
    level : float
    """

    expected: NDArray[np.float64]
    observed: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    level: float


@dataclass(frozen=True)
class Residuals:
    """Residuals of a model.

    Attributes
    ----------
    true, predicted : ndarray of shape (n_points,)
        Values of at most 400 rows (or ``points``), evenly spaced over the true values, including
        those with the largest errors.
    errors : Errors
        Errors of all rows, over all folds together.
    of_mean : Errors
        Errors of always predicting the mean of these rows.
    bias : float
        Mean of predicted minus true value.
    fold_errors : tuple of Errors
        One per fold.
    quantiles : NormalQuantiles or None
        None if all residuals are equal.
    bins : tuple of ErrorBin
        Errors by quantile of the true value, at most ten bins.
    n_rows : int
        Number of predictions.
    notes : tuple of str
    """

    true: NDArray[np.float64]
    predicted: NDArray[np.float64]
    errors: Errors
    of_mean: Errors
    bias: float
    fold_errors: tuple[Errors, ...]
    quantiles: NormalQuantiles | None
    bins: tuple[ErrorBin, ...]
    n_rows: int
    notes: tuple[str, ...]


def residuals(
    predictions: Predictions, *, level: float = 0.95, points: int = 2 * POINTS
) -> Residuals | Undefined:
    """Return the residuals of a regression.

    Parameters
    ----------
    predictions : Predictions
        Predictions of a regressor with one target.
    level : float, default=0.95
        Confidence level of the band around the normal quantiles, from 0 to 1.
    points : int, default=400
        Maximum number of rows in ``true`` and ``predicted``, more than 10.

    Returns
    -------
    Residuals or Undefined
        Rows with a prediction that is not finite, or exceeds 1e100, are left out.
    """
    true, predicted = _column(predictions.y_true), _column(predictions.y_pred)
    if true is None or predicted is None:
        shape = np.shape(predictions.y_true)
        columns = shape[1] if len(shape) > 1 else np.shape(predictions.y_pred)[1]
        return Undefined(f"each row has {columns} targets; residuals require a single target")
    finite = (np.abs(true) <= _LARGEST_NUMBER) & (np.abs(predicted) <= _LARGEST_NUMBER)
    if not finite.any():
        return Undefined(f"no row has {_FINITE}")
    true, predicted, fold = true[finite], predicted[finite], predictions.fold[finite]
    shown = _shown(true, predicted, points)
    return Residuals(
        true=true[shown],
        predicted=predicted[shown],
        errors=_errors(true, predicted),
        of_mean=_errors(true, np.full(len(true), true.mean())),
        bias=float(np.mean(predicted - true)),
        fold_errors=tuple(
            _errors(true[fold == number], predicted[fold == number]) for number in np.unique(fold)
        ),
        quantiles=_quantiles(predicted - true, level),
        bins=_bins(true, predicted),
        n_rows=len(true),
        notes=tuple(filter(None, [left_out(int((~finite).sum()), _FINITE)])),
    )


def _column(values: NDArray[np.generic]) -> NDArray[np.float64] | None:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim > 1 and array.shape[1] > 1:
        return None
    return array.reshape(-1)


def _errors(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> Errors:
    return Errors(
        r2=float(r2_score(true, predicted)) if np.ptp(true) > 0 else math.nan,
        mae=float(mean_absolute_error(true, predicted)),
        rmse=float(root_mean_squared_error(true, predicted)),
    )


def _shown(
    true: NDArray[np.float64], predicted: NDArray[np.float64], points: int
) -> NDArray[np.int64]:
    if len(true) <= points:
        return np.arange(len(true))
    by_value = np.argsort(true, kind="stable")
    even = by_value[np.linspace(0, len(true) - 1, points - _LARGEST).astype(int)]
    largest = np.argsort(-np.abs(predicted - true), kind="stable")[:_LARGEST]
    return np.union1d(even, largest)


def _quantiles(error: NDArray[np.float64], level: float) -> NormalQuantiles | None:
    n, spread = len(error), float(np.std(error, ddof=1)) if len(error) > 1 else 0.0
    if not spread > 1e-12 * float(np.abs(error).max()):  # all are equal, up to rounding
        return None
    expected, observed = probplot((error - error.mean()) / spread, fit=False)
    # The i-th smallest of n uniform numbers has a beta distribution.
    rank = np.arange(1, n + 1)
    low, high = (
        norm.ppf(beta.ppf(at, rank, n + 1 - rank)) for at in (0.5 - level / 2, 0.5 + level / 2)
    )
    shown = _quantile_positions(n)
    return NormalQuantiles(expected[shown], observed[shown], low[shown], high[shown], level)


def _quantile_positions(n: int) -> NDArray[np.int64]:
    """Return at most 200 positions in a sorted sample, with all positions at the ends."""
    if n <= POINTS:
        return np.arange(n)
    ends = np.arange(POINTS // 8)
    middle = np.linspace(0, n - 1, POINTS - 2 * len(ends)).astype(int)
    return np.unique(np.concatenate([ends, middle, n - 1 - ends]))


def _bins(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> tuple[ErrorBin, ...]:
    bins = int(np.clip(len(true) // _FEWEST_ROWS, 1, _MOST_BINS))
    edges = np.quantile(true, np.linspace(0, 1, bins + 1))
    bin_of = np.searchsorted(edges[1:-1], true)
    error_bins = []
    for number in np.unique(bin_of):
        in_bin = bin_of == number
        error = predicted[in_bin] - true[in_bin]
        error_bins.append(
            ErrorBin(
                low=float(true[in_bin].min()),
                high=float(true[in_bin].max()),
                n_rows=int(in_bin.sum()),
                mae=float(np.abs(error).mean()),
                bias=float(error.mean()),
            )
        )
    return tuple(error_bins)
