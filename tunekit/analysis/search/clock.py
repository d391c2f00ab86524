"""Time that a search has run, without the pauses between executions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tunekit.tracking.tracked_study import Execution, TrackedTrial

#: Units of time: seconds from which on a unit is used, its length in seconds, and its name.
_UNITS = ((2 * 86_400, 86_400, "days"), (7_200, 3_600, "hours"), (120, 60, "minutes"))


class Clock:
    """Measures how long the search of an engine had run at a given time.

    A search that was resumed has several executions. Only the time in which one of them ran
    counts: from its start to the end of the last trial that it started.

    Parameters
    ----------
    executions : sequence of Execution
        Executions of the search of one engine.
    trials : sequence of TrackedTrial
        Its trials.
    """

    def __init__(self, executions: Sequence[Execution], trials: Sequence[TrackedTrial]) -> None:
        starts = sorted(round(1000 * each.started.timestamp()) for each in executions)
        ends = dict.fromkeys(starts, -math.inf)
        spans = []
        for trial in trials:
            end = trial.started if math.isnan(trial.ended) else trial.ended
            before = [start for start in starts if start <= trial.started]
            if before:
                ends[before[-1]] = max(ends[before[-1]], end)
            else:  # a trial that was written after it ran
                spans.append((trial.started, end))
        spans += [(start, end) for start, end in ends.items() if end >= start]
        self._spans = _merged(spans)

    def elapsed(self, moment: float) -> float:
        """Return for how many seconds the search had run at a time.

        Parameters
        ----------
        moment : float
            Milliseconds since 1970; NaN gives NaN.
        """
        if math.isnan(moment):
            return math.nan
        ran = sum(max(0.0, min(moment, end) - start) for start, end in self._spans)
        return float(ran) / 1000

    @property
    def total(self) -> float:
        """Total number of seconds that the search has run."""
        return self.elapsed(math.inf)


def unit_of(seconds: float) -> tuple[float, str]:
    """Return the length in seconds and the name of a suitable unit for a duration.

    Examples
    --------
    >>> unit_of(90), unit_of(600), unit_of(86_400)
    ((1, 'seconds'), (60, 'minutes'), (3600, 'hours'))
    """
    return next(((size, name) for least, size, name in _UNITS if seconds >= least), (1, "seconds"))


def in_words(seconds: float) -> str:
    """Return a duration in a suitable unit.

    Examples
    --------
    >>> in_words(0.42), in_words(75), in_words(5400)
    ('0.4 seconds', '75 seconds', '90 minutes')
    """
    size, name = unit_of(seconds)
    number = seconds / size
    return f"{number:.1f} {name}" if number < 10 else f"{number:.0f} {name}"  # noqa: PLR2004


def _merged(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Merge overlapping time spans, since two processes may run at the same time."""
    merged: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], float(np.maximum(end, merged[-1][1])))
        else:
            merged.append((start, end))
    return merged
