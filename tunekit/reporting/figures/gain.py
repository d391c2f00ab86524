"""Cumulative gain and lift."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import PercentFormatter

from tunekit.analysis.labels import shortened
from tunekit.analysis.metrics.gain import TOLD, Gain
from tunekit.analysis.text import counted, percent
from tunekit.reporting.figures.curves import WIDTH
from tunekit.reporting.figures.svg import COLORS, EDGE, INK, Figure, draw_panels
from tunekit.reporting.tables.table import Column, Table

_DOTTED = (0, (1, 2))
_FROM = 0.02  # share of the rows from which lift is drawn; of fewer it jumps about


def gain(found: Gain, name: str) -> Figure:
    """Draw which share of the positives is found by looking at the most probable rows first.

    Parameters
    ----------
    found : Gain
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.

    Returns
    -------
    Figure
    """
    (short,) = shortened([found.positive], 16)
    several = found.n_folds > 1
    text = (
        f"Cumulative gain of {counted(found.n_rows, 'prediction')}: among the tenth with the"
        f" highest probability of class {found.positive} are {percent(found.at(0.1))} of all rows"
        f" of that class, {found.at(0.1) / 0.1:.2f} times as many as by chance; among a fifth,"
        f" {percent(found.at(0.2))}. At best they would be {percent(_best(found, 0.1))} and"
        f" {percent(_best(found, 0.2))}."
    )

    def draw(canvas: Canvas) -> None:
        left, right = canvas.subplots(1, 2, gridspec_kw={"wspace": 0.08})
        drawn = found.share >= _FROM
        share, lift = found.share[drawn], found.lift[drawn]
        (model,) = left.plot(found.share, found.gain, color=COLORS[0], linewidth=2, zorder=3)
        (best,) = left.plot(found.share, found.best, color=INK, linestyle="--", linewidth=1.2)
        (random,) = left.plot([0, 1], [0, 1], color=EDGE, linestyle=_DOTTED, linewidth=1.2)
        right.plot(share, lift, color=COLORS[0], linewidth=2, zorder=3)
        right.plot(share, found.best[drawn] / share, color=INK, linestyle="--", linewidth=1.2)
        right.axhline(1, color=EDGE, linestyle=_DOTTED, linewidth=1.2)
        if several:
            fill = {"color": COLORS[0], "alpha": 0.16, "linewidth": 0}
            left.fill_between(found.share, found.low, found.high, **fill)
            low, high = found.low[drawn] / share, found.high[drawn] / share
            right.fill_between(share, low, high, **fill)
        left.set(ylabel=f"found of class {short}", ylim=(-0.015, 1.015))
        left.yaxis.set_major_formatter(PercentFormatter(1))
        right.set(ylabel="lift: times as many as by chance")
        right.set_ylim(bottom=0)
        for ax in (left, right):
            ax.set(xlabel="share of the rows looked at", xlim=(-0.015, 1.015))
            ax.set_xticks([0, 0.25, 0.5, 0.75, 1])
            ax.xaxis.set_major_formatter(PercentFormatter(1))
        canvas.legend(
            [model, best, random],
            ["model", "best possible", "by chance"],
            loc="outside lower left",
            borderaxespad=0.8,
            ncols=3,
        )

    svg = draw_panels(draw, (WIDTH, 3.1), name, text)
    caption = (
        f"Rows are looked at by their probability of class {found.positive}, the highest first."
        " Left: which share of all rows of that class it finds; right: how many times as many as a"
        " random choice."
    )
    if several:
        caption += (
            f" Means over {found.n_folds} folds; the band is the spread over folds, one standard"
            " deviation either way, not an interval."
        )
    caption = " ".join([caption, *found.notes])
    return Figure("Gain and lift", svg, text, caption, _table(found, name))


def _best(found: Gain, share: float) -> float:
    return float(np.interp(share, found.share, found.best))


def _table(found: Gain, name: str) -> Table:
    columns = (
        Column("share", "of the rows", "percent", 0),
        Column("gain", f"of class {found.positive}", "percent", 1),
        Column("lift", "lift", "number", 2),
        Column("best", "best possible", "percent", 1),
    )
    rows = tuple(
        (share, found.at(share), found.at(share) / share, _best(found, share)) for share in TOLD
    )
    return Table(f"{name}-data", "Gain and lift.", columns, rows)
