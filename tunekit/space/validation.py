"""Validation of the parameters, constants and conditions of a space."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tunekit.core.json_values import is_among, key
from tunekit.core.object_names import all_named
from tunekit.exceptions import SpaceError, did_you_mean
from tunekit.space.cases import Cases, Declared, cases_of, overlap
from tunekit.space.categorical import Categorical
from tunekit.space.conditions import ParameterBase
from tunekit.space.formats import code_of_value, describe, keywords, merged
from tunekit.space.parameters import Float, Int, Parameter
from tunekit.space.values import constant_problem

_MOST_REPEATS = 1000


def split(given: Mapping[str, Any]) -> tuple[dict[str, Declared], dict[str, Any]]:
    """Split the arguments of a space into parameters and constants, and check them.

    Raises
    ------
    SpaceError
        If a name, a parameter, a constant or a condition is invalid.
    """
    for name in given:
        _check_name(name)
    declared = {name: _declared(name, each) for name, each in given.items()}
    parameters: dict[str, Declared] = {
        name: each for name, each in declared.items() if isinstance(each, Declared)
    }
    constants = {name: each for name, each in declared.items() if name not in parameters}
    for name, each in parameters.items():
        for parameter in cases_of(each):
            problem = parameter.problem()
            if problem:
                raise SpaceError(f"{_place(name, parameter)}: {problem}.")
    for name, each in parameters.items():
        for parameter in cases_of(each):
            _check_conditions(name, parameter, declared)
    exact = {name: _canonical(each, parameters) for name, each in parameters.items()}
    for name, each in exact.items():
        if isinstance(each, Cases):
            _check_cases(name, each, exact)
    return exact, constants


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not name.strip() or not name.isprintable() or "[" in name:
        raise SpaceError(
            f"Space: a name must be that of a parameter, printable and without brackets, "
            f"got {name!r}."
        )


def _declared(name: str, given: Any) -> Any:
    """Return a parameter, the cases of a parameter, or a constant, as a space stores it."""
    if isinstance(given, Declared):
        return given
    if isinstance(given, list) and any(isinstance(each, ParameterBase) for each in given):
        for each in given:
            if not isinstance(each, ParameterBase):
                raise SpaceError(
                    f"Space: {name} lists ranges, so {each!r} must be one as well: write "
                    f"Categorical([{each!r}]).when(…)."
                )
        return given[0] if len(given) == 1 else Cases(tuple(given))
    (constant,) = all_named([given])
    problem = constant_problem(given, constant)
    if problem:
        raise SpaceError(f"Space: {name} {problem}.")
    return constant


def _check_conditions(name: str, parameter: Parameter, given: Mapping[str, Any]) -> None:
    _check_count(name, parameter, given)
    for parent, allowed in parameter.conditions:
        _check_condition(name, parameter, parent, allowed, given)
    never = [parent for parent, allowed in merged(parameter).items() if not allowed]
    if never:
        raise SpaceError(
            f"{_place(name, parameter)}: its conditions on {never[0]!r} exclude each other."
        )


def _check_cases(name: str, declared: Cases, parameters: Mapping[str, Declared]) -> None:
    """Check that at most one case applies, and that all have the same count."""
    for one, other in itertools.combinations(declared.cases, 2):
        if one.repeated != other.repeated:
            raise SpaceError(
                f"Space: the ranges of {name!r} must all be repeated by the same count, got "
                f"{describe(one)} and {describe(other)}."
            )
        if overlap(_implied(one, parameters), _implied(other, parameters)):
            raise SpaceError(
                f"Space: two ranges of {name!r} apply at once, {describe(one)} and "
                f"{describe(other)}: give them conditions that exclude each other, such as "
                f'.when(optimizer="adam") and .when(optimizer="sgd").'
            )


def _implied(
    parameter: Parameter, parameters: Mapping[str, Declared], within: Collection[str] = ()
) -> dict[str, Sequence[str]]:
    """Return the conditions of a parameter and of all that it depends on, by keys of values."""
    implied: dict[str, Sequence[str]] = {}
    own = {name: [key(each) for each in allowed] for name, allowed in merged(parameter).items()}
    parents = [*own, *([parameter.repeated] if parameter.repeated else [])]
    for name in parents:
        parent = parameters.get(name)
        if name not in within and isinstance(parent, Parameter):
            implied |= _implied(parent, parameters, (*within, name))
    return {**implied, **own}


def _canonical(declared: Declared, parameters: Mapping[str, Declared]) -> Declared:
    """Return a parameter whose conditions contain the exact values that its parents take."""
    if isinstance(declared, Cases):
        return Cases(tuple(_with_exact_conditions(each, parameters) for each in declared.cases))
    return _with_exact_conditions(declared, parameters)


def _with_exact_conditions(parameter: Parameter, parameters: Mapping[str, Declared]) -> Parameter:
    conditions = []
    for parent, allowed in parameter.conditions:
        domain, exact = parameters.get(parent), allowed
        if isinstance(domain, Float):
            exact = tuple(map(domain.clip, allowed))
        elif isinstance(domain, Categorical):
            exact = tuple(domain.choices[domain.index(each)] for each in allowed)
        conditions.append((parent, exact))
    return replace(parameter, conditions=tuple(conditions))


def _place(name: str, parameter: Parameter) -> str:
    return f'{type(parameter).__name__}("{name}")'


def _check_count(name: str, parameter: Parameter, given: Mapping[str, Any]) -> None:
    if parameter.repeated is None:
        return
    count = given.get(parameter.repeated) if isinstance(parameter.repeated, str) else None
    is_count = isinstance(count, int) and not isinstance(count, bool) and count >= 0
    if is_count or (isinstance(count, Int) and count.low >= 0 and not count.repeated):
        most = count.high if isinstance(count, Int) else int(count or 0)
        if most > _MOST_REPEATS:
            raise SpaceError(
                f"{_place(name, parameter)}: .per repeats it at most {_MOST_REPEATS:,} times, but "
                f"{parameter.repeated!r} is up to {most:,}."
            )
        return
    ints = [each for each, value in given.items() if isinstance(value, Int) and each != name]
    shown = code_of_value(count)
    exists = isinstance(parameter.repeated, str) and parameter.repeated in given
    hint = f" It is {shown}." if exists else did_you_mean(parameter.repeated, ints)
    raise SpaceError(
        f"{_place(name, parameter)}: .per requires the name of an Int of the same space that is 0 "
        f"or more and not repeated itself, got {parameter.repeated!r}.{hint}"
    )


def _check_condition(
    name: str,
    parameter: Parameter,
    parent: str,
    allowed: tuple[Any, ...],
    given: Mapping[str, Any],
) -> None:
    place = _place(name, parameter)
    if parent not in given:
        raise SpaceError(
            f"{place}: .when names {parent!r}, which is not a parameter of the space."
            f"{did_you_mean(parent, set(given) - {name})}"
        )
    domain = given[parent]
    if isinstance(domain, Cases):
        raise SpaceError(f"{place}: .when cannot depend on {parent!r}, which has several ranges.")
    if isinstance(domain, ParameterBase) and domain.repeated:
        raise SpaceError(f"{place}: .when cannot depend on {parent!r}, which is repeated.")
    if isinstance(domain, Float) and domain.step is None:
        raise SpaceError(
            f"{place}: .when cannot depend on {parent!r}, which is a Float without a step; "
            f"give it a step."
        )
    if not isinstance(domain, (Float, Int, Categorical)):
        invalid = [] if any(is_among(value, (domain,)) for value in allowed) else list(allowed[:1])
        shown = f"the constant {domain!r}"
    else:
        invalid = [value for value in allowed if value not in domain]
        shown = describe(domain)
    if invalid or not allowed:
        raise SpaceError(
            f"{place}: .when({keywords({parent: '…'})}) must name values that {parent!r} can take, "
            f"got {repr(invalid[0]) if allowed else 'no value'}; {parent!r} is {shown}."
        )
