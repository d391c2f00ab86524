"""One fit of a candidate on the training rows of a split, scored on its validation rows."""

from __future__ import annotations

import time
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils.validation import has_fit_parameter

from tunekit.core.epoch_hooks import followed_by
from tunekit.core.estimators import is_pipeline, last_step
from tunekit.core.predictions import Curve, Predictions
from tunekit.evaluation.float64 import in_float64
from tunekit.evaluation.follower import Follower
from tunekit.evaluation.metadata import Metadata, for_fit
from tunekit.evaluation.objectives import Objective, count_params
from tunekit.evaluation.pooling import AREAS
from tunekit.evaluation.positive_label import positive_of
from tunekit.evaluation.predict import classes_of, described
from tunekit.evaluation.split_data import SplitData


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


def fit_fold(
    follower: Follower,
    y: Any,
    *,
    number: int,
    objectives: Sequence[Objective],
    undefined: Collection[str] = (),
) -> Fold:
    """Fit a candidate on a split and score it.

    Parameters
    ----------
    follower : Follower
        Of a candidate, which is fitted, on a split.
    y : array-like of shape (n_samples,)
        Targets of all rows.
    number : int
        Number of the split, from 0.
    objectives : sequence of Objective
    undefined : collection of str, default=()
        Objectives that may be NaN.

    Raises
    ------
    ScoringError
        If an objective cannot be measured. Errors of the fit are raised unchanged.
    """
    candidate, data = follower.candidate, follower.data
    start = time.perf_counter()
    with followed_by(follower):
        candidate.fit(data.X, data.y, **fit_params(candidate, data.groups, data.metadata))
    fitted = time.perf_counter()
    fit_time = fitted - start - follower.seconds
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
        curve=follower.curve(),
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
            return objective.measure(
                candidate, data.X_test, data.y_test, fit_time, data.metadata_test
            )
        except Exception as error:
            is_area = isinstance(error, ValueError) and objective.known_as.startswith(AREAS)
            if may_be_undefined and is_area:  # a class is missing
                return float("nan")
            raise ScoringError(objective.name, error) from error


def takes_groups(candidate: Any, part: Any) -> bool:
    """Return whether a part of a candidate receives the groups of the training rows."""
    name = _groups_parameter(candidate)
    return bool(name) and part is (candidate if name == "groups" else last_step(candidate))


def fit_params(candidate: Any, groups: Any, metadata: Metadata) -> dict[str, Any]:
    """Return the keyword arguments of ``fit``: groups and metadata, where it takes them."""
    name = "" if groups is None else _groups_parameter(candidate)
    if name and is_pipeline(candidate) and get_config()["enable_metadata_routing"]:
        return for_fit(candidate, {**metadata, "groups": groups})
    return {**({name: groups} if name else {}), **for_fit(candidate, metadata)}


def _groups_parameter(candidate: Any) -> str:
    """Return the keyword for groups in ``fit`` of a candidate or its last step; empty if none.

    A pipeline that resamples, as those of imbalanced-learn, has other rows in its last step.
    """
    if is_pipeline(candidate) and any(hasattr(step, "fit_resample") for _, step in candidate.steps):
        return ""
    if has_fit_parameter(candidate, "groups"):
        return "groups"
    return (
        f"{_prefix(candidate)}groups" if has_fit_parameter(last_step(candidate), "groups") else ""
    )


def _prefix(candidate: Any) -> str:
    return f"{candidate.steps[-1][0]}__" if is_pipeline(candidate) else ""
