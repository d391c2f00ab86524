"""Candidates of a comparison: validation, description, and copies for each fit."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any

from sklearn.base import BaseEstimator, clone, is_classifier

from tunekit.core.comparison_info import Candidate
from tunekit.core.estimators import (
    is_estimator,
    is_tuner,
    last_step,
    parts_of,
    random_states,
)
from tunekit.core.fingerprints import fingerprint
from tunekit.core.secrets import without_secrets
from tunekit.core.text import without_addresses
from tunekit.exceptions import ParameterError

# Parameters of a tuner that is nested in a comparison: it stores nothing and shows nothing.
_NESTED = {"tracking": False, "storage": None, "progress": False}

_INVALID = re.compile("[\x00\ud800-\udfff]")  # null characters and lone surrogates

_LONGEST = 2000  # characters of a description


def check_candidates(candidates: Any) -> dict[str, Any]:
    """Return the candidates by name if they can be compared.

    Parameters
    ----------
    candidates : mapping of str to estimator
        One or more candidates.

    Raises
    ------
    ParameterError
        When they are not a mapping of estimators, have invalid names, or are a mixture of
        classifiers and regressors.
    """
    if not isinstance(candidates, Mapping) or not candidates:
        raise ParameterError(
            f"candidates must be a mapping of names to estimators, such as {{'mlp': Tuner(…), "
            f"'forest': RandomForestClassifier()}}, got {candidates!r}."
        )
    for name, estimator in candidates.items():
        if not isinstance(name, str) or not name.strip() or _INVALID.search(name):
            raise ParameterError(
                f"the name of a candidate must be a non-empty string of valid characters, got "
                f"{name!r}."
            )
        if isinstance(estimator, type) or not is_estimator(estimator):
            shown = estimator.__name__ if isinstance(estimator, type) else type(estimator).__name__
            hint = f" Write {shown}()." if isinstance(estimator, type) else ""
            raise ParameterError(
                f"candidate {name!r} must be an estimator with fit, predict and get_params, got "
                f"{shown}.{hint}"
            )
    kinds = {name: is_classifier(each) for name, each in candidates.items()}
    if len(set(kinds.values())) > 1:
        classifiers = [name for name, is_one in kinds.items() if is_one]
        others = [name for name, is_one in kinds.items() if not is_one]
        raise ParameterError(
            f"candidates must all be classifiers or all regressors: {', '.join(classifiers)} "
            f"classify, {', '.join(others)} do not."
        )
    return dict(candidates)


def check_copies(estimators: Mapping[str, Any]) -> None:
    """Check that each candidate can be copied, since every fit uses a copy.

    Raises
    ------
    ParameterError
        When one cannot.
    """
    for name, estimator in estimators.items():
        try:
            prepared(estimator, 0, override=False)
        except Exception as error:
            raise ParameterError(
                f"candidate {name!r} cannot be copied, so it cannot be fitted on each split: "
                f"{' '.join(str(error).split())[:_LONGEST]}"
            ) from error


def describe(name: str, estimator: Any) -> Candidate:
    """Return the description of a candidate."""
    last = estimator.estimator if is_tuner(estimator) else estimator
    last = last_step(last)
    described = " ".join(without_addresses(_repr(estimator)).split())[:_LONGEST]
    return Candidate(name, type(last).__name__, described, is_tuner(estimator))


def _repr(estimator: Any) -> str:
    """Return the ``repr`` of an estimator without secrets.

    Secrets are searched for in the full text, because scikit-learn can truncate an address in the
    middle of a secret.
    """
    full = repr(estimator)
    if isinstance(estimator, BaseEstimator):
        full = estimator.__repr__(N_CHAR_MAX=sys.maxsize)
    hidden = without_secrets(full)
    return repr(estimator) if hidden == full else hidden


def identified(candidates: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fingerprint of each candidate, as JSON values."""
    return {name: _identity(estimator) for name, estimator in candidates.items()}


def prepared(estimator: BaseEstimator, seed: int, *, override: bool, positive: Any = None) -> Any:
    """Return a copy of a candidate for one fit.

    Parameters
    ----------
    estimator : estimator
        Nested tuners are changed to store nothing and to refit.
    seed : int
        Seed for each ``random_state`` that is None, including those of steps.
    override : bool
        Whether to replace each other ``random_state`` as well.
    positive : label or None, default=None
        Positive label for nested tuners that have none.
    """
    copy = clone(estimator)
    for part in (copy, *parts_of(copy).values()):
        if is_tuner(part):  # also if it is a step of a pipeline
            own = part.get_params(deep=False)
            part.set_params(**_NESTED, refit=own["refit"] or True)
            if own["positive"] is None:
                part.set_params(positive=positive)
    states = random_states(copy).items()
    return copy.set_params(**{name: seed for name, value in states if value is None or override})


def _identity(estimator: Any) -> Any:
    parts = {name: fingerprint(type(part)) for name, part in parts_of(estimator).items()}
    params = estimator.get_params(deep=True)
    return {
        "type": fingerprint(type(estimator)),
        **{name: parts.get(name) or fingerprint(value) for name, value in params.items()},
    }
