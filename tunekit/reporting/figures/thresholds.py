"""Precision, recall and the like by threshold."""

from __future__ import annotations

from matplotlib.figure import Figure as Canvas

from tunekit.analysis.metrics.thresholds import Thresholds
from tunekit.analysis.text import counted, percent, rate
from tunekit.reporting.figures.curves import WIDTH
from tunekit.reporting.figures.svg import COLORS, DASHES, INK, Figure, draw_panels
from tunekit.reporting.tables.evaluation import thresholds_table

_DRAWN = ("precision", "recall", "specificity", "f1")


def thresholds(found: Thresholds, name: str) -> Figure:
    """Draw what each threshold costs and gains.

    Parameters
    ----------
    found : Thresholds
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.

    Returns
    -------
    Figure
    """
    own, at = found.chosen, [each.threshold for each in found.rows]
    text = (
        f"Precision, recall, specificity and F1 of {counted(found.n_rows, 'prediction')} by the"
        f" threshold from which on a row counts as class {found.positive}."
        f" At {rate(own.threshold)}, chosen on the {found.chosen_on}, precision is"
        f" {percent(own.precision)}, recall {percent(own.recall)}, the type I error"
        f" {percent(own.type_i_error)}, the type II error {percent(own.type_ii_error)} and F1"
        f" {rate(own.f1)}."
    )

    def draw(canvas: Canvas) -> None:
        ax = canvas.add_subplot()
        lines = [
            ax.plot(
                at,
                [getattr(each, key) for each in found.rows],
                color=COLORS[(0, 1, 2, 3)[i]],
                linestyle=DASHES[i],
                linewidth=1.6,
                drawstyle="steps-pre",
            )[0]
            for i, key in enumerate(_DRAWN)
        ]
        chosen = ax.axvline(own.threshold, color=INK, linewidth=1.2, linestyle=(0, (1, 1)))
        ax.set(xlabel="threshold", ylim=(-0.015, 1.015), xlim=(at[0] - 0.015, at[-1] + 0.015))
        canvas.legend(
            [*lines, chosen],
            ["precision", "recall", "specificity", "F1", f"chosen: {rate(own.threshold)}"],
            loc="outside lower left",
            borderaxespad=0.8,
            ncols=3,
            handlelength=3.0,
        )

    svg = draw_panels(draw, (WIDTH, 3.3), name, text)
    best = {"f1": "the largest F1", "youden": "the largest recall + specificity"}[found.criterion]
    caption = (
        f"A row counts as class {found.positive} from this probability on. The dotted"
        f" line has {best} on the {found.chosen_on}, where it was chosen. The type I error is one"
        " minus specificity, the type II error one minus recall."
    )
    caption = " ".join([caption, *found.notes])
    return Figure("Thresholds", svg, text, caption, thresholds_table(found, name))
