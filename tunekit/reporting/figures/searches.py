"""Best score so far of several searches, on the same axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from tunekit.analysis.labels import shortened
from tunekit.analysis.search.clock import unit_of
from tunekit.analysis.search.compared import ComparedSearch, ComparedSearches, best_after
from tunekit.analysis.search.optimization_history import Step, lowest_shown
from tunekit.analysis.text import counted, significant
from tunekit.reporting.figures.curves import (
    WIDTH,
    legend_below,
    legend_height,
    style_of_candidate,
)
from tunekit.reporting.figures.scales import score_limits
from tunekit.reporting.figures.svg import Figure, draw_panels
from tunekit.reporting.tables.table import Column, Table

_NAME = 44  # characters of a title in the legend
_MOST = 12  # searches that are drawn

_CAPTION = (
    "Each line is the best score so far of one search; higher is better. Single searches differ by"
    " chance: repeat them with several seeds before you prefer an algorithm."
)


def draw_searches_by_trial(found: ComparedSearches, name: str) -> Figure | None:
    """Draw the best score so far by trial; None if no trial has a score.

    Parameters
    ----------
    found : ComparedSearches
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.
    """
    return _figure(
        found,
        lambda search: search.course.by_trial,
        lambda place, _: place + 1.0,
        label="trials",
        title="Best score by number of trials",
        name=name,
    )


def draw_searches_by_time(found: ComparedSearches, name: str) -> Figure | None:
    """Draw the best score so far by time; None if no trial has a score."""
    seconds = [step.seconds for each in found.searches for step in each.course.by_time]
    size, unit = unit_of(max(seconds, default=0.0))
    return _figure(
        found,
        lambda search: search.course.by_time,
        lambda _, step: step.seconds / size,
        label=f"{unit} of search, without pauses",
        title="Best score by time",
        name=name,
    )


def _figure(
    found: ComparedSearches,
    steps_of: Callable[[ComparedSearch], Sequence[Step]],
    at: Callable[[int, Step], float],
    *,
    label: str,
    title: str,
    name: str,
) -> Figure | None:
    drawn = [(each, scored) for each in found.searches if (scored := _scored(steps_of(each), at))][
        :_MOST
    ]
    if not drawn:
        return None
    bests = [best for _, scored in drawn for _, best in scored]
    floor = lowest_shown(bests)
    texts = list(shortened([each.title for each, _ in drawn], _NAME))

    def draw(canvas: Canvas) -> None:
        ax = canvas.add_subplot()
        handles = []
        for place, (_, scored) in enumerate(drawn):
            x = [each[0] for each in scored]
            y = np.maximum([each[1] for each in scored], floor)
            (line,) = ax.step(x, y, where="post", **style_of_candidate(place))
            handles.append(line)
        ax.set(xlabel=label, ylabel=found.scoring, ylim=score_limits(bests, floor))
        if label == "trials":
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.ticklabel_format(useOffset=False)
        legend_below(canvas, handles, texts, "", [""] * len(texts))

    reached = "; ".join(f"{each.title} {significant(scored[-1][1], 4)}" for each, scored in drawn)
    text = f"{title}, of {len(drawn)} searches. {found.scoring} reached: {reached}."
    caption = _CAPTION
    if min(bests) < floor:
        caption += " Lower scores are drawn at the lower edge."
    if len(found.searches) > _MOST:
        caption += f" The first {_MOST} of {len(found.searches)} searches are drawn."
    svg = draw_panels(draw, (WIDTH, 3.4 + legend_height(texts)), name, text)
    return Figure(title, svg, text, caption, _table(found, name))


def _scored(steps: Sequence[Step], at: Callable[[int, Step], float]) -> list[tuple[float, float]]:
    """Return where the best score changes, and the last trial."""
    known = [(place, step) for place, step in enumerate(steps) if not np.isnan(step.best)]
    turns = [(at(place, step), step.best) for place, step in known if step.improves]
    return [*turns, (at(len(steps) - 1, steps[-1]), known[-1][1].best)] if known else []


def _table(found: ComparedSearches, name: str) -> Table:
    common = min(len(each.course.by_trial) for each in found.searches)
    columns = (
        Column("search", "search"),
        Column("algorithm", "algorithm"),
        Column("best", f"best {found.scoring}", "general", 5),
        Column("after", f"best after {counted(common, 'trial')}", "general", 5),
        Column("trials", "trials", "integer"),
        Column("found", "trial of the best", "integer", note="number of trials until then"),
        Column("seconds", "seconds until then", "number", 1),
        Column("test", "test split", "general", 5),
    )
    rows = []
    for each in found.searches:
        winner, steps = each.course.winner, each.course.by_trial
        rows.append(
            (
                each.title,
                each.algorithm,
                None if winner is None else winner.best,
                best_after(each.course, common),
                len(steps),
                None if winner is None else steps.index(winner) + 1,
                None if winner is None else winner.seconds,
                each.test_score,
            )
        )
    return Table(f"{name}-data", "The searches compared", columns, tuple(rows))
