"""The best score so far, trial by trial and over time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tunekit.analysis.search.data import SearchData, has_score

_BELOW = 3.0  # times what the best is above the median


@dataclass(frozen=True)
class Step:
    """A trial that has ended.

    Attributes
    ----------
    number : int
        Place in its study, from 0.
    seconds : float
        For how long the search had run when it ended, pauses left out.
    state : str
    score : float
        NaN where it has none.
    best : float
        The best score when it ended; NaN before the first.
    improves : bool
        Whether it was better than all before.
    """

    number: int
    seconds: float
    state: str
    score: float
    best: float
    improves: bool


@dataclass(frozen=True)
class Course:
    """How one engine's search went.

    Attributes
    ----------
    engine : str
    by_trial, by_time : tuple of Step
        Its trials in the order of their numbers, and in the order in which they ended.
    """

    engine: str
    by_trial: tuple[Step, ...]
    by_time: tuple[Step, ...]

    @property
    def winner(self) -> Step | None:
        """The first trial with the best score; None where no trial has one."""
        return next((step for step in reversed(self.by_trial) if step.improves), None)


def courses(data: SearchData) -> tuple[Course, ...]:
    """Return how each engine's search went, trials that run left out."""
    found = []
    for engine in data.engines:
        clock = data.clocks[engine]
        ended = [
            (trial, clock.elapsed(trial.ended))
            for trial in data.study.trials
            if trial.engine == engine and not math.isnan(trial.ended)
        ]
        steps = [
            (trial.number, seconds, trial.state, trial.score if has_score(trial) else math.nan)
            for trial, seconds in ended
        ]
        by_trial = _course(sorted(steps))
        by_time = _course(sorted(steps, key=lambda step: (step[1], step[0])))
        found.append(Course(engine, by_trial, by_time))
    return tuple(found)


def lowest_shown(scores: list[float]) -> float:
    """Return the lowest score that is drawn to scale: bad trials must not flatten the good ones.

    It lies three times as far below the median as the best score lies above it.

    Examples
    --------
    >>> lowest_shown([0.5, 0.9, -40.0])
    -0.7...
    """
    best, median = max(scores), float(np.median(scores))
    return max(median - _BELOW * (best - median), min(scores)) if best > median else min(scores)


def _course(steps: list[tuple[int, float, str, float]]) -> tuple[Step, ...]:
    best, course = math.nan, []
    for number, seconds, state, score in steps:
        improves = score > best or (math.isnan(best) and not math.isnan(score))
        best = score if improves else best
        course.append(Step(number, seconds, state, score, best, improves))
    return tuple(course)
