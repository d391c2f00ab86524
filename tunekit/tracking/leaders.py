"""Which trials are the best so far, and what is kept of them."""

from __future__ import annotations

import numpy as np

from tunekit.records import Predictions, TrialRecord

#: A trial keeps its predictions if it is among so many best ones when it ends.
KEPT_PREDICTIONS = 10


class Leaders:
    """The best scores so far, and the predictions of the best trial."""

    def __init__(self) -> None:
        self._kept: list[float] = []
        self._best, self._number = -np.inf, -1
        self._predictions: Predictions | None = None

    @property
    def score(self) -> float:
        """The best score so far; minus infinity before the first."""
        return self._best

    def is_better(self, record: TrialRecord) -> bool:
        """Take note of a trial, and tell whether it is better than all before."""
        score, number = record.evaluation.score, record.number
        # Of equal ones the first of the study, which may end later, is the best.
        if score > self._best or (score == self._best and number < self._number):
            better, self._best = score > self._best, score
            self._number, self._predictions = number, record.evaluation.predictions
            return better
        return False

    def predictions(self, number: int) -> Predictions | None:
        """Return what the best trial predicted; None of any other one."""
        return self._predictions if number == self._number else None

    def is_among_best(self, score: float) -> bool:
        """Tell whether a trial is among the best ten so far; of equal ones the first are."""
        if np.isnan(score) or (len(self._kept) == KEPT_PREDICTIONS and score <= self._kept[-1]):
            return False
        self._kept = sorted([*self._kept, score], reverse=True)[:KEPT_PREDICTIONS]
        return True
