"""Figures of learning curves: a line for the mean of the folds, and a band for how they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from tunekit.analysis.learning.bands import HELD_OUT, Band, band
from tunekit.analysis.text import significant
from tunekit.core.predictions import Curve
from tunekit.core.text import shortened
from tunekit.reporting.figures.svg import COLORS, DASHES, Figure, draw_svg, legend_beside
from tunekit.reporting.tables.table import Column, Table

_POINTS = 200  # of a line
_ROWS = 100  # of a table
_SIZE = (5.2, 3.4)
_LONGEST = 28  # characters of a metric
_KINDS = (("", "fitted on"), (HELD_OUT, "held out"))


def draw_curves(
    curves: Sequence[Curve], metric: str, *, name: str, who: str, fit: str = "fold"
) -> Figure | None:
    """Return a metric by epoch, on the rows fitted on and on those held out.

    Parameters
    ----------
    curves : sequence of Curve
        Of one configuration, one a fold.
    metric : str
        Without the prefix of the rows held out.
    name : str
        Of the figure, for its ids.
    who : str
        Whose curves these are, for the title.
    fit : str, default="fold"
        What each curve is of: a fold, a seed, or a fit, where there are several of both.

    Returns
    -------
    Figure or None
        None where there is no such metric.
    """
    found = {
        label: each for kind, label in _KINDS if (each := band(curves, kind + metric)) is not None
    }
    if not found:
        return None
    text = f"{metric} of {who} by epoch. " + " ".join(
        f"{label}: {_course(each)}." for label, each in found.items()
    )
    svg = draw_svg(lambda ax: _draw(ax, found, metric), _SIZE, name, text)
    title = f"{shortened(metric, _LONGEST)} of {who}"
    return Figure(title, svg, text, _caption(len(curves), fit), _table(name, found, fit))


def draw_together(
    finalists: Mapping[str, Sequence[Curve]], metric: str, *, name: str, fit: str = "fold"
) -> Figure | None:
    """Return a metric of several configurations on the rows held out; None where there is none.

    Parameters
    ----------
    finalists : mapping of str to sequence of Curve
        Curves of each, one a fold, by its name.
    metric : str
    name : str
        Of the figure, for its ids.
    fit : str, default="fold"
        What each curve is of.
    """
    bands = {who: band(curves, HELD_OUT + metric) for who, curves in finalists.items()}
    found = {who: each for who, each in bands.items() if each is not None}
    if not found:
        return None
    text = f"{metric} on the rows held out, by epoch. " + " ".join(
        f"{who}: {_course(each)}." for who, each in found.items()
    )
    svg = draw_svg(lambda ax: _draw(ax, found, metric), _SIZE, name, text)
    n_folds = max(len(curves) for curves in finalists.values())
    title = f"{shortened(metric, _LONGEST)} of the best, held out"
    return Figure(title, svg, text, _caption(n_folds, fit), _table(name, found, fit))


def _draw(ax: Axes, found: Mapping[str, Band], metric: str) -> None:
    for place, each in enumerate(found.values()):
        shown = _thinned(len(each.mean))
        color = COLORS[place % len(COLORS)]
        if each.n_folds.max() > 1:
            low, high = each.low[shown], each.high[shown]
            ax.fill_between(shown + 1, low, high, color=color, alpha=0.18, linewidth=0)
        style = DASHES[place % len(DASHES)]
        ax.plot(shown + 1, each.mean[shown], color=color, linestyle=style, linewidth=1.6)
    ax.set(xlabel="epoch", ylabel=shortened(metric, _LONGEST))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.ticklabel_format(useOffset=False)
    # Handles by hand: matplotlib hides a label that begins with an underscore.
    names = [shortened(who, _LONGEST) for who in found]
    if len(found) > 2:  # noqa: PLR2004 - more than the two kinds of rows
        legend_beside(ax, handles=list(ax.lines), labels=names)
    else:
        ax.legend(ax.lines, names)


def _caption(n_fits: int, fit: str) -> str:
    if n_fits == 1:
        return "One fit, so there is no band: on another split it may look different."
    return (
        f"Lines: the mean of {n_fits} fits, of those that still train. Bands: from the lowest "
        f"{fit} to the highest; they are no confidence interval."
    )


def _course(each: Band) -> str:
    known = np.flatnonzero(np.isfinite(each.mean))
    first, last = each.mean[known[0]], each.mean[known[-1]]
    rises = last > first  # as an accuracy does
    best = known[each.mean[known].argmax() if rises else each.mean[known].argmin()]
    return (
        f"from {significant(first, 4)} to {significant(last, 4)} in {len(each.mean)} epochs, "
        f"{'highest' if rises else 'lowest'} {significant(each.mean[best], 4)} at epoch {best + 1}"
    )


def _thinned(n: int, most: int = _POINTS) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.int64))


def _table(name: str, found: Mapping[str, Band], fit: str) -> Table:
    longest = max(len(each.mean) for each in found.values())
    columns = [Column("epoch", "epoch", "integer")]
    for i, who in enumerate(found):
        columns += [
            Column(f"mean{i}", who, "general", 4),
            Column(f"low{i}", f"lowest {fit}", "general", 4, hidden=True),
            Column(f"high{i}", f"highest {fit}", "general", 4, hidden=True),
        ]
    rows = []
    for epoch in _thinned(longest, _ROWS).tolist():
        row: list[float | None] = [epoch + 1]
        for each in found.values():
            there = epoch < len(each.mean)
            row += [float(v[epoch]) if there else None for v in (each.mean, each.low, each.high)]
        rows.append(tuple(row))
    return Table(
        name, f"Means by epoch, and the lowest and highest {fit}", tuple(columns), tuple(rows)
    )
