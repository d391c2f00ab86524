"""A search space: what may be tried, written once and run on any engine.

A space is frozen data. It knows nothing of engines or models: an engine walks its
:attr:`Space.leaves`, the single coordinates that are drawn, and :meth:`Space.resolve` turns
what was drawn into the dictionary that an estimator takes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from tunekit.exceptions import SpaceError, did_you_mean
from tunekit.parameters import Conditions, Int, Parameter, conditions_hold, describe
from tunekit.parameters import to_dict as as_dict


@dataclass(frozen=True)
class Leaf:
    """One coordinate that an engine draws: a parameter, or one layer's value of it.

    Attributes
    ----------
    name : str
        ``"optimizer"``, or ``"units[0]"`` for the first value of a repeated parameter.
    domain : Float, Int or Categorical
        What may be drawn.
    conditions : tuple of (str, tuple)
        Names of earlier leaves and the values for which this one is active; all must hold.
    """

    name: str
    domain: Parameter
    conditions: Conditions

    def is_active(self, values: Mapping[str, Any]) -> bool:
        """Tell whether this leaf exists, given the values of the leaves before it."""
        return conditions_hold(self.conditions, values)


class Space:
    """A search space, defined once and executed by every engine.

    Parameters
    ----------
    **parameters : Float, Int or Categorical
        At least one. The names are those of the estimator's parameters; in a pipeline,
        ``step__parameter``.

    Attributes
    ----------
    parameters : dict
        What was given.
    leaves : tuple of Leaf
        The coordinates that engines draw, each behind those that it depends on.

    Raises
    ------
    SpaceError
        When the space is empty, when bounds or choices are wrong, or when ``when`` and ``per``
        name a parameter that is not there, that cannot take the value, or that depends on this
        one in turn.

    Examples
    --------
    >>> from tunekit import Categorical, Float, Int
    >>> space = Space(
    ...     layers=Int(1, 3),
    ...     units=Int(16, 128, log=True).per("layers"),
    ...     optimizer=Categorical(["adam", "sgd"]),
    ...     momentum=Float(0.0, 0.99).when(optimizer="sgd"),
    ... )
    >>> [leaf.name for leaf in space.leaves]
    ['layers', 'units[0]', 'units[1]', 'units[2]', 'optimizer', 'momentum']
    >>> space.sample(1, random_state=0)
    [{'layers': 3, 'units': (77, 38, 27), 'optimizer': 'sgd', 'momentum': 0.400...}]
    """

    parameters: Mapping[str, Parameter]
    leaves: tuple[Leaf, ...]

    def __init__(self, **parameters: Parameter) -> None:
        if not parameters:
            raise SpaceError(
                "Space: no parameter given, so there is nothing to tune; "
                "write for example Space(learning_rate=Float(1e-4, 1e-1, log=True))."
            )
        self.parameters = dict(parameters)
        for name, parameter in parameters.items():
            _check(name, parameter, parameters)
        self.leaves = tuple(
            leaf for name in _parents_first(parameters) for leaf in _expand(name, parameters)
        )

    def walk(self, ask: Callable[[Leaf], Any]) -> dict[str, Any]:
        """Ask for a value of each active leaf in turn.

        Parameters
        ----------
        ask : callable
            Takes a :class:`Leaf` and returns its value.

        Returns
        -------
        dict
            Leaf names and values, active leaves only; :meth:`resolve` makes a configuration
            of it.
        """
        values: dict[str, Any] = {}
        for leaf in self.leaves:
            if leaf.is_active(values):
                values[leaf.name] = ask(leaf)
        return values

    def resolve(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the configuration that an estimator takes.

        Parameters
        ----------
        values : mapping
            Leaf names and values.

        Returns
        -------
        dict
            In the order in which the space was written. A repeated parameter is a tuple;
            inactive parameters are absent.

        Raises
        ------
        SpaceError
            When an active leaf has no value or one that it cannot take.
        """
        active = self.walk(lambda leaf: _value(leaf, values))
        config: dict[str, Any] = {}
        for name, parameter in self.parameters.items():
            if parameter.repeated is None:
                if name in active:
                    config[name] = active[name]
            elif parameter.repeated in active and conditions_hold(parameter.conditions, active):
                count = active[parameter.repeated]
                config[name] = tuple(active[f"{name}[{i}]"] for i in range(count))
        return config

    def flatten(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return leaf names and values of a configuration: the inverse of :meth:`resolve`.

        Parameters
        ----------
        config : mapping
            A whole configuration: every active parameter and no other.

        Returns
        -------
        dict
            Leaf names and values.

        Raises
        ------
        SpaceError
            When the configuration does not lie in the space.

        Examples
        --------
        >>> from tunekit import Int
        >>> space = Space(layers=Int(1, 3), units=Int(8, 64).per("layers"))
        >>> space.flatten({"layers": 2, "units": (32, 16)})
        {'layers': 2, 'units[0]': 32, 'units[1]': 16}
        """
        values: dict[str, Any] = {}
        for name, value in config.items():
            if name not in self.parameters:
                raise SpaceError(
                    f"{name!r} is no parameter of the space.{did_you_mean(name, self.parameters)}"
                )
            if self.parameters[name].repeated is None:
                values[name] = value
            else:
                values.update({f"{name}[{i}]": each for i, each in enumerate(value)})
        active = self.walk(lambda leaf: _value(leaf, values))
        for name in values:
            if name not in active:
                raise SpaceError(f"{name!r} is not active where the other values are {active}.")
        return active

    def sample(self, n: int, *, random_state: int | None = None) -> list[dict[str, Any]]:
        """Draw configurations at random.

        Parameters
        ----------
        n : int
            How many, at least 0.
        random_state : int or None
            Seed; None draws differently each time.

        Returns
        -------
        list of dict
            Configurations, not necessarily different ones.
        """
        rng = Random(random_state)  # noqa: S311 - a search is no secret
        drawn = (self.walk(lambda leaf: leaf.domain.draw(rng.random())) for _ in range(n))
        return [self.resolve(values) for values in drawn]

    def to_dict(self) -> dict[str, Any]:
        """Return the space as plain data that JSON can hold.

        Examples
        --------
        >>> from tunekit import Int
        >>> Space(units=Int(8, 64)).to_dict()
        {'units': {'type': 'Int', 'low': 8, 'high': 64, 'log': False}}
        """
        return {name: as_dict(parameter) for name, parameter in self.parameters.items()}

    @property
    def fingerprint(self) -> str:
        """Short text that is equal for equal spaces, whatever the order of keywords."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def __len__(self) -> int:
        return len(self.parameters)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Space) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={describe(p)}" for name, p in self.parameters.items())
        return f"Space({inside})"


def _check(name: str, parameter: Parameter, parameters: Mapping[str, Parameter]) -> None:
    if not isinstance(parameter, Parameter):
        raise SpaceError(
            f"Space: {name} must be a Float, an Int or a Categorical, got {parameter!r}; "
            f"a value that is not tuned belongs to the estimator."
        )
    where = f'{type(parameter).__name__}("{name}")'
    problem = parameter.problem()
    if problem:
        raise SpaceError(f"{where}: {problem}.")
    if parameter.repeated is not None:
        count = parameters.get(parameter.repeated)
        if not isinstance(count, Int) or count.low < 0 or count.repeated:
            raise SpaceError(
                f"{where}: .per needs the name of an Int of the same space that is 0 or more, "
                f"got {parameter.repeated!r}.{did_you_mean(parameter.repeated, _ints(parameters))}"
            )
    for parent, allowed in parameter.conditions:
        if parent not in parameters:
            raise SpaceError(
                f"{where}: .when names {parent!r}, which is no parameter of the space."
                f"{did_you_mean(parent, set(parameters) - {name})}"
            )
        if parameters[parent].repeated:
            raise SpaceError(f"{where}: .when cannot depend on {parent!r}, which is repeated.")
        wrong = [value for value in allowed if value not in parameters[parent]]
        if wrong or not allowed:
            raise SpaceError(
                f"{where}: .when({parent}=…) must name values that {parent!r} can take, "
                f"got {wrong[0] if wrong else 'none'!r}; {parent!r} is "
                f"{describe(parameters[parent])}."
            )


def _ints(parameters: Mapping[str, Parameter]) -> list[str]:
    return [name for name, parameter in parameters.items() if isinstance(parameter, Int)]


def _parents(parameter: Parameter) -> Iterable[str]:
    yield from (parent for parent, _ in parameter.conditions)
    if parameter.repeated is not None:
        yield parameter.repeated


def _parents_first(parameters: Mapping[str, Parameter]) -> list[str]:
    order: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            circle = " → ".join((*path[path.index(name) :], name))
            raise SpaceError(
                f"Space: parameters must not depend on each other in a circle: {circle}."
            )
        if name not in order:
            for parent in _parents(parameters[name]):
                visit(parent, (*path, name))
            order.append(name)

    for name in parameters:
        visit(name, ())
    return order


def _expand(name: str, parameters: Mapping[str, Parameter]) -> Iterable[Leaf]:
    parameter = parameters[name]
    domain = replace(parameter, conditions=(), repeated=None)
    if parameter.repeated is None:
        yield Leaf(name, domain, parameter.conditions)
        return
    count = parameters[parameter.repeated]
    assert isinstance(count, Int)  # noqa: S101 - _check saw to it; this tells the type checker
    for i in range(count.high):
        enough = tuple(range(max(i + 1, count.low), count.high + 1))
        yield Leaf(f"{name}[{i}]", domain, (*parameter.conditions, (parameter.repeated, enough)))


def _value(leaf: Leaf, values: Mapping[str, Any]) -> Any:
    if leaf.name not in values:
        raise SpaceError(f"{leaf.name!r} has no value, but is active; give one.")
    value = values[leaf.name]
    if value not in leaf.domain:
        raise SpaceError(f"{leaf.name!r} must lie in {describe(leaf.domain)}, got {value!r}.")
    return value
