"""The Python objects among the choices and constants of a space."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tunekit.core.named import Named
from tunekit.space.cases import Cases, cases_of
from tunekit.space.categorical import Categorical
from tunekit.space.parameters import Parameter
from tunekit.space.space import Space


def objects_of(space: Space) -> Iterator[tuple[str, Named]]:
    """Yield each object that has a name, with the name of its parameter."""
    for name, declared in space.parameters.items():
        for each in cases_of(declared):
            choices = each.choices if isinstance(each, Categorical) else ()
            yield from ((name, choice) for choice in choices if isinstance(choice, Named))
    yield from ((name, each) for name, each in space.constants.items() if isinstance(each, Named))


def with_objects(space: Space, source: Space) -> Space:
    """Return a space read from a file, with the objects of another space in place of their names.

    Parameters
    ----------
    space : Space
        It may contain objects of which only the name is known.
    source : Space
        The space that was written to the file, or one with the same objects.
    """
    known = {each.digest: each for _, each in objects_of(source)}

    def filled(value: Any) -> Any:
        return known.get(value.digest, value) if isinstance(value, Named) else value

    def with_choices(parameter: Parameter) -> Parameter:
        if not isinstance(parameter, Categorical):
            return parameter
        return replace(parameter, choices=tuple(map(filled, parameter.choices)))

    given: dict[str, Any] = {name: filled(each) for name, each in space.constants.items()}
    for name, declared in space.parameters.items():
        ranges = list(map(with_choices, cases_of(declared)))
        given[name] = ranges if isinstance(declared, Cases) else ranges[0]
    return Space(**{name: given[name] for name in space.to_dict()})
