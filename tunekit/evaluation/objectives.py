"""What a trial is judged by: scikit-learn scorers, and what a model costs."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring, get_scorer, get_scorer_names
from sklearn.utils import _safe_indexing

from tunekit.core.study_info import Direction
from tunekit.evaluation.float64 import in_float64, targets_in_float64
from tunekit.exceptions import ParameterError, did_you_mean

#: Takes an estimator, X and y; greater is better.
Scorer = Callable[[Any, Any, Any], float]

_DIRECTIONS: tuple[Direction, Direction] = ("maximize", "minimize")
_NAME = re.compile(r"[\w. -]+")
_PAIR = 2
_REPEATS = 10


@dataclass(frozen=True)
class Objective:
    """One thing to make large or small.

    Attributes
    ----------
    name : str
    direction : {"maximize", "minimize"}
    scorer : callable or None
        None for a cost.
    """

    name: str
    direction: Direction
    scorer: Scorer | None

    @property
    def is_scikit_learns(self) -> bool:
        """Whether the scorer is the one that scikit-learn has under the name."""
        if self.name not in get_scorer_names():
            return False
        try:
            return bool(joblib.hash(self.scorer) == joblib.hash(get_scorer(self.name)))
        except Exception:  # noqa: BLE001 - whatever pickling raises
            return False

    def measure(self, candidate: Any, X: Any, y: Any, fit_time: float) -> float:
        """Return the value for a fitted candidate.

        Parameters
        ----------
        candidate : estimator
        X : array-like of shape (n_samples, ...)
            Rows that it was not fitted on.
        y : array-like of shape (n_samples,)
            Their targets.
        fit_time : float
            Seconds that the fit took.
        """
        if self.scorer is not None:
            return score(self.scorer, candidate, X, y)
        return COSTS[self.name](candidate, X, fit_time)


def score(scorer: Scorer, estimator: Any, X: Any, y: Any) -> float:
    """Return the score of a fitted estimator, whose predictions the scorer sees in float64.

    Parameters
    ----------
    scorer : callable
    estimator : estimator
    X : array-like of shape (n_samples, ...)
    y : array-like of shape (n_samples,)
    """
    return float(scorer(in_float64(estimator), X, targets_in_float64(estimator, y)))


def make_objectives(estimator: Any, scoring: Any) -> tuple[Objective, ...]:
    """Return the objectives that a tuner's ``scoring`` names.

    Parameters
    ----------
    estimator : estimator
    scoring : str, callable, None, list or mapping
        See :class:`~tunekit.Tuner`.

    Returns
    -------
    tuple of Objective
        In the order given; at least one is a score.

    Raises
    ------
    ParameterError
        If there is no such scorer or direction, or nothing but costs.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> objectives = make_objectives(LogisticRegression(), ["accuracy", "n_params"])
    >>> [(each.name, each.direction) for each in objectives]
    [('accuracy', 'maximize'), ('n_params', 'minimize')]
    """
    if isinstance(scoring, Mapping):
        objectives = tuple(_declared(estimator, str(k), v) for k, v in scoring.items())
    elif isinstance(scoring, (list, tuple)):
        objectives = tuple(_named(estimator, each) for each in scoring)
    else:
        return (_single(estimator, scoring),)
    names = [each.name for each in objectives]
    for name in names:
        if len(names) > 1 and not _NAME.fullmatch(name):
            raise ParameterError(
                f"scoring: an objective's name is one of letters, digits, '_', '-', '.' and "
                f"spaces, got {name!r}; name it so: scoring={{'mine': (scorer, 'maximize')}}."
            )
    if len(set(names)) < len(names):
        raise ParameterError(f"scoring must name each objective once, got {names}.")
    if not any(each.scorer and each.direction == "maximize" for each in objectives):
        raise ParameterError(
            f"scoring must name at least one scorer to maximize, by which the best trial is "
            f"chosen, got {scoring!r}; add for example 'accuracy'."
        )
    return objectives


def main_objective(objectives: Sequence[Objective], refit: Any) -> int:
    """Return the place of the objective that chooses the best trial.

    It is the one that ``refit`` names, or else the first scorer.

    Raises
    ------
    ParameterError
        If ``refit`` names none, or one that is to be small.
    """
    choosing = [each.name for each in objectives if each.scorer and each.direction == "maximize"]
    if isinstance(refit, str) and refit not in choosing:
        raise ParameterError(
            f"refit must name an objective that chooses the best trial, a score to maximize, "
            f"got {refit!r}.{did_you_mean(refit, choosing)}"
        )
    name = refit if isinstance(refit, str) else choosing[0]
    return [each.name for each in objectives].index(name)


def main_of(objectives: Sequence[Objective], refit: Any) -> Objective:
    """Return the objective that chooses the best trial; see :func:`main_objective`."""
    return objectives[main_objective(objectives, refit)]


def _single(estimator: Any, scoring: Any) -> Objective:
    if isinstance(scoring, str) and scoring in COSTS:
        raise ParameterError(
            f"scoring {scoring!r} alone would choose the worst model: name a score beside it, "
            f"such as scoring=['accuracy', {scoring!r}]."
        )
    default = "accuracy" if is_classifier(estimator) else "r2"
    name = scoring or default
    if not isinstance(name, str):
        name = str(getattr(scoring, "__name__", None) or scoring)
    return Objective(name, "maximize", make_scorer(estimator, scoring))


def _named(estimator: Any, name: Any) -> Objective:
    if isinstance(name, str) and name in COSTS:
        return Objective(name, "minimize", None)
    return _single(estimator, name)


def _declared(estimator: Any, name: str, declared: Any) -> Objective:
    pair = declared if isinstance(declared, tuple) else (name, declared)
    scorer, direction = pair if len(pair) == _PAIR else (name, declared)
    if not isinstance(direction, str) or direction not in _DIRECTIONS:
        raise ParameterError(
            f"scoring[{name!r}] must be 'maximize', 'minimize', or a pair of a scorer and one of "
            f"these, got {declared!r}."
        )
    if isinstance(scorer, str) and scorer in COSTS:
        if scorer != name:
            raise ParameterError(f"scoring[{name!r}]: write {scorer!r}: {direction!r}.")
        return Objective(name, direction, None)
    if isinstance(scorer, str) and direction == "minimize":
        raise ParameterError(
            f"scoring[{name!r}]: of a scikit-learn scorer greater is better, so it must be "
            f"'maximize', got 'minimize'."
        )
    return Objective(name, direction, make_scorer(estimator, scorer))


def make_scorer(estimator: Any, scoring: Any) -> Scorer:
    """Return the scorer of a name.

    Parameters
    ----------
    estimator : estimator
    scoring : str, callable or None

    Raises
    ------
    ParameterError
        If there is no such scorer.
    """
    if isinstance(scoring, str) and scoring not in get_scorer_names():
        known = [*get_scorer_names(), *COSTS]
        raise ParameterError(f"scoring {scoring!r} is not known.{did_you_mean(scoring, known)}")
    if scoring is not None and not isinstance(scoring, str) and not callable(scoring):
        raise ParameterError(
            f"scoring must be a scikit-learn scorer, by name or as a function, or several in a "
            f"list or dictionary, got {scoring!r}."
        )
    try:
        scorer: Scorer = check_scoring(estimator, scoring)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"scoring cannot be used: {error}") from error
    return scorer


def _fit_time(_candidate: Any, _X: Any, fit_time: float) -> float:
    """Return the seconds that the fit took."""
    return fit_time


def _predict_latency(candidate: Any, X: Any, _fit_time: float) -> float:
    """Return the median seconds to predict one row, of ten, after a first one."""
    row = _safe_indexing(X, [0])
    candidate.predict(row)
    seconds = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        candidate.predict(row)
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds))


def count_params(candidate: Any) -> int | None:
    """Return the number of weights of a network or a linear model; None where there are none.

    Parameters
    ----------
    candidate : estimator
        Fitted; of a pipeline the last step is looked at.
    """
    last = candidate[-1] if hasattr(candidate, "named_steps") else candidate
    if hasattr(last, "n_params_"):
        return int(last.n_params_)
    for names in (("coefs_", "intercepts_"), ("coef_", "intercept_")):
        if hasattr(last, names[0]):
            parts = [getattr(last, name, ()) for name in names]
            arrays = [
                each for part in parts for each in (part if isinstance(part, list) else [part])
            ]
            return int(sum(np.size(each) for each in arrays))
    return None


def _n_params(candidate: Any, _X: Any, _fit_time: float) -> float:
    """Return the number of weights of a network or a linear model."""
    found = count_params(candidate)
    if found is None:
        last = candidate[-1] if hasattr(candidate, "named_steps") else candidate
        raise ParameterError(
            f"{type(last).__name__} has no weights to count: n_params is for networks and linear "
            f"models."
        )
    return float(found)


#: What a model costs, by name; each is measured, and none is below 0.
COSTS: dict[str, Callable[[Any, Any, float], float]] = {
    "fit_time": _fit_time,
    "n_params": _n_params,
    "predict_latency": _predict_latency,
}
