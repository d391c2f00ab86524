"""Callbacks of a search: who is told of a trial while it runs, and when it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from tunekit.core.trial import Evaluation, TrialRecord

#: Split, epoch (both from 0), name and value of a metric.
Point = tuple[int, int, str, float]

#: Takes a split, an epoch and its metrics.
Watch = Callable[[int, int, Mapping[str, float]], None]

_EVERY = 5.0  # seconds


class LiveCurve:
    """Collects the metrics of each epoch and passes them on when some seconds have gone.

    A trial that is shorter passes nothing on: its curve is written when it ends.

    Parameters
    ----------
    send : callable
        Takes a list of points.
    """

    def __init__(self, send: Callable[[Sequence[Point]], None]) -> None:
        self._send = send
        self._points: list[Point] = []
        self._last = time.monotonic()

    def __call__(self, split: int, epoch: int, metrics: Mapping[str, float]) -> None:
        """Take the metrics of an epoch."""
        self._points += [(split, epoch, name, value) for name, value in metrics.items()]
        if time.monotonic() - self._last >= _EVERY:
            self._send(self._points)
            self._points, self._last = [], time.monotonic()


#: Takes a step and the scores so far, and says whether to stop. With one split a step is an
#: epoch, and there is one score; with several it is a split, and there is a score for each so far.
Report = Callable[[int, Sequence[float]], bool]


class Measure(Protocol):
    """Takes a configuration and whom to report to, and says how good it is."""

    def __call__(
        self, params: Mapping[str, Any], *, report: Report | None, watch: Watch | None
    ) -> Evaluation:
        """Evaluate a configuration."""


class Listener:
    """Is told of the trials of a study: a tracker, a progress display. Override what is needed."""

    def trial_started(self, number: int, params: Mapping[str, Any]) -> None:
        """Take note that a trial begins."""

    def trial_progressed(self, number: int, points: Sequence[Point]) -> None:
        """Take note of a part of a running trial's learning curve."""

    def trial_measured(self, record: TrialRecord) -> None:
        """Take note of the result of a trial, before the study stores it as finished."""

    def trial_finished(self, record: TrialRecord) -> None:
        """Take note that the study has stored a trial as finished."""
