"""Figures of a regression: predicted values, residuals, quantiles and errors by bin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from tunekit.analysis.metrics.residuals import ErrorBin, Residuals
from tunekit.analysis.text import counted, significant
from tunekit.reporting.figures.curves import WIDTH
from tunekit.reporting.figures.marks import draw_dots
from tunekit.reporting.figures.svg import COLORS, EDGE, Figure, draw_panels, draw_svg
from tunekit.reporting.tables.evaluation import errors_table
from tunekit.reporting.tables.table import Column, Table

_SIZE = (WIDTH, 4.2)
_DOTTED = (0, (1, 2))


def predicted_against_true(residuals: Residuals, name: str) -> Figure:
    """Draw predicted against true values.

    Parameters
    ----------
    residuals : Residuals
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.
    """
    errors = residuals.errors
    text = (
        f"Predicted against true values of {counted(residuals.n_rows, 'prediction')}:"
        f" R² {significant(errors.r2)}, mean absolute error {significant(errors.mae)}, root mean"
        f" squared error {significant(errors.rmse)}. Always predicting the mean of these rows gives"
        f" {significant(residuals.of_mean.mae)} and {significant(residuals.of_mean.rmse)}."
    )
    both = np.concatenate([residuals.true, residuals.predicted])
    ends = [both.min(), both.max()]

    def draw(ax: Axes) -> None:
        ax.plot(ends, ends, color=EDGE, linestyle=_DOTTED, linewidth=1.4, zorder=1)
        draw_dots(ax, residuals.true, residuals.predicted)
        ax.set(xlabel="true value", ylabel="predicted value")

    caption = "Predictions on the dotted line are exact; above it they are too high."
    return Figure(
        "Predicted and true",
        draw_svg(draw, _SIZE, name, text),
        text,
        _with_notes(caption, residuals),
        errors_table(residuals, name),
    )


def residuals_against_predicted(residuals: Residuals, name: str) -> Figure:
    """Draw residuals against predicted values."""
    differences = residuals.predicted - residuals.true
    largest = int(np.argmax(np.abs(differences)))
    text = (
        f"Residuals (predicted minus true) of {counted(residuals.n_rows, 'prediction')}: the mean"
        f" is {significant(residuals.bias)}, the largest is {significant(differences[largest])} at"
        f" a true value of {significant(residuals.true[largest])}."
    )

    def draw(ax: Axes) -> None:
        ax.axhline(0, color=EDGE, linestyle=_DOTTED, linewidth=1.4, zorder=1)
        draw_dots(ax, residuals.predicted, differences)
        ax.set(xlabel="predicted value", ylabel="predicted minus true")

    caption = (
        "A good model shows an even cloud around the dotted line. A curve is structure that the"
        " model has not learned; a funnel means that the error grows with the value."
    )
    table = Table(
        f"{name}-data",
        "Largest residuals",
        (
            Column("true", "true value", "general"),
            Column("predicted", "predicted value", "general"),
            Column("residual", "predicted minus true", "general"),
        ),
        tuple(
            (float(residuals.true[i]), float(residuals.predicted[i]), float(differences[i]))
            for i in np.argsort(-np.abs(differences), kind="stable")[:20]
        ),
    )
    svg = draw_svg(draw, _SIZE, name, text)
    return Figure("Residuals", svg, text, _with_notes(caption, residuals), table)


def normal_quantiles(residuals: Residuals, name: str) -> Figure | None:
    """Draw standardised residuals against normal quantiles; None if all residuals are equal."""
    points = residuals.quantiles
    if points is None:
        return None
    outside = (points.observed < points.low) | (points.observed > points.high)
    smallest, largest = (
        f"{significant(points.observed[i])} standard deviations (expected if normal:"
        f" {significant(points.expected[i])})"
        for i in (0, -1)
    )
    text = (
        f"Normal quantiles of {counted(residuals.n_rows, 'residual')}: the smallest is at"
        f" {smallest}, the largest at {largest}. {int(outside.sum())} of {len(outside)} points"
        " are outside the band."
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
        "Normally distributed residuals follow the dotted line. Each point of a normal sample lies"
        f" within the band with a probability of {100 * points.level:g}%. Points above the band on"
        " the right, or below it on the left, mean heavy tails: more large errors than normal."
    )
    indices = np.unique(np.linspace(0, len(outside) - 1, 41).astype(int))
    table = Table(
        f"{name}-data",
        "Normal quantiles and standardised residuals",
        (
            Column("expected", "normal quantile", "number", 3),
            Column("observed", "standardised residual, band of a normal sample", "interval", 3),
        ),
        tuple(
            (
                float(points.expected[i]),
                (float(points.observed[i]), float(points.low[i]), float(points.high[i])),
            )
            for i in indices
        ),
    )
    svg = draw_svg(draw, _SIZE, name, text)
    return Figure("Normal quantiles of the residuals", svg, text, caption, table)


def error_by_quantile(residuals: Residuals, name: str) -> Figure:
    """Draw the mean absolute error and the bias by the size of the true value."""
    bins = residuals.bins
    worst = max(bins, key=lambda each: each.mae)
    text = (
        f"Error by true value, in {counted(len(bins), 'bin')} of about equal size. The mean"
        f" absolute error is largest, {significant(worst.mae)}, between {significant(worst.low)}"
        f" and {significant(worst.high)}, with a bias of {significant(worst.bias)}; over all rows"
        f" it is {significant(residuals.errors.mae)}."
    )
    caption = (
        "All bins have about the same number of rows. An uncertain model predicts values near the"
        " mean, so some positive bias for small values and negative bias for large ones is normal."
    )
    table = Table(
        f"{name}-data",
        "Error by quantile of the true value",
        (
            Column("low", "true value from", "general"),
            Column("high", "to", "general"),
            Column("rows", "predictions", "integer"),
            Column("mae", "mean absolute error", "general"),
            Column("bias", "bias", "general"),
        ),
        tuple((each.low, each.high, each.n_rows, each.mae, each.bias) for each in bins),
    )
    svg = draw_panels(lambda canvas: _draw_bins(canvas, bins), _SIZE, name, text)
    return Figure("Error by quantile", svg, text, " ".join([caption, *residuals.notes]), table)


def _draw_bins(canvas: Canvas, bins: Sequence[ErrorBin]) -> None:
    ax = canvas.add_subplot()
    places = np.arange(len(bins))
    style: dict[str, Any] = {"color": COLORS[0], "alpha": 0.45, "height": 0.7, "linewidth": 0}
    bars = ax.barh(places, [each.mae for each in bins], **style)
    (bias,) = ax.plot(
        [each.bias for each in bins],
        places,
        color=COLORS[3],
        marker="D",
        markersize=5,
        linestyle="--",
    )
    ax.axvline(0, color=EDGE, linewidth=1)
    ax.grid(visible=False, axis="y")
    ax.set_yticks(places, [f"{significant(each.low)} to {significant(each.high)}" for each in bins])
    ax.set(ylabel="true value", xlabel="error")
    canvas.legend(
        [bars[0], bias],
        ["mean absolute error", "bias: mean of predicted minus true"],
        loc="outside lower left",
        borderaxespad=0.8,
        ncols=2,
    )


def _with_notes(caption: str, residuals: Residuals) -> str:
    if len(residuals.true) < residuals.n_rows:
        caption += (
            f" {len(residuals.true)} of {residuals.n_rows:,} predictions are shown: evenly spread"
            " over the true values, including the largest errors."
        )
    return " ".join([caption, *residuals.notes])
