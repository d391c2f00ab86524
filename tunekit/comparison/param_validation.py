"""Validate the parameters of a comparison, and make its seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tunekit.core.numbers import is_number, is_whole
from tunekit.exceptions import ParameterError, did_you_mean

_LEAST_LEVEL = 0.5


def check_settings(
    *,
    names: Sequence[str],
    baseline: Any,
    level: Any,
    rope: Any,
    random_state: Any,
    n_jobs: Any,
    switches: Mapping[str, Any],
) -> None:
    """Check the parameters of :func:`~tunekit.compare` except candidates, data and splits.

    Raises
    ------
    ParameterError
        When a value has the wrong type or is out of range.
    """
    if baseline is not None and baseline not in names:
        raise ParameterError(
            f"baseline must be the name of a candidate, got {baseline!r}."
            f"{did_you_mean(baseline, names)}"
        )
    if not is_number(level) or not _LEAST_LEVEL < level < 1:
        raise ParameterError(f"level must be above 0.5 and below 1, such as 0.95, got {level!r}.")
    if rope is not None and (not is_number(rope) or not 0 <= rope < math.inf):
        raise ParameterError(f"rope must be None or a number of at least 0, got {rope!r}.")
    if not is_whole(random_state) or random_state < 0:
        raise ParameterError(
            f"random_state must be a whole number of at least 0, got {random_state!r}."
        )
    check_n_jobs(n_jobs)
    for setting, value in switches.items():
        if value is not None and not isinstance(value, (bool, np.bool_)):
            raise ParameterError(f"{setting} must be True or False, got {value!r}.")


def check_n_jobs(n_jobs: Any) -> None:
    """Check a number of processes.

    Raises
    ------
    ParameterError
        When it is neither None nor a whole number other than 0.
    """
    if n_jobs is not None and (not is_whole(n_jobs) or n_jobs == 0):
        raise ParameterError(f"n_jobs must be None or a whole number other than 0, got {n_jobs!r}.")


def make_seeds(seeds: Any, random_state: int) -> tuple[int, ...]:
    """Return the seeds with which each fit is repeated.

    Parameters
    ----------
    seeds : int, sequence of int or None
        Number of seeds, or a list of them. None means one seed.
    random_state : int
        The first seed if only their number is given.

    Raises
    ------
    ParameterError
        When they are invalid, or a seed occurs twice.

    Examples
    --------
    >>> make_seeds(3, 10), make_seeds([7, 1], 0), make_seeds(None, 4)
    ((10, 11, 12), (7, 1), (4,))
    """
    if seeds is None:
        return (random_state,)
    if is_whole(seeds) and seeds >= 1:
        return tuple(range(random_state, random_state + int(seeds)))
    listed = list(seeds) if isinstance(seeds, (Sequence, np.ndarray)) else []
    whole = all(is_whole(each) and each >= 0 for each in listed)
    if not listed or isinstance(seeds, str) or not whole or len(set(listed)) < len(listed):
        raise ParameterError(
            f"seeds must be a number of seeds, at least 1, or a list of different ones, each a "
            f"whole number of at least 0, got {seeds!r}."
        )
    return tuple(int(each) for each in listed)
