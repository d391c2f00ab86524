"""Timeline: when each trial ran, and its final state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path

from tunekit.analysis.search.clock import in_words, unit_of
from tunekit.analysis.search.data import SearchData
from tunekit.analysis.search.timeline import Bar, Lanes, lanes, saved_by_pruning, thinned
from tunekit.reporting.figures.svg import COLORS, EDGE, INK, Figure, draw_svg
from tunekit.reporting.tables.table import Column, Table

#: Colour and hatch by state of a trial.
STATES = {
    "complete": (COLORS[0], ""),
    "pruned": (COLORS[1], "////"),
    "failed": (COLORS[3], "xxxx"),
    "killed": (COLORS[7], "...."),
    "running": (COLORS[2], "----"),
}

_WIDTH, _HEIGHT = 9.0, 0.26  # inches, of the figure and of a lane
_NARROWEST = 1 / 300  # of the total time: a bar of three pixels
_MOST = 32  # lanes drawn per engine
_LONGEST = 20  # trials listed in the table


def draw_lanes(data: SearchData) -> Figure | None:
    """Draw the timeline; None without trials."""
    engines = lanes(data)
    if not engines or not any(line.seconds for line in engines):
        return None
    size, unit = unit_of(max(line.seconds for line in engines))
    heights = [min(line.n_lanes, _MOST) for line in engines]
    total = sum(heights) + len(engines) - 1

    def draw(ax: Axes) -> None:
        base, ticks, names = 0, [], []
        for line, height in zip(engines, heights, strict=True):
            bars = [bar for bar in thinned(line, _NARROWEST) if bar.lane < height]
            for state in dict.fromkeys(bar.state for bar in bars):
                _draw_bars(ax, [bar for bar in bars if bar.state == state], base, size)
            ticks.append(base + (height - 1) / 2)
            names.append(line.engine)
            base += height + 1
        states = dict.fromkeys(bar.state for line in engines for bar in line.bars)
        shown = [state for state in STATES if state in states]
        patches = [
            Patch(facecolor=STATES[s][0], hatch=STATES[s][1], edgecolor="#ffffff") for s in shown
        ]
        ax.legend(patches, shown, loc="lower right", bbox_to_anchor=(1, 1), ncols=len(shown))
        ax.set_yticks(ticks, names)
        ax.set_ylim(total - 0.4, -0.6)
        ax.set_xlim(0, max(line.seconds for line in engines) / size)
        ax.set_xlabel(f"{unit} of search, without pauses")
        ax.grid(axis="y", visible=False)

    text = " ".join(_words(line) for line in engines)
    saved = saved_by_pruning(data)
    caption = (
        "Each bar is one trial, from start to end; trials that ran at the same time are in "
        "separate rows."
    )
    if any(line.n_lanes > _MOST for line in engines):
        caption += f" Only the first {_MOST} rows per engine are drawn."
    caption += f" {saved}" if saved else ""
    svg = draw_svg(draw, (_WIDTH, 1.0 + _HEIGHT * total), f"{data.name}-lanes", text)
    return Figure(
        "When trials ran", svg, text, caption, _table(engines, f"{data.name}-lanes"), wide=True
    )


def _draw_bars(ax: Axes, bars: Sequence[Bar], base: int, size: float) -> None:
    """Draw bars of the same state as one path."""
    color, hatch = STATES.get(bars[0].state, (EDGE, ""))
    vertices, codes = [], []
    for bar in bars:
        left, right = bar.start / size, bar.end / size
        low, high = base + bar.lane - 0.4, base + bar.lane + 0.4
        vertices += [(left, low), (right, low), (right, high), (left, high), (left, low)]
        codes += [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    ax.add_patch(
        PathPatch(
            Path(np.array(vertices), codes),
            facecolor=color,
            edgecolor="#ffffff" if hatch else INK,
            linewidth=0.3,
            hatch=hatch,
        )
    )


def _words(line: Lanes) -> str:
    counts = Counter(bar.state for bar in line.bars)
    states = ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state])
    at_once = "one after another" if line.n_lanes == 1 else f"up to {line.n_lanes} at a time"
    return (
        f"{line.engine}: {len(line.bars)} trials in {in_words(line.seconds)}, {at_once} "
        f"({states}); {line.busy:.0%} of the time was spent in trials."
    )


def _table(engines: Sequence[Lanes], name: str) -> Table:
    rows = []
    for line in engines:
        longest = sorted(line.bars, key=lambda bar: bar.start - bar.end)[:_LONGEST]
        rows += [
            (line.engine, bar.numbers[0], bar.lane + 1, bar.start, bar.end - bar.start, bar.state)
            for bar in longest
        ]
    return Table(
        name,
        f"The {_LONGEST} longest trials of each engine",
        (
            Column("engine", "engine"),
            Column("trial", "trial", "integer"),
            Column("lane", "row", "integer"),
            Column("start", "start", "number", 2, note="seconds of search"),
            Column("seconds", "seconds", "number", 2),
            Column("state", "state"),
        ),
        tuple(rows),
    )
