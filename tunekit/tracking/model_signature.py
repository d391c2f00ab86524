"""Signature of an MLflow model: its inputs and outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csc_matrix, csr_matrix
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

from tunekit.core.runtime import load_mlflow
from tunekit.tracking.champion import METHOD

_ROWS = 5  # from which the types are inferred

# Columns that MLflow passes to the model unchanged if the signature names no type.
_UNCHANGED = {np.dtype(name) for name in ("bool", "int64", "float64")}
_DATES = (pd.DatetimeTZDtype, pd.PeriodDtype)


def make_signature(estimator: Any, X: Any) -> Any:
    """Return the signature of a model.

    MLflow converts inputs to the types in a signature, without a warning: dates of any unit
    become nanoseconds, nullable integers and small numbers get other types, and a Series becomes
    a table. It also rejects integers in a column of floats, and missing values in a column that
    had none. The model could then predict something else than the tuner. Therefore, the signature
    of a table names its columns, which are required, without types. If MLflow would convert a
    column even so, the signature has no inputs, and MLflow passes any data unchanged.

    Parameters
    ----------
    estimator : estimator
        Fitted estimator.
    X : array-like of shape (n_samples, ...)
        Training data.

    Returns
    -------
    mlflow.models.ModelSignature or None
        If the estimator predicts probabilities, with the parameter ``predict_method``.
    """
    mlflow = load_mlflow()
    rows = _safe_indexing(X, list(range(min(_ROWS, _num_samples(X)))))
    try:
        outputs = mlflow.models.infer_signature(None, np.asarray(estimator.predict(rows))).outputs
    except mlflow.exceptions.MlflowException:
        outputs = None  # MLflow has no type for the predictions
    inputs = None
    if isinstance(X, pd.DataFrame):
        inputs = _named_columns(X)
    elif is_table(X):
        inputs = mlflow.models.infer_signature(rows).inputs
    params = _method_parameter() if hasattr(estimator, "predict_proba") else None
    if inputs is outputs is params is None:
        return None
    return mlflow.models.ModelSignature(inputs=inputs, outputs=outputs, params=params)


def without_inputs(signature: Any) -> Any:
    """Return a signature with which MLflow passes any data unchanged; None if it is then empty."""
    if signature.outputs is signature.params is None:
        return None
    return load_mlflow().models.ModelSignature(outputs=signature.outputs, params=signature.params)


def is_table(X: Any) -> bool:
    """Return whether MLflow passes such an array to a model unchanged, or rejects others.

    Examples
    --------
    >>> is_table(np.zeros((3, 2))), is_table(np.zeros((3, 1))), is_table([[1.0, 2.0]])
    (True, False, False)
    """
    if isinstance(X, np.ndarray):
        # Data with one column are converted to another type.
        return X.ndim > 1 and X.shape[1:] != (1,)
    return isinstance(X, (csr_matrix, csc_matrix))


def _named_columns(X: pd.DataFrame) -> Any:
    """Return a schema with the names of columns; None if MLflow would convert or reject one."""
    names = [str(name) for name in X.columns]
    if not all(isinstance(name, str) and name for name in X.columns) or len({*names}) < len(names):
        return None
    if not all(is_unchanged(X.iloc[:, place]) for place in range(X.shape[1])):
        return None
    types = load_mlflow().types.schema
    return types.Schema([types.ColSpec(types.AnyType(), name) for name in names])


def is_unchanged(column: pd.Series[Any]) -> bool:
    """Return whether MLflow passes a column to a model unchanged if it has no type.

    Examples
    --------
    >>> is_unchanged(pd.Series(["Kiel", None])), is_unchanged(pd.Series([1, None], dtype="Int64"))
    (True, False)
    """
    kind = column.dtype
    if isinstance(kind, np.dtype):
        return kind in _UNCHANGED or kind.kind in "OMm"
    return isinstance(kind, _DATES) or str(kind) == "str"


def _method_parameter() -> Any:
    """Return the schema of the parameter that selects the method of the estimator."""
    types = load_mlflow().types
    return types.ParamSchema([types.ParamSpec(METHOD, types.DataType.string, "predict")])
