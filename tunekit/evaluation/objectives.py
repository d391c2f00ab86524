"""Objectives of a study: scikit-learn scorers, and costs of a model."""

from __future__ import annotations

import functools
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

from tunekit.core.estimators import fitted_models, last_step
from tunekit.core.fingerprints import fingerprint
from tunekit.core.study_info import Direction
from tunekit.evaluation.float64 import in_float64, targets_in_float64
from tunekit.evaluation.metadata import Metadata, for_score
from tunekit.exceptions import ParameterError, did_you_mean

#: Takes an estimator, X, y and the metadata that it requests; greater is better.
Scorer = Callable[..., float]

_DIRECTIONS: tuple[Direction, Direction] = ("maximize", "minimize")
_NAME = re.compile(r"[\w. -]+")
_PAIR = 2
_REPEATS = 10


@dataclass(frozen=True)
class Objective:
    """A score or cost to maximize or minimize.

    Attributes
    ----------
    name : str
    direction : {"maximize", "minimize"}
    scorer : callable or None
        None for a cost.
    positive : label or None
        The positive one of two labels, if it was chosen.
    given : callable or None
        The scorer before its positive label was set; None if it was not.
    """

    name: str
    direction: Direction
    scorer: Scorer | None
    positive: Any = None
    given: Scorer | None = None

    @functools.cached_property
    def known_as(self) -> str:
        """Scikit-learn's name of the scorer, also if the user named it; else its own name."""
        if self.name in get_scorer_names():
            return self.name
        return _own_name(self.given or self.scorer) or self.name

    @functools.cached_property
    def is_scikit_learns(self) -> bool:
        """Whether the scorer is the one of scikit-learn with this name, for any positive label."""
        if self.known_as not in get_scorer_names():
            return False
        try:
            given = joblib.hash(self.given or self.scorer)
            return bool(given == joblib.hash(get_scorer(self.known_as)))
        except Exception:  # noqa: BLE001 - pickling may raise anything
            return False

    @property
    def identity(self) -> str:
        """Text that is equal for objectives with the same scores."""
        chosen = "" if self.positive is None else f" positive {self.positive!r}"
        return f"{self.direction} {fingerprint(self.scorer)}{chosen}"

    def measure(
        self, candidate: Any, X: Any, y: Any, fit_time: float, metadata: Metadata | None = None
    ) -> float:
        """Return the value for a fitted candidate.

        Parameters
        ----------
        candidate : estimator
        X : array-like of shape (n_samples, ...)
            Validation rows.
        y : array-like of shape (n_samples,)
            Their targets.
        fit_time : float
            Duration of the fit in seconds.
        metadata : mapping or None, default=None
            Of these rows; the scorer receives what it requests.
        """
        if self.scorer is not None:
            return score(self.scorer, candidate, X, y, metadata)
        return COSTS[self.name](candidate, X, fit_time)


def score(
    scorer: Scorer, estimator: Any, X: Any, y: Any, metadata: Metadata | None = None
) -> float:
    """Return the score of a fitted estimator, computed from its predictions in float64.

    Parameters
    ----------
    scorer : callable
    estimator : estimator
    X : array-like of shape (n_samples, ...)
    y : array-like of shape (n_samples,)
    metadata : mapping or None, default=None
        Of these rows; the scorer receives what it requests.
    """
    params = for_score(scorer, metadata or {})
    return float(scorer(in_float64(estimator), X, targets_in_float64(estimator, y), **params))


def make_objectives(estimator: Any, scoring: Any) -> tuple[Objective, ...]:
    """Return the objectives for the ``scoring`` of a tuner.

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
        If a scorer or direction does not exist, or there are only costs.

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
                f"scoring: the name of an objective may contain letters, digits, '_', '-', '.' "
                f"and spaces, got {name!r}; for example, use "
                f"scoring={{'mine': (scorer, 'maximize')}}."
            )
    if len(set(names)) < len(names):
        raise ParameterError(f"scoring must name each objective once, got {names}.")
    if not any(each.scorer and each.direction == "maximize" for each in objectives):
        raise ParameterError(
            f"scoring must contain at least one scorer to maximize, which selects the best trial, "
            f"got {scoring!r}; for example, add 'accuracy'."
        )
    return objectives


def main_objective(objectives: Sequence[Objective], refit: Any) -> int:
    """Return the index of the objective that selects the best trial.

    It is the one that ``refit`` names, or the first scorer.

    Raises
    ------
    ParameterError
        If ``refit`` does not name a scorer that is maximized.
    """
    names = [each.name for each in objectives if each.scorer and each.direction == "maximize"]
    if isinstance(refit, str) and refit not in names:
        raise ParameterError(
            f"refit must name a scorer to maximize, which selects the best trial, "
            f"got {refit!r}.{did_you_mean(refit, names)}"
        )
    name = refit if isinstance(refit, str) else names[0]
    return [each.name for each in objectives].index(name)


def main_of(objectives: Sequence[Objective], refit: Any) -> Objective:
    """Return the objective that selects the best trial; see :func:`main_objective`."""
    return objectives[main_objective(objectives, refit)]


def _single(estimator: Any, scoring: Any) -> Objective:
    if isinstance(scoring, str) and scoring in COSTS:
        raise ParameterError(
            f"scoring {scoring!r} alone would select the worst model: add a scorer, "
            f"for example scoring=['accuracy', {scoring!r}]."
        )
    default = "accuracy" if is_classifier(estimator) else "r2"
    name = scoring or default
    if not isinstance(name, str):
        name = _own_name(scoring) or str(getattr(scoring, "__name__", None) or scoring)
    return Objective(name, "maximize", make_scorer(estimator, scoring))


def _own_name(scorer: Any) -> str:
    """Return scikit-learn's name of a scorer, whatever metadata it requests; empty if none."""
    if not hasattr(scorer, "_score_func"):
        return ""
    own = {key: value for key, value in vars(scorer).items() if key != "_metadata_request"}
    return next((name for name in get_scorer_names() if vars(get_scorer(name)) == own), "")


def _named(estimator: Any, name: Any) -> Objective:
    if isinstance(name, str) and name in COSTS:
        return Objective(name, "minimize", None)
    return _single(estimator, name)


def _declared(estimator: Any, name: str, declared: Any) -> Objective:
    if callable(declared) or (isinstance(declared, str) and declared in get_scorer_names()):
        declared = (declared, "maximize")
    pair = declared if isinstance(declared, tuple) else (name, declared)
    scorer, direction = pair if len(pair) == _PAIR else (name, declared)
    if not isinstance(direction, str) or direction not in _DIRECTIONS:
        raise ParameterError(
            f"scoring[{name!r}] must be a scorer, 'maximize', 'minimize', or a tuple of a scorer "
            f"and one of these, got {declared!r}."
        )
    if isinstance(scorer, str) and scorer in COSTS:
        if scorer != name:
            raise ParameterError(f"scoring[{name!r}]: use {scorer!r}: {direction!r} instead.")
        return Objective(name, direction, None)
    if isinstance(scorer, str) and direction == "minimize":
        raise ParameterError(
            f"scoring[{name!r}] must be 'maximize', since greater is better for scikit-learn "
            f"scorers, got 'minimize'."
        )
    return Objective(name, direction, make_scorer(estimator, scorer))


def make_scorer(estimator: Any, scoring: Any) -> Scorer:
    """Return the scorer for a name or a callable.

    Parameters
    ----------
    estimator : estimator
    scoring : str, callable or None

    Raises
    ------
    ParameterError
        If the scorer does not exist or cannot be used.
    """
    if isinstance(scoring, str) and scoring not in get_scorer_names():
        known = [*get_scorer_names(), *COSTS]
        raise ParameterError(f"scoring {scoring!r} is not known.{did_you_mean(scoring, known)}")
    if scoring is not None and not isinstance(scoring, str) and not callable(scoring):
        raise ParameterError(
            f"scoring must be the name of a scikit-learn scorer, a callable, or a list or "
            f"dictionary of these, got {scoring!r}."
        )
    try:
        scorer: Scorer = check_scoring(estimator, scoring)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"scoring cannot be used: {error}") from error
    return scorer


def _fit_time(_candidate: Any, _X: Any, fit_time: float) -> float:
    """Return the duration of the fit in seconds."""
    return fit_time


def _predict_latency(candidate: Any, X: Any, _fit_time: float) -> float:
    """Return the median seconds to predict one row, over ten calls after a first one."""
    row = _safe_indexing(X, [0])
    candidate.predict(row)
    seconds = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        candidate.predict(row)
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds))


def count_params(candidate: Any) -> int | None:
    """Return the number of parameters of a network or a linear model; None for other models.

    Parameters
    ----------
    candidate : estimator
        Fitted estimator. The models that it contains are added up.
    """
    counts = [_count(model) for model in fitted_models(candidate)]
    return None if None in counts else sum(filter(None, counts))


def _count(model: Any) -> int | None:
    if hasattr(model, "n_params_"):
        return int(model.n_params_)
    for names in (("coefs_", "intercepts_"), ("coef_", "intercept_")):
        if hasattr(model, names[0]):
            parts = [getattr(model, name, ()) for name in names]
            arrays = [
                each for part in parts for each in (part if isinstance(part, list) else [part])
            ]
            return int(sum(np.size(each) for each in arrays))
    return None


def _n_params(candidate: Any, _X: Any, _fit_time: float) -> float:
    """Return the number of parameters of a network or a linear model."""
    n_params = count_params(candidate)
    if n_params is None:
        last = last_step(candidate)
        raise ParameterError(
            f"{type(last).__name__} has no parameters to count: n_params supports networks and "
            f"linear models."
        )
    return float(n_params)


#: Costs of a model by name; each is at least 0.
COSTS: dict[str, Callable[[Any, Any, float], float]] = {
    "fit_time": _fit_time,
    "n_params": _n_params,
    "predict_latency": _predict_latency,
}
