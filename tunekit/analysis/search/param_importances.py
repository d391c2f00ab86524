"""How much each parameter mattered, and how far that can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import optuna
from optuna.trial import FrozenTrial, create_trial

from tunekit.analysis.search.data import SearchData
from tunekit.core.runtime import quiet_optuna
from tunekit.space.adapters.optuna import distribution, to_optuna
from tunekit.space.space import Space
from tunekit.study.importances import importances

#: Trials below which nothing is said.
FEWEST = 10

#: Trials below which the best tenth has fewer than the five that the method asks for.
FEW = 50

_RESAMPLES = 20
_MIDDLE = (0.05, 0.95)  # of the resamples


@dataclass(frozen=True)
class Share:
    """How much one parameter mattered.

    Attributes
    ----------
    label : str
        The coordinate's name.
    share : float
        0 to 1; all together are 1.
    low, high : float
        Middle 90% of the shares in resamples of the trials.
    """

    label: str
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Shares:
    """How much each parameter mattered.

    Attributes
    ----------
    shares : tuple of Share
        The greatest first; empty where nothing can be said.
    n_trials : int
        Trials with a score that they are computed from.
    reason : str
        Why nothing can be said; empty where something can.
    """

    shares: tuple[Share, ...]
    n_trials: int
    reason: str = ""

    @property
    def labels(self) -> list[str]:
        """The names of the coordinates, the one that mattered most first."""
        return [each.label for each in self.shares]


def shares_of(data: SearchData) -> Shares:
    """Return how much each parameter mattered for being among the best tenth of trials.

    The trials of all engines that searched the space are taken together. How stable the shares
    are is seen by drawing as many trials with replacement, 20 times, with a fixed seed.

    Parameters
    ----------
    data : SearchData

    Returns
    -------
    Shares

    References
    ----------
    Watanabe, Bansal and Hutter, "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in
    Arbitrary Subspaces", IJCAI 2023.
    """
    n_trials = len(data.points)
    reason = _why_not(data)
    if reason or data.space is None:
        return Shares((), n_trials, reason)
    trials = _trials(data, data.space)
    with quiet_optuna():
        found = _shares(trials)
        rng = np.random.default_rng(0)
        drawn = [
            _shares([trials[i] for i in rng.integers(n_trials, size=n_trials)])
            for _ in range(_RESAMPLES)
        ]
    if not found:
        return Shares((), n_trials, "The scores are too much alike to tell parameters apart.")
    drawn = [each for each in drawn if each]  # one of equal scores alone says nothing
    shares = []
    for axis in data.axes:
        if axis.label in found:
            spread = [each.get(axis.label, 0.0) for each in drawn] or [found[axis.label]]
            low, high = np.quantile(spread, _MIDDLE)
            shares.append(Share(axis.label, found[axis.label], float(low), float(high)))
    return Shares(tuple(sorted(shares, key=lambda each: -each.share)), n_trials)


def _why_not(data: SearchData) -> str:
    n_trials = len(data.points)
    if data.space is None:
        return "The store does not hold the space that was searched."
    if n_trials < FEWEST:
        return (
            f"Importances need {FEWEST} trials with a score; there "
            f"{'is' if n_trials == 1 else 'are'} {n_trials}."
        )
    if len({point.trial.score for point in data.points}) == 1:
        return "All trials have the same score, so no parameter mattered."
    return ""


def _trials(data: SearchData, space: Space) -> list[FrozenTrial]:
    """Return the trials as Optuna holds them."""
    leaves = {leaf.name: leaf for leaf in space.leaves}
    kinds = {name: distribution(leaf) for name, leaf in leaves.items()}
    return [
        create_trial(
            params={name: to_optuna(leaves[name], each) for name, each in point.values.items()},
            distributions={name: kinds[name] for name in point.values},
            value=point.trial.score,
        )
        for point in data.points
    ]


def _shares(trials: Sequence[FrozenTrial]) -> dict[str, float]:
    study = optuna.create_study(direction="maximize")
    study.add_trials(trials)
    # The last digits depend on the order in which Optuna happens to add up.
    return {name: round(share, 6) for name, share in importances(study).items()}
