"""How MLflow loads a model that tunekit has stored.

Each model contains a copy of this file, so it imports nothing from tunekit.
"""

from __future__ import annotations

import importlib
import pickle
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

#: Name under which the copy is imported.
MODULE = "tunekit_champion"

#: Copy of the parts of tunekit that a model needs, next to the copy of this file.
PARTS = "tunekit_parts.zip"

#: Parameter of ``predict`` that selects the method.
METHOD = "predict_method"

_METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")


def load(pickled: bytes) -> Any:
    """Return an estimator from its pickle.

    If tunekit is not installed, its copy in the model is used.

    Raises
    ------
    ImportError
        If another package named ``tunekit`` is installed.
    """
    try:
        importlib.import_module("tunekit.models.estimator")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "tunekit":
            raise
        if "tunekit" in sys.modules:
            raise ImportError(
                "another package named tunekit is installed: the model needs tunekit-hpo, or an "
                "environment without that package."
            ) from error
        sys.path.append(str(Path(__file__).with_name(PARTS)))
    return pickle.loads(pickled)  # noqa: S301 - MLflow has asked for it


def _load_pyfunc(path: str) -> Champion:
    """Return the model for ``mlflow.pyfunc``, which calls this function."""
    import mlflow.sklearn

    return Champion(mlflow.sklearn.load_model(path))


class Champion:
    """An estimator for ``mlflow.pyfunc``.

    Parameters
    ----------
    estimator : estimator
    """

    def __init__(self, estimator: Any) -> None:
        self._estimator = estimator

    def get_raw_model(self) -> Any:
        """Return the estimator."""
        return self._estimator

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Return the predictions of the estimator.

        Parameters
        ----------
        data : array-like of shape (n_samples, ...)
        params : mapping or None, default=None
            ``predict_method`` is ``"predict"`` (default), ``"predict_proba"``,
            ``"predict_log_proba"`` or ``"decision_function"``.

        Raises
        ------
        ValueError
            If the estimator has no such method.
        """
        method = (params or {}).get(METHOD) or _METHODS[0]
        known = [each for each in _METHODS if hasattr(self._estimator, each)]
        if method not in known:
            raise ValueError(f"{METHOD} must be one of {', '.join(known)}, got {method!r}.")
        return getattr(self._estimator, method)(_with_nullable_columns(data))


def _with_nullable_columns(data: Any) -> Any:
    """Return a table in which columns with ``pandas.NA`` are nullable.

    MLflow turns them into columns of objects, which scikit-learn cannot read.
    """
    if not isinstance(data, pd.DataFrame):
        return data
    nullable = {
        place: pd.array(data.iloc[:, place].tolist())
        for place, kind in enumerate(data.dtypes)
        if pd.api.types.is_object_dtype(kind)
        and any(value is pd.NA for value in data.iloc[:, place])
    }
    if not nullable:
        return data
    columns = [
        pd.Series(nullable.get(place, data.iloc[:, place]), index=data.index)
        for place in range(data.shape[1])
    ]
    return pd.concat(columns, axis=1).set_axis(data.columns, axis=1)
