"""A parameter whose range depends on other parameters."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tunekit.core.json_values import key
from tunekit.space.categorical import Categorical
from tunekit.space.parameters import Float, Int, Parameter


@dataclass(frozen=True)
class Cases:
    """A parameter with one range for each of several conditions that exclude each other.

    Attributes
    ----------
    cases : tuple of Float, Int or Categorical
        Each with conditions.
    """

    cases: tuple[Parameter, ...]

    @property
    def repeated(self) -> str | None:
        """Name of the count if the parameter is repeated; the same in each case."""
        return self.cases[0].repeated

    @functools.cached_property
    def joined(self) -> Parameter | None:
        """A range that contains those of all cases; None if some are choices and some numbers."""
        return _joined(self.cases)


Declared = Parameter | Cases


def cases_of(parameter: Declared) -> tuple[Parameter, ...]:
    """Return the cases of a parameter: itself if it has one range."""
    return parameter.cases if isinstance(parameter, Cases) else (parameter,)


def overlap(some: Mapping[str, Iterable[str]], others: Mapping[str, Iterable[str]]) -> bool:
    """Return whether two sets of conditions can hold at once.

    Parameters
    ----------
    some, others : mapping of str to iterable of str
        Keys of the allowed values by the name of the parameter.
    """
    return not any(
        set(allowed).isdisjoint(others[name]) for name, allowed in some.items() if name in others
    )


def _joined(cases: tuple[Parameter, ...]) -> Parameter | None:
    numeric = [each for each in cases if not isinstance(each, Categorical)]
    if not numeric:
        choices = {
            key(c): c for each in cases if isinstance(each, Categorical) for c in each.choices
        }
        return Categorical(list(choices.values()))
    if len(numeric) < len(cases):
        return None
    low, high = min(each.low for each in numeric), max(each.high for each in numeric)
    log = all(each.log for each in numeric)
    if all(isinstance(each, Int) for each in numeric):
        return Int(int(low), int(high), log=log)
    return Float(low, high, log=log)


def without_conditions(parameter: Parameter) -> Parameter:
    """Return the range or the choices of a parameter alone."""
    return replace(parameter, conditions=(), repeated=None)
