"""Metrics by epoch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from tunekit.records import Curve
from tunekit.reporting.drawing import COLORS, draw_svg


def learning_curves(curves: Sequence[Curve], metric: str, name: str) -> Markup:
    """Return a metric by epoch, on the rows fitted on and on those held out; a line a split."""

    def draw(ax: Axes) -> None:
        for key, color, style, label in (
            (metric, COLORS[0], "-", "fitted on"),
            (f"val_{metric}", COLORS[1], "--", "held out"),
        ):
            lines = [curve[key] for curve in curves if key in curve]
            for i, line in enumerate(lines):
                epochs = np.arange(1, len(line) + 1)
                ax.plot(
                    epochs,
                    line,
                    color=color,
                    linestyle=style,
                    linewidth=1.5,
                    label=label if i == 0 else None,
                )
        ax.set(xlabel="epoch", ylabel=metric)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.legend()

    return draw_svg(draw, (5.0, 3.2), name, f"The {metric} by epoch, a line for each split.")
