"""Keeps a search away from configurations that fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any

import numpy as np
from optuna.study import Study
from optuna.trial import TrialState
from sklearn.tree import DecisionTreeClassifier

from tunekit.engines.history import values_of, was_interrupted
from tunekit.space.leaves import Leaf
from tunekit.space.parameters import Categorical
from tunekit.space.space import Space

_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
_KIND = 8  # how many of its kind must succeed
_TRIES = 50
_FEW = 20  # values that are told one by one


class FailureAvoidance:
    """Changes a suggestion that is likely to fail, in as few places as it takes.

    Both engines' algorithms ignore failed trials or learn little from them, and go on drawing
    their like. Here a decision tree finds what failures have in common. A suggestion is taken
    with the probability that eight of its kind would all succeed; otherwise some of its values
    are drawn anew, few at first and more with each try, until one is taken. Without a failure
    nothing is changed.

    Parameters
    ----------
    space : Space
        What may be tried.
    """

    def __init__(self, space: Space) -> None:
        self._space = space
        self._rows: dict[int, list[float]] = {}
        self._failed: dict[int, bool] = {}
        self._risks: dict[int, float] = {}
        self._tree = DecisionTreeClassifier(random_state=0)

    def learn(self, study: Study) -> None:
        """Take in the trials that have finished since the last time."""
        new = [
            trial
            for trial in study.get_trials(deepcopy=False, states=_FINISHED)
            if trial.number not in self._rows and trial.params and not was_interrupted(trial)
        ]
        for trial in new:
            self._rows[trial.number] = self._row(values_of(trial.params, self._space))
            self._failed[trial.number] = trial.state == TrialState.FAIL
        outcomes = list(self._failed.values())
        if new and len(set(outcomes)) > 1:
            rows = np.array(list(self._rows.values()))
            groups = self._tree.fit(rows, outcomes).apply(rows).tolist()
            seen = Counter(groups)
            failed = Counter(group for group, bad in zip(groups, outcomes, strict=True) if bad)
            # Half a failure and half a success more: the estimate of Krichevsky and Trofimov.
            self._risks = {group: (failed[group] + 0.5) / (seen[group] + 1) for group in seen}

    def redraw_risky(self, values: dict[str, Any], rng: Random) -> dict[str, Any]:
        """Return values of leaves that are likely not to fail.

        Parameters
        ----------
        values : dict
            Leaf names and values of a suggestion.
        rng : random.Random
            Decides what is taken and draws what is changed.

        Returns
        -------
        dict
            Leaf names and values; the suggestion itself where there is nothing to fear.
        """
        if not self._risks:
            return values
        tried = values
        n_leaves = len(self._space.leaves)
        for attempt in range(1, _TRIES + 1):
            if rng.random() < (1 - self.risk(tried)) ** _KIND:
                return tried
            share = max(attempt / _TRIES, 1 / n_leaves)

            def ask(leaf: Leaf, share: float = share) -> Any:
                changed = rng.random() < share or leaf.name not in values
                return leaf.domain.draw(rng.random()) if changed else values[leaf.name]

            tried = self._space.walk(ask)
        return tried

    def risk(self, values: Mapping[str, Any]) -> float:
        """Return how likely a configuration is to fail, from 0 to 1."""
        (group,) = self._tree.apply(np.array([self._row(values)]))
        return self._risks[int(group)]

    def _row(self, values: Mapping[str, Any]) -> list[float]:
        return [number for leaf in self._space.leaves for number in _features(leaf, values)]


def _features(leaf: Leaf, values: Mapping[str, Any]) -> list[float]:
    """Return a leaf as numbers that a tree can split: its value, and each of a few values."""
    domain = leaf.domain
    active = leaf.name in values
    features = []
    if domain.size <= _FEW:
        place = domain.index(values[leaf.name]) if active else -1
        features = [float(place == i) for i in range(int(domain.size))]
    if not isinstance(domain, Categorical):
        features.append(float(values[leaf.name]) if active else 2.0 * domain.low - domain.high - 1)
    elif domain.ordered or not features:
        features.append(float(domain.index(values[leaf.name]) if active else -1))
    return features
