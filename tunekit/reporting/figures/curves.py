"""Curves in the unit square: what ROC and precision–recall figures share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypeVar

import numpy as np
from markupsafe import Markup
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from tunekit.analysis.labels import shortened
from tunekit.analysis.metrics.curves import thinned
from tunekit.analysis.metrics.roc import Kind
from tunekit.analysis.metrics.rows import PLURAL, Noun
from tunekit.reporting.figures.svg import (
    COLORS,
    DASHES,
    EDGE,
    INK,
    SOFT,
    draw_panels,
    mark_item,
    mark_legend,
    text_width,
)
from tunekit.reporting.tables.evaluation import MOST_ROWS

#: Width of a figure, in inches; chosen so that its text stays readable on a phone.
WIDTH = 5.4

#: Largest number of classes that are all drawn; number of worst classes drawn otherwise.
MOST_CLASSES, WORST = 10, 5

_NAMES, _WHOLE_NAME = (18, 12), 44  # characters of a name in a legend of two columns, of one
_TEXT = 8.2  # font size of the legend
_HALF = 157  # width of one of two legend columns, in points
_ROW = 0.2  # inches per row of the legend
_PANEL = 2.75  # inches of a square panel with its labels
_POINTS = 80  # per curve in a panel of that size

#: Colours visible on white and on black; with the line styles, 32 lines look different.
_LINES = [COLORS[i] for i in (0, 1, 2, 3, 4, 5, 7, 9)]

#: Straight lines between the points, or steps.
DrawStyle = Literal["default", "steps-pre"]

#: Possible sides of the enlarged corner.
_CORNERS = (0.02, 0.05, 0.1, 0.2, 0.3)
_MARGIN = 2.5  # side of the corner, relative to the distance of a curve from it


class Drawn(Protocol):
    """A curve of a class or of an average."""

    @property
    def label(self) -> str:
        """Name of the class, or of the average."""

    @property
    def kind(self) -> Kind:
        """Whether it is of a class, or which average it is."""


_Curve = TypeVar("_Curve", bound=Drawn)


@dataclass(frozen=True)
class Line:
    """A curve, ready to be drawn.

    Attributes
    ----------
    x, y : ndarray of shape (n_points,)
    low, high : ndarray of shape (n_points,)
        Of the band, which is drawn if ``banded`` and not empty.
    style : mapping
        Colour, line style and width.
    text : str
        Legend text.
    banded : bool
    item : str
        Name of the candidate that it belongs to, which the reader can hide; empty if none.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    style: dict[str, Any]
    text: str
    banded: bool
    item: str = ""


def chosen(
    curves: Sequence[_Curve], value: Callable[[_Curve], float], noun: Noun = "class"
) -> tuple[list[_Curve], str]:
    """Return the curves to draw, and a sentence if some are omitted.

    Parameters
    ----------
    curves : sequence
        Of the classes and the averages.
    value : callable
        Metric of a curve; higher is better.
    noun : {"class", "label"}, default="class"
        What a curve belongs to.
    """
    classes = [each for each in curves if each.kind == "class"]
    averages = [each for each in curves if each.kind != "class"]
    if len(classes) <= MOST_CLASSES:
        return [*averages, *classes], ""
    worst = sorted(classes, key=value)[:WORST]
    of_all = f"{len(classes)} {PLURAL[noun]}"
    note = f"Only the averages and the {WORST} worst of {of_all} are drawn."
    return [*averages, *worst], note


def listed(
    curves: Sequence[_Curve], value: Callable[[_Curve], float], noun: Noun = "class"
) -> tuple[list[_Curve], str]:
    """Return the curves that a table lists, and a sentence if some are omitted."""
    classes = [each for each in curves if each.kind == "class"]
    if len(classes) <= MOST_ROWS:
        return list(curves), ""
    averages = [each for each in curves if each.kind != "class"]
    worst = sorted(classes, key=value)[:MOST_ROWS]
    of_all = f"{len(classes)} {PLURAL[noun]}"
    note = f" Only the averages and the {MOST_ROWS} worst of {of_all} are listed."
    return [*averages, *worst], note


def is_banded(curve: Drawn, curves: Sequence[Drawn]) -> bool:
    """Return whether the band of a curve is drawn: the bands of many curves would overlap."""
    return curve.kind == "macro" or len(curves) == 1


def styles_of(curves: Sequence[Drawn]) -> list[dict[str, Any]]:
    """Return the style of each curve: dark averages, classes by colour and line style."""
    styles: list[dict[str, Any]] = []
    number = 0
    for each in curves:
        if each.kind != "class":
            dash = "-" if each.kind == "macro" else (0, (1, 1))
            styles.append({"color": INK, "linestyle": dash, "linewidth": 2.2, "zorder": 4})
            continue
        width = 2.0 if len(curves) == 1 else 1.3
        styles.append({**style_of_candidate(number), "linewidth": width})
        number += 1
    return styles


def style_of_candidate(place: int) -> dict[str, Any]:
    """Return the style of the candidate at a place in the ranking, the same in all figures."""
    return {
        "color": _LINES[place % len(_LINES)],
        "linestyle": DASHES[(place + place // len(_LINES)) % len(DASHES)],
        "linewidth": 1.6,
        "zorder": 3,
    }


def legend_texts(curves: Sequence[Drawn], values: Sequence[str]) -> list[str]:
    """Return the legend texts: names, shortened for classes, with their values."""
    labels = [each.label for each in curves if each.kind == "class"]
    texts: list[str] = []
    for limit in (*_NAMES, _WHOLE_NAME):
        short = iter(shortened(labels, limit))
        texts = [
            f"{next(short) if each.kind == 'class' else each.label}: {value}"
            for each, value in zip(curves, values, strict=True)
        ]
        distinct = len({label[: limit - 1] for label in labels}) == len(labels)
        if distinct and _fit(texts):
            break
    return texts


def draw_curves(
    lines: Sequence[Line],
    drawstyle: DrawStyle,
    axes: tuple[str, str],
    best: tuple[float, float],
    base: Callable[[Axes], None],
    *,
    name: str,
    text: str,
    title: str,
) -> Markup:
    """Draw curves in the unit square, next to an enlarged corner, with a legend below.

    Parameters
    ----------
    lines : sequence of Line
    drawstyle : {"default", "steps-pre"}
    axes : (str, str)
        Labels of the axes.
    best : (float, float)
        Corner of a perfect model.
    base : callable
        Draws the curve of a model that guesses.
    name, text : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.
    title : str
        Title of the legend.
    """
    side = _corner(lines, best)
    texts = [line.text for line in lines]

    def draw(canvas: Canvas) -> None:
        panels = canvas.subplots(1, 2) if side else [canvas.add_subplot()]
        handles: list[Artist] = []
        for place, ax in enumerate(panels):
            base(ax)
            shown = [_corner_of(line, side, best) if place else line for line in lines]
            handles = [_draw_line(ax, line, drawstyle) for line in shown]
            ax.set(xlabel=axes[0], xlim=_ends(0, 1), ylim=_ends(0, 1), aspect="equal")
        panels[0].set(ylabel=axes[1])
        if side:
            _enlarge(panels[0], panels[1], side, best)
        legend_below(canvas, handles, texts, title, [line.item for line in lines])

    height = (_PANEL if side else 3.7) + legend_height(texts)
    return draw_panels(draw, (WIDTH, height), name, text)


def legend_below(
    canvas: Canvas,
    handles: Sequence[Artist],
    texts: Sequence[str],
    title: str,
    items: Sequence[str],
) -> None:
    """Place a legend below the panels, in two columns if its texts are short.

    Parameters
    ----------
    canvas : Figure of matplotlib
        Of width :data:`WIDTH`.
    handles, texts : sequence
        Entries.
    title : str
    items : sequence of str
        Candidate of each entry, see :func:`~tunekit.reporting.figures.svg.mark_item`.
    """
    legend = canvas.legend(
        handles,
        texts,
        title=title,
        loc="outside lower left",
        ncols=_columns(texts),
        alignment="left",
        fontsize=_TEXT,
        handlelength=2.6,
        columnspacing=1.2,
        borderaxespad=0.8,
    )
    mark_legend(legend, items)


def legend_height(texts: Sequence[str]) -> float:
    """Return the height of a legend below the panels, in inches."""
    return 0.15 + (1 - (-len(texts) // _columns(texts))) * _ROW


def _columns(texts: Sequence[str]) -> int:
    return 2 if len(texts) > 1 and _fit(texts) else 1


def draw_chance(ax: Axes) -> None:
    """Draw the diagonal, the curve of a model that guesses."""
    ax.plot([0, 1], [0, 1], color=EDGE, linestyle=(0, (1, 2)), linewidth=1.2, zorder=2)


def _fit(texts: Sequence[str]) -> bool:
    return max(text_width(text, _TEXT) for text in texts) <= _HALF


def _draw_line(ax: Axes, line: Line, drawstyle: DrawStyle) -> Artist:
    points = thinned(line.x, line.y, _POINTS) if drawstyle == "default" else slice(None)
    x, y, low, high = (each[points] for each in (line.x, line.y, line.low, line.high))
    if line.banded and (high > low).any():
        fill: dict[str, Any] = {"color": line.style["color"], "alpha": 0.16, "linewidth": 0}
        fill["step"] = "pre" if drawstyle == "steps-pre" else None
        mark_item(ax.fill_between(x, low, high, zorder=1, **fill), line.item)
    (curve,) = ax.plot(x, y, drawstyle=drawstyle, **line.style)
    mark_item(curve, line.item)
    return curve


def _enlarge(whole: Axes, ax: Axes, side: float, best: tuple[float, float]) -> None:
    """Show a corner of the first panel in the second, and mark it in the first."""
    limits = [(at, at + side) if at == 0 else (at - side, at) for at in best]
    (left, right), (bottom, top) = limits
    ax.set(xlim=_ends(left, right), ylim=_ends(bottom, top))
    ax.set_title("marked corner, enlarged", fontsize=9)
    ax.locator_params(nbins=4)
    mark: dict[str, Any] = {"fill": False, "edgecolor": SOFT, "linewidth": 0.8, "zorder": 5}
    whole.add_patch(Rectangle((left, bottom), right - left, top - bottom, **mark))
    whole.set_title(" ", fontsize=9)  # gives both panels the same height


def _ends(low: float, high: float) -> tuple[float, float]:
    """Return the limits of an axis, with a small margin."""
    return low - 0.015 * (high - low), high + 0.015 * (high - low)


def _corner_of(line: Line, side: float, best: tuple[float, float]) -> Line:
    """Return the part of a curve that is visible in a corner, with its neighbouring points."""
    near = 1.1 * side
    visible = (np.abs(line.x - best[0]) <= near) & (line.high >= best[1] - near)
    if best[0] == 0:  # ROC curves rise to the corner; precision–recall curves fall from it
        visible = np.abs(line.x - best[0]) <= near
    indices = np.flatnonzero(visible)
    first, last = (max(int(indices[0]) - 1, 0), int(indices[-1]) + 2) if len(indices) else (0, 0)
    part = slice(first, last)
    return replace(line, x=line.x[part], y=line.y[part], low=line.low[part], high=line.high[part])


def _corner(lines: Iterable[Line], best: tuple[float, float]) -> float:
    """Return the side of the corner to enlarge; 0 if no corner would show more.

    Of several lines, at least two pass through the corner.
    """
    distances = sorted(
        float(np.maximum(np.abs(line.x - best[0]), np.abs(line.y - best[1])).min())
        for line in lines
    )
    near = [each for each in distances if _MARGIN * each <= _CORNERS[-1]]
    if len(near) < min(len(distances), 2) or not near[-1]:
        return 0.0
    return next(side for side in _CORNERS if _MARGIN * near[-1] <= side)
