"""Wider ranges for parameters whose best values lie at an end."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tunekit.exceptions import SpaceError
from tunekit.space.cases import Cases, Declared, cases_of
from tunekit.space.categorical import Categorical
from tunekit.space.formats import are_keywords
from tunekit.space.leaves import range_names
from tunekit.space.objects import objects_of
from tunekit.space.parameters import Float, Int, Parameter
from tunekit.space.space import Space

_SHARE = 0.5  # part of the range that is added
_DIGITS = 2  # significant digits of the new end
_DECIMALS = 12  # smaller numbers are rounding errors of 0


def widened(space: Space, ends: Mapping[str, set[str]]) -> Space | None:
    """Return a space in which some ranges are extended by half, on their own scale.

    Parameters
    ----------
    space : Space
    ends : mapping of str to set of {"low", "high"}
        Ends to move, by the name of the range, see :func:`tunekit.space.leaves.range_names`.

    Returns
    -------
    Space or None
        None if no end can be moved.

    Examples
    --------
    >>> from tunekit import Float, Int
    >>> widened(Space(rate=Float(0.001, 0.1, log=True), units=Int(8, 32)), {"rate": {"high"}})
    Space(rate=Float(0.001, 1.0, log=True), units=Int(8, 32))
    """
    parameters = {name: _all_wider(name, each, ends) for name, each in space.parameters.items()}
    if parameters == dict(space.parameters):
        return None
    try:
        return Space(
            **{name: parameters.get(name, space.constants.get(name)) for name in space.to_dict()}
        )
    except SpaceError:
        return None


def is_natural(parameter: Parameter, end: str) -> bool:
    """Return whether an end of a range is a natural limit.

    These are a low end of 0, or of 1 for an integer, and a high end of 1 for a proportion.
    """
    if isinstance(parameter, Categorical):
        return True
    if end == "low":
        return parameter.low == 0 or (isinstance(parameter, Int) and parameter.low == 1)
    return isinstance(parameter, Float) and not parameter.log and parameter.high == 1


def code_of(space: Space) -> str:
    """Return Python code that creates a space, with one parameter per line.

    A comment names the objects among its values, which the code does not import.

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> from tunekit import Int
    >>> print(code_of(Space(scaler=StandardScaler(), units=Int(8, 64))))
    from tunekit import Int, Space
    <BLANKLINE>
    # Import or define: StandardScaler()
    space = Space(
        scaler=StandardScaler(),
        units=Int(8, 64),
    )
    """
    declared = space.parameters.values()
    kinds = {type(each).__name__ for several in declared for each in cases_of(several)}
    lines = "".join(f"    {line},\n" for line in space.lines())
    opened, closed = ("", "") if are_keywords(space.to_dict()) else ("**{", "}")
    objects = dict.fromkeys(each.name for _, each in objects_of(space) if not each.literal)
    comment = f"# Import or define: {', '.join(objects)}\n" if objects else ""
    return (
        f"from tunekit import {', '.join(sorted({*kinds, 'Space'}))}\n\n{comment}"
        f"space = Space({opened}\n{lines}{closed})"
    )


def _all_wider(name: str, declared: Declared, ends: Mapping[str, set[str]]) -> Declared:
    wider = tuple(
        _wider(each, ends.get(label, set()))
        for label, each in zip(range_names(name, declared), cases_of(declared), strict=True)
    )
    return Cases(wider) if isinstance(declared, Cases) else wider[0]


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
        if end == "low" and low >= 0:  # not below 0, or below 1 for an integer from 1
            least = 1 if isinstance(parameter, Int) and low >= 1 else 0
            steps = min(steps, int((Decimal(str(low)) - least) // Decimal(str(parameter.step))))
        moved = Decimal(str(getattr(parameter, end))) + sign * steps * Decimal(str(parameter.step))
        return int(moved) if isinstance(parameter, Int) else float(moved)
    if end == "high" and low >= 0 and high < 1:  # a proportion: half the distance to 1
        return _rounded(high + _SHARE * (1 - high), more=1)
    at = round(getattr(parameter, end) + sign * _SHARE * (high - low), _DECIMALS)
    return _rounded(max(0.0, at) if low >= 0 else at)


def _rounded(number: float, more: int = 0) -> float:
    return float(f"{number:.{_DIGITS + more}g}")
