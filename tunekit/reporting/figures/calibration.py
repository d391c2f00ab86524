"""Reliability curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from tunekit.analysis.labels import shortened
from tunekit.analysis.metrics.calibration import Calibration, Reliability
from tunekit.analysis.text import counted, percent, rate
from tunekit.reporting.figures.curves import WIDTH, chance
from tunekit.reporting.figures.marks import draw_dots, draw_reach
from tunekit.reporting.figures.svg import COLORS, SOFT, Figure, draw_panels, draw_svg
from tunekit.reporting.tables.table import Column, Table

_NAME = 12  # characters of a name above a small panel
_ACROSS = 5  # small panels in a row


def reliability(found: Calibration, name: str) -> Figure:
    """Draw how often rows were positive, or the most probable class right, by its probability.

    Parameters
    ----------
    found : Calibration
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.

    Returns
    -------
    Figure
    """
    curve = found.top or found.curves[0]
    what = (
        "the most probable class was right" if found.top else f"the row was of class {curve.label}"
    )
    text = _text(found, curve, what)
    (short,) = shortened([curve.label], 24)
    # The most probable of several classes is seldom improbable.
    least = float(min(curve.forecast.min(), curve.low.min())) if found.top else 0.0
    ends = (least - 0.02 * (1 - least), 1 + 0.02 * (1 - least))

    def draw(ax: Axes) -> None:
        chance(ax)
        _draw_points(ax, curve, size=6.0, width=1.6)
        ax.set(
            xlabel=f"mean probability of {'the' if found.top else 'class'} {short}",
            ylabel="how often it was right" if found.top else "how often it was that class",
            xlim=ends,
            ylim=ends,
            aspect="equal",
        )

    svg = draw_svg(draw, (WIDTH, 4.2), name, text)
    caption = " ".join([_caption(found), *found.notes])
    return Figure("Calibration", svg, text, caption, _table([curve], name))


def reliability_by_class(found: Calibration, name: str) -> Figure | None:
    """Draw a small reliability curve for each of several classes.

    Parameters
    ----------
    found : Calibration
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.

    Returns
    -------
    Figure or None
        None for two classes, which have one curve, and for more than ten.
    """
    if found.top is None or not found.curves:
        return None
    worst = max(found.curves, key=lambda each: each.brier)
    text = (
        f"Reliability of the probabilities of {len(found.curves)} classes, each against the rest."
        f" The largest Brier score is that of class {worst.label}, {rate(worst.brier)}; a forecast"
        f" of its base rate would score {rate(worst.brier_of_base)}."
    )
    columns = min(_ACROSS, len(found.curves))
    rows = -(-len(found.curves) // columns)
    names = shortened([each.label for each in found.curves], _NAME)

    def draw(canvas: Canvas) -> None:
        panels = canvas.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for ax, curve, short in zip(panels, found.curves, names, strict=False):
            chance(ax)
            _draw_points(ax, curve, size=3.4, width=1.2)
            ax.set(
                xlim=(-0.04, 1.04), ylim=(-0.04, 1.04), aspect="equal", xticks=[0, 1], yticks=[0, 1]
            )
            ax.set_title(short, fontsize=9)
            ax.set_xlabel(rate(curve.brier), fontsize=8, color=SOFT)
        for ax in panels[len(found.curves) :]:
            ax.set_visible(False)
        canvas.supxlabel("mean probability of the class, under it the Brier score", fontsize=9.5)
        canvas.supylabel("how often it was the class", fontsize=9.5)

    svg = draw_panels(draw, (WIDTH, 0.55 + 1.42 * rows), name, text)
    caption = (
        "As above, each class against the rest. On the diagonal a probability means what it says;"
        " the number is the class's Brier score, smaller is better."
    )
    table = _table(found.curves, name)
    return Figure("Calibration by class", svg, text, caption, table)


def _draw_points(ax: Axes, curve: Reliability, *, size: float, width: float) -> None:
    ax.plot(curve.forecast, curve.observed, color=COLORS[0], linewidth=width, zorder=3)
    draw_dots(ax, curve.forecast, curve.observed, size=size, alpha=1.0)
    draw_reach(ax, curve.forecast, curve.low, curve.high)


def _text(found: Calibration, curve: Reliability, what: str) -> str:
    gaps = curve.observed - curve.forecast
    largest = int(np.argmax(np.abs(gaps)))
    return (
        f"Reliability of the probabilities of {counted(found.n_rows, 'prediction')}, in"
        f" {counted(len(curve.counts), 'bin')}. Brier score {rate(found.brier)}; a forecast of the"
        f" base rates would score {rate(found.brier_of_base)}. Where the mean probability was"
        f" {percent(curve.forecast[largest])}, {what} in {percent(curve.observed[largest])} of"
        " cases, the largest difference."
    )


def _caption(found: Calibration) -> str:
    kind = (
        "the sum of squared differences over the classes, from 0 to 2"
        if found.top
        else f"of class {found.curves[0].label}, from 0 to 1"
    )
    return (
        "On the dotted diagonal a probability means what it says; above it things happen more"
        " often than that, below it less. A point is a bin of as many predictions as the others,"
        f" its bar Wilson's {100 * found.level:g}% interval. Brier score {rate(found.brier)}"
        f" ({kind}; smaller is better), against {rate(found.brier_of_base)} for a forecast of these"
        " rows' base rates."
    )


def _table(curves: Sequence[Reliability], name: str) -> Table:
    several = len(curves) > 1
    columns = (
        *([Column("class", "class")] if several else []),
        Column("forecast", "mean probability", "number", 3),
        Column("observed", "how often it happened", "interval", 3),
        Column("count", "predictions", "integer"),
    )
    rows = tuple(
        ((curve.label,) if several else ()) + (forecast, (observed, low, high), count)
        for curve in curves
        for forecast, observed, low, high, count in zip(
            curve.forecast.tolist(),
            curve.observed.tolist(),
            curve.low.tolist(),
            curve.high.tolist(),
            curve.counts.tolist(),
            strict=True,
        )
    )
    caption = "Probabilities and how often things happened, bin by bin."
    return Table(f"{name}-data", caption, columns, rows)
