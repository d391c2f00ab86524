"""The rows that a model was most wrong about, with their inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import _safe_indexing

from tunekit.core.predictions import Mistakes, Predictions
from tunekit.core.text import shortened

#: How many rows are kept.
KEPT = 24

#: How large their inputs may be, in bytes.
LARGEST = 1_000_000

_LONGEST, _SHORTEST = 2_000, 8  # characters of a text
_CHARACTER = 4  # bytes, as NumPy keeps it
_TABLE, _CHANNELS = 2, 4  # dimensions of a table, and from which on the last one is of channels
_MOST_SKIPPED = 64  # rows and columns of an image
_NUMBERS = "biuf"  # kinds of values


def worst_mistakes(predictions: Predictions, X: Any) -> Mistakes | None:
    """Return the inputs of up to 24 rows that a model was most wrong about.

    Of a classifier these are the mistakes that it was surest of, by the probability that it gave
    the class it named; without probabilities the first ones. Of a regression these are the rows
    with the largest errors; several outputs are added up in units of their standard deviation.

    Parameters
    ----------
    predictions : Predictions
    X : array-like of shape (n_samples, ...)
        The data that ``predictions.rows`` are positions in.

    Returns
    -------
    Mistakes or None
        The worst first; None where there is no mistake.
    """
    badness = _badness(predictions)
    order = np.argsort(-badness, kind="stable")
    order = order[np.isfinite(badness[order])]
    # A row that several splits held out counts once.
    rows = list(dict.fromkeys(predictions.rows[order].tolist()))[:KEPT]
    return _with_inputs(np.array(rows, dtype=np.int64), X) if rows else None


def _badness(predictions: Predictions) -> NDArray[np.float64]:
    """Return how wrong each row is; minus infinity where it is right."""
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
    places = {label: i for i, label in enumerate(classes.tolist())}
    columns = np.array([places.get(label, -1) for label in y_pred[:, 0].tolist()])
    sure = np.where(columns >= 0, scores[np.arange(len(columns)), columns], 0.0)
    return np.where(wrong, sure, -np.inf)


def _with_inputs(rows: NDArray[np.int64], X: Any) -> Mistakes:
    found = _safe_indexing(X, rows)
    columns = tuple(str(name) for name in found.columns) if hasattr(found, "columns") else ()
    values = np.asarray(found.toarray() if hasattr(found, "toarray") else found)
    if values.dtype.kind == "O" and all(kind in _NUMBERS for kind in _kinds(found)):
        values = values.astype(np.float64)  # columns of several kinds of numbers
    if values.dtype.kind not in _NUMBERS:
        return _as_texts(rows, values, columns)
    if values.nbytes > LARGEST and values.dtype.kind == "f":
        values = values.astype(np.float32)
    for stride in range(1, _MOST_SKIPPED + 1):
        thinned = values[_every(stride, values.ndim)]
        if thinned.nbytes <= LARGEST:
            return Mistakes(rows, thinned, columns, stride)
        if values.ndim <= _TABLE:
            break
    return Mistakes(rows, None, columns, reason=f"a row has {values[0].size:,} values")


def _kinds(found: Any) -> list[str]:
    """Return the kind of each column of a data frame; of anything else that it is no number."""
    return [getattr(each, "kind", "O") for each in getattr(found, "dtypes", ["O"])]


def _every(stride: int, n_dims: int) -> tuple[slice, ...]:
    """Return what takes some rows and columns of images, and all of their channels."""
    last = n_dims - 1 if n_dims >= _CHANNELS else n_dims
    return (slice(None), *(slice(None, None, stride) for _ in range(1, last)))


def _as_texts(rows: NDArray[np.int64], values: NDArray[Any], columns: tuple[str, ...]) -> Mistakes:
    longest = min(_LONGEST, LARGEST // (_CHARACTER * max(1, values.size)))
    if longest < _SHORTEST:
        return Mistakes(rows, None, columns, reason=f"a row has {values[0].size:,} values")
    texts = [shortened(_text(value), longest) for value in values.ravel().tolist()]
    return Mistakes(rows, np.array(texts, dtype=str).reshape(values.shape), columns)


def _text(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 - NaN is unlike itself
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
