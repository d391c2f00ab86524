"""Coordinates of a search space as axes of figures."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from typing import Any, Literal

from tunekit.core.json_values import key
from tunekit.core.named import Named
from tunekit.space.categorical import Categorical
from tunekit.space.leaves import Leaf
from tunekit.space.parameters import Parameter

Kind = Literal["number", "log", "category"]

_FEW = 10  # values that can be shown as categories


@dataclass(frozen=True)
class Axis:
    """One coordinate of a space: a parameter, or its value for one layer.

    Attributes
    ----------
    label : str
        Its name, such as ``"units[0]"``.
    kind : {"number", "log", "category"}
    low, high : float
        Ends of the range; for categories, 0 and the last position.
    categories : tuple of str
        Texts of the categories; empty for numbers.
    domain : Float, Int or Categorical
        The search range.
    """

    label: str
    kind: Kind
    low: float
    high: float
    categories: tuple[str, ...]
    domain: Parameter

    def number(self, value: Any) -> float:
        """Return a value as a number; for a category, its position."""
        return float(self.domain.index(value) if self.kind == "category" else value)

    def position(self, value: Any) -> float:
        """Return the position of a value between the ends (0 to 1), on the scale of the axis."""
        low, high, at = self.low, self.high, self.number(value)
        if self.kind == "log":
            low, high, at = math.log(low), math.log(high), math.log(at)
        return (at - low) / (high - low) if high > low else 0.5

    def in_steps(self) -> Axis:
        """Return an axis with few possible values as one of categories."""
        domain = self.domain
        if isinstance(domain, Categorical) or domain.size > _FEW:
            return self
        values = [domain.value_at(i) for i in range(int(domain.size))]
        texts = tuple(f"{value:g}" for value in values)
        return replace(self, kind="category", low=0.0, high=len(texts) - 1.0, categories=texts)

    def text(self, value: Any) -> str:
        """Return a value as text."""
        if self.kind == "category":
            return self.categories[int(self.number(value))]
        return f"{value:.4g}" if isinstance(value, float) else str(value)


def _text(value: Any) -> str:
    if isinstance(value, Named):
        return value.name
    return value if isinstance(value, str) else "None" if value is None else json.dumps(value)


def axis_of(leaf: Leaf) -> Axis:
    """Return the axis of a coordinate."""
    domain = leaf.domain
    if isinstance(domain, Categorical):
        texts = [_text(each) for each in domain.choices]
        if len(set(texts)) < len(texts):  # such as 1 and "1"
            texts = [key(each) for each in domain.choices]
        return Axis(leaf.name, "category", 0.0, domain.size - 1.0, tuple(texts), domain)
    kind: Kind = "log" if domain.log else "number"
    return Axis(leaf.name, kind, float(domain.low), float(domain.high), (), domain)
