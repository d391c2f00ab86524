"""The three kinds of parameter of a search space.

Parameters are frozen data. The :class:`~tunekit.Space` that contains them checks their bounds,
since only it knows their names.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self, TypeGuard

from tunekit.core.json_values import plain
from tunekit.exceptions import SpaceError
from tunekit.space.categorical import Categorical
from tunekit.space.conditions import ParameterBase, switch_problem

_NEAR = 1e-8  # rounding error allowed, as a fraction of a step


@dataclass(frozen=True)
class _Range(ParameterBase):
    """Base of the two kinds of range."""

    def __new__(cls, *args: Any, **_fields: Any) -> Self:
        """Explain the bounds if they are given as one list."""
        if len(args) == 1 and isinstance(args[0], (list, tuple)):
            values = list(args[0])
            bounds = ", ".join(map(repr, (values[0], values[-1]) if values else ("low", "high")))
            raise SpaceError(
                f"{cls.__name__}({args[0]!r}): write {cls.__name__}({bounds}) for a range, or "
                f"Categorical({values!r}) for one of several values."
            )
        return super().__new__(cls)


@dataclass(frozen=True)
class Float(_Range):
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
class Int(_Range):
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


Parameter = Float | Int | Categorical


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
    return switch_problem("log", log)


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
