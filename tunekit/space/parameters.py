"""The three kinds of parameter of a search space.

Parameters are frozen data. The :class:`~tunekit.Space` that contains them checks their bounds,
since only it knows their names.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Self, TypeGuard

from tunekit.core.json_values import is_among, json_problem, key, plain
from tunekit.exceptions import SpaceError

#: Names of other parameters and the values for which this one is active; all must hold.
Conditions = tuple[tuple[str, tuple[Any, ...]], ...]

_MOST_VALUES = 100_000  # of a list of choices or conditions
_NEAR = 1e-8  # rounding error allowed, as a fraction of a step


def conditions_hold(conditions: Conditions, values: Mapping[str, Any]) -> bool:
    """Return whether every condition is met."""
    return all(name in values and is_among(values[name], allowed) for name, allowed in conditions)


@dataclass(frozen=True)
class _Parameter:
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
        >>> from tunekit import Space
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
    step : float or None, default=None
        Distance between adjacent values, above 0: only ``low``, ``low + step``, … ``high`` are
        drawn, so it must divide ``high - low``. Cannot be combined with ``log``.

    Examples
    --------
    >>> from tunekit import Space
    >>> Space(learning_rate=Float(1e-4, 1e-1, log=True)).sample(1, random_state=0)
    [{'learning_rate': 0.0341...}]
    >>> Space(dropout=Float(0.0, 0.5, step=0.1)).sample(3, random_state=0)
    [{'dropout': 0.5}, {'dropout': 0.4}, {'dropout': 0.2}]
    """

    low: float
    high: float
    log: bool = field(default=False, kw_only=True)
    step: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Convert integers and NumPy scalars to Python floats."""
        for name in ("low", "high", "step"):
            value = plain(getattr(self, name))
            whole = isinstance(value, int) and not isinstance(value, bool)
            object.__setattr__(self, name, float(value) if whole else value)
        object.__setattr__(self, "log", plain(self.log))

    def problem(self) -> str | None:
        """Return why the bounds are invalid, or None."""
        problem = _bounds_problem(self.low, self.high, log=self.log, kind=float)
        if problem or self.step is None:
            return problem
        return _step_problem(self)

    @property
    def size(self) -> float:
        """Number of values; infinite without a step."""
        return math.inf if self.step is None else round((self.high - self.low) / self.step) + 1

    def value_at(self, index: int) -> float:
        """Return the value that is ``index`` steps above ``low``, in its shortest decimal form."""
        value = float(Decimal(str(self.low)) + index * Decimal(str(self.step)))
        return min(value, self.high)

    def index(self, value: float) -> int:
        """Return the number of steps from ``low`` to a value, rounded."""
        return round((value - self.low) / self.step) if self.step else 0

    def draw(self, uniform: float) -> float:
        """Return the value at ``uniform`` (0 to 1) of the way from ``low`` to ``high``."""
        if self.step is not None:
            return self.value_at(min(int(uniform * self.size), int(self.size) - 1))
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            return self.clip(math.exp(low + uniform * (high - low)))
        return self.clip(self.low + uniform * (self.high - self.low))

    def clip(self, value: float) -> float:
        """Return the nearest value that is within the range and on a step."""
        bounded = float(min(max(value, self.low), self.high))
        return bounded if self.step is None else self.value_at(self.index(bounded))

    def __contains__(self, value: object) -> bool:
        return _is_number(value) and self.low <= value <= self.high and self._on_step(value)

    def _on_step(self, value: float) -> bool:
        return self.step is None or abs(value - self.clip(value)) < _NEAR * self.step


@dataclass(frozen=True)
class Int(_Parameter):
    """An integer between two bounds, both included.

    Parameters
    ----------
    low, high : int
        Bounds, ``low < high``.
    log : bool, default=False
        Draw uniformly on a logarithmic scale; needs ``low >= 1``.
    step : int, default=1
        Distance between adjacent values, 1 or more: only ``low``, ``low + step``, … ``high`` are
        drawn, so it must divide ``high - low``. Must be 1 if ``log`` is True.

    Examples
    --------
    >>> from tunekit import Space
    >>> Space(units=Int(16, 512, log=True)).sample(1, random_state=0)
    [{'units': 297}]
    >>> Space(units=Int(32, 128, step=32)).sample(3, random_state=0)
    [{'units': 128}, {'units': 128}, {'units': 64}]
    """

    low: int
    high: int
    log: bool = field(default=False, kw_only=True)
    step: int = field(default=1, kw_only=True)

    def __post_init__(self) -> None:
        """Convert NumPy scalars to Python numbers."""
        for name in ("low", "high", "log", "step"):
            object.__setattr__(self, name, plain(getattr(self, name)))

    def problem(self) -> str | None:
        """Return why the bounds are invalid, or None."""
        problem = _bounds_problem(self.low, self.high, log=self.log, kind=int)
        if problem:
            return problem
        if not isinstance(self.step, int) or isinstance(self.step, bool) or self.step < 1:
            return f"step must be a whole number of at least 1, got step={self.step!r}"
        return None if self.step == 1 else _step_problem(self)

    @property
    def size(self) -> int:
        """Number of values."""
        return (self.high - self.low) // self.step + 1

    def value_at(self, index: int) -> int:
        """Return the value that is ``index`` steps above ``low``."""
        return self.low + index * self.step

    def index(self, value: float) -> int:
        """Return the number of steps from ``low`` to a value, rounded."""
        return round((value - self.low) / self.step)

    @property
    def edges(self) -> tuple[float, float]:
        """Bounds widened by 0.5, so that rounding does not make both ends less likely."""
        return self.low - 0.5, self.high + 0.5

    def draw(self, uniform: float) -> int:
        """Return the value at ``uniform`` (0 to 1) of the way from ``low`` to ``high``."""
        if self.log:
            low, high = self.edges
            return self.clip(math.exp(math.log(low) + uniform * math.log(high / low)))
        return self.value_at(min(int(uniform * self.size), self.size - 1))

    def clip(self, value: float) -> int:
        """Return the nearest value that is within the range and on a step."""
        if isinstance(value, int) and self.low <= value <= self.high:
            return self.low + (value - self.low + self.step // 2) // self.step * self.step
        return self.value_at(min(max(self.index(value), 0), self.size - 1))

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int) and _is_number(value) and self.clip(value) == value


@dataclass(frozen=True)
class Categorical(_Parameter):
    """One of several values.

    Parameters
    ----------
    choices : sequence
        At least one value that JSON can represent (strings, numbers, booleans, None, and lists,
        tuples and dictionaries of these), without duplicates.
    ordered : bool, default=False
        Whether adjacent choices are similar, as in ``["small", "medium", "large"]``; engines
        then take the order into account.

    Examples
    --------
    >>> from tunekit import Space
    >>> Space(activation=Categorical(["relu", "tanh"])).sample(1, random_state=0)
    [{'activation': 'tanh'}]
    """

    choices: Sequence[Any]
    ordered: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        """Convert the choices to a tuple of plain values."""
        listed = isinstance(self.choices, (list, tuple, range)) or hasattr(self.choices, "tolist")
        if listed and len(self.choices) <= _MOST_VALUES:
            object.__setattr__(self, "choices", plain(self.choices))
        object.__setattr__(self, "ordered", plain(self.ordered))

    def problem(self) -> str | None:
        """Return why the choices are invalid, or None."""
        if isinstance(self.choices, Sequence) and len(self.choices) > _MOST_VALUES:
            n = len(self.choices)
            return f"choices must be at most {_MOST_VALUES:,}, got {n:,}; use an Int or a Float"
        if not isinstance(self.choices, tuple):
            return f"choices must be a list, got {self.choices!r}"
        if not self.choices:
            return "choices must not be empty; give at least one value"
        seen: set[str] = set()
        for choice in self.choices:
            problem = json_problem(choice)
            if problem:
                return f"a choice must be {problem}"
            if key(choice) in seen:
                return f"choices must be unique, got {choice!r} twice"
            seen.add(key(choice))
        return _switch_problem("ordered", self.ordered)

    @property
    def size(self) -> int:
        """Number of choices."""
        return len(self.choices)

    def value_at(self, index: int) -> Any:
        """Return the choice at an index."""
        return plain(self.choices[index])  # a copy, if it is a dictionary

    def index(self, value: object) -> int:
        """Return the index of a choice."""
        return [key(choice) for choice in self.choices].index(key(value))

    def draw(self, uniform: float) -> Any:
        """Return the choice at ``uniform`` (0 to 1) of the way through the list."""
        return self.value_at(min(int(uniform * self.size), self.size - 1))

    def __contains__(self, value: object) -> bool:
        return is_among(value, self.choices)


Parameter = Float | Int | Categorical


def _several(value: Any) -> tuple[Any, ...]:
    if isinstance(value, (range, list, tuple, set, frozenset)) and len(value) > _MOST_VALUES:
        raise SpaceError(
            f"when: at most {_MOST_VALUES:,} values can be listed, got {len(value):,}."
        )
    if isinstance(value, (set, frozenset)):
        return tuple(sorted((plain(each) for each in value), key=repr))
    listed = isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping))
    value = plain(value)
    return value if listed and isinstance(value, tuple) else (value,)


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _bounds_problem(low: Any, high: Any, *, log: bool, kind: type[float]) -> str | None:
    what = "whole numbers" if kind is int else "numbers"
    for bound in (low, high):
        if isinstance(bound, bool) or not isinstance(bound, kind):
            return f"low and high must be {what}, got low={low!r}, high={high!r}"
        if not math.isfinite(bound):
            return f"low and high must be finite, got low={low}, high={high}"
    if not low < high:
        return f"low must be below high, got low={low}, high={high}"
    if log and low <= 0:
        return f"a logarithmic scale requires low above 0, got low={low}"
    return _switch_problem("log", log)


def _switch_problem(name: str, value: Any) -> str | None:
    return None if isinstance(value, bool) else f"{name} must be True or False, got {value!r}"


def _step_problem(parameter: Float | Int) -> str | None:
    low, high, step = parameter.low, parameter.high, parameter.step
    if parameter.log:
        return f"log and step cannot be combined, got log=True, step={step}; omit one of them"
    if step is None or not _is_number(step) or not 0 < step < math.inf:
        return f"step must be a finite number above 0, got step={step!r}"
    steps = (high - low) / step
    if round(steps) < 1 or abs(steps - round(steps)) > _NEAR * steps:
        nearest = low + math.floor(steps) * step
        hint = f"high={nearest:.12g}" if steps >= 1 else f"step={high - low:.12g}"
        return (
            f"step must divide high - low, got low={low}, high={high}, step={step}; "
            f"for example, use {hint}"
        )
    return None
