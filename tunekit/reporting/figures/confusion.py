"""Confusion matrices: a figure up to 20 classes, an HTML table up to 50, else only a list."""

from __future__ import annotations

from dataclasses import replace
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
from tunekit.reporting.figures.svg import COLORS, GRID, Figure, draw_svg, text_width
from tunekit.reporting.tables.confusion import confusion_table, shade
from tunekit.reporting.tables.evaluation import mixups_table

#: Largest number of labels of a figure, and of an HTML table.
MOST_DRAWN, MOST_WRITTEN = 20, 50

#: Cell colours by tenths of the share; they and the cell text do not change on dark pages.
SHADES: list[str] = sns.light_palette(COLORS[0], 14).as_hex()[1:11]

#: Colour of the cell text; its contrast to every cell colour is at least 5 to 1.
CELL_TEXT = "#0b1320"

_NAME = 16  # characters of a name
_NARROW = 10  # labels up to which the figure fits in half of the page
_LISTED = 3  # mistakes in the caption; the table lists all
_DIGIT = 0.64  # width of a digit of size 1
_SMALL, _SMALL_NAME = 2.5, 10  # inches of the side of a small matrix; characters of a name
_SMALLEST_TEXT = 5.5  # points, below which shares are not written


def draw_confusion(confusion: Confusion, name: str) -> Figure | None:
    """Draw a confusion matrix: each cell has the count and the share of the true class.

    Parameters
    ----------
    confusion : Confusion
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.

    Returns
    -------
    Figure or None
        None for more than 50 labels. With 21 to 50 labels, the matrix is an HTML table.
    """
    n_labels = len(confusion.labels)
    if n_labels > MOST_WRITTEN:
        return None
    text = _text(confusion)
    is_figure = n_labels <= MOST_DRAWN
    caption = "Rows: true classes. Columns: predicted classes. " + (
        "Cells: count and share of the true class, which is also the colour."
        if is_figure
        else "Cells: count; the colour is the share of the true class."
    )
    if confusion.total > confusion.n_rows:
        caption += (
            f" {counted(confusion.total, 'prediction')} of {counted(confusion.n_rows, 'row')}: a "
            "row that is in several validation splits counts once for each."
        )
    if len(confusion.worst) > 2:  # noqa: PLR2004 - two classes have no more
        caption += f" Most frequent mistakes: {_most_frequent(confusion)}."
    if confusion.unseen:
        unseen = ", ".join(shortened(confusion.unseen[:3], _NAME))
        caption += f" Not in the training rows: {unseen}; all rows of such a class are errors."
    svg = _draw_matrix(confusion, name, text) if is_figure else confusion_table(confusion, text)
    return Figure(
        "Confusion matrix",
        svg,
        text,
        caption,
        mixups_table(confusion, name),
        wide=n_labels > _NARROW,
    )


def _text(confusion: Confusion) -> str:
    correct = confusion.total - confusion.wrong
    words = (
        f"Confusion matrix: {confusion.wrong:,} of {counted(confusion.total, 'prediction')} are"
        f" wrong, {percent(correct / confusion.total)} are correct."
    )
    if confusion.total > confusion.n_rows:
        words += f" Some of the {counted(confusion.n_rows, 'row')} were predicted several times."
    if not confusion.worst:
        return words
    worst = confusion.worst[0]
    return (
        f"{words} Most frequent mistake: class {worst.true} predicted as {worst.predicted},"
        f" {counted(worst.count, 'time')}, {percent(worst.share)} of its rows."
    )


def _most_frequent(confusion: Confusion) -> str:
    names = dict(zip(confusion.labels, shortened(confusion.labels, _NAME), strict=True))
    return "; ".join(
        f"{names[each.true]} predicted as {names[each.predicted]}"
        f" ({counted(each.count, 'time')}, {percent(each.share)})"
        for each in confusion.worst[:_LISTED]
    )


def draw_small_matrix(confusion: Confusion, name: str) -> Markup:
    """Draw the confusion matrix of one of several panels, without a caption.

    Parameters
    ----------
    confusion : Confusion
        With at most 20 labels.
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.
    """
    n_labels = len(confusion.labels)
    side = min(max(1.5, 0.5 * n_labels), _SMALL)
    names = shortened(confusion.labels, _SMALL_NAME)
    longest = max(text_width(each, 9) for each in names)
    margin = 0.55 + longest / 72
    upright = longest > 72 * side / n_labels - 4
    size = (side + margin, side + (margin if upright else 0.5))
    shown = replace(confusion, labels=names)
    return draw_svg(
        lambda ax: _draw_cells(ax, shown, side, upright=upright, size=9),
        size,
        name,
        _text(confusion),
    )


def _draw_matrix(confusion: Confusion, name: str, text: str) -> Markup:
    n_labels = len(confusion.labels)
    names = shortened(confusion.labels, _NAME)
    side = min(max(2.6, 0.45 * n_labels), 4.3) if n_labels <= _NARROW else 0.42 * n_labels
    longest = max(text_width(each, 10) for each in names)
    upright = longest > 72 * side / n_labels - 4
    margin = 0.45 + longest / 72  # for the names
    size = (max(WIDTH, side + margin), side + (margin if upright else 0.6))
    shown = replace(confusion, labels=names)
    return draw_svg(lambda ax: _draw_cells(ax, shown, side, upright=upright), size, name, text)


def _draw_cells(
    ax: Axes, confusion: Confusion, side: float, *, upright: bool, size: float = 10
) -> None:
    """Draw a matrix with a side in inches and with names of a font size."""
    n_labels = len(confusion.labels)
    sns.heatmap(
        np.array([[shade(share) for share in row] for row in np.nan_to_num(confusion.shares)]),
        ax=ax,
        mask=confusion.counts == 0,
        cmap=ListedColormap(SHADES),
        vmin=0,
        vmax=len(SHADES) - 1,
        square=True,
        cbar=False,
        xticklabels=confusion.labels,
        yticklabels=confusion.labels,
    )
    ax.collections[0].set_clip_on(False)  # saves a clip path per cell
    ax.grid(visible=False)
    ax.set_axisbelow(False)
    for ticks in (ax.set_xticks, ax.set_yticks):
        ticks(np.arange(n_labels + 1), minor=True)
    ax.grid(which="minor", color=GRID, linewidth=0.8)
    _annotate(ax, confusion, 72 * side / n_labels)
    ax.set_xlabel("predicted", fontsize=size)
    ax.set_ylabel("true", fontsize=size)
    ax.tick_params(which="both", length=0, labelsize=size)
    ax.tick_params(axis="x", rotation=90 if upright else 0)
    ax.tick_params(axis="y", rotation=0)


def _annotate(ax: Axes, confusion: Confusion, cell: float) -> None:
    """Write the count and the share into each non-empty cell; ``cell`` is its side in points."""
    digits = max(len(f"{confusion.counts.max()}"), 3)
    size = min(11.0, 0.38 * cell, 0.9 * cell / (_DIGIT * digits))
    style: dict[str, Any] = {"ha": "center", "va": "center", "color": CELL_TEXT}
    only_counts = 0.76 * size < _SMALLEST_TEXT
    offset = 0.0 if only_counts else min(0.2, 0.62 * size / cell)  # of two lines from the middle
    for row, column in zip(*np.nonzero(confusion.counts), strict=True):
        count, share = confusion.counts[row, column], confusion.shares[row, column]
        ax.text(column + 0.5, row + 0.5 - offset, str(count), fontsize=size, **style)
        if not only_counts:
            ax.text(column + 0.5, row + 0.5 + offset, percent(share), fontsize=0.76 * size, **style)
