"""Descriptions of data and estimators, as plain data."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils.multiclass import type_of_target

from tunekit.core.estimators import is_pipeline
from tunekit.core.json_values import is_json, plain
from tunekit.evaluation.estimator_code import changed_params, estimator_code, in_short
from tunekit.evaluation.wrappers import inner_of
from tunekit.models.summary import summarize

_BLOCK = 4_000_000  # values per block


_MOST = 1_000  # names, classes or outputs that are listed


_NEVER_MISSING = "biuUS"  # NumPy kinds without missing values


_QUARTILES = {"min": 0.0, "q1": 0.25, "median": 0.5, "q3": 0.75, "max": 1.0}


def describe_data(X: Any, y: Any, *, task: str) -> dict[str, Any]:
    """Return a description of the data of a study, as JSON values.

    An entry that cannot be computed is omitted and does not make the study fail.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...)
        An array, sparse matrix, data frame or list.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
    task : {"classification", "regression"}

    Returns
    -------
    dict
        ``shape``; ``dtypes`` as text; ``features``, the column names of a data frame (up to
        1,000); ``missing``, the number of missing values of X; ``target_names``, the column names
        of y if it is a data frame; for one label per row, ``n_classes`` and ``classes``,
        ``[{"label", "count"}]`` sorted by label (up to 1,000 of them); for multilabel targets,
        ``label_counts``, the number of rows with each label; for a regression, ``targets``, per
        output the ``mean``, ``std``, ``min``, ``q1``, ``median``, ``q3`` and ``max`` of the finite
        values.

    Examples
    --------
    >>> import numpy as np
    >>> describe_data(np.array([[1.0], [np.nan]]), ["a", "b"], task="classification")
    {'shape': [2, 1], 'dtypes': 'float64', 'missing': 1, 'n_classes': 2, 'classes': \
[{'label': 'a', 'count': 1}, {'label': 'b', 'count': 1}]}
    """
    entries: dict[str, Callable[[], Any]] = {
        "shape": lambda: list(shape_of(X)),
        "dtypes": lambda: _dtypes(X),
        "features": lambda: _features(X),
        "missing": lambda: _missing(X),
        "target_names": lambda: _features(y),
    }
    if task == "classification":
        entries["n_classes"] = lambda: len(_labels(y)[0])
        entries["classes"] = lambda: _classes(y)
        entries["label_counts"] = lambda: _label_counts(y)
    else:
        entries["targets"] = lambda: _targets(y)
    values = {name: _value_or_none(compute) for name, compute in entries.items()}
    return {name: value for name, value in values.items() if value is not None}


def _value_or_none(compute: Callable[[], Any]) -> Any:
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compute()
    except Exception:  # noqa: BLE001 - unknown types of data may raise anything
        return None


def shape_of(X: Any) -> tuple[int, ...]:
    """Return the shape of an array, sparse matrix, data frame or list of rows."""
    if hasattr(X, "shape"):
        return tuple(int(n) for n in X.shape)
    return (len(X), *(int(n) for n in np.shape(X[:1])[1:]))


def _dtypes(X: Any) -> str | None:
    if hasattr(X, "dtypes"):  # a data frame, with one per column
        counts = Counter(str(each) for each in X.dtypes)
        return ", ".join(f"{n} × {name}" for name, n in counts.most_common())
    return str(X.dtype) if hasattr(X, "dtype") else None


def _features(table: Any) -> list[str] | None:
    return [str(name) for name in table.columns][:_MOST] if hasattr(table, "columns") else None


def _missing(X: Any) -> int | None:
    if hasattr(X, "isna"):
        return int(X.isna().to_numpy().sum())
    values = X.data if hasattr(X, "tocsr") else X
    if not isinstance(values, np.ndarray):
        return None
    if values.dtype.kind in _NEVER_MISSING:
        return 0
    return sum(int(pd.isna(block).sum()) for block in _blocks(values))


def _blocks(values: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Yield blocks of rows, since a mask of all rows may not fit into memory."""
    rows = max(1, _BLOCK // max(1, math.prod(values.shape[1:])))
    for start in range(0, len(values), rows):
        yield values[start : start + rows]


def _labels(y: Any) -> tuple[NDArray[Any], NDArray[np.int64]]:
    if type_of_target(y) not in ("binary", "multiclass"):
        raise ValueError("there is more than one label per row")
    return np.unique(np.asarray(y), return_counts=True)


def _classes(y: Any) -> list[dict[str, Any]] | None:
    labels, counts = _labels(y)
    if len(labels) > _MOST:
        return None
    plain_labels = [plain(label) for label in labels.tolist()]
    return [
        {"label": label if is_json(label) else str(label), "count": int(count)}
        for label, count in zip(plain_labels, counts, strict=True)
    ]


def _label_counts(y: Any) -> list[int] | None:
    if type_of_target(y) != "multilabel-indicator":
        return None
    return [int(count) for count in np.asarray(y).sum(axis=0)][:_MOST]


def _targets(y: Any) -> list[dict[str, float | None]]:
    values = np.asarray(y, dtype=np.float64)
    columns = values.reshape(len(values), -1).T[:_MOST]
    return [_summary(column[np.isfinite(column)]) for column in columns]


def _summary(values: NDArray[np.float64]) -> dict[str, float | None]:
    summary = {"mean": np.mean(values), "std": np.std(values)}
    summary |= dict(zip(_QUARTILES, np.quantile(values, list(_QUARTILES.values())), strict=True))
    return {name: float(each) if np.isfinite(each) else None for name, each in summary.items()}


_LONGEST = 200  # characters of a parameter


def describe_estimator(estimator: Any) -> dict[str, Any]:
    """Return a description of an estimator, as JSON values.

    Parameters
    ----------
    estimator : estimator
        Fitted estimator.

    Returns
    -------
    dict
        ``kind``, ``"network"`` or ``"estimator"``; ``steps``, the estimator or those that it
        consists of from the outside inwards, each with ``name``, ``kind`` and ``params``
        (abbreviated values that differ from their default); ``network``, see
        :func:`tunekit.models.summary.summarize`, if there is one; ``python`` with
        ``imports``, ``setup``, ``expression`` and ``left_out``, see
        :class:`tunekit.evaluation.estimator_code.Code`.
    """
    network, code = summarize(estimator), estimator_code(estimator)
    described: dict[str, Any] = {
        "kind": "estimator" if network is None else "network",
        "steps": [_step(name, step) for name, step in _steps("", estimator)],
        "python": {
            "imports": list(code.imports),
            "setup": list(code.setup),
            "expression": code.expression,
            "left_out": list(code.left_out),
        },
    }
    return described if network is None else {**described, "network": network}


def _steps(name: str, estimator: Any) -> list[tuple[str, Any]]:
    """Return the steps of pipelines and the estimators inside of wrappers, with their names."""
    if is_pipeline(estimator):
        return [part for step in estimator.steps for part in _steps(*step)]
    inner = inner_of(estimator)
    return [(name, estimator), *([] if inner is None else _steps("", inner))]


def _step(name: str, step: Any) -> dict[str, Any]:
    given = changed_params(step) if hasattr(step, "get_params") else {}
    params = {
        param: f"{value:.6g}" if isinstance(value, float) else in_short(value, _LONGEST)
        for param, value in given.items()
    }
    kind = type(step).__name__ if hasattr(step, "get_params") else str(step)
    return {"name": str(name), "kind": kind, "params": params}
