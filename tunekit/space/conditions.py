"""What all kinds of parameter share: conditions on others, and repetition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from tunekit.core.json_values import is_among
from tunekit.core.object_names import named
from tunekit.exceptions import SpaceError

#: Names of other parameters and the values for which this one is active; all must hold.
Conditions = tuple[tuple[str, tuple[Any, ...]], ...]

#: Longest list of choices or conditions.
MOST_VALUES = 100_000


def conditions_hold(conditions: Conditions, values: Mapping[str, Any]) -> bool:
    """Return whether every condition is met."""
    return all(name in values and is_among(values[name], allowed) for name, allowed in conditions)


@dataclass(frozen=True)
class ParameterBase:
    """Base of the three kinds of parameter: conditions and repetition."""

    conditions: Conditions = field(default=(), kw_only=True)
    repeated: str | None = field(default=None, kw_only=True)

    def when(self, /, **conditions: Any) -> Self:
        """Return a copy of this parameter that is active only for given values of others.

        Parameters
        ----------
        **conditions : value, or list, tuple, set or range of values
            Names of other parameters of the space, and the values for which this one is active.
            All conditions must hold. Wrap a value that is itself a tuple in a list.

        Examples
        --------
        >>> from tunekit import Categorical, Float, Space
        >>> momentum = Float(0.0, 0.99).when(optimizer="sgd")
        >>> Space(optimizer=Categorical(["adam", "sgd"]), momentum=momentum).resolve(
        ...     {"optimizer": "adam"}
        ... )
        {'optimizer': 'adam'}
        """
        added = tuple((name, _several(value)) for name, value in conditions.items())
        return replace(self, conditions=self.conditions + added)

    def per(self, count: str) -> Self:
        """Return a copy of this parameter that is repeated ``count`` times, as a tuple.

        Parameters
        ----------
        count : str
            Name of an :class:`Int` or an integer constant of the same space, usually
            ``"layers"``.

        Returns
        -------
        Float, Int or Categorical
            A copy; the parameter itself is unchanged.

        Examples
        --------
        >>> from tunekit import Int, Space
        >>> space = Space(layers=Int(1, 3), units=Int(8, 64).per("layers"))
        >>> space.resolve({"layers": 2, "units[0]": 32, "units[1]": 16})
        {'layers': 2, 'units': (32, 16)}
        """
        return replace(self, repeated=count)


def _several(value: Any) -> tuple[Any, ...]:
    if isinstance(value, (range, list, tuple, set, frozenset)) and len(value) > MOST_VALUES:
        raise SpaceError(f"when: at most {MOST_VALUES:,} values can be listed, got {len(value):,}.")
    if isinstance(value, (set, frozenset)):
        return tuple(sorted(map(named, value), key=repr))
    if hasattr(value, "tolist") and not isinstance(value, type):
        value = value.tolist()
    return tuple(map(named, value if isinstance(value, (list, tuple, range)) else (value,)))


def switch_problem(name: str, value: Any) -> str | None:
    """Return why a switch is invalid, or None."""
    return None if isinstance(value, bool) else f"{name} must be True or False, got {value!r}"
