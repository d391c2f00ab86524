"""Optimization history: the best score so far, by trial and by time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from tunekit.analysis.search.clock import in_words, unit_of
from tunekit.analysis.search.data import SearchData
from tunekit.analysis.search.optimization_history import Course, Step, courses, lowest_shown
from tunekit.analysis.text import counted, score
from tunekit.core.numbers import spread_evenly
from tunekit.reporting.figures.marks import (
    draw_points,
    legend_handle,
    style_of,
)
from tunekit.reporting.figures.scales import score_limits
from tunekit.reporting.figures.svg import SOFT, Figure, draw_svg
from tunekit.reporting.tables.table import Column, Table

_POINTS = 200  # per engine
_MARKS = 40  # for trials without a score, per engine
_SIZE = (5.2, 3.4)
_UNSCORED = {"pruned": "v", "failed": "x", "killed": "+"}

_CAPTION = (
    "Each dot is one trial; the line is the best score so far. Higher is better. The best of many "
    "scores is optimistic: estimate the performance on rows that the search has not seen."
)


def draw_by_trial(data: SearchData) -> Figure | None:
    """Draw the best score so far by trial; None if no trial has a score."""
    histories = [(course, course.by_trial) for course in courses(data)]
    return _figure(
        data,
        histories,
        lambda step: float(step.number),
        name=f"{data.name}-trials",
        label="trial number",
        title="Best score by trial",
    )


def draw_by_time(data: SearchData) -> Figure | None:
    """Draw the best score so far by time; None if no trial has a score."""
    histories = [(course, course.by_time) for course in courses(data)]
    longest = max((step.seconds for _, steps in histories for step in steps), default=0.0)
    size, unit = unit_of(longest)
    return _figure(
        data,
        histories,
        lambda step: step.seconds / size,
        name=f"{data.name}-time",
        label=f"{unit} of search, without pauses",
        title="Best score by time",
    )


def _figure(
    data: SearchData,
    histories: Sequence[tuple[Course, Sequence[Step]]],
    at: Callable[[Step], float],
    *,
    name: str,
    label: str,
    title: str,
) -> Figure | None:
    scores = [s.score for _, steps in histories for s in steps if not np.isnan(s.score)]
    if not scores:
        return None
    floor = lowest_shown(scores)

    def draw(ax: Axes) -> None:
        bottom, top = score_limits(scores, floor)
        ends = [at(step) for _, steps in histories for step in steps]
        ax.set(xlabel=label, ylabel=data.scoring, ylim=(bottom, top))
        ax.set_xlim(-0.02 * (max(ends) or 1.0), 1.02 * (max(ends) or 1.0))
        handles, names = [], []
        for place, (course, steps) in enumerate(histories):
            _draw_course(ax, steps, at, place, floor)
            handles.append(legend_handle(place))
            names.append(f"{course.engine}, best so far")
        for state, marker in _UNSCORED.items():
            times = [at(step) for _, steps in histories for step in steps if step.state == state]
            if times:
                shown = np.array(sorted(times))[spread_evenly(len(times), _MARKS)]
                height = np.full(len(shown), bottom + 0.25 * (floor - bottom))
                style: dict[str, Any] = {
                    "marker": marker,
                    "color": SOFT,
                    "linestyle": "none",
                    "markersize": 4,
                    "markerfacecolor": "none",
                }
                ax.plot(shown, height, **style)
                handles.append(Line2D([], [], **style))
                names.append(f"{state} ({len(times)})")
        if label.startswith("trial"):
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.ticklabel_format(useOffset=False)
        ax.legend(handles, names, loc="lower right", bbox_to_anchor=(1, 1), ncols=2)

    text = _text(data, histories)
    low = sum(score < floor for score in scores)
    caption = _CAPTION
    if low:
        caption += f" {counted(low, 'trial')} at the lower edge scored lower."
    return Figure(title, draw_svg(draw, _SIZE, name, text), text, caption, _table(name, histories))


def _draw_course(
    ax: Axes, steps: Sequence[Step], at: Callable[[Step], float], place: int, floor: float
) -> None:
    scored = [step for step in steps if not np.isnan(step.score)]
    if not scored:
        return
    indices = {int(i) for i in spread_evenly(len(scored), _POINTS)}
    shown = [step for i, step in enumerate(scored) if i in indices or step.improves]
    x = np.array([at(step) for step in shown])
    y = np.maximum([step.score for step in shown], floor)
    draw_points(ax, x, y, place)
    turns = [step for step in scored if step.improves] + [scored[-1]]
    ax.step(
        [at(step) for step in turns],
        [max(step.best, floor) for step in turns],
        where="post",
        color=style_of(place)["color"],
        linestyle=style_of(place)["linestyle"],
        linewidth=1.6,
        zorder=3,
    )


def _text(data: SearchData, histories: Sequence[tuple[Course, Sequence[Step]]]) -> str:
    parts = []
    for course, steps in histories:
        best = course.winner
        if best is not None:
            parts.append(
                f"{course.engine} reached {score(best.best)} with trial {best.number} of "
                f"{len(steps)} after {in_words(best.seconds)}"
            )
        elif steps:
            parts.append(f"no trial of {course.engine} has a score")
    return f"Best {data.scoring} so far: {'; '.join(parts)}."


def _table(name: str, histories: Sequence[tuple[Course, Sequence[Step]]]) -> Table:
    rows = [
        (course.engine, step.number, step.seconds, step.score)
        for course, steps in histories
        for step in steps
        if step.improves
    ]
    return Table(
        name,
        "Trials that improved the best score",
        (
            Column("engine", "engine"),
            Column("trial", "trial", "integer"),
            Column("seconds", "seconds", "number", 1, note="since the start of the search"),
            Column("score", "score", "general", 5),
        ),
        tuple(rows),
    )
