"""Best score so far, by trial and over time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tunekit.analysis.search.data import SearchData, has_score

_BELOW = 3.0  # distance below the median, relative to that of the best score above it


@dataclass(frozen=True)
class Step:
    """A trial that has ended.

    Attributes
    ----------
    number : int
        Trial number, from 0.
    seconds : float
        Time that the search had run when the trial ended, without pauses.
    state : str
    score : float
        NaN if it has none.
    best : float
        Best score so far; NaN before the first score.
    improves : bool
        Whether it is better than all previous trials.
    """

    number: int
    seconds: float
    state: str
    score: float
    best: float
    improves: bool


@dataclass(frozen=True)
class Course:
    """Optimization history of one engine.

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
        """The first trial with the best score; None if no trial has a score."""
        return next((step for step in reversed(self.by_trial) if step.improves), None)


def courses(data: SearchData) -> tuple[Course, ...]:
    """Return the optimization history of each engine, without running trials."""
    histories = []
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
        histories.append(Course(engine, by_trial, by_time))
    return tuple(histories)


def lowest_shown(scores: list[float]) -> float:
    """Return the lowest score that is drawn to scale, so that good trials remain distinguishable.

    It is three times as far below the median as the best score is above it.

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
