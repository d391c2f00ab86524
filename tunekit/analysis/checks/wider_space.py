"""A space whose ranges reach further where the best values lie at their ends."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tunekit.exceptions import SpaceError
from tunekit.space.parameters import Categorical, Float, Int, Parameter
from tunekit.space.space import Space

_SHARE = 0.5  # of the range that is added
_DIGITS = 2  # of the new end
_DECIMALS = 12  # below which a number is what rounding left of nothing


def widened(space: Space, ends: Mapping[str, set[str]]) -> Space | None:
    """Return a space of which some ranges are half as wide again at an end, on their own scale.

    Parameters
    ----------
    space : Space
    ends : mapping of str to set of {"low", "high"}
        By the name of a parameter, which ends are to be moved.

    Returns
    -------
    Space or None
        None where nothing can be moved.

    Examples
    --------
    >>> from tunekit import Float, Int
    >>> widened(Space(rate=Float(0.001, 0.1, log=True), units=Int(8, 32)), {"rate": {"high"}})
    Space(rate=Float(0.001, 1.0, log=True), units=Int(8, 32))
    """
    parameters = {
        name: _wider(each, ends.get(name, set())) for name, each in space.parameters.items()
    }
    if parameters == dict(space.parameters):
        return None
    try:
        return Space(
            **{name: parameters.get(name, space.constants.get(name)) for name in space.to_dict()}
        )
    except SpaceError:
        return None


def is_natural(parameter: Parameter, end: str) -> bool:
    """Tell whether a range ends where the thing itself does: nothing, one of something, all of it.

    These are a low end of 0, or of 1 for a whole number, and a high end of 1 for a share.
    """
    if isinstance(parameter, Categorical):
        return True
    if end == "low":
        return parameter.low == 0 or (isinstance(parameter, Int) and parameter.low == 1)
    return isinstance(parameter, Float) and not parameter.log and parameter.high == 1


def code_of(space: Space) -> str:
    """Return the Python that makes a space, a parameter a line."""
    kinds = {type(each).__name__ for each in space.parameters.values()}
    lines = "".join(f"    {line},\n" for line in space.lines())
    return f"from tunekit import {', '.join(sorted({*kinds, 'Space'}))}\n\nspace = Space(\n{lines})"


def _wider(parameter: Parameter, ends: set[str]) -> Parameter:
    if isinstance(parameter, Categorical):
        return parameter
    new: dict[str, Any] = {
        end: _moved(parameter, end) for end in ends if not is_natural(parameter, end)
    }
    return replace(parameter, **new)


def _moved(parameter: Float | Int, end: str) -> float:
    low, high, sign = parameter.low, parameter.high, 1 if end == "high" else -1
    if parameter.log:
        at = getattr(parameter, end) * math.exp(sign * _SHARE * math.log(high / low))
        if end == "high" and isinstance(parameter, Float) and high < 1:
            at = min(at, 1.0)
        return max(1, round(_rounded(at))) if isinstance(parameter, Int) else _rounded(at)
    if parameter.step is not None:
        steps = max(1, math.ceil(_SHARE * (parameter.size - 1)))
        if end == "low" and low >= 0:  # no further than to nothing, or to one of something
            least = 1 if isinstance(parameter, Int) and low >= 1 else 0
            steps = min(steps, int((Decimal(str(low)) - least) // Decimal(str(parameter.step))))
        moved = Decimal(str(getattr(parameter, end))) + sign * steps * Decimal(str(parameter.step))
        return int(moved) if isinstance(parameter, Int) else float(moved)
    if end == "high" and low >= 0 and high < 1:  # a share: half the way to all of it
        return _rounded(high + _SHARE * (1 - high), more=1)
    at = round(getattr(parameter, end) + sign * _SHARE * (high - low), _DECIMALS)
    return _rounded(max(0.0, at) if low >= 0 else at)


def _rounded(number: float, more: int = 0) -> float:
    return float(f"{number:.{_DIGITS + more}g}")
