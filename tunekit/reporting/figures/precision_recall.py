"""Precision–recall curves."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes

from tunekit.analysis.metrics.precision_recall import PrecisionRecall, PrecisionRecallCurve
from tunekit.analysis.metrics.rows import PLURAL
from tunekit.analysis.text import counted, percent, rate
from tunekit.reporting.figures.curves import (
    MOST_CLASSES,
    Line,
    chosen,
    draw_curves,
    is_banded,
    legend_texts,
    listed,
    styles_of,
)
from tunekit.reporting.figures.svg import EDGE, Figure
from tunekit.reporting.tables.table import Column, Table

_RECALLS = (0.5, 0.8, 0.9, 0.95, 1.0)  # listed in the table


def draw_precision_recall(precision_recall: PrecisionRecall, name: str) -> Figure:
    """Draw the precision–recall curve of each class, and their averages.

    Parameters
    ----------
    precision_recall : PrecisionRecall
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.
    """
    curves, thinned_out = chosen(
        precision_recall.curves, lambda curve: curve.average_precision, precision_recall.noun
    )
    text = _text(precision_recall)
    texts = legend_texts(curves, [_value(each) for each in curves])
    lines = [
        Line(
            each.recall, each.precision, each.low, each.high, style, label, is_banded(each, curves)
        )
        for each, style, label in zip(curves, styles_of(curves), texts, strict=True)
    ]
    base = precision_recall.curves[0].base_rate

    def draw_base_rate(ax: Axes) -> None:
        ax.axhline(base, color=EDGE, linestyle=(0, (1, 2)), linewidth=1.2, zorder=2)

    svg = draw_curves(
        lines,
        "steps-pre",
        ("recall", "precision"),
        (1.0, 1.0),
        draw_base_rate,
        name=name,
        text=text,
        title="average precision"
        + (", mean ± spread over folds" if precision_recall.n_folds > 1 else ""),
    )
    caption = " ".join(
        filter(None, [_caption(precision_recall), thinned_out, *precision_recall.notes])
    )
    return Figure("Precision and recall", svg, text, caption, _table(precision_recall, name))


def _value(curve: PrecisionRecallCurve) -> str:
    spread = "" if math.isnan(curve.spread) else f" ± {curve.spread:.3f}"
    return f"{rate(curve.average_precision)}{spread}"


def _text(precision_recall: PrecisionRecall) -> str:
    main, noun = precision_recall.curves[0], precision_recall.noun
    words = f"Precision against recall of {counted(precision_recall.n_rows, 'prediction')}."
    if main.kind == "class":
        return (
            f"{words} The average precision of {noun} {main.label} is {_value(main)}; guessing"
            f" gives {rate(main.base_rate)}, the share of the {noun}."
        )
    classes = [curve for curve in precision_recall.curves if curve.kind == "class"]
    worst = min(classes, key=lambda curve: curve.average_precision)
    return (
        f"{words} The average precision of the {main.label} is {_value(main)}; the smallest is that"
        f" of {noun} {worst.label}, {_value(worst)}, which has {percent(worst.base_rate)} of the"
        " rows."
    )


def _caption(precision_recall: PrecisionRecall) -> str:
    main, noun = precision_recall.curves[0], precision_recall.noun
    words = ["Closer to the upper right corner is better."]
    if main.kind == "class":
        words.append(
            f"The dotted line is the base rate: the share of {noun} {main.label}, which is the"
            " precision of guessing."
        )
    else:
        against = "One class against the rest; the" if noun == "class" else "The"
        words.append(
            f"{against} dotted line is the mean base rate of the {PLURAL[noun]}, the precision of"
            " guessing."
        )
    if precision_recall.n_folds > 1:
        words.append(
            f"Means over {precision_recall.n_folds} folds at equal recall; the band is one standard"
            " deviation over folds, not a confidence interval."
        )
    return " ".join(words)


def _table(precision_recall: PrecisionRecall, name: str) -> Table:
    several = precision_recall.n_folds > 1
    columns = [
        Column("curve", "curve"),
        Column("ap", "average precision", "number"),
        *([Column("spread", "± over folds", "number")] if several else []),
        Column("base", "base rate", "percent", 1),
        Column("positives", "rows", "integer"),
        *(Column(f"at{at}", f"precision at a recall of {at:g}", "number", 3) for at in _RECALLS),
    ]
    curves, note = listed(
        precision_recall.curves, lambda curve: curve.average_precision, precision_recall.noun
    )
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
    for label, _ in precision_recall.undefined[:MOST_CLASSES]:
        rows.append((label, *[None] * (len(columns) - 1)))
    caption = f"Average precision of each curve.{note}"
    return Table(f"{name}-data", caption, tuple(columns), tuple(rows))
