"""The Optuna sampler that all engines use."""

from __future__ import annotations

from random import Random
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from tunekit.engines.base import Algorithm
from tunekit.engines.failure_avoidance import FailureAvoidance
from tunekit.space.adapters.optuna import distribution, to_optuna
from tunekit.space.space import Space


class SpaceSampler(BaseSampler):
    """Samples configurations of a declared space with an engine's algorithm.

    Parameters
    ----------
    space : Space
        The search space. It must be the one whose values the study's trials request.
    algorithm : Algorithm
        The algorithm that proposes configurations.
    seed : int
        Seed for redrawn and independently drawn values.
    avoids_failures : bool
        Whether to redraw configurations that are likely to fail.
    """

    def __init__(
        self, space: Space, algorithm: Algorithm, *, seed: int, avoids_failures: bool
    ) -> None:
        self._leaves = {leaf.name: leaf for leaf in space.leaves}
        self._distributions = {name: distribution(leaf) for name, leaf in self._leaves.items()}
        self._algorithm = algorithm
        self._seed = seed
        self._avoidance = FailureAvoidance(space) if avoids_failures else None

    def infer_relative_search_space(
        self,
        study: Study,  # noqa: ARG002 - the space is declared, not inferred
        trial: FrozenTrial,  # noqa: ARG002
    ) -> dict[str, BaseDistribution]:
        """Return every coordinate of the declared space."""
        return dict(self._distributions)

    def sample_relative(
        self,
        study: Study,
        trial: FrozenTrial,
        search_space: dict[str, BaseDistribution],  # noqa: ARG002 - the same each time
    ) -> dict[str, Any]:
        """Return one configuration: the active coordinates and their values."""
        values = self._draw(study, trial)
        return {name: to_optuna(self._leaves[name], value) for name, value in values.items()}

    def sample_independent(
        self,
        study: Study,  # noqa: ARG002 - independent of other trials
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,  # noqa: ARG002 - the declared one
    ) -> Any:
        """Draw one value at random, if an enqueued configuration activates other parameters."""
        leaf = self._leaves[param_name]
        uniform = Random(f"{self._seed} {trial.number} {param_name}").random()  # noqa: S311
        return to_optuna(leaf, leaf.domain.draw(uniform))

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Notify the algorithm of the start of a trial."""
        self._algorithm.before_trial(study, trial)

    def after_trial(self, study: Study, trial: FrozenTrial, state: Any, values: Any) -> None:
        """Notify the algorithm of the end of a trial."""
        self._algorithm.after_trial(study, trial, state, values)

    def is_exhausted(self, seen: set[str]) -> bool:
        """Return whether the algorithm has no configuration outside ``seen``, a set of keys."""
        return self._algorithm.is_exhausted(seen)

    def _draw(self, study: Study, trial: FrozenTrial) -> dict[str, Any]:
        values = self._algorithm.draw(study, trial)
        if self._avoidance is None:
            return values
        self._avoidance.learn(study)
        return self._avoidance.redraw_risky(values, Random(f"{self._seed} {trial.number}"))  # noqa: S311
