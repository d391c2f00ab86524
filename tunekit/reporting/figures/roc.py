"""ROC curves."""

from __future__ import annotations

import math

from tunekit.analysis.metrics.roc import RATES, Roc, RocCurve
from tunekit.analysis.metrics.rows import PLURAL
from tunekit.analysis.text import counted, rate, with_interval
from tunekit.reporting.figures.curves import (
    MOST_CLASSES,
    Line,
    chosen,
    draw_chance,
    draw_curves,
    is_banded,
    legend_texts,
    listed,
    styles_of,
)
from tunekit.reporting.figures.svg import Figure
from tunekit.reporting.tables.table import Column, Table


def draw_roc(roc: Roc, name: str) -> Figure:
    """Draw the ROC curve of each class, and their averages.

    Parameters
    ----------
    roc : Roc
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.
    """
    curves, thinned_out = chosen(roc.curves, lambda curve: curve.auc, roc.noun)
    text = _text(roc)
    texts = legend_texts(curves, [_area(each) for each in curves])
    lines = [
        Line(each.fpr, each.tpr, each.low, each.high, style, label, is_banded(each, curves))
        for each, style, label in zip(curves, styles_of(curves), texts, strict=True)
    ]
    svg = draw_curves(
        lines,
        "default",
        ("false-positive rate", "true-positive rate"),
        (0.0, 1.0),
        draw_chance,
        name=name,
        text=text,
        title="area under the curve" + _uncertainty(roc),
    )
    caption = " ".join(filter(None, [_caption(roc), thinned_out, *roc.notes]))
    return Figure("ROC curves", svg, text, caption, _table(roc, name))


def _area(curve: RocCurve) -> str:
    if not math.isnan(curve.spread):
        return f"{rate(curve.auc)} ± {curve.spread:.3f}"
    return with_interval(curve.auc, curve.interval)


def _uncertainty(roc: Roc) -> str:
    if roc.n_folds > 1:
        return ", mean ± spread over folds"
    if all(math.isnan(curve.interval[0]) for curve in roc.curves):
        return ""
    return f" [{100 * roc.level:g}% interval]"


def _text(roc: Roc) -> str:
    main = roc.curves[0]
    over = " (mean and spread over folds)" if roc.n_folds > 1 else ""
    words = f"ROC curves of {counted(roc.n_rows, 'prediction')}."
    if main.kind == "class":
        words += f" The AUC of {roc.noun} {main.label} is {_area(main)}{over}."
    else:
        classes = [curve for curve in roc.curves if curve.kind == "class"]
        worst = min(classes, key=lambda curve: curve.auc)
        best = max(classes, key=lambda curve: curve.auc)
        words += (
            f" The AUC of the {main.label} is {_area(main)}{over}; {roc.noun} {best.label} has"
            f" the largest, {rate(best.auc)}, {roc.noun} {worst.label} the smallest,"
            f" {rate(worst.auc)}."
        )
    return f"{words} Chance level is 0.5."


def _caption(roc: Roc) -> str:
    words = ["Closer to the upper left corner is better; the dotted diagonal is chance level."]
    classes = [curve for curve in roc.curves if curve.kind == "class"]
    if len(classes) < len(roc.curves):
        against = "One class against the rest. " if roc.noun == "class" else ""
        words.append(
            f"{against}The macro average is the mean over {PLURAL[roc.noun]}; the micro average"
            f" pools all pairs of a row and a {roc.noun}."
        )
    else:
        words.append(f"The positive class is {classes[0].label}.")
    if roc.n_folds > 1:
        words.append(
            f"Curves and areas are means over {roc.n_folds} folds; scores are never pooled. The"
            " band is one standard deviation over folds, not a confidence interval."
        )
    else:
        words.append(f"{100 * roc.level:g}% intervals use DeLong's method on the logit scale.")
        if any(math.isnan(curve.interval[0]) for curve in roc.curves):
            words.append(
                f"There is no interval for an AUC of 0 or 1, or for a {roc.noun} with a single row."
            )
    return " ".join(words)


def _table(roc: Roc, name: str) -> Table:
    several = roc.n_folds > 1
    columns = [Column("curve", "curve")]
    columns += (
        [
            Column("auc", "AUC, mean of folds", "number"),
            Column("spread", "± over folds", "number"),
            Column("folds", "folds with an AUC", "integer"),
        ]
        if several
        else [Column("auc", f"AUC, {100 * roc.level:g}% interval", "interval")]
    )
    columns.append(Column("positives", "rows", "integer"))
    columns += [
        Column(f"at{at}", f"true-positive rate at a false-positive rate of {at:g}", "number", 3)
        for at in RATES
    ]
    curves, note = listed(roc.curves, lambda curve: curve.auc, roc.noun)
    rows = []
    for curve in curves:
        n_folds = sum(not math.isnan(area) for area in curve.fold_areas)
        area = [curve.auc, curve.spread, n_folds] if several else [(curve.auc, *curve.interval)]
        rows.append((curve.label, *area, curve.positives, *curve.at_rates))
    for label, _ in roc.undefined[:MOST_CLASSES]:
        rows.append((label, *[None] * (len(columns) - 1)))
    return Table(f"{name}-data", f"Areas under the ROC curves.{note}", tuple(columns), tuple(rows))
