"""Algorithms that use Optuna's samplers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
)
from optuna.samplers import BaseSampler
from optuna.search_space import IntersectionSearchSpace
from optuna.study import Study
from optuna.trial import FrozenTrial

from tunekit.core.runtime import require
from tunekit.engines.base import Algorithm
from tunekit.engines.trial_seeds import Seeds
from tunekit.space.adapters.optuna import distribution, from_optuna
from tunekit.space.leaves import Leaf
from tunekit.space.parameters import Int
from tunekit.space.space import Space

_WIDE = 10  # values


_SAMPLERS: dict[str, Callable[[int], BaseSampler]] = {
    "cmaes": lambda seed: optuna.samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False),
    "gp": lambda seed: optuna.samplers.GPSampler(seed=seed, warn_independent_sampling=False),
    "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
    "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed),
}
_SMOOTH = {"random", "tpe"}  # samplers that treat wide integer ranges as continuous
_REQUIRES = {"cmaes": ("cmaes", "cmaes"), "gp": ("torch", "gp")}


class OptunaAlgorithm(Algorithm):
    """An Optuna sampler that proposes a whole configuration at once.

    Parameters
    ----------
    space : Space
        The search space.
    name : {"cmaes", "gp", "random", "tpe"}
        The sampler.
    seed : int
        Seed of a generator whose ``n``-th number seeds a new sampler for trial ``n``, so that a
        resumed study equals an uninterrupted one. Samplers learn from the trials in the study.

    Raises
    ------
    ParameterError
        If a package that the sampler requires is missing.
    """

    def __init__(self, space: Space, name: str, seed: int) -> None:
        if name in _REQUIRES:
            require(*_REQUIRES[name], what=f"algorithm {name!r}")
        self._space = space
        self._seeds = Seeds(seed)
        self._name = name
        self._distributions = {
            leaf.name: _smooth(leaf) if name in _SMOOTH else distribution(leaf)
            for leaf in space.leaves
        }
        self._sampler = _SAMPLERS[name](seed)
        self._common = IntersectionSearchSpace(include_pruned=True)

    def draw(self, study: Study, trial: FrozenTrial) -> dict[str, Any]:
        """Return the values of all active leaves."""
        sampler = self._sampler = _SAMPLERS[self._name](self._seeds[trial.number])
        relative = sampler.sample_relative(study, trial, self._relative_space(study))

        def ask(leaf: Leaf) -> Any:
            if leaf.name in relative:
                return from_optuna(leaf, relative[leaf.name])
            dist = self._distributions[leaf.name]
            if dist.single():
                return leaf.domain.value_at(0)
            return from_optuna(leaf, sampler.sample_independent(study, trial, leaf.name, dist))

        return self._space.walk(ask)

    def _relative_space(self, study: Study) -> dict[str, BaseDistribution]:
        several = len(study.directions) > 1
        if self._name == "random" or (self._name == "tpe" and several):
            return {}  # these draw one value at a time
        # A new sampler would compute the same from scratch in each trial.
        searched = self._common.calculate(study, use_cache=True)
        together = {name: self._distributions.get(name, dist) for name, dist in searched.items()}
        return {name: dist for name, dist in together.items() if self._supports(dist)}

    def _supports(self, dist: BaseDistribution) -> bool:
        """Return whether the sampler can draw from a distribution jointly with others."""
        numeric = not isinstance(dist, CategoricalDistribution)
        return not dist.single() and (numeric or self._name != "cmaes")

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Notify the sampler of the start of a trial."""
        self._sampler.before_trial(study, trial)

    def after_trial(self, study: Study, trial: FrozenTrial, state: Any, values: Any) -> None:
        """Notify the sampler of the end of a trial."""
        self._sampler.after_trial(study, trial, state, values)


def _smooth(leaf: Leaf) -> BaseDistribution:
    """Return the distribution of a coordinate; a wide integer range becomes continuous.

    ``from_optuna`` rounds the value. With integers, TPE takes about twice as long.
    """
    domain = leaf.domain
    if isinstance(domain, Int) and domain.step == 1 and domain.size > _WIDE:
        return FloatDistribution(*domain.edges, log=domain.log)
    return distribution(leaf)
