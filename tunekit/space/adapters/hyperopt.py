"""A space in Hyperopt's terms: its expression graph."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hyperopt import hp
from hyperopt.pyll import Literal, scope

from tunekit.space.leaves import Leaf
from tunekit.space.parameters import Categorical, Int


@dataclass(frozen=True)
class _Gate:
    """Opens where a leaf is active.

    It is opaque to Hyperopt, which would take a plain sequence apart, and it compares decoded
    values, since Hyperopt hands over NumPy scalars.
    """

    leaf: Leaf
    parents: tuple[Leaf, ...]

    def is_open(self, raws: Sequence[Any]) -> bool:
        return self.leaf.is_active(_decoded(self.parents, raws))


@dataclass(frozen=True)
class _Resolver:
    """Makes a configuration of Hyperopt's numbers; opaque to it, like a gate."""

    leaves: Sequence[Leaf]
    make: Callable[[Mapping[str, Any]], dict[str, Any]]

    def resolve(self, raws: Sequence[Any]) -> dict[str, Any]:
        return self.make(_decoded(self.leaves, raws))


@scope.define
def tunekit_is_open(gate: _Gate, *raws: Any) -> int:
    """Tell, inside Hyperopt's graph, whether a leaf is active."""
    return int(gate.is_open(raws))


@scope.define
def tunekit_resolve(resolver: _Resolver, *raws: Any) -> dict[str, Any]:
    """Return, inside Hyperopt's graph, the configuration."""
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
        Makes a configuration of the values of leaves, by their names.

    Returns
    -------
    hyperopt.pyll.Apply
        Its labels are the names of the leaves. For an inactive leaf Hyperopt draws and models
        nothing.
    """
    by_name = {leaf.name: leaf for leaf in leaves}
    raws: dict[str, Any] = {}
    for leaf in leaves:
        raw = _expression(leaf)
        if leaf.conditions:
            names = [name for name, _ in leaf.conditions]
            gate = Literal(_Gate(leaf, tuple(by_name[name] for name in names)))
            is_open = scope.tunekit_is_open(gate, *(raws[name] for name in names))
            raw = scope.switch(is_open, None, raw)
        raws[leaf.name] = raw
    return scope.tunekit_resolve(Literal(_Resolver(leaves, resolve)), *raws.values())


def _expression(leaf: Leaf) -> Any:
    domain = leaf.domain
    if isinstance(domain, Categorical) and not domain.ordered:
        return hp.randint(leaf.name, domain.size)
    if is_drawn_by_index(leaf):
        # Half a step wider at both ends, so that rounding gives the ends their full share. It is
        # rounded by us: with hp.quniform TPE takes four times as long.
        return hp.uniform(leaf.name, -0.5, domain.size - 0.5)
    assert not isinstance(domain, Categorical)  # noqa: S101 - tells the type checker
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
    """Return the value of Hyperopt's number, which rounding may have taken past a bound."""
    domain = leaf.domain
    if is_drawn_by_index(leaf):
        return domain.value_at(min(max(round(float(raw)), 0), int(domain.size) - 1))
    assert not isinstance(domain, Categorical)  # noqa: S101 - tells the type checker
    return domain.clip(float(raw))


def is_drawn_by_index(leaf: Leaf) -> bool:
    """Return whether Hyperopt draws the index of a value and not the value."""
    domain = leaf.domain
    return isinstance(domain, Categorical) or not (domain.log or math.isinf(domain.size))
