"""Timeline of a search, and the work that pruning saved."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from tunekit.analysis.search.data import SearchData
from tunekit.analysis.text import counted
from tunekit.tracking.tracked_study import TrackedTrial


@dataclass(frozen=True)
class Bar:
    """A trial on the timeline, or several consecutive short trials with the same state.

    Attributes
    ----------
    lane : int
        Index among the trials that ran at the same time, from 0.
    start, end : float
        Seconds that the search had run, without pauses.
    state : str
    numbers : tuple of int
        Trial numbers.
    """

    lane: int
    start: float
    end: float
    state: str
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Lanes:
    """Timeline of one engine.

    Attributes
    ----------
    engine : str
    bars : tuple of Bar
    n_lanes : int
        Maximum number of trials that ran at the same time.
    seconds : float
        Time that the search has run.
    busy : float
        Proportion of the time of all lanes in which a trial ran, 0 to 1.
    """

    engine: str
    bars: tuple[Bar, ...]
    n_lanes: int
    seconds: float
    busy: float


def lanes(data: SearchData) -> tuple[Lanes, ...]:
    """Return the timeline of each engine that has trials.

    A trial is placed in the first lane that is free when it starts.
    """
    timelines = []
    for engine in data.engines:
        clock = data.clocks[engine]
        seconds = clock.total
        spans = sorted(
            (
                clock.elapsed(trial.started),
                seconds if math.isnan(trial.ended) else clock.elapsed(trial.ended),
                trial.number,
                trial.state,
            )
            for trial in data.study.trials
            if trial.engine == engine and not math.isnan(trial.started)
        )
        if not spans:
            continue
        free: list[float] = []
        bars = []
        for start, end, number, state in spans:
            lane = next((i for i, until in enumerate(free) if until <= start), len(free))
            free[lane : lane + 1] = [end]
            bars.append(Bar(lane, start, end, state, (number,)))
        busy = sum(bar.end - bar.start for bar in bars)
        share = busy / (len(free) * seconds) if seconds else 0.0
        timelines.append(Lanes(engine, tuple(bars), len(free), seconds, share))
    return tuple(timelines)


def thinned(line: Lanes, narrowest: float) -> tuple[Bar, ...]:
    """Return the bars of a timeline, with bars that are too narrow to see merged.

    Parameters
    ----------
    line : Lanes
    narrowest : float
        Proportion of the total time below which a bar is merged with the previous one in its lane,
        if both have the same state and the gap between them is as short.
    """
    least = narrowest * line.seconds
    last: dict[int, Bar] = {}
    bars: list[Bar] = []
    for bar in line.bars:
        previous = last.get(bar.lane)
        narrow = bar.end - bar.start < least
        if previous and narrow and previous.state == bar.state and bar.start - previous.end < least:
            merged = Bar(
                bar.lane, previous.start, bar.end, bar.state, (*previous.numbers, *bar.numbers)
            )
            bars[bars.index(previous)] = last[bar.lane] = merged
        else:
            bars.append(bar)
            last[bar.lane] = bar
    return tuple(bars)


def saved_work(trials: Iterable[TrackedTrial]) -> str:
    """Return the fits and epochs that pruning saved, as text; empty if it saved none.

    Trials that reuse an earlier result are not counted.
    """
    run = [each for each in trials if not each.reused]
    fits, epochs = sum(each.fits_saved for each in run), sum(each.epochs_saved for each in run)
    saved = (counted(n, what) for n, what in ((fits, "fit"), (epochs, "epoch")) if n)
    return " with ".join(saved)


def saved_by_pruning(data: SearchData) -> str:
    """Return what pruning saved, as a sentence; empty if no trial was pruned."""
    trials = data.study.trials
    pruned = [each for each in trials if each.state == "pruned"]
    if not pruned:
        return ""
    saved = saved_work(trials)
    ended = sum(each.state in ("complete", "pruned", "failed") for each in trials)
    effect = f", which saved {saved}" if saved else ""
    return f"Pruning stopped {len(pruned)} of {ended} trials early{effect}."
