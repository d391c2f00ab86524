"""Predicted against true values, and what is left between them."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from tunekit.analysis.metrics.residuals import Residuals
from tunekit.analysis.text import counted, significant
from tunekit.reporting.figures.curves import WIDTH
from tunekit.reporting.figures.marks import draw_dots
from tunekit.reporting.figures.svg import COLORS, EDGE, Figure, draw_panels, draw_svg
from tunekit.reporting.tables.evaluation import errors_table
from tunekit.reporting.tables.table import Column, Table

_SIZE = (WIDTH, 4.2)
_DOTTED = (0, (1, 2))


def predicted_against_true(found: Residuals, name: str) -> Figure:
    """Draw each row's predicted against its true value.

    Parameters
    ----------
    found : Residuals
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.

    Returns
    -------
    Figure
    """
    errors = found.errors
    text = (
        f"Predicted against true values of {counted(found.n_rows, 'prediction')}:"
        f" R² {significant(errors.r2)}, mean absolute error {significant(errors.mae)}, root mean"
        f" squared error {significant(errors.rmse)}. Predicting the mean of these rows for each"
        f" would give {significant(found.of_mean.mae)} and {significant(found.of_mean.rmse)}."
    )
    both = np.concatenate([found.true, found.predicted])
    ends = [both.min(), both.max()]

    def draw(ax: Axes) -> None:
        ax.plot(ends, ends, color=EDGE, linestyle=_DOTTED, linewidth=1.4, zorder=1)
        draw_dots(ax, found.true, found.predicted)
        ax.set(xlabel="true value", ylabel="predicted value")

    caption = "On the dotted line a prediction is exact; above it the model says too much."
    return Figure(
        "Predicted and true",
        draw_svg(draw, _SIZE, name, text),
        text,
        _with_notes(caption, found),
        errors_table(found, name),
    )


def residuals_against_predicted(found: Residuals, name: str) -> Figure:
    """Draw each row's residual against its predicted value."""
    residuals = found.predicted - found.true
    largest = int(np.argmax(np.abs(residuals)))
    text = (
        f"Residuals, predicted less true value, of {counted(found.n_rows, 'prediction')}: their"
        f" mean is {significant(found.bias)}, the largest {significant(residuals[largest])}, where"
        f" the true value is {significant(found.true[largest])}."
    )

    def draw(ax: Axes) -> None:
        ax.axhline(0, color=EDGE, linestyle=_DOTTED, linewidth=1.4, zorder=1)
        draw_dots(ax, found.predicted, residuals)
        ax.set(xlabel="predicted value", ylabel="predicted minus true")

    caption = (
        "A good model leaves a level cloud around the dotted line: a bend is something that it"
        " has not learned, a funnel says that large values are harder."
    )
    table = Table(
        f"{name}-data",
        "The largest residuals.",
        (
            Column("true", "true value", "general"),
            Column("predicted", "predicted value", "general"),
            Column("residual", "predicted minus true", "general"),
        ),
        tuple(
            (float(found.true[i]), float(found.predicted[i]), float(residuals[i]))
            for i in np.argsort(-np.abs(residuals), kind="stable")[:20]
        ),
    )
    svg = draw_svg(draw, _SIZE, name, text)
    return Figure("Residuals", svg, text, _with_notes(caption, found), table)


def normal_quantiles(found: Residuals, name: str) -> Figure | None:
    """Draw standardised residuals against those of a normal sample; None where all are equal."""
    points = found.quantiles
    if points is None:
        return None
    outside = (points.observed < points.low) | (points.observed > points.high)
    smallest, largest = (
        f"{significant(points.observed[i])} standard deviations, where a normal one would lie at"
        f" {significant(points.expected[i])}"
        for i in (0, -1)
    )
    text = (
        f"Normal quantiles of {counted(found.n_rows, 'residual')}: the smallest lies at {smallest};"
        f" the largest at {largest}. {int(outside.sum())} of {len(outside)} points drawn are"
        " outside of the band."
    )
    line = points.expected[[0, -1]]

    def draw(ax: Axes) -> None:
        ax.fill_between(
            points.expected, points.low, points.high, color=EDGE, alpha=0.25, linewidth=0
        )
        ax.plot(line, line, color=EDGE, linestyle=_DOTTED, linewidth=1.4, zorder=1)
        draw_dots(ax, points.expected, points.observed)
        ax.set(xlabel="normal quantile", ylabel="standardised residual")

    caption = (
        "On the dotted line residuals are distributed normally. Each point of a normal sample lies"
        f" in the band with a probability of {100 * points.level:g}%. Ends that leave it upwards"
        " on the right or downwards on the left are errors larger than normal ones."
    )
    told = np.unique(np.linspace(0, len(outside) - 1, 41).astype(int))
    table = Table(
        f"{name}-data",
        "Normal quantiles and standardised residuals.",
        (
            Column("expected", "normal quantile", "number", 3),
            Column("observed", "standardised residual, band of a normal sample", "interval", 3),
        ),
        tuple(
            (
                float(points.expected[i]),
                (float(points.observed[i]), float(points.low[i]), float(points.high[i])),
            )
            for i in told
        ),
    )
    svg = draw_svg(draw, _SIZE, name, text)
    return Figure("Normal quantiles of the residuals", svg, text, caption, table)


def error_by_quantile(found: Residuals, name: str) -> Figure:
    """Draw the mean absolute error and the bias by the size of the true value."""
    bins = found.bins
    worst = max(bins, key=lambda each: each.mae)
    text = (
        f"Error by the true value, in {counted(len(bins), 'bin')} of about as many rows. The mean"
        f" absolute error is largest between {significant(worst.low)} and"
        f" {significant(worst.high)}, {significant(worst.mae)}, where the bias is"
        f" {significant(worst.bias)}; over all rows it is {significant(found.errors.mae)}."
    )
    places = np.arange(len(bins))

    def draw(canvas: Canvas) -> None:
        ax = canvas.add_subplot()
        look: dict[str, Any] = {"color": COLORS[0], "alpha": 0.45, "height": 0.7, "linewidth": 0}
        bars = ax.barh(places, [each.mae for each in bins], **look)
        bias = ax.plot(
            [each.bias for each in bins],
            places,
            color=COLORS[3],
            marker="D",
            markersize=5,
            linestyle="--",
        )[0]
        ax.axvline(0, color=EDGE, linewidth=1)
        ax.grid(visible=False, axis="y")
        ax.set_yticks(
            places, [f"{significant(each.low)} to {significant(each.high)}" for each in bins]
        )
        ax.set(ylabel="true value", xlabel="error")
        canvas.legend(
            [bars[0], bias],
            ["mean absolute error", "bias: mean of predicted minus true"],
            loc="outside lower left",
            borderaxespad=0.8,
            ncols=2,
        )

    caption = (
        "Each bin has about as many rows. A model that is unsure keeps to the middle, so some bias"
        " upwards for small values and downwards for large ones is to be expected."
    )
    table = Table(
        f"{name}-data",
        "Error by quantile of the true value.",
        (
            Column("low", "true value from", "general"),
            Column("high", "to", "general"),
            Column("rows", "predictions", "integer"),
            Column("mae", "mean absolute error", "general"),
            Column("bias", "bias", "general"),
        ),
        tuple((each.low, each.high, each.n_rows, each.mae, each.bias) for each in bins),
    )
    svg = draw_panels(draw, _SIZE, name, text)
    return Figure("Error by quantile", svg, text, " ".join([caption, *found.notes]), table)


def _with_notes(caption: str, found: Residuals) -> str:
    if len(found.true) < found.n_rows:
        caption += (
            f" Drawn are {len(found.true)} of {found.n_rows:,} predictions, evenly spread over the"
            " true values, the largest errors among them."
        )
    return " ".join([caption, *found.notes])
