"""Cumulative gain and lift."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from tunekit.analysis.labels import shortened
from tunekit.analysis.metrics.gain import REPORTED_SHARES, Gain
from tunekit.analysis.text import counted, percent
from tunekit.reporting.figures.curves import WIDTH
from tunekit.reporting.figures.svg import COLORS, EDGE, INK, Figure, draw_panels
from tunekit.reporting.tables.table import Column, Table

_CHANCE: dict[str, Any] = {"color": EDGE, "linestyle": (0, (1, 2)), "linewidth": 1.2}
_BEST: dict[str, Any] = {"color": INK, "linestyle": "--", "linewidth": 1.2}
_BAND: dict[str, Any] = {"color": COLORS[0], "alpha": 0.16, "linewidth": 0}
_FROM = 0.02  # smallest share of rows with a lift; below it the curve is too noisy


def draw_gain(gain: Gain, name: str) -> Figure:
    """Draw the share of the positive rows among the rows with the highest probability.

    Parameters
    ----------
    gain : Gain
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.
    """

    def draw(canvas: Canvas) -> None:
        left, right = canvas.subplots(1, 2, gridspec_kw={"wspace": 0.08})
        lines = _draw_gain(left, gain)
        _draw_lift(right, gain)
        for ax in (left, right):
            ax.set(xlabel="share of ranked rows", xlim=(-0.015, 1.015))
            ax.set_xticks([0, 0.25, 0.5, 0.75, 1])
            ax.xaxis.set_major_formatter(PercentFormatter(1))
        canvas.legend(
            lines,
            ["model", "best possible", "by chance"],
            loc="outside lower left",
            borderaxespad=0.8,
            ncols=3,
        )

    text = _text(gain)
    svg = draw_panels(draw, (WIDTH, 3.1), name, text)
    return Figure("Gain and lift", svg, text, _caption(gain), _table(gain, name))


def _draw_gain(ax: Axes, gain: Gain) -> list[Line2D]:
    """Draw the cumulative gain and return the lines: model, best possible, chance."""
    (model,) = ax.plot(gain.share, gain.gain, color=COLORS[0], linewidth=2, zorder=3)
    (best,) = ax.plot(gain.share, gain.best, **_BEST)
    (chance,) = ax.plot([0, 1], [0, 1], **_CHANCE)
    if gain.n_folds > 1:
        ax.fill_between(gain.share, gain.low, gain.high, **_BAND)
    (short,) = shortened([gain.positive], 16)
    ax.set(ylabel=f"share of class {short} found", ylim=(-0.015, 1.015))
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    return [model, best, chance]


def _draw_lift(ax: Axes, gain: Gain) -> None:
    shown = gain.share >= _FROM
    share = gain.share[shown]
    ax.plot(share, gain.lift[shown], color=COLORS[0], linewidth=2, zorder=3)
    ax.plot(share, gain.best[shown] / share, **_BEST)
    ax.axhline(1, **_CHANCE)
    if gain.n_folds > 1:
        ax.fill_between(share, gain.low[shown] / share, gain.high[shown] / share, **_BAND)
    ax.set(ylabel="lift: gain relative to chance")
    ax.set_ylim(bottom=0)


def _text(gain: Gain) -> str:
    return (
        f"Cumulative gain of {counted(gain.n_rows, 'prediction')}: the 10% of rows with the highest"
        f" probability of class {gain.positive} contain {percent(gain.at(0.1))} of that class,"
        f" {gain.at(0.1) / 0.1:.2f} times as many as by chance; the top 20% contain"
        f" {percent(gain.at(0.2))}. The best possible values are {percent(_best(gain, 0.1))} and"
        f" {percent(_best(gain, 0.2))}."
    )


def _caption(gain: Gain) -> str:
    caption = (
        f"Rows are ranked by predicted probability of class {gain.positive}, the highest first."
        " Left: the share of that class found so far. Right: the same,"
        " relative to a random order."
    )
    if gain.n_folds > 1:
        caption += (
            f" Means over {gain.n_folds} folds; the band is one standard deviation over folds, not"
            " a confidence interval."
        )
    return " ".join([caption, *gain.notes])


def _best(gain: Gain, share: float) -> float:
    return float(np.interp(share, gain.share, gain.best))


def _table(gain: Gain, name: str) -> Table:
    columns = (
        Column("share", "share of rows", "percent", 0),
        Column("gain", f"share of class {gain.positive}", "percent", 1),
        Column("lift", "lift", "number", 2),
        Column("best", "best possible", "percent", 1),
    )
    rows = tuple(
        (share, gain.at(share), gain.at(share) / share, _best(gain, share))
        for share in REPORTED_SHARES
    )
    return Table(f"{name}-data", "Gain and lift", columns, rows)
