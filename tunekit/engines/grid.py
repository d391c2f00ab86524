"""Every configuration once, in a shuffled order."""

from __future__ import annotations

from collections.abc import Collection
from random import Random
from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial

from tunekit.engines.optuna import values_of
from tunekit.parameters import key
from tunekit.space import Space


class GridAlgorithm:
    """Draws the configurations of :meth:`~tunekit.space.Space.grid`, each once.

    Parameters
    ----------
    space : Space
        What may be tried.
    seed : int
        Shuffles the grid, so that a study that ends early has seen something of everything.

    Raises
    ------
    SpaceError
        When the grid is too large.
    """

    def __init__(self, space: Space, seed: int) -> None:
        self._space = space
        self._configs = space.grid()
        Random(seed).shuffle(self._configs)  # noqa: S311 - a search is no secret

    def draw(self, study: Study, trial: FrozenTrial) -> dict[str, Any]:
        """Return values of all active leaves: of the first configuration not seen yet."""
        seen = {
            key(self._space.resolve(values_of(each.params, self._space)))
            for each in study.get_trials(deepcopy=False)
            if each.number != trial.number and each.params
        }
        left = (config for config in self._configs if key(config) not in seen)
        return self._space.flatten(next(left, self._configs[0]))

    def is_exhausted(self, seen: Collection[str]) -> bool:
        """Tell whether every configuration is among those seen, given by their keys."""
        return all(key(config) in seen for config in self._configs)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Do nothing."""

    def after_trial(self, study: Study, trial: FrozenTrial, state: Any, values: Any) -> None:
        """Do nothing."""
