"""Avoidance of configurations that are likely to fail."""

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
from tunekit.space.categorical import Categorical
from tunekit.space.leaves import Leaf
from tunekit.space.space import Space

_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
_POWER = 8  # number of similar configurations that must all succeed
_TRIES = 50
_FEW = 20  # values up to which each has its own feature


class FailureAvoidance:
    """Changes suggestions that are likely to fail, in as few values as possible.

    The algorithms of both engines ignore failed trials or learn little from them, and continue to
    suggest similar configurations. Here, a decision tree learns which configurations fail. A
    suggestion is accepted with the probability that eight similar ones would all succeed.
    Otherwise some of its values are redrawn, few at first and more with each try, until one is
    accepted. Without failed trials, suggestions are not changed.

    Parameters
    ----------
    space : Space
        The search space.
    """

    def __init__(self, space: Space) -> None:
        self._space = space
        self._rows: dict[int, list[float]] = {}
        self._failed: dict[int, bool] = {}
        self._risks: dict[int, float] = {}
        self._tree = DecisionTreeClassifier(random_state=0)

    def learn(self, study: Study) -> None:
        """Update the tree with the trials that have finished since the last call."""
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
            n_trials = Counter(groups)
            n_failed = Counter(
                group for group, has_failed in zip(groups, outcomes, strict=True) if has_failed
            )
            # Krichevsky and Trofimov's estimate adds half a failure and half a success.
            self._risks = {
                group: (n_failed[group] + 0.5) / (n_trials[group] + 1) for group in n_trials
            }

    def redraw_risky(self, values: dict[str, Any], rng: Random) -> dict[str, Any]:
        """Return a suggestion with risky values redrawn.

        Parameters
        ----------
        values : dict
            Leaf names and values of a suggestion.
        rng : random.Random
            Generator for accepting suggestions and redrawing values.

        Returns
        -------
        dict
            Leaf names and values; the suggestion itself if it is accepted.
        """
        if not self._risks:
            return values
        candidate = values
        n_leaves = len(self._space.leaves)
        for attempt in range(1, _TRIES + 1):
            if rng.random() < (1 - self.risk(candidate)) ** _POWER:
                return candidate
            fraction = max(attempt / _TRIES, 1 / n_leaves)

            def ask(leaf: Leaf, fraction: float = fraction) -> Any:
                redrawn = rng.random() < fraction or leaf.name not in values
                return leaf.domain.draw(rng.random()) if redrawn else values[leaf.name]

            candidate = self._space.walk(ask)
        return candidate

    def risk(self, values: Mapping[str, Any]) -> float:
        """Return the estimated probability that a configuration fails, from 0 to 1."""
        (group,) = self._tree.apply(np.array([self._row(values)]))
        return self._risks[int(group)]

    def _row(self, values: Mapping[str, Any]) -> list[float]:
        return [number for leaf in self._space.leaves for number in _features(leaf, values)]


def _features(leaf: Leaf, values: Mapping[str, Any]) -> list[float]:
    """Return features of a leaf for the tree: its value, and one indicator per value if few."""
    domain = leaf.domain
    active = leaf.name in values
    features = []
    if domain.size <= _FEW:
        index = domain.index(values[leaf.name]) if active else -1
        features = [float(index == i) for i in range(int(domain.size))]
    if not isinstance(domain, Categorical):
        features.append(float(values[leaf.name]) if active else 2.0 * domain.low - domain.high - 1)
    elif domain.ordered or not features:
        features.append(float(domain.index(values[leaf.name]) if active else -1))
    return features
