"""Signature of an MLflow model: its inputs and outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csc_matrix, csr_matrix
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

from tunekit.core.runtime import load_mlflow

_ROWS = 5  # from which the types are inferred

# Types that MLflow passes to the model unchanged.
_UNCHANGED = {np.dtype(name) for name in ("bool", "int32", "int64", "float32", "float64")}


def make_signature(estimator: Any, X: Any) -> Any:
    """Return the signature of a model.

    MLflow converts inputs to the types in the signature, without a warning: dates of any unit
    become nanoseconds, nullable integers and small numbers get other types, and a Series becomes
    a table. A model that was fitted on such data could give different predictions. Therefore, the
    signature then has no inputs, and MLflow passes them unchanged.

    Parameters
    ----------
    estimator : estimator
        Fitted estimator.
    X : array-like of shape (n_samples, ...)
        Training data.

    Returns
    -------
    mlflow.models.ModelSignature or None
        None if MLflow has no type for the predictions.
    """
    mlflow = load_mlflow()
    rows = _safe_indexing(X, list(range(min(_ROWS, _num_samples(X)))))
    outputs = np.asarray(estimator.predict(rows))
    try:
        return mlflow.models.infer_signature(rows if is_unchanged(X) else None, outputs)
    except mlflow.exceptions.MlflowException:
        return None


def is_unchanged(X: Any) -> bool:
    """Return whether MLflow passes such data to a model unchanged, or rejects them.

    Examples
    --------
    >>> frame = pd.DataFrame({"size": [1.5, 2.0], "town": ["Kiel", None]})
    >>> is_unchanged(frame), is_unchanged(frame.assign(day=pd.Timestamp("2026-11-27")))
    (True, False)
    """
    if isinstance(X, pd.DataFrame):
        named = all(isinstance(name, (str, int)) for name in X.columns)
        return named and all(_is_plain(X.iloc[:, i]) for i in range(X.shape[1]))
    if isinstance(X, np.ndarray):
        # Data with one column are converted to another type.
        return X.ndim > 1 and X.shape[1:] != (1,)
    return isinstance(X, (csr_matrix, csc_matrix))


def _is_plain(column: pd.Series[Any]) -> bool:
    if column.dtype in _UNCHANGED or isinstance(column.dtype, pd.StringDtype):
        return True
    texts = column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) == "string"
    return bool(texts)
