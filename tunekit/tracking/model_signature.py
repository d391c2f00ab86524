"""The signature of a model in MLflow: its inputs and outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csc_matrix, csr_matrix
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

from tunekit.core.runtime import load_mlflow

_ROWS = 5  # from which the kinds of columns are read

# What MLflow has a type for, and gives to the model as it is.
_KEPT = {np.dtype(name) for name in ("bool", "int32", "int64", "float32", "float64")}


def make_signature(estimator: Any, X: Any) -> Any:
    """Return the signature of a model.

    MLflow converts what a model is given to the types in its signature, without a warning: dates
    of every unit become nanoseconds, missing integers and small numbers other types, a Series a
    table. A model that was fitted on such data would predict something else, so its inputs are
    left out of the signature, and MLflow hands over what it is given.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    X : array-like of shape (n_samples, ...)
        Training data.

    Returns
    -------
    mlflow.models.ModelSignature or None
        None where MLflow has no types for the predictions either.
    """
    mlflow = load_mlflow()
    rows = _safe_indexing(X, list(range(min(_ROWS, _num_samples(X)))))
    outputs = np.asarray(estimator.predict(rows))
    try:
        return mlflow.models.infer_signature(rows if is_kept(X) else None, outputs)
    except mlflow.exceptions.MlflowException:
        return None


def is_kept(X: Any) -> bool:
    """Tell whether MLflow gives such data to a model as they are, or else refuses.

    Examples
    --------
    >>> frame = pd.DataFrame({"size": [1.5, 2.0], "town": ["Kiel", None]})
    >>> is_kept(frame), is_kept(frame.assign(day=pd.Timestamp("2026-11-27")))
    (True, False)
    """
    if isinstance(X, pd.DataFrame):
        named = all(isinstance(name, (str, int)) for name in X.columns)
        return named and all(_is_plain(X.iloc[:, place]) for place in range(X.shape[1]))
    if isinstance(X, np.ndarray):
        # A table of one column would be converted to the type of an array of one.
        return X.ndim > 1 and X.shape[1:] != (1,)
    return isinstance(X, (csr_matrix, csc_matrix))


def _is_plain(column: pd.Series[Any]) -> bool:
    if column.dtype in _KEPT or isinstance(column.dtype, pd.StringDtype):
        return True
    texts = column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) == "string"
    return bool(texts)
