"""Confusion matrices: drawn up to 20 classes, as a table up to 50, above as a list alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import seaborn as sns
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from tunekit.analysis.labels import shortened
from tunekit.analysis.metrics.confusion import Confusion
from tunekit.analysis.text import counted, percent
from tunekit.reporting.figures.curves import WIDTH
from tunekit.reporting.figures.marks import text_width
from tunekit.reporting.figures.svg import COLORS, GRID, Figure, draw_svg
from tunekit.reporting.tables.confusion import matrix, shade
from tunekit.reporting.tables.evaluation import mixups_table

#: Labels up to which the matrix is drawn, and up to which it is written as a table.
MOST_DRAWN, MOST_WRITTEN = 20, 50

#: Fills of cells by tenths of their share. They and the text on them are the same on dark pages.
SHADES: list[str] = sns.light_palette(COLORS[0], 14).as_hex()[1:11]

#: What is written on them, with a contrast of at least 5 to 1.
CELL_TEXT = "#0b1320"

_NAME = 16  # characters of a name
_NARROW = 10  # labels up to which it fits into half of the page
_LISTED = 3  # mistakes under the figure; its table has all
_DIGIT = 0.64  # width of a digit of size 1


def confusion(found: Confusion, name: str) -> Figure | None:
    """Draw a confusion matrix: counts, and under each its share of the true class.

    Parameters
    ----------
    found : Confusion
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.

    Returns
    -------
    Figure or None
        None with more than 50 labels, where the list of mistakes says more. From 21 to 50 it is
        an HTML table with a cell for each pair.
    """
    n_labels = len(found.labels)
    if n_labels > MOST_WRITTEN:
        return None
    text = _text(found)
    drawn = n_labels <= MOST_DRAWN
    caption = "Rows are the true classes, columns the predicted ones; " + (
        "a cell has the count and its share of the true class, which is also its colour."
        if drawn
        else "a cell has the count, and its colour is the share of the true class."
    )
    if found.total > found.n_rows:
        caption += (
            f" These are {counted(found.total, 'prediction')} of {counted(found.n_rows, 'row')}: a "
            "row that several splits held out counts once for each."
        )
    if len(found.worst) > 2:  # noqa: PLR2004 - two classes have no more
        caption += f" Most often, {_most_frequent(found)}."
    if found.unseen:
        some = ", ".join(shortened(found.unseen[:3], _NAME))
        caption += f" The model never saw {some}: all these rows are errors."
    svg = _drawn(found, name, text) if drawn else matrix(found, text)
    return Figure(
        "Confusion matrix", svg, text, caption, mixups_table(found, name), wide=n_labels > _NARROW
    )


def _text(found: Confusion) -> str:
    right = found.total - found.wrong
    words = (
        f"Confusion matrix: {found.wrong:,} of {counted(found.total, 'prediction')} are wrong,"
        f" {percent(right / found.total)} are right."
    )
    if found.total > found.n_rows:
        words += f" These are {counted(found.n_rows, 'row')}, predicted several times."
    if not found.worst:
        return words
    worst = found.worst[0]
    return (
        f"{words} The most frequent mistake: class {worst.true} is taken for {worst.predicted},"
        f" {counted(worst.count, 'time')}, {percent(worst.share)} of its rows."
    )


def _most_frequent(found: Confusion) -> str:
    names = dict(zip(found.labels, shortened(found.labels, _NAME), strict=True))
    return "; ".join(
        f"{names[each.true]} is taken for {names[each.predicted]}"
        f" ({counted(each.count, 'time')}, {percent(each.share)})"
        for each in found.worst[:_LISTED]
    )


def _drawn(found: Confusion, name: str, text: str) -> Markup:
    n_labels = len(found.labels)
    names = shortened(found.labels, _NAME)
    side = min(max(2.6, 0.45 * n_labels), 4.3) if n_labels <= _NARROW else 0.42 * n_labels
    longest = max(text_width(each, 10) for each in names)
    upright = longest > 72 * side / n_labels - 4
    shades = np.array([[shade(share) for share in row] for row in np.nan_to_num(found.shares)])

    def draw(ax: Axes) -> None:
        sns.heatmap(
            shades,
            ax=ax,
            mask=found.counts == 0,
            cmap=ListedColormap(SHADES),
            vmin=0,
            vmax=len(SHADES) - 1,
            square=True,
            cbar=False,
            xticklabels=names,
            yticklabels=names,
        )
        ax.collections[0].set_clip_on(
            False
        )  # nothing of it lies outside, and each cell would say so
        ax.grid(visible=False)
        ax.set_axisbelow(False)
        for ticks in (ax.set_xticks, ax.set_yticks):
            ticks(np.arange(n_labels + 1), minor=True)
        ax.grid(which="minor", color=GRID, linewidth=0.8)
        _annotate(ax, found, 72 * side / n_labels)
        ax.set(xlabel="predicted", ylabel="true")
        ax.tick_params(which="both", length=0)
        ax.tick_params(axis="x", rotation=90 if upright else 0)
        ax.tick_params(axis="y", rotation=0)

    room = 0.45 + longest / 72  # for the names
    size = (max(WIDTH, side + room), side + (room if upright else 0.6))
    return draw_svg(draw, size, name, text)


def _annotate(ax: Axes, found: Confusion, cell: float) -> None:
    """Write the count and the share into each cell that has any; ``cell`` is its side in points."""
    digits = max(len(f"{found.counts.max()}"), 3)
    size = min(11.0, 0.38 * cell, 0.9 * cell / (_DIGIT * digits))
    where: dict[str, Any] = {"ha": "center", "va": "center", "color": CELL_TEXT}
    apart = min(0.2, 0.62 * size / cell)  # of the two lines from the middle
    for row, column in zip(*np.nonzero(found.counts), strict=True):
        count, share = found.counts[row, column], found.shares[row, column]
        ax.text(column + 0.5, row + 0.5 - apart, str(count), fontsize=size, **where)
        ax.text(column + 0.5, row + 0.5 + apart, percent(share), fontsize=0.76 * size, **where)
