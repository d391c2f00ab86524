"""Counting and listing what a space holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tunekit.space.leaves import Leaf
from tunekit.space.parameters import Categorical, Parameter

_MOST = 100_000  # combinations to list


def grid_values(domain: Parameter, resolution: int) -> list[Any]:
    """Return every value of a domain, or some of a wide one evenly over its scale.

    Parameters
    ----------
    domain : Float, Int or Categorical
        Of a Categorical every choice is returned.
    resolution : int
        How many values to take at most of a range, 1 or more.
    """
    if isinstance(domain, Categorical) or domain.size <= resolution:
        return [domain.value_at(i) for i in range(int(domain.size))]
    if resolution == 1:
        return [domain.draw(0.5)]
    shares = (i / (resolution - 1) for i in range(resolution))
    if domain.log:
        ratio = domain.high / domain.low
        values = [domain.clip(domain.low * ratio**share) for share in shares]
    else:
        values = [domain.clip(domain.low + share * (domain.high - domain.low)) for share in shares]
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
    """Return how many combinations there are.

    Infinite where a leaf is continuous, or where leaves depend on each other in too many ways
    to be counted.
    """
    if any(math.isinf(leaf.domain.size) for leaf in leaves):
        return math.inf
    return math.prod(_count_together(part) for part in _independent(leaves))


def _count_together(leaves: Sequence[Leaf]) -> float:
    """Count leaves of which only those are listed that others depend on; the others multiply."""
    parents = {name for leaf in leaves for name, _ in leaf.conditions}
    deciding = [leaf for leaf in leaves if leaf.name in parents]
    free = [leaf for leaf in leaves if leaf.name not in parents]
    listed = combinations(deciding, lambda leaf: grid_values(leaf.domain, int(leaf.domain.size)))
    total = 0
    for number, values in enumerate(listed):
        if number == _MOST:
            return math.inf
        total += math.prod(int(leaf.domain.size) for leaf in free if leaf.is_active(values))
    return total


def _independent(leaves: Sequence[Leaf]) -> list[list[Leaf]]:
    """Return the leaves in groups of which none depends on another."""
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
