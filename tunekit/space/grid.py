"""Enumeration and count of the configurations of a space."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tunekit.exceptions import SpaceError
from tunekit.space.categorical import Categorical
from tunekit.space.leaves import Leaf
from tunekit.space.parameters import Parameter

_MOST = 100_000  # combinations to list


def grid_points(leaves: Sequence[Leaf], resolution: int) -> list[dict[str, Any]]:
    """Return the leaf values of every configuration, with at most ``resolution`` of each range.

    Raises
    ------
    SpaceError
        If there are more than 100,000.
    """
    at_most = min(resolution, _MOST + 1)
    found = combinations(leaves, lambda leaf: grid_values(leaf.domain, at_most))
    listed = list(itertools.islice(found, _MOST + 1))
    if len(listed) > _MOST:
        raise SpaceError(
            f"grid: there are more than {_MOST:,} configurations; lower resolution={resolution}, "
            f"or give the ranges a step."
        )
    return listed


def grid_values(domain: Parameter, resolution: int) -> list[Any]:
    """Return every value of a domain, or evenly spaced ones if it has more than ``resolution``.

    Parameters
    ----------
    domain : Float, Int or Categorical
        Every choice of a Categorical is returned.
    resolution : int
        Maximum number of values of a range, 1 or more.
    """
    if isinstance(domain, Categorical) or domain.size <= resolution:
        return [domain.value_at(i) for i in range(int(domain.size))]
    if resolution == 1:
        return [domain.draw(0.5)]
    fractions = (i / (resolution - 1) for i in range(resolution))
    if domain.log:
        ratio = domain.high / domain.low
        values = [domain.clip(domain.low * ratio**fraction) for fraction in fractions]
    else:
        values = [
            domain.clip(domain.low + fraction * (domain.high - domain.low))
            for fraction in fractions
        ]
    return list(dict.fromkeys(values))


def combinations(
    leaves: Sequence[Leaf], values_of: Callable[[Leaf], Sequence[Any]]
) -> Iterator[dict[str, Any]]:
    """Yield every combination of values of active leaves, the last leaf changing fastest."""

    def extend(index: int, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        while index < len(leaves) and not leaves[index].is_active(values):
            index += 1
        if index == len(leaves):
            yield values
            return
        for value in values_of(leaves[index]):
            yield from extend(index + 1, {**values, leaves[index].name: value})

    return extend(0, {})


def count(leaves: Sequence[Leaf]) -> float:
    """Return the number of combinations.

    It is infinite if a leaf is continuous, or if there are too many combinations of leaves that
    others depend on.
    """
    if any(math.isinf(leaf.domain.size) for leaf in leaves):
        return math.inf
    return math.prod(_count_together(part) for part in _independent(leaves))


def _count_together(leaves: Sequence[Leaf]) -> float:
    """Count combinations: enumerate the leaves that others depend on, multiply the rest."""
    parents = {name for leaf in leaves for name, _ in leaf.conditions}
    deciding = [leaf for leaf in leaves if leaf.name in parents]
    free = [leaf for leaf in leaves if leaf.name not in parents]
    enumerated = combinations(
        deciding, lambda leaf: grid_values(leaf.domain, int(leaf.domain.size))
    )
    total = 0
    for number, values in enumerate(enumerated):
        if number == _MOST:
            return math.inf
        total += math.prod(int(leaf.domain.size) for leaf in free if leaf.is_active(values))
    return total


def _independent(leaves: Sequence[Leaf]) -> list[list[Leaf]]:
    """Return the leaves in groups that do not depend on each other."""
    group_of: dict[str, list[Leaf]] = {}
    for leaf in leaves:  # parents come first
        joined = [leaf]
        for name, _ in leaf.conditions:
            if group_of[name] is not joined:
                joined[:0] = group_of[name]
        joined = list({each.name: each for each in joined}.values())
        for each in joined:
            group_of[each.name] = joined
    return list({id(group): group for group in group_of.values()}.values())
