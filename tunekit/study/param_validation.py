"""Validate the parameters of a tuner before a search."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tunekit.comparison.param_validation import check_n_jobs
from tunekit.core.estimators import is_estimator
from tunekit.core.numbers import is_number, is_whole
from tunekit.engines.registry import check_several_objectives, find_engine
from tunekit.exceptions import ParameterError, SpaceError, did_you_mean
from tunekit.space.objects import objects_of
from tunekit.space.space import Space
from tunekit.study.pruners import make_pruner

_NUMBERS = ("n_trials", "timeout", "trial_timeout", "patience", "random_state", "n_jobs")
_SWITCHES = ("tracking", "refit", "sanity_check", "progress")


def check_subject(estimator: Any, space: Any) -> None:
    """Check that an estimator has all parameters of a space.

    Raises
    ------
    ParameterError
        When the estimator is not an estimator.
    SpaceError
        When the space is not a Space, or contains a parameter that the estimator lacks.
    """
    if isinstance(estimator, type) or not hasattr(estimator, "fit"):
        raise ParameterError(f"estimator must be a scikit-learn estimator, got {estimator!r}.")
    if not isinstance(space, Space):
        raise SpaceError(f"space must be a tunekit.Space, got {space!r}.")
    for name, each in objects_of(space):
        if each.value is None:
            raise SpaceError(
                f"{name!r} has the value {each.name}, of which a file contains only the name: "
                f"define the space in Python, or take the file of a space with this object."
            )
    params = _params_with(estimator, space)
    for parameter in (*space.parameters, *space.constants):
        if parameter not in params:
            raise SpaceError(
                f"{parameter!r} is in the space, but is not a parameter of "
                f"{type(estimator).__name__}.{did_you_mean(parameter, params)}"
            )


def _params_with(estimator: Any, space: Space) -> set[str]:
    """Return the parameters of an estimator, and of the estimators that a space sets in it."""
    inside = {
        f"{name}__{each}"
        for name, choice in objects_of(space)
        if is_estimator(choice.value) and not isinstance(choice.value, type)
        for each in choice.value.get_params(deep=True)
    }
    return {*estimator.get_params(deep=True), *inside}


def check_search(engine: Any, algorithm: Any, pruner: Any, scoring: Any) -> None:
    """Check that engine, algorithm and pruner exist and support the objectives.

    Raises
    ------
    ParameterError
        When one does not exist, or does not support several objectives.
    """
    find_engine(engine, algorithm)
    make_pruner(pruner)
    if not isinstance(scoring, (list, tuple, dict)) or len(scoring) <= 1:
        return
    check_several_objectives(engine, algorithm)
    if pruner is not None:
        raise ParameterError(
            f"pruner must be None with several objectives, got {pruner!r}: pruning needs a single "
            f"score."
        )


def check_settings(settings: Mapping[str, Any]) -> None:
    """Check all parameters of a tuner; see :class:`~tunekit.Tuner`.

    Parameters
    ----------
    settings : mapping of str to object
        Parameters of the tuner by name.

    Raises
    ------
    ParameterError, SpaceError
        When a parameter is invalid.
    """
    check_search(*(settings[name] for name in ("engine", "algorithm", "pruner", "scoring")))
    check_subject(settings["estimator"], settings["space"])
    check_numbers(**{name: settings[name] for name in _NUMBERS})
    check_switches(**{name: settings[name] for name in _SWITCHES})


def check_numbers(
    *,
    n_trials: Any,
    timeout: Any,
    trial_timeout: Any,
    patience: Any,
    random_state: Any,
    n_jobs: Any,
) -> None:
    """Check the numeric parameters of a tuner; see :class:`~tunekit.Tuner`.

    Raises
    ------
    ParameterError
        When one has the wrong type or is out of range.
    """
    if not is_whole(n_trials) or n_trials < 1:
        raise ParameterError(f"n_trials must be a whole number of at least 1, got {n_trials!r}.")
    for setting, value in (("timeout", timeout), ("trial_timeout", trial_timeout)):
        if value is not None and not _is_positive(value):
            raise ParameterError(
                f"{setting} must be None or a number of seconds above 0, got {value!r}."
            )
    if patience is not None and (not is_whole(patience) or patience < 1):
        raise ParameterError(
            f"patience must be None or a whole number of at least 1, got {patience!r}."
        )
    check_n_jobs(n_jobs)
    if random_state is not None and (not is_whole(random_state) or random_state < 0):
        raise ParameterError(
            f"random_state must be None or a whole number of at least 0, got {random_state!r}."
        )


def check_switches(*, tracking: Any, refit: Any, sanity_check: Any, progress: Any) -> None:
    """Check the boolean parameters of a tuner; see :class:`~tunekit.Tuner`.

    Raises
    ------
    ParameterError
        When one has the wrong type.
    """
    for name, value in (("tracking", tracking), ("sanity_check", sanity_check)):
        if not _is_switch(value):
            raise ParameterError(f"{name} must be True or False, got {value!r}.")
    if not _is_switch(refit) and not isinstance(refit, str):
        raise ParameterError(
            f"refit must be True, False or the name of an objective, got {refit!r}."
        )
    if not _is_switch(progress) and progress is not None:
        raise ParameterError(f"progress must be True, False or None, got {progress!r}.")


def _is_switch(value: Any) -> bool:
    return isinstance(value, (bool, np.bool_))


def _is_positive(value: Any) -> bool:
    return is_number(value) and 0 < value < math.inf
