"""Conversion of predictions to float64, for scorers and reports.

scikit-learn's metrics compute in the precision of their inputs: ``log_loss`` clips probabilities
at 2.2e-16 in float64 and at 1.2e-7 in float32, so the same probabilities get different scores.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier

_METHODS = ("decision_function", "predict", "predict_log_proba", "predict_proba", "score_samples")
_TABLE = 2  # dimensions
_BYTES = 8  # of a float64


def to_float64(values: Any) -> Any:
    """Convert float16 and float32 numbers to float64; leave anything else unchanged.

    Parameters
    ----------
    values : ndarray, Series, DataFrame, list of these, or anything else

    Returns
    -------
    object
        Same type as the input.

    Examples
    --------
    >>> to_float64(np.array([0.5], dtype="float32")).dtype
    dtype('float64')
    >>> to_float64(np.array([1, 2])).dtype.kind
    'i'
    """
    if isinstance(values, list):
        return [to_float64(each) for each in values]
    if hasattr(values, "columns") and hasattr(values, "dtypes"):  # a DataFrame
        kinds = zip(values.columns, values.dtypes, strict=True)
        return values.astype({name: np.float64 for name, kind in kinds if _is_short(kind)})
    return values.astype(np.float64) if _is_short(getattr(values, "dtype", None)) else values


def targets_in_float64(estimator: Any, y: Any) -> Any:
    """Return the targets of a regression in float64; class labels are unchanged."""
    return y if is_classifier(estimator) else to_float64(y)


def in_float64(estimator: Any) -> Any:
    """Return a view of a fitted estimator that predicts in float64.

    Parameters
    ----------
    estimator : estimator
        It is not changed. The last step of a pipeline becomes a view as well.

    Returns
    -------
    estimator
        Instance of a subclass, with the same attributes. Rows of probabilities that sum to 1 up
        to rounding sum to 1 in float64. Copies and pickles contain the estimator itself.

    Examples
    --------
    >>> from sklearn.base import BaseEstimator, ClassifierMixin
    >>> class Half(ClassifierMixin, BaseEstimator):
    ...     def predict_proba(self, X):
    ...         return np.full((len(X), 2), 0.5, dtype="float32")
    >>> view = in_float64(Half())
    >>> view.predict_proba([0]).dtype, isinstance(view, Half)
    (dtype('float64'), True)
    """
    try:
        view: Any = object.__new__(_view_of(estimator.__class__))
        view.__dict__.update(estimator.__dict__, _as_given=estimator)
    except (AttributeError, TypeError):  # a final class, or one with slots
        return estimator
    if hasattr(estimator, "named_steps") and hasattr(estimator.steps[-1][1], "predict"):
        *others, (name, last) = estimator.steps
        view.steps = [*others, (name, in_float64(last))]
    return view


@functools.lru_cache(maxsize=128)
def _view_of(kind: Any) -> Any:
    """Return a subclass of a class whose methods return float64."""
    named = {each: getattr(kind, each) for each in ("__doc__", "__module__", "__qualname__")}
    methods = {name: _method(name) for name in _METHODS if hasattr(kind, name)}
    protocol = {
        "__reduce_ex__": lambda self, _: (_same, (self._as_given,)),
        "__sklearn_clone__": lambda self: clone(self._as_given),
    }
    return type(kind.__name__, (kind,), {**named, **methods, **protocol})


def _same(estimator: Any) -> Any:
    """Return the given estimator, for the pickle of a view."""
    return estimator


def _method(name: str) -> property:
    """Return a property for a method, absent if the estimator lacks the method."""

    def get(view: Any) -> Callable[..., Any]:
        given = view._as_given  # noqa: SLF001 - set by in_float64
        method: Callable[..., Any] = getattr(given, name)
        if name == "predict" and is_classifier(given):
            return method

        @functools.wraps(method)
        def converted(*args: Any, **kwargs: Any) -> Any:
            output = method(*args, **kwargs)
            return _normalized(output) if name == "predict_proba" else to_float64(output)

        return converted

    return property(get)


def _normalized(probabilities: Any) -> Any:
    """Return probabilities in float64; rows that sum to 1 up to rounding are normalized."""
    if isinstance(probabilities, list):
        return [_normalized(each) for each in probabilities]
    exact = to_float64(probabilities)
    if exact is probabilities or np.ndim(exact) != _TABLE or not isinstance(exact, np.ndarray):
        return exact
    total = exact.sum(axis=1, keepdims=True)
    rounding = np.sqrt(np.finfo(probabilities.dtype).eps)  # scikit-learn's tolerance
    return exact / total if (np.abs(total - 1) <= rounding).all() else exact


def _is_short(dtype: Any) -> bool:
    return isinstance(dtype, np.dtype) and dtype.kind == "f" and dtype.itemsize < _BYTES
