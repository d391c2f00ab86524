"""Parameter importances, and their uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import optuna
from optuna.trial import FrozenTrial, create_trial

from tunekit.analysis.search.data import SearchData
from tunekit.core.runtime import quiet_optuna
from tunekit.space.adapters.optuna import distribution, to_optuna
from tunekit.space.leaves import columns
from tunekit.space.space import Space
from tunekit.study.importances import importances

#: Least number of trials.
FEWEST = 10

#: Trials below which the best tenth has fewer than the five trials that the method requires.
FEW = 50

_RESAMPLES = 20
_QUANTILES = (0.05, 0.95)  # of the resamples


@dataclass(frozen=True)
class Share:
    """Importance of one parameter.

    Attributes
    ----------
    label : str
        Name of the coordinate.
    share : float
        Importance from 0 to 1; the sum over all parameters is 1.
    low, high : float
        Central 90% of the importances in resamples of the trials.
    """

    label: str
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Shares:
    """Importances of the parameters.

    Attributes
    ----------
    shares : tuple of Share
        The most important first; empty if they are undefined.
    n_trials : int
        Number of trials with a score.
    reason : str
        Why importances are undefined; empty if they are defined.
    """

    shares: tuple[Share, ...]
    n_trials: int
    reason: str = ""

    @property
    def labels(self) -> list[str]:
        """Names of the coordinates, the most important first."""
        return [each.label for each in self.shares]


def shares_of(data: SearchData) -> Shares:
    """Return the importance of each parameter for being among the best tenth of the trials.

    Trials of all engines that searched the space are combined. The uncertainty is estimated from
    20 bootstrap resamples of the trials, with a fixed seed.

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
        importance = _shares(trials)
        rng = np.random.default_rng(0)
        resampled = [
            _shares([trials[i] for i in rng.integers(n_trials, size=n_trials)])
            for _ in range(_RESAMPLES)
        ]
    if not importance:
        return Shares((), n_trials, "The scores are too similar to compute importances.")
    resampled = [each for each in resampled if each]  # equal scores have no importances
    shares = []
    for axis in data.axes:
        if axis.label in importance:
            values = [each.get(axis.label, 0.0) for each in resampled] or [importance[axis.label]]
            low, high = np.quantile(values, _QUANTILES)
            shares.append(Share(axis.label, importance[axis.label], float(low), float(high)))
    return Shares(tuple(sorted(shares, key=lambda each: -each.share)), n_trials)


def _why_not(data: SearchData) -> str:
    n_trials = len(data.points)
    if data.space is None:
        return "The store does not contain the search space."
    if n_trials < FEWEST:
        return (
            f"Importances need {FEWEST} trials with a score; there "
            f"{'is' if n_trials == 1 else 'are'} {n_trials}."
        )
    if len({point.trial.score for point in data.points}) == 1:
        return "All trials have the same score, so importances are undefined."
    return ""


def _trials(data: SearchData, space: Space) -> list[FrozenTrial]:
    """Return the trials as Optuna trials."""
    leaves = {leaf.name: leaf for leaf in columns(space.parameters, space.leaves)}
    kinds = {name: distribution(leaf) for name, leaf in leaves.items()}
    active = [[name for name in leaves if name in point.values] for point in data.points]
    return [
        create_trial(
            params={name: to_optuna(leaves[name], point.values[name]) for name in names},
            distributions={name: kinds[name] for name in names},
            value=point.trial.score,
        )
        for point, names in zip(data.points, active, strict=True)
    ]


def _shares(trials: Sequence[FrozenTrial]) -> dict[str, float]:
    study = optuna.create_study(direction="maximize")
    study.add_trials(trials)
    # The last digits depend on the order of summation in Optuna.
    return {name: round(share, 6) for name, share in importances(study).items()}
