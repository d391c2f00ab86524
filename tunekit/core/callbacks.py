"""Callbacks of a search: notifications about running and finished trials."""

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
    """Collects the metrics of each epoch and sends them every few seconds.

    A shorter trial sends nothing: its curve is written when it ends.

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
        """Add the metrics of an epoch."""
        self._points += [(split, epoch, name, value) for name, value in metrics.items()]
        if time.monotonic() - self._last >= _EVERY:
            self._send(self._points)
            self._points, self._last = [], time.monotonic()


#: Takes a step and the scores so far, and returns whether to stop. With one split, a step is an
#: epoch with one score; with several, it is a split, with one score per finished split.
Report = Callable[[int, Sequence[float]], bool]


class Measure(Protocol):
    """Evaluates a configuration and reports its progress."""

    def __call__(
        self, params: Mapping[str, Any], *, report: Report | None, watch: Watch | None
    ) -> Evaluation:
        """Evaluate a configuration."""


class Listener:
    """Base class for trackers and progress displays. Override the methods that are needed."""

    def trial_started(self, number: int, params: Mapping[str, Any]) -> None:
        """Handle the start of a trial."""

    def trial_progressed(self, number: int, points: Sequence[Point]) -> None:
        """Handle a part of a running trial's learning curve."""

    def trial_measured(self, record: TrialRecord) -> None:
        """Handle the result of a trial, before the study stores it as finished."""

    def trial_finished(self, record: TrialRecord) -> None:
        """Handle a trial that the study has stored as finished."""
