"""The rows with the worst errors of a model, and their inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import _safe_indexing

from tunekit.core.predictions import Mistakes, Predictions
from tunekit.core.text import shortened

#: Maximum number of rows to store.
KEPT = 24

#: Maximum size of their inputs in bytes.
LARGEST = 1_000_000

_LONGEST, _SHORTEST = 2_000, 8  # characters of a text
_CHARACTER = 4  # bytes per character in NumPy
_TABLE, _CHANNELS = 2, 4  # dimensions of a table, and of images with channels
_MAX_STRIDE = 64  # rows and columns of an image
_NUMBERS = "biuf"  # NumPy kinds of numbers


def worst_mistakes(predictions: Predictions, X: Any) -> Mistakes | None:
    """Return the inputs of up to 24 rows with the worst errors of a model.

    For a classifier, these are the wrong predictions with the highest probability of the predicted
    class; without probabilities, the first wrong predictions. For a regression, these are the rows
    with the largest errors; errors of several outputs are summed in units of the outputs' standard
    deviation.

    Parameters
    ----------
    predictions : Predictions
    X : array-like of shape (n_samples, ...)
        The data that ``predictions.rows`` are positions in.

    Returns
    -------
    Mistakes or None
        The worst first; None if there is no error.
    """
    severity = _severity(predictions)
    order = np.argsort(-severity, kind="stable")
    order = order[np.isfinite(severity[order])]
    # A row that several splits validate on counts once.
    rows = list(dict.fromkeys(predictions.rows[order].tolist()))[:KEPT]
    return _with_inputs(np.array(rows, dtype=np.int64), X) if rows else None


def _severity(predictions: Predictions) -> NDArray[np.float64]:
    """Return the severity of the error of each row; minus infinity if the prediction is correct."""
    y_true = predictions.y_true.reshape(len(predictions.rows), -1)
    y_pred = predictions.y_pred.reshape(len(predictions.rows), -1)
    classes, scores = predictions.classes, predictions.y_score
    wrong = (y_pred != y_true).any(axis=1)
    if classes is None and y_true.dtype.kind in _NUMBERS:
        spread = y_true.std(axis=0, dtype=np.float64)
        error = np.abs(y_pred.astype(np.float64) - y_true) / np.where(spread > 0, spread, 1.0)
        return np.where(wrong, error.sum(axis=1), -np.inf)
    if classes is None or scores is None:
        return np.where(wrong, 0.0, -np.inf)
    column_of = {label: i for i, label in enumerate(classes.tolist())}
    columns = np.array([column_of.get(label, -1) for label in y_pred[:, 0].tolist()])
    confidence = np.where(columns >= 0, scores[np.arange(len(columns)), columns], 0.0)
    return np.where(wrong, confidence, -np.inf)


def _with_inputs(rows: NDArray[np.int64], X: Any) -> Mistakes:
    selected = _safe_indexing(X, rows)
    columns = tuple(str(name) for name in selected.columns) if hasattr(selected, "columns") else ()
    values = np.asarray(selected.toarray() if hasattr(selected, "toarray") else selected)
    if values.dtype.kind == "O" and all(kind in _NUMBERS for kind in _kinds(selected)):
        values = values.astype(np.float64)  # columns of several kinds of numbers
    if values.dtype.kind not in _NUMBERS:
        return _as_texts(rows, values, columns)
    if values.nbytes > LARGEST and values.dtype.kind == "f":
        values = values.astype(np.float32)
    for stride in range(1, _MAX_STRIDE + 1):
        thinned = values[_every(stride, values.ndim)]
        if thinned.nbytes <= LARGEST:
            return Mistakes(rows, thinned, columns, stride)
        if values.ndim <= _TABLE:
            break
    return Mistakes(rows, None, columns, reason=f"a row has {values[0].size:,} values")


def _kinds(selected: Any) -> list[str]:
    """Return the kind of each column of a data frame; ``"O"`` for anything else."""
    return [getattr(each, "kind", "O") for each in getattr(selected, "dtypes", ["O"])]


def _every(stride: int, n_dims: int) -> tuple[slice, ...]:
    """Return an index of every n-th row and column of images, with all channels."""
    last = n_dims - 1 if n_dims >= _CHANNELS else n_dims
    return (slice(None), *(slice(None, None, stride) for _ in range(1, last)))


def _as_texts(rows: NDArray[np.int64], values: NDArray[Any], columns: tuple[str, ...]) -> Mistakes:
    longest = min(_LONGEST, LARGEST // (_CHARACTER * max(1, values.size)))
    if longest < _SHORTEST:
        return Mistakes(rows, None, columns, reason=f"a row has {values[0].size:,} values")
    texts = [shortened(_text(value), longest) for value in values.ravel().tolist()]
    return Mistakes(rows, np.array(texts, dtype=str).reshape(values.shape), columns)


def _text(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 - NaN differs from itself
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
