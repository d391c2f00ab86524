"""The time line of a search: which trials ran at the same time, and what pruning saved."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from tunekit.analysis.search.data import SearchData
from tunekit.analysis.text import counted
from tunekit.tracking.tracked_study import TrackedTrial


@dataclass(frozen=True)
class Bar:
    """A trial, or several short ones in a row that ended alike, on the time line.

    Attributes
    ----------
    lane : int
        Which of those that ran at the same time, from 0.
    start, end : float
        Seconds that the search had run, pauses left out.
    state : str
    numbers : tuple of int
        Of the trials.
    """

    lane: int
    start: float
    end: float
    state: str
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Lanes:
    """The time line of one engine.

    Attributes
    ----------
    engine : str
    bars : tuple of Bar
    n_lanes : int
        How many trials ran at once, at most.
    seconds : float
        For how long the search has run.
    busy : float
        Share of the time of all lanes in which a trial ran, 0 to 1.
    """

    engine: str
    bars: tuple[Bar, ...]
    n_lanes: int
    seconds: float
    busy: float


def lanes(data: SearchData) -> tuple[Lanes, ...]:
    """Return the time line of each engine that has trials.

    A trial takes the first lane that is free when it begins.
    """
    found = []
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
        found.append(Lanes(engine, tuple(bars), len(free), seconds, share))
    return tuple(found)


def thinned(line: Lanes, narrowest: float) -> tuple[Bar, ...]:
    """Return the bars of a time line, with those too narrow to be seen put together.

    Parameters
    ----------
    line : Lanes
    narrowest : float
        Share of the whole time below which a bar joins the one before it in its lane, where
        that ended alike and as little as that before.
    """
    least = narrowest * line.seconds
    last: dict[int, Bar] = {}
    found: list[Bar] = []
    for bar in line.bars:
        before = last.get(bar.lane)
        narrow = bar.end - bar.start < least
        if before and narrow and before.state == bar.state and bar.start - before.end < least:
            joined = Bar(
                bar.lane, before.start, bar.end, bar.state, (*before.numbers, *bar.numbers)
            )
            found[found.index(before)] = last[bar.lane] = joined
        else:
            found.append(bar)
            last[bar.lane] = bar
    return tuple(found)


def saved_work(trials: Iterable[TrackedTrial]) -> str:
    """Return the fits and epochs that pruning saved, as words; empty where it saved none.

    Trials that reuse an earlier result cost nothing and are not counted.
    """
    own = [each for each in trials if not each.reused]
    fits, epochs = sum(each.fits_saved for each in own), sum(each.epochs_saved for each in own)
    saved = (counted(n, what) for n, what in ((fits, "fit"), (epochs, "epoch")) if n)
    return " with ".join(saved)


def saved_by_pruning(data: SearchData) -> str:
    """Return what pruning saved, as a sentence; empty where nothing was pruned."""
    trials = data.study.trials
    pruned = [each for each in trials if each.state == "pruned"]
    if not pruned:
        return ""
    saved = saved_work(trials)
    ended = sum(each.state in ("complete", "pruned", "failed") for each in trials)
    what = f", which saved {saved}" if saved else ""
    return f"Pruning stopped {len(pruned)} of {ended} trials before their end{what}."
