"""Optuna: the space as distributions, its TPE as the sampler, and how a trial is asked."""

from __future__ import annotations

import json
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from tunekit.parameters import Categorical, Int
from tunekit.space import Leaf, Space


def distribution(leaf: Leaf) -> BaseDistribution:
    """Return the Optuna distribution of one coordinate."""
    domain = leaf.domain
    if isinstance(domain, Categorical):
        return CategoricalDistribution([_label(choice) for choice in domain.choices])
    if isinstance(domain, Int):
        return IntDistribution(domain.low, domain.high, log=domain.log)
    return FloatDistribution(domain.low, domain.high, log=domain.log)


def make_sampler(_space: Space, seed: int | None) -> optuna.samplers.BaseSampler:
    """Return Optuna's TPE as Optuna sets it up; it finds out about conditions by itself."""
    return optuna.samplers.TPESampler(seed=seed)


def suggest(trial: optuna.Trial, space: Space) -> dict[str, Any]:
    """Ask a trial for every active coordinate of a space.

    Parameters
    ----------
    trial : optuna.Trial
        A running trial.
    space : Space
        What may be tried.

    Returns
    -------
    dict
        The configuration that an estimator takes.
    """
    return space.resolve(space.walk(lambda leaf: _ask(trial, leaf)))


def values_of(trial: optuna.trial.FrozenTrial, space: Space) -> dict[str, Any]:
    """Return leaf names and values that a stored trial holds."""
    leaves = {leaf.name: leaf for leaf in space.leaves}
    return {
        name: from_optuna(leaves[name], value)
        for name, value in trial.params.items()
        if name in leaves
    }


def from_optuna(leaf: Leaf, value: Any) -> Any:
    """Return our value of what Optuna holds."""
    if isinstance(leaf.domain, Categorical):
        labels = [_label(choice) for choice in leaf.domain.choices]
        return leaf.domain.choices[[repr(label) for label in labels].index(repr(value))]
    return value


def to_optuna(leaf: Leaf, value: Any) -> Any:
    """Return what Optuna holds of our value."""
    return _label(value) if isinstance(leaf.domain, Categorical) else value


def _ask(trial: optuna.Trial, leaf: Leaf) -> Any:
    dist = distribution(leaf)
    if isinstance(dist, CategoricalDistribution):
        return from_optuna(leaf, trial.suggest_categorical(leaf.name, dist.choices))
    if isinstance(dist, IntDistribution):
        return trial.suggest_int(leaf.name, dist.low, dist.high, log=dist.log)
    assert isinstance(dist, FloatDistribution)  # noqa: S101 - tells the type checker
    return trial.suggest_float(leaf.name, dist.low, dist.high, log=dist.log)


def _label(choice: Any) -> Any:
    # Optuna stores plain values only; a tuple goes as its JSON text.
    return json.dumps(choice) if isinstance(choice, tuple) else choice
