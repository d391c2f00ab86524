"""Learning curves: the mean over folds as a line, the range as a band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from tunekit.analysis.learning.bands import HELD_OUT, Band, band
from tunekit.analysis.text import significant
from tunekit.core.numbers import spread_evenly
from tunekit.core.predictions import Curve
from tunekit.core.text import shortened
from tunekit.reporting.figures.candidates import Items
from tunekit.reporting.figures.curves import WIDTH, legend_below, legend_height, style_of_candidate
from tunekit.reporting.figures.svg import (
    COLORS,
    DASHES,
    Figure,
    draw_panels,
    draw_svg,
    legend_beside,
    mark_item,
)
from tunekit.reporting.tables.table import Column, Table

_POINTS = 200  # per line
_ROWS = 100  # per table
_SIZE = (5.2, 3.4)
_LONGEST = 28  # characters of a metric
_KINDS = (("", "training"), (HELD_OUT, "validation"))


def draw_curves(
    curves: Sequence[Curve], metric: str, *, name: str, who: str, fit: str = "fold"
) -> Figure | None:
    """Draw a metric by epoch, on the training and the validation rows.

    Parameters
    ----------
    curves : sequence of Curve
        Curves of one configuration, one per fold.
    metric : str
        Name without the prefix of the validation rows.
    name : str
        Name of the figure, the prefix of its ids.
    who : str
        The configuration, for the title.
    fit : str, default="fold"
        What each curve belongs to: ``"fold"``, ``"seed"``, or ``"fit"`` if both vary.

    Returns
    -------
    Figure or None
        None if there is no such metric.
    """
    bands = {
        label: each for kind, label in _KINDS if (each := band(curves, kind + metric)) is not None
    }
    if not bands:
        return None
    text = f"{metric} of {who} by epoch. " + " ".join(
        f"{label}: {_summary(each)}." for label, each in bands.items()
    )
    svg = draw_svg(lambda ax: _draw(ax, bands, metric), _SIZE, name, text)
    title = f"{shortened(metric, _LONGEST)} of {who}"
    return Figure(title, svg, text, _caption(len(curves), fit), _table(name, bands, fit))


def draw_together(
    finalists: Mapping[str, Sequence[Curve]], metric: str, *, name: str, fit: str = "fold"
) -> Figure | None:
    """Draw a metric of several configurations on the validation rows; None if it is missing.

    Parameters
    ----------
    finalists : mapping of str to sequence of Curve
        Curves of each configuration by its name, one per fold.
    metric : str
    name : str
        Name of the figure, the prefix of its ids.
    fit : str, default="fold"
        What each curve belongs to.
    """
    all_bands = {who: band(curves, HELD_OUT + metric) for who, curves in finalists.items()}
    bands = {who: each for who, each in all_bands.items() if each is not None}
    if not bands:
        return None
    text = f"{metric} on the validation rows by epoch. " + " ".join(
        f"{who}: {_summary(each)}." for who, each in bands.items()
    )
    svg = draw_svg(lambda ax: _draw(ax, bands, metric), _SIZE, name, text)
    n_folds = max(len(curves) for curves in finalists.values())
    title = f"Validation {shortened(metric, _LONGEST)} of the best configurations"
    return Figure(title, svg, text, _caption(n_folds, fit), _table(name, bands, fit))


def draw_by_candidate(
    curves: Mapping[str, Sequence[Curve]],
    metric: str,
    *,
    items: Items,
    name: str,
    fit: str = "fold",
) -> Figure | None:
    """Draw a metric of the candidates of a comparison by epoch; None if none has it.

    Parameters
    ----------
    curves : mapping of str to sequence of Curve
        Curves of each candidate by its name, one per fold and seed.
    metric : str
        Name with the prefix of the validation rows, if it is theirs.
    items : Items
        Candidates that are drawn.
    name : str
        Name of the figure, the prefix of its ids.
    fit : str, default="fold"
        What each curve belongs to.
    """
    places = {who: place for place, who in enumerate(items.names) if who in curves}
    all_bands = {who: band(curves[who], metric) for who in places}
    bands = {who: each for who, each in all_bands.items() if each is not None}
    if not bands:
        return None
    plain = metric.removeprefix(HELD_OUT)
    rows = "validation" if metric.startswith(HELD_OUT) else "training"
    text = f"{plain} on the {rows} rows by epoch. " + " ".join(
        f"{who}: {_summary(each)}." for who, each in bands.items()
    )

    shown = [items.item(places[who]) for who in bands]
    labels = [items.short(places[who]) for who in bands]

    def draw(canvas: Canvas) -> None:
        ax = canvas.add_subplot()
        for (who, each), item in zip(bands.items(), shown, strict=True):
            _draw_band(ax, each, style_of_candidate(places[who]), item)
        _label(ax, plain)
        legend_below(canvas, list(ax.lines), labels, "", shown)

    svg = draw_panels(draw, (WIDTH, 3.2 + legend_height(labels)), name, text)
    title = f"{rows.capitalize()} {shortened(plain, _LONGEST)} of the candidates"
    n_fits = max(len(curves[who]) for who in bands)
    return Figure(title, svg, text, _caption(n_fits, fit), _table(name, bands, fit))


def _draw(ax: Axes, bands: Mapping[str, Band], metric: str) -> None:
    for place, each in enumerate(bands.values()):
        style = {
            "color": COLORS[place % len(COLORS)],
            "linestyle": DASHES[place % len(DASHES)],
            "linewidth": 1.6,
        }
        _draw_band(ax, each, style)
    _label(ax, metric)
    # Explicit handles: matplotlib hides labels that begin with an underscore.
    names = [shortened(who, _LONGEST) for who in bands]
    if len(bands) > 2:  # noqa: PLR2004 - more than the two kinds of rows
        legend_beside(ax, handles=list(ax.lines), labels=names)
    else:
        ax.legend(ax.lines, names)


def _draw_band(ax: Axes, each: Band, style: Mapping[str, Any], item: str = "") -> None:
    shown = spread_evenly(len(each.mean), _POINTS)
    if each.n_folds.max() > 1:
        low, high = each.low[shown], each.high[shown]
        fill = ax.fill_between(shown + 1, low, high, color=style["color"], alpha=0.18, linewidth=0)
        mark_item(fill, item)
    (line,) = ax.plot(shown + 1, each.mean[shown], **style)
    mark_item(line, item)


def _label(ax: Axes, metric: str) -> None:
    ax.set(xlabel="epoch", ylabel=shortened(metric, _LONGEST))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.ticklabel_format(useOffset=False)


def _caption(n_fits: int, fit: str) -> str:
    if n_fits == 1:
        return "There is only one fit, so there is no band; other splits may look different."
    return (
        f"Lines: mean of {n_fits} fits, or of those that still train. Bands: from the lowest to "
        f"the highest {fit}, not a confidence interval."
    )


def _summary(each: Band) -> str:
    known = np.flatnonzero(np.isfinite(each.mean))
    first, last = each.mean[known[0]], each.mean[known[-1]]
    rises = last > first  # as an accuracy does
    best = known[each.mean[known].argmax() if rises else each.mean[known].argmin()]
    return (
        f"from {significant(first, 4)} to {significant(last, 4)} in {len(each.mean)} epochs, "
        f"{'highest' if rises else 'lowest'} {significant(each.mean[best], 4)} at epoch {best + 1}"
    )


def _table(name: str, bands: Mapping[str, Band], fit: str) -> Table:
    longest = max(len(each.mean) for each in bands.values())
    columns = [Column("epoch", "epoch", "integer")]
    for i, who in enumerate(bands):
        columns += [
            Column(f"mean{i}", who, "general", 4),
            Column(f"low{i}", f"lowest {fit}", "general", 4, hidden=True),
            Column(f"high{i}", f"highest {fit}", "general", 4, hidden=True),
        ]
    rows = []
    for epoch in spread_evenly(longest, _ROWS).tolist():
        row: list[float | None] = [epoch + 1]
        for each in bands.values():
            trained = epoch < len(each.mean)
            row += [float(v[epoch]) if trained else None for v in (each.mean, each.low, each.high)]
        rows.append(tuple(row))
    return Table(
        name, f"Means by epoch, with the lowest and the highest {fit}", tuple(columns), tuple(rows)
    )
