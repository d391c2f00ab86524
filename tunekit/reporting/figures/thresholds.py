"""Precision, recall and other metrics by decision threshold."""

from __future__ import annotations

from matplotlib.figure import Figure as Canvas

from tunekit.analysis.metrics.thresholds import Thresholds
from tunekit.analysis.text import counted, percent, rate
from tunekit.reporting.figures.curves import WIDTH
from tunekit.reporting.figures.svg import COLORS, DASHES, INK, Figure, draw_panels
from tunekit.reporting.tables.evaluation import thresholds_table

_DRAWN = ("precision", "recall", "specificity", "f1")


def draw_thresholds(thresholds: Thresholds, name: str) -> Figure:
    """Draw precision, recall, specificity and F1 by threshold.

    Parameters
    ----------
    thresholds : Thresholds
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.
    """
    chosen, at = thresholds.chosen, [each.threshold for each in thresholds.rows]
    text = (
        f"Precision, recall, specificity and F1 of {counted(thresholds.n_rows, 'prediction')} by"
        f" the threshold for class {thresholds.positive}. At {rate(chosen.threshold)}, chosen on"
        f" the {thresholds.chosen_on}: precision {percent(chosen.precision)}, recall"
        f" {percent(chosen.recall)}, type I error {percent(chosen.type_i_error)}, type II error"
        f" {percent(chosen.type_ii_error)}, F1 {rate(chosen.f1)}."
    )

    def draw(canvas: Canvas) -> None:
        ax = canvas.add_subplot()
        lines = [
            ax.plot(
                at,
                [getattr(each, key) for each in thresholds.rows],
                color=COLORS[(0, 1, 2, 3)[i]],
                linestyle=DASHES[i],
                linewidth=1.6,
                drawstyle="steps-pre",
            )[0]
            for i, key in enumerate(_DRAWN)
        ]
        line = ax.axvline(chosen.threshold, color=INK, linewidth=1.2, linestyle=(0, (1, 1)))
        ax.set(xlabel="threshold", ylim=(-0.015, 1.015), xlim=(at[0] - 0.015, at[-1] + 0.015))
        canvas.legend(
            [*lines, line],
            ["precision", "recall", "specificity", "F1", f"chosen: {rate(chosen.threshold)}"],
            loc="outside lower left",
            borderaxespad=0.8,
            ncols=3,
            handlelength=3.0,
        )

    svg = draw_panels(draw, (WIDTH, 3.3), name, text)
    best = {"f1": "the largest F1", "youden": "the largest recall + specificity"}[
        thresholds.criterion
    ]
    caption = (
        f"A row is predicted as class {thresholds.positive} if its probability is at least the"
        f" threshold. The dotted line was chosen for {best} on the {thresholds.chosen_on}. Type I"
        " error: 1 − specificity. Type II error: 1 − recall."
    )
    caption = " ".join([caption, *thresholds.notes])
    return Figure("Thresholds", svg, text, caption, thresholds_table(thresholds, name))
