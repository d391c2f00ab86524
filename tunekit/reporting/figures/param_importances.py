"""Parameter importances as bars."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from tunekit.analysis.search.param_importances import FEW, Shares
from tunekit.core.text import shortened
from tunekit.reporting.figures.svg import COLORS, INK, Figure, draw_svg
from tunekit.reporting.tables.table import Column, Table

_MOST = 12  # bars
_NAMED = 3  # named in the text
_HEIGHT = 0.24  # inches per bar


def draw_shares(shares: Shares, name: str) -> Figure | None:
    """Draw the importances as bars with their range over resamples; None without any."""
    if not shares.shares:
        return None
    shown = shares.shares[:_MOST]

    def draw(ax: Axes) -> None:
        y = np.arange(len(shown))
        ax.barh(y, [each.share for each in shown], height=0.62, color=COLORS[0], alpha=0.55)
        ax.hlines(
            y, [each.low for each in shown], [each.high for each in shown], color=INK, linewidth=1.4
        )
        ends = np.array([[each.low, each.high] for each in shown])
        ax.plot(ends.ravel(), np.repeat(y, 2), "|", color=INK, markersize=6)
        ax.set_yticks(y, [shortened(each.label, 28) for each in shown])
        ax.invert_yaxis()
        ax.set_xlim(0, max(0.05, 1.04 * max(max(each.share, each.high) for each in shown)))
        ax.set_xlabel("importance")
        ax.grid(axis="y", visible=False)

    first = ", ".join(
        f"{each.label} {each.share:.0%} ({each.low:.0%} to {each.high:.0%})"
        for each in shares.shares[:_NAMED]
    )
    text = f"Importance for reaching the best 10% of {shares.n_trials} trials: {first}."
    caption = (
        "Bars: all trials. Lines: the middle 90% of 20 resamples of the trials; if they are long "
        "or overlap, the order is uncertain. Importances depend on the sampler, the ranges and "
        "the trials: they describe this search only."
    )
    if shares.n_trials < FEW:
        caption += (
            f" The best 10% of {shares.n_trials} trials are fewer than five, so these values are "
            f"only a rough indication."
        )
    size = (5.2, 0.9 + _HEIGHT * len(shown))
    svg = draw_svg(draw, size, name, text)
    return Figure("Parameter importances", svg, text, caption, _table(shares, name))


def _table(shares: Shares, name: str) -> Table:
    return Table(
        name,
        "Importance of each parameter, with the middle 90% of resamples",
        (
            Column("parameter", "parameter"),
            Column("share", "importance", "percent", 1),
            Column("low", "from", "percent", 1),
            Column("high", "to", "percent", 1),
        ),
        tuple((each.label, each.share, each.low, each.high) for each in shares.shares),
    )
