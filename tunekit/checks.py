"""Checks of what a tuner was given, before anything runs."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import check_scoring, get_scorer_names

from tunekit.engines import check_engine
from tunekit.evaluation import Scorer
from tunekit.exceptions import ParameterError, SpaceError, did_you_mean
from tunekit.space import Space
from tunekit.tracking.store import check_name


def check_settings(
    *,
    estimator: Any,
    space: Any,
    engine: Any,
    n_trials: Any,
    name: Any,
    random_state: Any,
    n_jobs: Any,
    **_others: Any,
) -> None:
    """Check a tuner's parameters.

    Parameters
    ----------
    estimator, space, engine, n_trials, name, random_state, n_jobs : object
        See :class:`~tunekit.tuner.Tuner`.
    **_others : object
        The tuner's other parameters, which are checked where they are used.

    Raises
    ------
    ParameterError
        When one is of the wrong kind or out of its range.
    SpaceError
        When the space is none, or has a parameter that the estimator has not.
    """
    check_engine(engine)
    if isinstance(estimator, type) or not hasattr(estimator, "fit"):
        raise ParameterError(f"estimator must be a scikit-learn estimator, got {estimator!r}.")
    if not isinstance(space, Space):
        raise SpaceError(f"space must be a tunekit.Space, got {space!r}.")
    known = estimator.get_params(deep=True)
    for parameter in space.parameters:
        if parameter not in known:
            raise SpaceError(
                f"{parameter!r} is in the space, but is no parameter of "
                f"{type(estimator).__name__}.{did_you_mean(parameter, known)}"
            )
    if not _is_whole(n_trials) or n_trials < 1:
        raise ParameterError(f"n_trials must be a whole number of at least 1, got {n_trials!r}.")
    if n_jobs is not None and (not _is_whole(n_jobs) or n_jobs == 0):
        raise ParameterError(f"n_jobs must be None or a whole number but 0, got {n_jobs!r}.")
    if random_state is not None and (not _is_whole(random_state) or random_state < 0):
        raise ParameterError(
            f"random_state must be None or a whole number of at least 0, got {random_state!r}."
        )
    if name is not None:
        check_name(name)


def make_scorer(estimator: Any, scoring: Any) -> Scorer:
    """Return the scorer that a tuner's ``scoring`` names.

    Parameters
    ----------
    estimator : estimator
    scoring : str, callable or None

    Raises
    ------
    ParameterError
        When there is no such scorer.
    """
    if isinstance(scoring, str) and scoring not in get_scorer_names():
        raise ParameterError(
            f"scoring {scoring!r} is not known.{did_you_mean(scoring, get_scorer_names())}"
        )
    if scoring is not None and not isinstance(scoring, str) and not callable(scoring):
        raise ParameterError(
            f"scoring must be one scikit-learn scorer, by name or as a function, got {scoring!r}."
        )
    try:
        scorer: Scorer = check_scoring(estimator, scoring)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"scoring cannot be used: {error}") from error
    return scorer


def _is_whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
