"""The three kinds of parameter that a space is made of, and when each exists.

Parameters are frozen data. Their bounds are checked by the :class:`~tunekit.space.Space` that
they are put in, since only it knows their names.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

_PLAIN = (str, bool, int, float, type(None))

#: Names of other parameters and the values for which this one exists; all must hold.
Conditions = tuple[tuple[str, tuple[Any, ...]], ...]


def conditions_hold(conditions: Conditions, values: Mapping[str, Any]) -> bool:
    """Tell whether every condition is met; ``1``, ``1.0`` and ``True`` are three values."""
    return all(
        name in values and repr(values[name]) in map(repr, allowed) for name, allowed in conditions
    )


@dataclass(frozen=True)
class _Parameter:
    """What the three kinds of parameter share: when they exist, and how often."""

    conditions: Conditions = field(default=(), kw_only=True)
    repeated: str | None = field(default=None, kw_only=True)

    def when(self, **conditions: Any) -> Self:
        """Return this parameter as one that exists only where other ones have given values.

        Parameters
        ----------
        **conditions : value, or list, tuple or range of values
            Names of other parameters of the space, and the values for which this one exists.
            All conditions must hold.

        Returns
        -------
        Float, Int or Categorical
            A copy; the parameter itself is unchanged.

        Examples
        --------
        >>> from tunekit import Space
        >>> momentum = Float(0.0, 0.99).when(optimizer="sgd")
        >>> Space(optimizer=Categorical(["adam", "sgd"]), momentum=momentum).resolve(
        ...     {"optimizer": "adam"}
        ... )
        {'optimizer': 'adam'}
        """
        added = tuple(
            (name, tuple(value) if isinstance(value, (list, tuple, range)) else (value,))
            for name, value in conditions.items()
        )
        return replace(self, conditions=self.conditions + added)

    def per(self, count: str) -> Self:
        """Return this parameter as a tuple with one value for each unit of ``count``.

        Parameters
        ----------
        count : str
            Name of an :class:`Int` of the same space, usually ``"layers"``.

        Returns
        -------
        Float, Int or Categorical
            A copy; the parameter itself is unchanged.

        Examples
        --------
        >>> from tunekit import Space
        >>> space = Space(layers=Int(1, 3), units=Int(8, 64).per("layers"))
        >>> space.resolve({"layers": 2, "units[0]": 32, "units[1]": 16})
        {'layers': 2, 'units': (32, 16)}
        """
        return replace(self, repeated=count)


@dataclass(frozen=True)
class Float(_Parameter):
    """A real number between two bounds, both included.

    Parameters
    ----------
    low, high : float
        Bounds, ``low < high``.
    log : bool, default=False
        Draw uniformly on a logarithmic scale; needs ``low > 0``.

    Examples
    --------
    >>> from tunekit import Space
    >>> Space(learning_rate=Float(1e-4, 1e-1, log=True)).sample(1, random_state=0)
    [{'learning_rate': 0.0341...}]
    """

    low: float
    high: float
    log: bool = field(default=False, kw_only=True)

    def problem(self) -> str | None:
        """Return what is wrong with the bounds, or None."""
        return _bounds_problem(self.low, self.high, log=self.log, kind=(int, float))

    def draw(self, uniform: float) -> float:
        """Return the value at ``uniform`` (0 to 1) of the way from ``low`` to ``high``."""
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            return self.clip(math.exp(low + uniform * (high - low)))
        return self.clip(self.low + uniform * (self.high - self.low))

    def clip(self, value: float) -> float:
        """Return ``value``, or the bound that rounding took it past."""
        return float(min(max(value, self.low), self.high))

    def __contains__(self, value: object) -> bool:
        return (
            isinstance(value, (int, float))
            and not isinstance(value, bool)
            and self.low <= value <= self.high
        )


@dataclass(frozen=True)
class Int(_Parameter):
    """A whole number between two bounds, both included.

    Parameters
    ----------
    low, high : int
        Bounds, ``low < high``.
    log : bool, default=False
        Draw uniformly on a logarithmic scale; needs ``low >= 1``.

    Examples
    --------
    >>> from tunekit import Space
    >>> Space(units=Int(16, 512, log=True)).sample(1, random_state=0)
    [{'units': 297}]
    """

    low: int
    high: int
    log: bool = field(default=False, kw_only=True)

    def problem(self) -> str | None:
        """Return what is wrong with the bounds, or None."""
        return _bounds_problem(self.low, self.high, log=self.log, kind=(int,))

    @property
    def edges(self) -> tuple[float, float]:
        """Bounds widened by one half, so that rounding gives both ends their full share."""
        return self.low - 0.5, self.high + 0.5

    def draw(self, uniform: float) -> int:
        """Return the value at ``uniform`` (0 to 1) of the way from ``low`` to ``high``."""
        low, high = self.edges
        if self.log:
            return self.clip(math.exp(math.log(low) + uniform * math.log(high / low)))
        return self.clip(low + uniform * (high - low))

    def clip(self, value: float) -> int:
        """Return the whole number nearest to ``value`` that lies within the bounds."""
        return min(max(round(value), self.low), self.high)

    def __contains__(self, value: object) -> bool:
        return (
            isinstance(value, int)
            and not isinstance(value, bool)
            and self.low <= value <= self.high
        )


@dataclass(frozen=True)
class Categorical(_Parameter):
    """One of several values.

    Parameters
    ----------
    choices : sequence
        At least one text, number, boolean, None, or tuple of these; each once.

    Examples
    --------
    >>> from tunekit import Space
    >>> Space(activation=Categorical(["relu", "tanh"])).sample(1, random_state=0)
    [{'activation': 'tanh'}]
    """

    choices: Sequence[Any]

    def __post_init__(self) -> None:
        """Freeze the choices."""
        if isinstance(self.choices, (list, tuple, range)):
            choices = tuple(tuple(c) if isinstance(c, list) else c for c in self.choices)
            object.__setattr__(self, "choices", choices)

    def problem(self) -> str | None:
        """Return what is wrong with the choices, or None."""
        if not isinstance(self.choices, tuple):
            return f"choices must be a list, got {self.choices!r}"
        if not self.choices:
            return "choices must not be empty; give at least one value"
        for choice in self.choices:
            parts = choice if isinstance(choice, tuple) else (choice,)
            if not all(isinstance(part, _PLAIN) for part in parts):
                return (
                    f"a choice must be a text, a number, a boolean, None or a tuple of these, "
                    f"got {choice!r}; give a name and look the object up in your estimator"
                )
        seen: list[str] = []
        for choice in self.choices:
            if repr(choice) in seen:
                return f"each choice must stand once, got {choice!r} twice"
            seen.append(repr(choice))
        return None

    def index(self, value: object) -> int:
        """Return the place of ``value`` among the choices; 1, 1.0 and True are three values."""
        return [repr(choice) for choice in self.choices].index(repr(value))

    def draw(self, uniform: float) -> Any:
        """Return the choice at ``uniform`` (0 to 1) of the way through the list."""
        return self.choices[min(int(uniform * len(self.choices)), len(self.choices) - 1)]

    def __contains__(self, value: object) -> bool:
        return repr(value) in [repr(choice) for choice in self.choices]


Parameter = Float | Int | Categorical


def to_dict(parameter: Parameter) -> dict[str, Any]:
    """Return the parameter as plain data that JSON can hold."""
    if isinstance(parameter, Categorical):
        form: dict[str, Any] = {"type": "Categorical", "choices": list(parameter.choices)}
    else:
        form = {
            "type": type(parameter).__name__,
            "low": parameter.low,
            "high": parameter.high,
            "log": parameter.log,
        }
    if parameter.repeated is not None:
        form["per"] = parameter.repeated
    if parameter.conditions:
        form["when"] = [[name, list(allowed)] for name, allowed in parameter.conditions]
    return form


def describe(parameter: Parameter) -> str:
    """Return the parameter as a person would write it."""
    if isinstance(parameter, Categorical):
        text = f"Categorical({list(parameter.choices)!r})"
    else:
        log = ", log=True" if parameter.log else ""
        text = f"{type(parameter).__name__}({parameter.low}, {parameter.high}{log})"
    if parameter.repeated is not None:
        text += f'.per("{parameter.repeated}")'
    for name, allowed in parameter.conditions:
        text += f".when({name}={allowed[0] if len(allowed) == 1 else list(allowed)!r})"
    return text


def _bounds_problem(low: Any, high: Any, *, log: bool, kind: tuple[type[Any], ...]) -> str | None:
    what = "whole numbers" if kind == (int,) else "numbers"
    bound: Any
    for bound in (low, high):
        if isinstance(bound, bool) or not isinstance(bound, kind):
            return f"low and high must be {what}, got low={low!r}, high={high!r}"
        if not math.isfinite(bound):
            return f"low and high must be finite, got low={low}, high={high}"
    if not low < high:
        return f"low must be below high, got low={low}, high={high}"
    if log and low <= 0:
        return f"a logarithmic scale needs low above 0, got low={low}"
    return None
