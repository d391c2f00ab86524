"""Quasi-random search."""

from __future__ import annotations

from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial
from scipy.stats.qmc import Sobol

from tunekit.engines.base import Algorithm
from tunekit.space.space import Space


class QmcAlgorithm(Algorithm):
    """Proposes the ``n``-th point of a scrambled Sobol sequence for trial ``n``.

    Every parameter of the space has its own coordinate, including categorical and conditional
    ones; coordinates of inactive parameters are ignored. Optuna's sampler draws conditional
    parameters at random and counts its points in the storage, so that two processes can propose
    the same point.

    Parameters
    ----------
    space : Space
        The search space.
    seed : int
        Seed of the scrambling. Another seed gives other points that are as evenly spread.

    References
    ----------
    A. B. Owen: Scrambling Sobol and Niederreiter-Xing points. Journal of Complexity 14, 1998.
    """

    def __init__(self, space: Space, seed: int) -> None:
        self._space = space
        self._names = [leaf.name for leaf in space.leaves]
        self._points = Sobol(len(self._names), rng=seed) if self._names else None

    def draw(self, _study: Study, trial: FrozenTrial) -> dict[str, Any]:
        """Return the values of all active leaves."""
        if self._points is None:
            return {}
        if self._points.num_generated > trial.number:
            self._points.reset()
        n_skipped = trial.number - self._points.num_generated
        if n_skipped:
            self._points.fast_forward(n_skipped)
        point = dict(zip(self._names, self._points.random(1)[0], strict=True))
        return self._space.walk(lambda leaf: leaf.domain.draw(float(point[leaf.name])))
