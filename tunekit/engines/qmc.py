"""Quasi-random points that fill a space more evenly than random ones."""

from __future__ import annotations

from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial
from scipy.stats.qmc import Sobol

from tunekit.engines.base import Algorithm
from tunekit.space.space import Space


class QmcAlgorithm(Algorithm):
    """Draws trial ``n`` as the ``n``-th point of a scrambled Sobol sequence.

    Every parameter of the space has a coordinate of its own, categorical and conditional ones
    included; those of inactive parameters are not used. Optuna's own sampler leaves conditional
    parameters to chance and counts its points in the storage, where two processes can draw the
    same one.

    Parameters
    ----------
    space : Space
        What may be tried.
    seed : int
        Of the scrambling: another seed gives other points, as evenly spread.

    References
    ----------
    A. B. Owen: Scrambling Sobol and Niederreiter-Xing points. Journal of Complexity 14, 1998.
    """

    def __init__(self, space: Space, seed: int) -> None:
        self._space = space
        self._names = [leaf.name for leaf in space.leaves]
        self._points = Sobol(len(self._names), rng=seed) if self._names else None

    def draw(self, _study: Study, trial: FrozenTrial) -> dict[str, Any]:
        """Return values of all active leaves."""
        if self._points is None:
            return {}
        if self._points.num_generated > trial.number:
            self._points.reset()
        ahead = trial.number - self._points.num_generated
        if ahead:
            self._points.fast_forward(ahead)
        point = dict(zip(self._names, self._points.random(1)[0], strict=True))
        return self._space.walk(lambda leaf: leaf.domain.draw(float(point[leaf.name])))
