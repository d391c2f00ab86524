"""Scores by trial, and the best so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from tunekit.reporting.drawing import COLORS, draw_svg
from tunekit.tracking.reader import TrackedTrial


def progress(trials: Sequence[TrackedTrial], name: str) -> Markup:
    """Return each trial's score and the best so far, by engine."""
    scores = [trial.score for trial in trials if trial.state == "complete"]
    floor = _floor(scores)

    def draw(ax: Axes) -> None:
        for i, engine in enumerate(sorted({trial.engine for trial in trials})):
            own = sorted(
                (t for t in trials if t.engine == engine and t.state == "complete"),
                key=lambda trial: trial.number,
            )
            numbers = [trial.number + 1 for trial in own]
            values = np.array([trial.score for trial in own])
            low = values < floor
            shown = np.maximum(values, floor)
            look: dict[str, Any] = {"s": 18, "color": COLORS[i], "alpha": 0.7, "linewidth": 0}
            ax.scatter(np.array(numbers)[~low], shown[~low], marker="o^"[i % 2], **look)
            ax.scatter(np.array(numbers)[low], shown[low], marker="v", **look)
            ax.plot(
                numbers,
                np.maximum.accumulate(shown) if len(shown) else [],
                color=COLORS[i],
                linestyle=("-", "--")[i % 2],
                label=f"{engine}, best so far",
                drawstyle="steps-post",
            )
        ax.set(xlabel="trial", ylabel="search score")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)

    return draw_svg(draw, (5.0, 3.2), name, "Search score of each trial and the best so far.")


def _floor(scores: Sequence[float]) -> float:
    """Return the lowest score that is drawn to scale: a few bad trials must not flatten the rest.

    It is three times the interquartile range below the lower quartile (J. W. Tukey: Exploratory
    Data Analysis, 1977, calls what lies beyond "far out").
    """
    low, high = np.quantile(scores, [0.25, 0.75])
    far_out = float(low - 3 * (high - low))
    return max(far_out, min(scores)) if high > low else min(scores)
