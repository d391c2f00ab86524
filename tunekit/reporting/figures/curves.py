"""What figures of curves from 0 to 1 have in common."""

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
from tunekit.reporting.figures.marks import text_width
from tunekit.reporting.figures.svg import COLORS, DASHES, EDGE, INK, SOFT, draw_panels
from tunekit.reporting.tables.evaluation import MOST_ROWS

#: Width of a figure, in inches; on a phone its text is as large as the page's small print.
WIDTH = 5.4

#: Classes up to which each has a curve; above, the worst few are drawn.
MOST_CLASSES, WORST = 10, 5

_NAMES, _WHOLE_NAME = (18, 12), 44  # characters of a name in a legend of two columns, and of one
_TEXT = 8.2  # size of the legend's text
_HALF = 157  # points for a text in one of two columns
_ROW = 0.2  # inches of a row of the legend
_PANEL = 2.75  # inches of a square panel with what is written around it
_POINTS = 80  # of a curve in a panel of that size

#: Colours that are seen on white and on black; with the dashes they tell 32 lines apart.
_LINES = [COLORS[i] for i in (0, 1, 2, 3, 4, 5, 7, 9)]

#: Straight from point to point, or a stair that ends in each.
DrawStyle = Literal["default", "steps-pre"]

#: Sides of the enlarged corner.
_CORNERS = (0.02, 0.05, 0.1, 0.2, 0.3)


class Drawn(Protocol):
    """A curve of a class or of an average."""

    @property
    def label(self) -> str:
        """Name of the class, or of the average."""

    @property
    def kind(self) -> Kind:
        """What it is of."""


_Curve = TypeVar("_Curve", bound=Drawn)


@dataclass(frozen=True)
class Line:
    """A curve as it is drawn.

    Attributes
    ----------
    x, y : ndarray of shape (n_points,)
    low, high : ndarray of shape (n_points,)
        Of the band around it, which is drawn where it is not empty and ``banded``.
    look : mapping
        Colour, line style and width.
    text : str
        In the legend.
    banded : bool
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    look: dict[str, Any]
    text: str
    banded: bool


def chosen(curves: Sequence[_Curve], value: Callable[[_Curve], float]) -> tuple[list[_Curve], str]:
    """Return the curves to draw and, where some are left out, a sentence on it.

    Parameters
    ----------
    curves : sequence
        Averages among them.
    value : callable
        Of a curve; the smaller, the worse.
    """
    classes = [each for each in curves if each.kind == "class"]
    averages = [each for each in curves if each.kind != "class"]
    if len(classes) <= MOST_CLASSES:
        return [*averages, *classes], ""
    worst = sorted(classes, key=value)[:WORST]
    return [*averages, *worst], (
        f"Of {len(classes)} classes only the averages and the {WORST} worst are drawn."
    )


def listed(curves: Sequence[_Curve], value: Callable[[_Curve], float]) -> tuple[list[_Curve], str]:
    """Return the curves that a table lists, and a sentence on it: of many classes the worst."""
    classes = [each for each in curves if each.kind == "class"]
    if len(classes) <= MOST_ROWS:
        return list(curves), ""
    averages = [each for each in curves if each.kind != "class"]
    worst = sorted(classes, key=value)[:MOST_ROWS]
    return [
        *averages,
        *worst,
    ], f" The averages and the {MOST_ROWS} worst of {len(classes)} classes."


def is_banded(curve: Drawn, curves: Sequence[Drawn]) -> bool:
    """Tell whether a curve has its band drawn: bands of many would hide one another."""
    return curve.kind == "macro" or len(curves) == 1


def looks(curves: Sequence[Drawn]) -> list[dict[str, Any]]:
    """Return how each curve is drawn: averages in ink, classes by colour and dash."""
    found: list[dict[str, Any]] = []
    number = 0
    for each in curves:
        if each.kind != "class":
            dash = "-" if each.kind == "macro" else (0, (1, 1))
            found.append({"color": INK, "linestyle": dash, "linewidth": 2.2, "zorder": 4})
            continue
        dash = DASHES[(number + number // len(_LINES)) % len(DASHES)]
        width = 2.0 if len(curves) == 1 else 1.3
        color = _LINES[number % len(_LINES)]
        found.append({"color": color, "linestyle": dash, "linewidth": width, "zorder": 3})
        number += 1
    return found


def legend_texts(curves: Sequence[Drawn], values: Sequence[str]) -> list[str]:
    """Return short names of the classes among curves, and the averages' own, with their values."""
    labels = [each.label for each in curves if each.kind == "class"]
    texts: list[str] = []
    for limit in (*_NAMES, _WHOLE_NAME):
        short = iter(shortened(labels, limit))
        texts = [
            f"{next(short) if each.kind == 'class' else each.label}: {value}"
            for each, value in zip(curves, values, strict=True)
        ]
        unlike = len({label[: limit - 1] for label in labels}) == len(labels)
        if unlike and _fit(texts):
            break
    return texts


def _fit(texts: Sequence[str]) -> bool:
    return max(text_width(text, _TEXT) for text in texts) <= _HALF


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
    """Return curves in the unit square, beside it the corner where good ones are, and a legend.

    Parameters
    ----------
    lines : sequence of Line
    drawstyle : {"default", "steps-pre"}
    axes : (str, str)
        What is measured along them.
    best : (float, float)
        The corner of a perfect model.
    base : callable
        Draws what a model that guesses would give.
    name, text : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.
    title : str
        Of the legend.
    """
    side = _corner(lines, best)
    columns = 2 if len(lines) > 1 and _fit([line.text for line in lines]) else 1
    rows = -(-len(lines) // columns) + 1

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
        canvas.legend(
            handles,
            [line.text for line in lines],
            title=title,
            loc="outside lower left",
            ncols=columns,
            alignment="left",
            fontsize=_TEXT,
            handlelength=2.6,
            columnspacing=1.2,
            borderaxespad=0.8,
        )

    height = (_PANEL if side else 3.7) + 0.15 + rows * _ROW
    return draw_panels(draw, (WIDTH, height), name, text)


def _draw_line(ax: Axes, line: Line, drawstyle: DrawStyle) -> Artist:
    kept = thinned(line.x, line.y, _POINTS) if drawstyle == "default" else slice(None)
    x, y, low, high = (each[kept] for each in (line.x, line.y, line.low, line.high))
    if line.banded and (high > low).any():
        fill: dict[str, Any] = {"color": line.look["color"], "alpha": 0.16, "linewidth": 0}
        fill["step"] = "pre" if drawstyle == "steps-pre" else None
        ax.fill_between(x, low, high, zorder=1, **fill)
    (drawn,) = ax.plot(x, y, drawstyle=drawstyle, **line.look)
    return drawn


def _enlarge(whole: Axes, ax: Axes, side: float, best: tuple[float, float]) -> None:
    """Turn the second panel into a corner of the first, and mark it there."""
    limits = [(at, at + side) if at == 0 else (at - side, at) for at in best]
    (left, right), (bottom, top) = limits
    ax.set(xlim=_ends(left, right), ylim=_ends(bottom, top))
    ax.set_title("the marked corner, enlarged", fontsize=9)
    ax.locator_params(nbins=4)
    mark: dict[str, Any] = {"fill": False, "edgecolor": SOFT, "linewidth": 0.8, "zorder": 5}
    whole.add_patch(Rectangle((left, bottom), right - left, top - bottom, **mark))
    whole.set_title(" ", fontsize=9)  # both panels as high


def _ends(low: float, high: float) -> tuple[float, float]:
    """Return an axis's ends, a little apart from what is drawn along them."""
    return low - 0.015 * (high - low), high + 0.015 * (high - low)


def _corner_of(line: Line, side: float, best: tuple[float, float]) -> Line:
    """Return the part of a curve that can be seen in a corner, and its neighbours."""
    near = 1.1 * side
    seen = (np.abs(line.x - best[0]) <= near) & (line.high >= best[1] - near)
    if best[0] == 0:  # such a curve rises to the corner, the other kind falls from it
        seen = np.abs(line.x - best[0]) <= near
    kept = np.flatnonzero(seen)
    first, last = max(int(kept[0]) - 1, 0), min(int(kept[-1]) + 2, len(line.x))
    part = slice(first, last)
    return replace(line, x=line.x[part], y=line.y[part], low=line.low[part], high=line.high[part])


def _corner(lines: Iterable[Line], best: tuple[float, float]) -> float:
    """Return the side of a corner that shows how the curves differ; 0 where none would."""
    away = max(
        float(np.maximum(np.abs(line.x - best[0]), np.abs(line.y - best[1])).min())
        for line in lines
    )
    if not away:
        return 0.0
    return next((side for side in _CORNERS if 2.5 * away <= side), 0.0)


def chance(ax: Axes) -> None:
    """Draw the diagonal."""
    ax.plot([0, 1], [0, 1], color=EDGE, linestyle=(0, (1, 2)), linewidth=1.2, zorder=2)
