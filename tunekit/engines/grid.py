"""Grid search in shuffled order."""

from __future__ import annotations

from random import Random
from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial

from tunekit.core.json_values import key
from tunekit.engines.base import Algorithm
from tunekit.engines.history import values_of, was_interrupted
from tunekit.exceptions import ParameterError, SpaceError
from tunekit.space.grid import grid_points
from tunekit.space.space import Space

_RESOLUTION = 5  # values of a range


class GridAlgorithm(Algorithm):
    """Proposes the configurations of :meth:`~tunekit.space.space.Space.grid`, each once.

    Parameters
    ----------
    space : Space
        The search space.
    seed : int
        Seed for shuffling the grid, so that a study that ends early covers the whole space.

    Raises
    ------
    ParameterError
        If the grid is too large.
    """

    def __init__(self, space: Space, seed: int) -> None:
        self._space = space
        try:
            points = grid_points(space.leaves, _RESOLUTION)
        except SpaceError as error:
            raise ParameterError(
                "algorithm 'grid' supports at most 100,000 configurations: give the ranges of the "
                "space a step, or use 'qmc'."
            ) from error
        Random(seed).shuffle(points)  # noqa: S311 - a search is no secret
        self._points = {key(space.resolve_names(values)): values for values in points}
        self._seen: dict[int, str] = {}

    def draw(self, study: Study, trial: FrozenTrial) -> dict[str, Any]:
        """Return the values of all active leaves: the first configuration not proposed yet."""
        # The storage has all trials; a Hyperband pruner shows samplers those of one bracket only.
        stored = study._storage.get_all_trials(study._study_id, deepcopy=False)  # noqa: SLF001
        for each in stored:
            if each.number == trial.number or not each.params or was_interrupted(each):
                self._seen.pop(each.number, None)
            elif each.number not in self._seen:
                values = values_of(each.params, self._space)
                self._seen[each.number] = key(self._space.resolve_names(values))
        seen = set(self._seen.values())
        remaining = (values for name, values in self._points.items() if name not in seen)
        return dict(next(remaining, next(iter(self._points.values()))))

    def is_exhausted(self, seen: set[str]) -> bool:
        """Return whether every configuration is in ``seen``, a set of keys."""
        return self._points.keys() <= seen
