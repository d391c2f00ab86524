"""One fit of a candidate on the training rows of a split, scored on its validation rows."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import has_fit_parameter

from tunekit.core.estimators import last_step
from tunekit.core.predictions import Curve, Predictions
from tunekit.evaluation.float64 import in_float64
from tunekit.evaluation.objectives import Objective, count_params
from tunekit.evaluation.pooling import AREAS
from tunekit.evaluation.positive_label import positive_of
from tunekit.evaluation.predict import classes_of, described
from tunekit.evaluation.splits import Split


class ScoringError(Exception):
    """An objective cannot be measured.

    Parameters
    ----------
    name : str
        Name of the objective.
    error : Exception
        What was raised.
    """

    def __init__(self, name: str, error: Exception) -> None:
        super().__init__(name, error)
        self.name = name
        self.error = error


@dataclass(frozen=True)
class Fold:
    """Results of one split.

    Attributes
    ----------
    values : tuple of float
        Value of each objective.
    fit_time, score_time, predict_time : float
        Seconds.
    n_params : int or None
        Number of parameters of the model; None if they cannot be counted.
    curve : Curve
    predictions : Predictions
    """

    values: tuple[float, ...]
    fit_time: float
    score_time: float
    predict_time: float
    n_params: int | None
    curve: Curve
    predictions: Predictions


@dataclass(frozen=True)
class SplitData:
    """Training and validation rows of one split.

    Attributes
    ----------
    X, y, groups : array-like
        Of the training rows; ``groups`` is None if there are none.
    X_test, y_test : array-like
        Of the validation rows.
    rows : ndarray of shape (n_validation_rows,)
        Positions of the validation rows.
    """

    X: Any
    y: Any
    groups: Any
    X_test: Any
    y_test: Any
    rows: Any


def split_data(X: Any, y: Any, groups: Any, split: Split) -> SplitData:
    """Return the rows of a split."""
    train, test = split
    return SplitData(
        X=_safe_indexing(X, train),
        y=_safe_indexing(y, train),
        groups=None if groups is None else _safe_indexing(groups, train),
        X_test=_safe_indexing(X, test),
        y_test=_safe_indexing(y, test),
        rows=test,
    )


def fit_fold(
    candidate: Any,
    data: SplitData,
    y: Any,
    *,
    number: int,
    objectives: Sequence[Objective],
    undefined: Collection[str] = (),
    callbacks: Mapping[str, Callable[..., None]] | None = None,
    time_in_callbacks: Callable[[], float] = lambda: 0.0,
) -> Fold:
    """Fit a candidate on a split and score it.

    Parameters
    ----------
    candidate : estimator
        It is fitted.
    data : SplitData
    y : array-like of shape (n_samples,)
        Targets of all rows.
    number : int
        Number of the split, from 0.
    objectives : sequence of Objective
    undefined : collection of str, default=()
        Objectives that may be NaN.
    callbacks : mapping of str to callable or None, default=None
        Callbacks for the last step, by the name of the parameter of its ``fit``.
    time_in_callbacks : callable
        Returns the seconds of the fit that the callbacks took.

    Raises
    ------
    ScoringError
        If an objective cannot be measured. Errors of the fit are raised unchanged.
    """
    fit_params: dict[str, Any] = {}
    # An estimator that evaluates validation rows while it trains records a learning curve.
    if has_fit_parameter(candidate, "held_out"):
        fit_params["held_out"] = (data.X_test, data.y_test)
    fit_params |= groups_for_fit(candidate, data.groups)
    prefix = _prefix(candidate)
    fit_params |= {f"{prefix}{name}": callback for name, callback in (callbacks or {}).items()}
    start = time.perf_counter()
    candidate.fit(data.X, data.y, **fit_params)
    fitted = time.perf_counter()
    fit_time = fitted - start - time_in_callbacks()
    values = tuple(
        _measured(each, candidate, data, fit_time, may_be_undefined=each.name in undefined)
        for each in objectives
    )
    scored = time.perf_counter()
    y_pred = np.asarray(in_float64(candidate).predict(data.X_test))  # scoring has warmed it up
    return Fold(
        values=values,
        fit_time=fit_time,
        score_time=scored - fitted,
        predict_time=time.perf_counter() - scored,
        n_params=count_params(candidate),
        curve=curve_of(candidate),
        predictions=described(
            candidate,
            data.X_test,
            data.y_test,
            y_pred=y_pred,
            rows=data.rows,
            fold=number,
            classes=classes_of(candidate, y, positive_of(objectives)),
            scorers=[each.name for each in objectives],
        ),
    )


def _measured(
    objective: Objective,
    candidate: Any,
    data: SplitData,
    fit_time: float,
    *,
    may_be_undefined: bool,
) -> float:
    """Return the value of an objective; NaN if it may be undefined and is."""
    with warnings.catch_warnings():
        if may_be_undefined:
            warnings.simplefilter("ignore", UndefinedMetricWarning)
        try:
            return objective.measure(candidate, data.X_test, data.y_test, fit_time)
        except Exception as error:
            is_area = isinstance(error, ValueError) and objective.name.startswith(AREAS)
            if may_be_undefined and is_area:  # a class is missing
                return float("nan")
            raise ScoringError(objective.name, error) from error


def takes_groups(candidate: Any, part: Any) -> bool:
    """Return whether a part of a candidate receives the groups of the training rows."""
    name = _groups_parameter(candidate)
    return bool(name) and part is (candidate if name == "groups" else last_step(candidate))


def groups_for_fit(candidate: Any, groups: Any) -> dict[str, Any]:
    """Return the groups as a keyword argument of ``fit``; empty if it does not take groups."""
    name = "" if groups is None else _groups_parameter(candidate)
    return {name: groups} if name else {}


def _groups_parameter(candidate: Any) -> str:
    """Return the keyword for groups in ``fit`` of a candidate or its last step; empty if none."""
    if has_fit_parameter(candidate, "groups"):
        return "groups"
    return (
        f"{_prefix(candidate)}groups" if has_fit_parameter(last_step(candidate), "groups") else ""
    )


def _prefix(candidate: Any) -> str:
    return f"{candidate.steps[-1][0]}__" if hasattr(candidate, "named_steps") else ""


def curve_of(candidate: Any) -> Curve:
    """Return metrics by epoch of an estimator, or of a pipeline's last step.

    Metrics that start with ``val_`` are for the validation rows of the split, not for those that
    ``fit`` splits off for early stopping.
    """
    history = getattr(last_step(candidate), "history_", None)
    if history is None:
        return {}
    names = {curve_name(str(column)): column for column in history}
    return {name: tuple(map(float, history[column])) for name, column in names.items() if name}


def curve_name(column: str) -> str:
    """Return the name in a curve of a column of a history; empty if it is omitted."""
    if column.startswith("held_out_"):
        return f"val_{column.removeprefix('held_out_')}"
    return "" if column.startswith("val_") else column
