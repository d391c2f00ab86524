"""Reliability curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from tunekit.analysis.labels import shortened
from tunekit.analysis.metrics.calibration import Calibration, Reliability
from tunekit.analysis.metrics.rows import PLURAL, Noun
from tunekit.analysis.text import counted, percent, rate
from tunekit.reporting.figures.curves import WIDTH, draw_chance
from tunekit.reporting.figures.marks import draw_dots, draw_intervals
from tunekit.reporting.figures.svg import COLORS, SOFT, Figure, draw_panels, draw_svg
from tunekit.reporting.tables.table import Column, Table

_NAME = 12  # characters of a name above a small panel
_ACROSS = 5  # small panels per row


def draw_calibration(calibration: Calibration, name: str) -> Figure:
    """Draw the reliability of the positive class, or of the most probable of several classes.

    Parameters
    ----------
    calibration : Calibration
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.
    """
    curve = calibration.top or calibration.curves[0]
    text = _text(calibration, curve)
    (short,) = shortened([curve.label], 24)
    # The most probable of several classes rarely has a low probability.
    least = float(min(curve.forecast.min(), curve.low.min())) if calibration.top else 0.0
    ends = (least - 0.02 * (1 - least), 1 + 0.02 * (1 - least))

    def draw(ax: Axes) -> None:
        draw_chance(ax)
        _draw_points(ax, curve, size=6.0, width=1.6)
        ax.set(
            xlabel=f"mean predicted probability of {'the' if calibration.top else 'class'} {short}",
            ylabel="accuracy" if calibration.top else "share of the class",
            xlim=ends,
            ylim=ends,
            aspect="equal",
        )

    svg = draw_svg(draw, (WIDTH, 4.2), name, text)
    caption = " ".join([_caption(calibration), *calibration.notes])
    return Figure("Calibration", svg, text, caption, _table([curve], name))


def draw_calibration_by_class(calibration: Calibration, name: str) -> Figure | None:
    """Draw a small reliability curve for each of several classes.

    Parameters
    ----------
    calibration : Calibration
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.

    Returns
    -------
    Figure or None
        None for two classes, which have one curve, and for more than ten.
    """
    if calibration.top is None or not calibration.curves:
        return None
    return draw_calibrations(calibration.curves, name)


def draw_calibrations(
    curves: Sequence[Reliability], name: str, *, noun: Noun = "class", omitted: str = ""
) -> Figure:
    """Draw a small reliability curve for each of several classes or labels.

    Parameters
    ----------
    curves : sequence of Reliability
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.
    noun : {"class", "label"}, default="class"
        What a curve belongs to.
    omitted : str, default=""
        What is not drawn, in a sentence.
    """
    worst = max(curves, key=lambda each: each.brier)
    against = ", one against the rest" if noun == "class" else ""
    text = (
        f"Calibration of {len(curves)} {PLURAL[noun]}{against}. {noun.capitalize()} {worst.label}"
        f" has the largest Brier score, {rate(worst.brier)}; predicting its base rate gives"
        f" {rate(worst.brier_of_base)}."
    )
    columns = min(_ACROSS, len(curves))
    rows = -(-len(curves) // columns)
    names = shortened([each.label for each in curves], _NAME)

    def draw(canvas: Canvas) -> None:
        panels = canvas.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for ax, curve, short in zip(panels, curves, names, strict=False):
            draw_chance(ax)
            _draw_points(ax, curve, size=3.4, width=1.2)
            ax.set(
                xlim=(-0.04, 1.04), ylim=(-0.04, 1.04), aspect="equal", xticks=[0, 1], yticks=[0, 1]
            )
            ax.set_title(short, fontsize=9)
            ax.set_xlabel(rate(curve.brier), fontsize=8, color=SOFT)
        for ax in panels[len(curves) :]:
            ax.set_visible(False)
        canvas.supxlabel("mean predicted probability; below it, the Brier score", fontsize=9.5)
        canvas.supylabel(f"share of the {noun}", fontsize=9.5)

    svg = draw_panels(draw, (WIDTH, 0.55 + 1.42 * rows), name, text)
    caption = (
        f"{'One class against the rest. ' if noun == 'class' else ''}Predictions on the diagonal"
        f" are calibrated. The number is the Brier score of the {noun}; lower is better."
    )
    caption = " ".join(filter(None, [caption, omitted]))
    return Figure(f"Calibration by {noun}", svg, text, caption, _table(curves, name, noun))


def _draw_points(ax: Axes, curve: Reliability, *, size: float, width: float) -> None:
    ax.plot(curve.forecast, curve.observed, color=COLORS[0], linewidth=width, zorder=3)
    draw_dots(ax, curve.forecast, curve.observed, size=size, alpha=1.0)
    draw_intervals(ax, curve.forecast, curve.low, curve.high)


def _text(calibration: Calibration, curve: Reliability) -> str:
    gaps = curve.observed - curve.forecast
    largest = int(np.argmax(np.abs(gaps)))
    return (
        f"Calibration of {counted(calibration.n_rows, 'prediction')} in"
        f" {counted(len(curve.counts), 'bin')}. Brier score {rate(calibration.brier)}; predicting"
        f" the base rates gives {rate(calibration.brier_of_base)}. Largest difference: a mean"
        f" predicted probability of {percent(curve.forecast[largest])} against an observed"
        f" frequency of {percent(curve.observed[largest])}."
    )


def _caption(calibration: Calibration) -> str:
    kind = (
        "sum of squared differences over the classes, from 0 to 2"
        if calibration.top
        else f"of class {calibration.curves[0].label}, from 0 to 1"
    )
    return (
        "Predictions on the dotted diagonal are calibrated; above it the probabilities are too low,"
        " below it too high. Points: bins of equal size, with Wilson's"
        f" {100 * calibration.level:g}% interval. Brier score {rate(calibration.brier)} ({kind};"
        f" lower is better); predicting the base rates gives {rate(calibration.brier_of_base)}."
    )


def _table(curves: Sequence[Reliability], name: str, noun: Noun = "class") -> Table:
    several = len(curves) > 1
    columns = (
        *([Column("class", noun)] if several else []),
        Column("forecast", "mean predicted probability", "number", 3),
        Column("observed", "observed frequency", "interval", 3),
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
    caption = "Predicted probabilities and observed frequencies by bin"
    return Table(f"{name}-data", caption, columns, rows)
