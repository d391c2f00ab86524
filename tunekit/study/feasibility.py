"""Checks before a search: whether the estimator takes the values of the space and the data."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from tunekit.core.estimators import configured, parts_of
from tunekit.core.json_values import key
from tunekit.core.problem import FindProblem, Problem
from tunekit.evaluation.pooling import names_to_pool
from tunekit.evaluation.sanity_check import find_problem, numbered
from tunekit.exceptions import SpaceError, StudyError
from tunekit.space.categorical import Categorical
from tunekit.space.leaves import Leaf
from tunekit.space.space import Space
from tunekit.study.plan import Plan

_CONFIGS = 3  # configurations to try
_DRAWS = 20  # configurations in which a value may be active


def check_values(estimator: Any, space: Space) -> None:
    """Check that the parts of an estimator accept every choice and both ends of every range.

    Estimators that validate parameters only while they are fitted are not checked.

    Parameters
    ----------
    estimator : estimator
    space : Space

    Raises
    ------
    SpaceError
        When a value is refused whatever the other parameters are.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> from tunekit import Categorical
    >>> check_values(SVC(), Space(kernel=Categorical(["rbf", "gauss"])))
    Traceback (most recent call last):
    ...
    tunekit.exceptions.SpaceError: Categorical("kernel"): The 'kernel' parameter of SVC must be ...
    """
    seen = set()
    for leaf in space.leaves:
        if leaf.range_name not in seen:
            seen.add(leaf.range_name)
            for value in _values(leaf):
                _check_value(estimator, space, leaf, value)


def _values(leaf: Leaf) -> Sequence[Any]:
    domain = leaf.domain
    return domain.choices if isinstance(domain, Categorical) else (domain.low, domain.high)


def _check_value(estimator: Any, space: Space, leaf: Leaf, value: Any) -> None:
    """Raise an error if a value is refused in every drawn configuration that contains it."""
    refusals = set()
    for config in _configs_with(space, leaf, value):
        refusal = _refusal(estimator, config, leaf.parameter.rpartition("__")[2])
        if refusal is None:
            return
        refusals.add(refusal)
        if len(refusals) > 1:  # it depends on other parameters
            return
    for refusal in refusals:
        raise SpaceError(f'{type(leaf.domain).__name__}("{leaf.parameter}"): {refusal}')


def _configs_with(space: Space, leaf: Leaf, value: Any) -> Iterator[dict[str, Any]]:
    """Yield random configurations in which a leaf has a value."""
    rng = Random(0)  # noqa: S311 - no secret

    def ask(other: Leaf) -> Any:
        return value if other.name == leaf.name else other.domain.draw(rng.random())

    drawn = (space.walk(ask) for _ in range(_DRAWS))
    active = [values for values in drawn if leaf.name in values][:_CONFIGS]
    yield from map(space.resolve_names, active)


def _refusal(estimator: Any, config: Mapping[str, Any], parameter: str) -> str | None:
    """Return how a part of an estimator refuses its value of a parameter; None if it does not."""
    try:
        candidate = configured(estimator, config)
    except ValueError as error:  # a parameter of another choice
        reason = " ".join(str(error).split()).partition(". Valid parameters")[0]
        return f"{reason}; use .when(…) for a parameter that only some choices have."
    for part in (candidate, *parts_of(candidate).values()):
        validate = getattr(part, "_validate_params", None)
        if validate is None or parameter not in part.get_params(deep=False):
            continue
        try:
            validate()
        except AttributeError:  # it does not declare which values it takes
            continue
        except (TypeError, ValueError) as error:
            text = " ".join(str(error).split())
            if parameter in text:  # otherwise another value is refused
                return text
    return None


def problem_finder(plan: Plan, X: Any, y: Any) -> FindProblem:
    """Return a function that looks for a reason why no trial of a plan can succeed."""
    pooled = names_to_pool(plan.objectives, plan.splits)
    splits = numbered(plan.splits)
    seed = plan.random_state or 0
    sampled = map(plan.space.name_objects, plan.space.sample(_CONFIGS, random_state=seed))
    drawn = {key(each): each for each in sampled}
    return functools.partial(
        find_problem,
        plan.estimator,
        list(drawn.values()),
        X,
        y,
        splits=splits,
        objectives=plan.objectives,
        groups=plan.groups,
        metadata=plan.metadata,
        undefined=dict.fromkeys(splits, pooled),
    )


def refuse(plan: Plan, problem: Problem | None) -> None:
    """Raise an error if there is a reason why no trial of a plan can succeed.

    Raises
    ------
    StudyError
        When there is.
    """
    if problem is not None:
        step = "To see the traceback, fit the estimator: estimator.fit(X, y)."
        raise StudyError(f"{plan.name!r}: no trial can succeed: {problem.described(step)}")
