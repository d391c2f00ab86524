"""The candidates of a comparison: checked, described, and made ready for one fit."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any

from sklearn.base import BaseEstimator, clone, is_classifier

from tunekit.core.comparison_info import Candidate
from tunekit.core.fingerprints import fingerprint
from tunekit.core.secrets import without_secrets
from tunekit.exceptions import ParameterError

#: What a tuner does inside a training part: it keeps nothing and shows nothing.
_INSIDE = {"tracking": False, "storage": None, "progress": False}

_UNFIT = re.compile("[\x00\ud800-\udfff]")  # a zero, and halves of characters

_LONGEST = 2000  # characters of a description


def check_candidates(candidates: Any) -> dict[str, Any]:
    """Return candidates by name, if they can be compared.

    Parameters
    ----------
    candidates : mapping of str to estimator
        Two or more, or one to be judged alone.

    Raises
    ------
    ParameterError
        When they are no mapping of estimators, have no usable names, or do not predict the same
        kind of thing.
    """
    if not isinstance(candidates, Mapping) or not candidates:
        raise ParameterError(
            f"compare needs candidates by name, such as {{'mlp': Tuner(…), 'forest': "
            f"RandomForestClassifier()}}, got {candidates!r}."
        )
    for name, estimator in candidates.items():
        if not isinstance(name, str) or not name.strip() or _UNFIT.search(name):
            raise ParameterError(
                f"a candidate's name must be a text that a database can hold, got {name!r}."
            )
        if isinstance(estimator, type) or not _is_estimator(estimator):
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
    """Check that each candidate can be copied, as every fit needs a copy.

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
    """Return what a candidate is, for people."""
    last = estimator.estimator if is_tuner(estimator) else estimator
    last = last[-1] if hasattr(last, "named_steps") else last
    described = " ".join(_written(estimator).split())[:_LONGEST]
    return Candidate(name, type(last).__name__, described, is_tuner(estimator))


def _written(estimator: Any) -> str:
    """Return the ``repr`` of an estimator, without secrets.

    scikit-learn cuts what is long; of an address that is cut nobody knows whether it has a secret.
    """
    whole = repr(estimator)
    if isinstance(estimator, BaseEstimator):
        whole = estimator.__repr__(N_CHAR_MAX=sys.maxsize)
    hidden = without_secrets(whole)
    return repr(estimator) if hidden == whole else hidden


def identified(candidates: Mapping[str, Any]) -> dict[str, Any]:
    """Return what tells candidates from others, as JSON can hold it."""
    return {name: _identity(estimator) for name, estimator in candidates.items()}


def is_tuner(estimator: Any) -> bool:
    """Tell whether a candidate searches a space when it is fitted."""
    return {"space", "n_trials", "tracking"} <= set(estimator.get_params(deep=False))


def prepared(estimator: BaseEstimator, seed: int, *, override: bool) -> Any:
    """Return a copy of a candidate for one fit.

    Parameters
    ----------
    estimator : estimator
        A tuner keeps nothing of its search, since it is nested; so does one that is a part of it.
    seed : int
        For every ``random_state`` of it, and of its steps, that is None.
    override : bool
        Whether also for those that are set, so that seeds differ.
    """
    copy = clone(estimator)
    for part in (copy, *parts_of(copy).values()):
        if is_tuner(part):  # also one that is a step of a pipeline
            part.set_params(**_INSIDE, refit=part.get_params(deep=False)["refit"] or True)
    named = {
        name: value
        for name, value in copy.get_params(deep=True).items()
        if name == "random_state" or name.endswith("__random_state")
    }
    return copy.set_params(
        **{name: seed for name, value in named.items() if value is None or override}
    )


def _is_estimator(value: Any) -> bool:
    return all(callable(getattr(value, name, None)) for name in ("fit", "get_params", "set_params"))


def parts_of(estimator: Any) -> dict[str, Any]:
    """Return the estimators that are parameters of one, such as a pipeline's steps."""
    params = estimator.get_params(deep=True)
    return {
        name: value
        for name, value in params.items()
        if _is_estimator(value) and not isinstance(value, type)
    }


def _identity(estimator: Any) -> Any:
    parts = {name: fingerprint(type(part)) for name, part in parts_of(estimator).items()}
    params = estimator.get_params(deep=True)
    return {
        "type": fingerprint(type(estimator)),
        **{name: parts.get(name) or fingerprint(value) for name, value in params.items()},
    }
