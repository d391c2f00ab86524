"""Leaves of a space, their order, and the validation of parameters and conditions."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tunekit.core.json_values import is_among, json_problem, key
from tunekit.exceptions import SpaceError, did_you_mean
from tunekit.space.formats import describe, merged
from tunekit.space.parameters import Conditions, Float, Int, Parameter

_MOST_REPEATS = 1000


@dataclass(frozen=True)
class Leaf:
    """One coordinate that an engine samples: a parameter, or one value of a repeated one.

    Attributes
    ----------
    name : str
        ``"optimizer"``, or ``"units[0]"`` for the first value of a repeated parameter.
    domain : Float, Int or Categorical
        Range or choices.
    conditions : tuple of (str, tuple)
        Names of earlier leaves and the values for which this one is active; all must hold.
    """

    name: str
    domain: Parameter
    conditions: Conditions

    def is_active(self, values: Mapping[str, Any]) -> bool:
        """Return whether this leaf exists, given the values of the leaves before it."""
        return all(
            name in values and key(values[name]) in allowed for name, allowed in self._allowed
        )

    @functools.cached_property
    def _allowed(self) -> list[tuple[str, frozenset[str]]]:
        return [(name, frozenset(map(key, allowed))) for name, allowed in self.conditions]


def split(given: Mapping[str, Any]) -> tuple[dict[str, Parameter], dict[str, Any]]:
    """Split the arguments of a space into parameters and constants, and check them.

    Raises
    ------
    SpaceError
        If a name, a parameter, a constant or a condition is invalid.
    """
    parameters = {name: each for name, each in given.items() if isinstance(each, Parameter)}
    constants = {name: each for name, each in given.items() if name not in parameters}
    for name in given:
        if not isinstance(name, str) or not name.isidentifier():
            raise SpaceError(f"Space: a name must be a valid Python identifier, got {name!r}.")
    for name, value in constants.items():
        problem = "a value, not a class" if isinstance(value, type) else json_problem(value)
        if problem:
            raise SpaceError(
                f"Space: {name} must be a Float, an Int, a Categorical or a constant; a constant "
                f"must be {problem}."
            )
    for name, parameter in parameters.items():
        problem = parameter.problem()
        if problem:
            raise SpaceError(f"{_place(name, parameter)}: {problem}.")
    for name, parameter in parameters.items():
        _check_count(name, parameter, given)
        for parent, allowed in parameter.conditions:
            _check_condition(name, parameter, parent, allowed, given)
        never = [parent for parent, allowed in merged(parameter).items() if not allowed]
        if never:
            raise SpaceError(
                f"{_place(name, parameter)}: its conditions on {never[0]!r} exclude each other."
            )
    return {name: _canonical(each, parameters) for name, each in parameters.items()}, constants


def _canonical(parameter: Parameter, parameters: Mapping[str, Parameter]) -> Parameter:
    """Return a parameter whose conditions contain the exact values that its parents take."""
    conditions = []
    for parent, allowed in parameter.conditions:
        domain = parameters.get(parent)
        exact = tuple(map(domain.clip, allowed)) if isinstance(domain, Float) else allowed
        conditions.append((parent, exact))
    return replace(parameter, conditions=tuple(conditions))


def leaves(parameters: Mapping[str, Parameter], constants: Mapping[str, Any]) -> Iterator[Leaf]:
    """Yield the coordinates of a space, each after those that it depends on.

    Raises
    ------
    SpaceError
        If parameters have circular dependencies.
    """
    for name in _parents_first(parameters):
        parameter = parameters[name]
        domain = replace(parameter, conditions=(), repeated=None)
        # Conditions on constants are omitted: split has checked that they hold.
        conditions = tuple(each for each in parameter.conditions if each[0] in parameters)
        if parameter.repeated is None:
            yield Leaf(name, domain, conditions)
        elif parameter.repeated in constants:
            for i in range(constants[parameter.repeated]):
                yield Leaf(f"{name}[{i}]", domain, conditions)
        else:
            count = parameters[parameter.repeated]
            assert isinstance(count, Int)  # noqa: S101 - checked by split; for the type checker
            counts = [count.value_at(i) for i in range(count.size)]
            for i in range(count.high):
                enough = tuple(each for each in counts if each > i)
                repeated = (parameter.repeated, enough)
                yield Leaf(f"{name}[{i}]", domain, (*conditions, repeated))


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
    shown = describe(count) if isinstance(count, Parameter) else repr(count)
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
    if isinstance(domain, Parameter) and domain.repeated:
        raise SpaceError(f"{place}: .when cannot depend on {parent!r}, which is repeated.")
    if isinstance(domain, Float) and domain.step is None:
        raise SpaceError(
            f"{place}: .when cannot depend on {parent!r}, which is a Float without a step; "
            f"give it a step."
        )
    if not isinstance(domain, Parameter):
        invalid = [] if any(is_among(value, (domain,)) for value in allowed) else list(allowed[:1])
        shown = f"the constant {domain!r}"
    else:
        invalid = [value for value in allowed if value not in domain]
        shown = describe(domain)
    if invalid or not allowed:
        raise SpaceError(
            f"{place}: .when({parent}=…) must name values that {parent!r} can take, "
            f"got {repr(invalid[0]) if allowed else 'no value'}; {parent!r} is {shown}."
        )


def _parents(parameter: Parameter) -> Iterable[str]:
    yield from (parent for parent, _ in parameter.conditions)
    if parameter.repeated is not None:
        yield parameter.repeated


def _parents_first(parameters: Mapping[str, Parameter]) -> list[str]:
    order: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            cycle = " → ".join((*path[path.index(name) :], name))
            raise SpaceError(f"Space: parameters must not have circular dependencies, got {cycle}.")
        if name in parameters and name not in order:
            for parent in _parents(parameters[name]):
                visit(parent, (*path, name))
            order.append(name)

    for name in parameters:
        visit(name, ())
    return order
