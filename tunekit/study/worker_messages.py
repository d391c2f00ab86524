"""Messages of a worker process to its parent. Each gets a reply before the next is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tunekit.core.callbacks import Point


@dataclass(frozen=True)
class Ready:
    """The process has started. The reply is the pickled function that evaluates trials."""


@dataclass(frozen=True)
class Started:
    """The process starts to evaluate a trial. The reply is False.

    Attributes
    ----------
    number : int
        Number of the trial.
    """

    number: int


@dataclass(frozen=True)
class Progress:
    """A trial has scores for a pruner. The reply is whether to stop the trial.

    Attributes
    ----------
    number, step : int
        Number of the trial, and the epoch or split, from 0.
    scores : tuple of float
        Scores so far.
    """

    number: int
    step: int
    scores: tuple[float, ...]


@dataclass(frozen=True)
class CurvePart:
    """A part of the learning curve of a trial. The reply is False.

    Attributes
    ----------
    number : int
        Number of the trial.
    points : sequence of (int, int, str, float)
        Split, epoch, name and value of each metric.
    """

    number: int
    points: Sequence[Point]


Message = Ready | Started | Progress | CurvePart
