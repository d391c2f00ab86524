"""Leaves of a space, the coordinates that engines sample, in order of their dependencies."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tunekit.core.json_values import key
from tunekit.exceptions import SpaceError
from tunekit.space.cases import Cases, Declared, cases_of, without_conditions
from tunekit.space.conditions import Conditions
from tunekit.space.formats import condition_text
from tunekit.space.parameters import Int, Parameter


@dataclass(frozen=True)
class Leaf:
    """One coordinate that an engine samples: a parameter, or one value of a repeated one.

    A parameter with several cases has the leaves of each case.

    Attributes
    ----------
    name : str
        ``"optimizer"``, ``"units[0]"`` for the first value of a repeated parameter, or
        ``"learning_rate[optimizer=adam]"`` for a case.
    domain : Float, Int or Categorical
        Range or choices.
    conditions : tuple of (str, tuple)
        Names of earlier leaves and the values for which this one is active; all must hold.
    parameter : str
        Name of the parameter.
    index : int or None
        Which value of a repeated parameter, from 0.
    range_name : str
        The name without the index, equal for all values of a repeated parameter.
    """

    name: str
    domain: Parameter
    conditions: Conditions
    parameter: str
    index: int | None = None
    range_name: str = ""

    @property
    def place(self) -> str:
        """The name without the case: where a configuration has its value."""
        return self.parameter if self.index is None else f"{self.parameter}[{self.index}]"

    def is_active(self, values: Mapping[str, Any]) -> bool:
        """Return whether this leaf exists, given the values of the leaves before it."""
        return all(
            name in values and key(values[name]) in allowed for name, allowed in self._allowed
        )

    @functools.cached_property
    def _allowed(self) -> list[tuple[str, frozenset[str]]]:
        return [(name, frozenset(map(key, allowed))) for name, allowed in self.conditions]


def leaves(parameters: Mapping[str, Declared], constants: Mapping[str, Any]) -> Iterator[Leaf]:
    """Yield the coordinates of a space, each after those that it depends on.

    Raises
    ------
    SpaceError
        If parameters have circular dependencies.
    """
    for name in _parents_first(parameters):
        declared = parameters[name]
        for label, parameter in zip(range_names(name, declared), cases_of(declared), strict=True):
            for leaf in _leaves_of(name, parameter, parameters, constants):
                yield replace(leaf, name=label + leaf.name.removeprefix(name), range_name=label)


def range_names(name: str, declared: Declared) -> list[str]:
    """Return the name of each range of a parameter: its own, or one with the conditions of a case.

    Examples
    --------
    >>> from tunekit import Float
    >>> decay = Float(0.0, 0.1).when(optimizer="sgd"), Float(0.0, 1.0).when(optimizer="adamw")
    >>> range_names("decay", decay[0]), range_names("decay", Cases(decay))
    (['decay'], ['decay[optimizer=sgd]', 'decay[optimizer=adamw]'])
    """
    if not isinstance(declared, Cases):
        return [name]
    texts = [
        ", ".join(condition_text(*each) for each in case.conditions) for case in declared.cases
    ]
    counts = Counter(texts)
    return [f"{name}[{text}{f' {i}' if counts[text] > 1 else ''}]" for i, text in enumerate(texts)]


def columns(parameters: Mapping[str, Declared], found: Sequence[Leaf]) -> tuple[Leaf, ...]:
    """Return the coordinates as figures show them: one for all cases of a parameter.

    If some cases are choices and others numbers, the leaf of each case is a column.

    Parameters
    ----------
    parameters : mapping of str to Float, Int, Categorical or Cases
    found : sequence of Leaf
        The leaves of the space.
    """
    by_name: dict[str, Leaf] = {}
    for leaf in found:
        declared, column = parameters[leaf.parameter], leaf
        if isinstance(declared, Cases) and declared.joined is not None:
            column = Leaf(leaf.place, declared.joined, (), leaf.parameter, leaf.index)
        by_name.setdefault(column.name, column)
    return tuple(by_name.values())


def _leaves_of(
    name: str,
    parameter: Parameter,
    parameters: Mapping[str, Declared],
    constants: Mapping[str, Any],
) -> Iterator[Leaf]:
    domain = without_conditions(parameter)
    # Conditions on constants are omitted: it has been checked that they hold.
    conditions = tuple(each for each in parameter.conditions if each[0] in parameters)
    if parameter.repeated is None:
        yield Leaf(name, domain, conditions, name)
    elif parameter.repeated in constants:
        for i in range(constants[parameter.repeated]):
            yield Leaf(f"{name}[{i}]", domain, conditions, name, i)
    else:
        count = parameters[parameter.repeated]
        assert isinstance(count, Int)  # noqa: S101 - checked before; for the type checker
        counts = [count.value_at(i) for i in range(count.size)]
        for i in range(count.high):
            repeated = (parameter.repeated, tuple(each for each in counts if each > i))
            yield Leaf(f"{name}[{i}]", domain, (*conditions, repeated), name, i)


def _parents(declared: Declared) -> Iterator[str]:
    for parameter in cases_of(declared):
        yield from (parent for parent, _ in parameter.conditions)
        if parameter.repeated is not None:
            yield parameter.repeated


def _parents_first(parameters: Mapping[str, Declared]) -> list[str]:
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
