"""Optuna: the space as distributions, its samplers, and how a trial is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler
from optuna.search_space import IntersectionSearchSpace
from optuna.study import Study
from optuna.trial import FrozenTrial

from tunekit.engines.seeds import Seeds
from tunekit.parameters import Categorical, Int
from tunekit.runtime import require
from tunekit.space import Space
from tunekit.structure import Leaf
from tunekit.values import key

#: User attribute of a trial that was stopped; its state is FAIL, as Optuna has no other.
INTERRUPTED = "tunekit.interrupted"

#: User attribute with what was measured, as plain data.
EVALUATION = "tunekit.evaluation"

_WIDE = 10  # values
_PLAIN = (str, bool, int, float, type(None))


_SAMPLERS: dict[str, Callable[[int], BaseSampler]] = {
    "cmaes": lambda seed: optuna.samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False),
    "gp": lambda seed: optuna.samplers.GPSampler(seed=seed, warn_independent_sampling=False),
    "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
    "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed),
}
_SMOOTH = {"random", "tpe"}  # which may draw a wide range of whole numbers as a continuous one
_NEEDS = {"cmaes": ("cmaes", "cmaes"), "gp": ("torch", "gp")}


class OptunaAlgorithm:
    """One of Optuna's samplers, made to draw a whole configuration at once.

    Parameters
    ----------
    space : Space
        What may be tried.
    name : {"cmaes", "gp", "random", "tpe"}
        The sampler.
    seed : int
        Trial ``n`` is drawn by a new sampler with the ``n``-th number of the generator that this
        seeds, so that a resumed study equals an uninterrupted one. What the samplers learn, they
        read from the study.

    Raises
    ------
    ParameterError
        When the package that the sampler needs is missing.
    """

    def __init__(self, space: Space, name: str, seed: int) -> None:
        if name in _NEEDS:
            require(*_NEEDS[name], what=f"algorithm {name!r}")
        self._space = space
        self._seeds = Seeds(seed)
        self._name = name
        self._drawn = {
            leaf.name: _smooth(leaf) if name in _SMOOTH else distribution(leaf)
            for leaf in space.leaves
        }
        self._sampler = _SAMPLERS[name](seed)
        self._common = IntersectionSearchSpace(include_pruned=True)

    def draw(self, study: Study, trial: FrozenTrial) -> dict[str, Any]:
        """Return values of all active leaves."""
        sampler = self._sampler = _SAMPLERS[self._name](self._seeds[trial.number])
        relative = sampler.sample_relative(study, trial, self._drawn_together(study))

        def ask(leaf: Leaf) -> Any:
            if leaf.name in relative:
                return from_optuna(leaf, relative[leaf.name])
            dist = self._drawn[leaf.name]
            if dist.single():
                return leaf.domain.value_at(0)
            return from_optuna(leaf, sampler.sample_independent(study, trial, leaf.name, dist))

        return self._space.walk(ask)

    def _drawn_together(self, study: Study) -> dict[str, BaseDistribution]:
        several = len(study.directions) > 1
        if self._name == "random" or (self._name == "tpe" and several):
            return {}  # they draw one value at a time then
        # What the sampler would find, too, but in each trial from the start, since it is new.
        searched = self._common.calculate(study, use_cache=True)
        together = {name: self._drawn.get(name, dist) for name, dist in searched.items()}
        return {name: dist for name, dist in together.items() if self._takes(dist)}

    def _takes(self, dist: BaseDistribution) -> bool:
        """Tell whether the sampler can draw such a value together with others."""
        numeric = not isinstance(dist, CategoricalDistribution)
        return not dist.single() and (numeric or self._name != "cmaes")

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Pass on that a trial begins."""
        self._sampler.before_trial(study, trial)

    def after_trial(self, study: Study, trial: FrozenTrial, state: Any, values: Any) -> None:
        """Pass on that a trial ended."""
        self._sampler.after_trial(study, trial, state, values)


def distribution(leaf: Leaf) -> BaseDistribution:
    """Return the Optuna distribution of one coordinate."""
    domain = leaf.domain
    if isinstance(domain, Categorical):
        if domain.ordered:
            return IntDistribution(0, domain.size - 1)
        return CategoricalDistribution(_labels(domain))
    if isinstance(domain, Int):
        return IntDistribution(domain.low, domain.high, log=domain.log, step=domain.step)
    if _goes_by_index(leaf):
        return IntDistribution(0, int(domain.size) - 1)
    return FloatDistribution(domain.low, domain.high, log=domain.log, step=domain.step)


def _goes_by_index(leaf: Leaf) -> bool:
    """Tell whether Optuna holds the place of a value and not the value itself.

    It has no ordered categories, and takes a step only where it divides the range as written.
    """
    domain = leaf.domain
    if isinstance(domain, Categorical):
        return domain.ordered
    if isinstance(domain, Int) or domain.step is None:
        return False
    low, high, step = (Decimal(str(each)) for each in (domain.low, domain.high, domain.step))
    return (high - low) % step != 0


def _smooth(leaf: Leaf) -> BaseDistribution:
    """Return the distribution of a coordinate, a wide range of whole numbers as a continuous one.

    What is drawn is rounded by us: with whole numbers TPE takes about twice as long.
    """
    domain = leaf.domain
    if isinstance(domain, Int) and domain.step == 1 and domain.size > _WIDE:
        return FloatDistribution(*domain.edges, log=domain.log)
    return distribution(leaf)


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


def values_of(params: Mapping[str, Any], space: Space) -> dict[str, Any]:
    """Return leaf names and values of what a stored trial holds."""
    leaves = {leaf.name: leaf for leaf in space.leaves}
    return {
        name: from_optuna(leaves[name], value) for name, value in params.items() if name in leaves
    }


def was_interrupted(trial: FrozenTrial) -> bool:
    """Tell whether a trial was stopped by the user, which says nothing about its parameters."""
    return bool(trial.user_attrs.get(INTERRUPTED))


def from_optuna(leaf: Leaf, value: Any) -> Any:
    """Return our value of what Optuna holds."""
    domain = leaf.domain
    if _goes_by_index(leaf):
        return domain.value_at(value)
    if isinstance(domain, Categorical):
        return domain.value_at(_labels(domain).index(value))
    return domain.clip(value)


def to_optuna(leaf: Leaf, value: Any) -> Any:
    """Return what Optuna holds of our value."""
    domain = leaf.domain
    if _goes_by_index(leaf):
        return domain.index(value)
    return _labels(domain)[domain.index(value)] if isinstance(domain, Categorical) else value


def _ask(trial: optuna.Trial, leaf: Leaf) -> Any:
    dist = distribution(leaf)
    if isinstance(dist, CategoricalDistribution):
        return from_optuna(leaf, trial.suggest_categorical(leaf.name, dist.choices))
    if isinstance(dist, IntDistribution):
        value = trial.suggest_int(leaf.name, dist.low, dist.high, log=dist.log, step=dist.step)
        return from_optuna(leaf, value)
    assert isinstance(dist, FloatDistribution)  # noqa: S101 - tells the type checker
    return from_optuna(
        leaf, trial.suggest_float(leaf.name, dist.low, dist.high, log=dist.log, step=dist.step)
    )


def _labels(domain: Categorical) -> list[Any]:
    """Return what Optuna holds of each choice.

    Optuna stores plain values only, and takes 1 and True for one: where that would not do,
    choices go as their JSON texts.
    """
    plain = all(isinstance(choice, _PLAIN) for choice in domain.choices)
    if plain and len(set(domain.choices)) == domain.size:
        return list(domain.choices)
    return [key(choice) for choice in domain.choices]
