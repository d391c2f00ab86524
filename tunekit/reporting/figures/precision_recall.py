"""Precision–recall curves."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes

from tunekit.analysis.metrics.precision_recall import PrecisionRecall, PrecisionRecallCurve
from tunekit.analysis.text import counted, percent, rate
from tunekit.reporting.figures.curves import (
    MOST_CLASSES,
    Line,
    chosen,
    draw_curves,
    is_banded,
    legend_texts,
    listed,
    looks,
)
from tunekit.reporting.figures.svg import EDGE, Figure
from tunekit.reporting.tables.table import Column, Table

_RECALLS = (0.5, 0.8, 0.9, 0.95, 1.0)  # that the table tells


def precision_recall(found: PrecisionRecall, name: str) -> Figure:
    """Draw precision–recall curves of the classes and their averages.

    Parameters
    ----------
    found : PrecisionRecall
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.

    Returns
    -------
    Figure
    """
    curves, thinned_out = chosen(found.curves, lambda curve: curve.average_precision)
    text = _text(found)
    texts = legend_texts(curves, [_value(each) for each in curves])
    lines = [
        Line(each.recall, each.precision, each.low, each.high, look, words, is_banded(each, curves))
        for each, look, words in zip(curves, looks(curves), texts, strict=True)
    ]
    base = found.curves[0].base_rate

    def guessing(ax: Axes) -> None:
        ax.axhline(base, color=EDGE, linestyle=(0, (1, 2)), linewidth=1.2, zorder=2)

    svg = draw_curves(
        lines,
        "steps-pre",
        ("recall", "precision"),
        (1.0, 1.0),
        guessing,
        name=name,
        text=text,
        title="average precision" + (", mean ± spread over folds" if found.n_folds > 1 else ""),
    )
    caption = " ".join(filter(None, [_caption(found), thinned_out, *found.notes]))
    return Figure("Precision and recall", svg, text, caption, _table(found, name))


def _value(curve: PrecisionRecallCurve) -> str:
    spread = "" if math.isnan(curve.spread) else f" ± {curve.spread:.3f}"
    return f"{rate(curve.average_precision)}{spread}"


def _text(found: PrecisionRecall) -> str:
    main = found.curves[0]
    words = f"Precision against recall of {counted(found.n_rows, 'prediction')}."
    if main.kind == "class":
        return (
            f"{words} For class {main.label} the average precision is {_value(main)}; guessing"
            f" gives {rate(main.base_rate)}, the share of the class."
        )
    classes = [curve for curve in found.curves if curve.kind == "class"]
    worst = min(classes, key=lambda curve: curve.average_precision)
    return (
        f"{words} The average precision of the {main.label} is {_value(main)}, and smallest for"
        f" class {worst.label}, {_value(worst)}, whose share of the rows is"
        f" {percent(worst.base_rate)}."
    )


def _caption(found: PrecisionRecall) -> str:
    main = found.curves[0]
    words = ["The nearer to the upper right corner, the better."]
    if main.kind == "class":
        words.append(
            f"The dotted line is the base rate, the share of class {main.label} among the rows:"
            " the precision of guessing."
        )
    else:
        words.append(
            "Each class against the rest; the dotted line is the mean base rate of the classes,"
            " the precision of guessing."
        )
    if found.n_folds > 1:
        words.append(
            f"Means over {found.n_folds} folds at the same recall; the band is the spread over"
            " folds, one standard deviation either way, not an interval."
        )
    return " ".join(words)


def _table(found: PrecisionRecall, name: str) -> Table:
    several = found.n_folds > 1
    columns = [
        Column("curve", "curve"),
        Column("ap", "average precision", "number"),
        *([Column("spread", "± over folds", "number")] if several else []),
        Column("base", "base rate", "percent", 1),
        Column("positives", "rows", "integer"),
        *(Column(f"at{at}", f"precision at a recall of {at:g}", "number", 3) for at in _RECALLS),
    ]
    curves, which = listed(found.curves, lambda curve: curve.average_precision)
    rows = []
    for curve in curves:
        at = np.searchsorted(curve.recall, np.array(_RECALLS) - 1e-9)
        spread = [curve.spread] if several else []
        rows.append(
            (
                curve.label,
                curve.average_precision,
                *spread,
                curve.base_rate,
                curve.positives,
                *curve.precision[at].tolist(),
            )
        )
    for label, _ in found.undefined[:MOST_CLASSES]:
        rows.append((label, *[None] * (len(columns) - 1)))
    caption = f"Average precision of each curve.{which}"
    return Table(f"{name}-data", caption, tuple(columns), tuple(rows))
