"""The Optuna sampler behind every engine: whole configurations of a declared space."""

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
    """Draws configurations of a declared space with an engine's algorithm.

    Parameters
    ----------
    space : Space
        What may be tried. It must be the space that the study's trials are asked for.
    algorithm : Algorithm
        What draws.
    seed : int
        Of what is drawn at random.
    avoids_failures : bool
        Whether to draw again what is likely to fail.
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
        study: Study,  # noqa: ARG002 - the declared space, not the one seen so far
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
        study: Study,  # noqa: ARG002 - drawn at random, whatever was found
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,  # noqa: ARG002 - the declared one
    ) -> Any:
        """Draw one value at random: where an enqueued configuration switched a branch."""
        leaf = self._leaves[param_name]
        drawn = Random(f"{self._seed} {trial.number} {param_name}").random()  # noqa: S311
        return to_optuna(leaf, leaf.domain.draw(drawn))

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Pass on that a trial begins."""
        self._algorithm.before_trial(study, trial)

    def after_trial(self, study: Study, trial: FrozenTrial, state: Any, values: Any) -> None:
        """Pass on that a trial ended."""
        self._algorithm.after_trial(study, trial, state, values)

    def is_exhausted(self, seen: set[str]) -> bool:
        """Return whether the algorithm has drawn all that it would, given what was seen."""
        return self._algorithm.is_exhausted(seen)

    def _draw(self, study: Study, trial: FrozenTrial) -> dict[str, Any]:
        values = self._algorithm.draw(study, trial)
        if self._avoidance is None:
            return values
        self._avoidance.learn(study)
        return self._avoidance.redraw_risky(values, Random(f"{self._seed} {trial.number}"))  # noqa: S311
