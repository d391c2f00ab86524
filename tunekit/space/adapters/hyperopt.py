"""Conversion of spaces to Hyperopt expression graphs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hyperopt import hp
from hyperopt.pyll import Literal, scope

from tunekit.space.categorical import Categorical
from tunekit.space.leaves import Leaf
from tunekit.space.parameters import Int


@dataclass(frozen=True)
class _Condition:
    """Condition under which a leaf is active.

    It is a class since Hyperopt would unpack a plain sequence. It compares decoded values, since
    Hyperopt passes NumPy scalars.
    """

    leaf: Leaf
    parents: tuple[Leaf, ...]

    def holds(self, raws: Sequence[Any]) -> bool:
        return self.leaf.is_active(_decoded(self.parents, raws))


@dataclass(frozen=True)
class _Resolver:
    """Converts Hyperopt's numbers to a configuration; a class for the same reason."""

    leaves: Sequence[Leaf]
    make: Callable[[Mapping[str, Any]], dict[str, Any]]

    def resolve(self, raws: Sequence[Any]) -> dict[str, Any]:
        return self.make(_decoded(self.leaves, raws))


@scope.define
def tunekit_is_active(condition: _Condition, *raws: Any) -> int:
    """Return whether a leaf is active, inside Hyperopt's graph."""
    return int(condition.holds(raws))


@scope.define
def tunekit_resolve(resolver: _Resolver, *raws: Any) -> dict[str, Any]:
    """Return the configuration, inside Hyperopt's graph."""
    return resolver.resolve(raws)


def to_hyperopt(
    leaves: Sequence[Leaf], resolve: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> Any:
    """Return the space as a Hyperopt graph that evaluates to the resolved configuration.

    Parameters
    ----------
    leaves : sequence of Leaf
        Coordinates of the space, each after those that it depends on.
    resolve : callable
        Converts leaf names and values to a configuration.

    Returns
    -------
    hyperopt.pyll.Apply
        Its labels are the names of the leaves. Hyperopt neither samples nor models inactive
        leaves.
    """
    by_name = {leaf.name: leaf for leaf in leaves}
    raws: dict[str, Any] = {}
    for leaf in leaves:
        raw = _expression(leaf)
        if leaf.conditions:
            names = [name for name, _ in leaf.conditions]
            condition = Literal(_Condition(leaf, tuple(by_name[name] for name in names)))
            is_active = scope.tunekit_is_active(condition, *(raws[name] for name in names))
            raw = scope.switch(is_active, None, raw)
        raws[leaf.name] = raw
    return scope.tunekit_resolve(Literal(_Resolver(leaves, resolve)), *raws.values())


def _expression(leaf: Leaf) -> Any:
    domain = leaf.domain
    if isinstance(domain, Categorical) and not domain.ordered:
        return hp.randint(leaf.name, domain.size)
    if is_drawn_by_index(leaf):
        # See findings/hyperopt-uniformint-draws-both-ends-half-as-often.sh.
        # Half a step wider at both ends, so that rounding does not make them less likely. The
        # value is rounded in decode: with hp.quniform, TPE takes four times as long.
        return hp.uniform(leaf.name, -0.5, domain.size - 0.5)
    assert not isinstance(domain, Categorical)  # noqa: S101 - for the type checker
    if not domain.log:
        return hp.uniform(leaf.name, domain.low, domain.high)
    low, high = domain.edges if isinstance(domain, Int) else (domain.low, domain.high)
    return hp.loguniform(leaf.name, math.log(low), math.log(high))


def _decoded(leaves: Sequence[Leaf], raws: Sequence[Any]) -> dict[str, Any]:
    return {
        leaf.name: decode(leaf, raw)
        for leaf, raw in zip(leaves, raws, strict=True)
        if raw is not None
    }


def decode(leaf: Leaf, raw: Any) -> Any:
    """Convert Hyperopt's number to a value, clipped to the bounds."""
    domain = leaf.domain
    if is_drawn_by_index(leaf):
        return domain.value_at(min(max(round(float(raw)), 0), int(domain.size) - 1))
    assert not isinstance(domain, Categorical)  # noqa: S101 - for the type checker
    return domain.clip(float(raw))


def is_drawn_by_index(leaf: Leaf) -> bool:
    """Return whether Hyperopt draws the index of a value instead of the value."""
    domain = leaf.domain
    return isinstance(domain, Categorical) or not (domain.log or math.isinf(domain.size))
