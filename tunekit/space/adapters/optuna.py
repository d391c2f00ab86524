"""Conversion of spaces to Optuna distributions, and of values to and from Optuna."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from tunekit.core.json_values import key
from tunekit.core.named import Named
from tunekit.space.categorical import Categorical
from tunekit.space.leaves import Leaf
from tunekit.space.parameters import Int

_PLAIN = (str, bool, int, float, type(None))


def distribution(leaf: Leaf) -> BaseDistribution:
    """Return the Optuna distribution of one coordinate."""
    domain = leaf.domain
    if isinstance(domain, Categorical):
        if domain.ordered:
            return IntDistribution(0, domain.size - 1)
        return CategoricalDistribution(_labels(domain))
    if isinstance(domain, Int):
        return IntDistribution(domain.low, domain.high, log=domain.log, step=domain.step)
    if _stored_by_index(leaf):
        return IntDistribution(0, int(domain.size) - 1)
    return FloatDistribution(domain.low, domain.high, log=domain.log, step=domain.step)


def _stored_by_index(leaf: Leaf) -> bool:
    """Return whether Optuna stores the index of a value instead of the value.

    Optuna has no ordered categories, and accepts a step only if it divides the range exactly.
    """
    domain = leaf.domain
    if isinstance(domain, Categorical):
        return domain.ordered
    if isinstance(domain, Int) or domain.step is None:
        return False
    low, high, step = (Decimal(str(each)) for each in (domain.low, domain.high, domain.step))
    return (high - low) % step != 0


def from_optuna(leaf: Leaf, value: Any) -> Any:
    """Convert a value that Optuna stores to a value of the space."""
    domain = leaf.domain
    if _stored_by_index(leaf):
        return domain.value_at(value)
    if isinstance(domain, Categorical):
        return domain.value_at(_labels(domain).index(value))
    return domain.clip(value)


def to_optuna(leaf: Leaf, value: Any) -> Any:
    """Convert a value of the space to the one that Optuna stores."""
    domain = leaf.domain
    if _stored_by_index(leaf):
        return domain.index(value)
    return _labels(domain)[domain.index(value)] if isinstance(domain, Categorical) else value


def ask(trial: optuna.Trial, leaf: Leaf) -> Any:
    """Return the value that a running trial suggests for a leaf."""
    dist = distribution(leaf)
    if isinstance(dist, CategoricalDistribution):
        return from_optuna(leaf, trial.suggest_categorical(leaf.name, dist.choices))
    if isinstance(dist, IntDistribution):
        value = trial.suggest_int(leaf.name, dist.low, dist.high, log=dist.log, step=dist.step)
        return from_optuna(leaf, value)
    assert isinstance(dist, FloatDistribution)  # noqa: S101 - for the type checker
    return from_optuna(
        leaf, trial.suggest_float(leaf.name, dist.low, dist.high, log=dist.log, step=dist.step)
    )


def _labels(domain: Categorical) -> list[Any]:
    """Return what Optuna stores for each choice.

    Optuna stores plain values only, and treats 1 and True as equal. Objects are stored by name;
    choices that are not plain, or if some labels are equal all choices, as JSON strings.
    """
    choices = domain.choices
    if any(isinstance(each, Named) for each in choices):
        labels = [each.name if isinstance(each, Named) else _label(each) for each in choices]
    elif all(isinstance(each, _PLAIN) for each in choices):
        labels = list(choices)
    else:
        labels = []
    return labels if len(set(labels)) == domain.size else [key(each) for each in choices]


def _label(choice: Any) -> Any:
    return choice if isinstance(choice, _PLAIN) else key(choice)
