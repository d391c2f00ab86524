"""ROC curves."""

from __future__ import annotations

import math

from tunekit.analysis.metrics.roc import RATES, Roc, RocCurve
from tunekit.analysis.text import counted, rate, with_interval
from tunekit.reporting.figures.curves import (
    MOST_CLASSES,
    Line,
    chance,
    chosen,
    draw_curves,
    is_banded,
    legend_texts,
    listed,
    looks,
)
from tunekit.reporting.figures.svg import Figure
from tunekit.reporting.tables.table import Column, Table


def roc(found: Roc, name: str) -> Figure:
    """Draw ROC curves of the classes and their averages.

    Parameters
    ----------
    found : Roc
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.

    Returns
    -------
    Figure
    """
    curves, thinned_out = chosen(found.curves, lambda curve: curve.auc)
    text = _text(found)
    texts = legend_texts(curves, [_area(each) for each in curves])
    lines = [
        Line(each.fpr, each.tpr, each.low, each.high, look, words, is_banded(each, curves))
        for each, look, words in zip(curves, looks(curves), texts, strict=True)
    ]
    svg = draw_curves(
        lines,
        "default",
        ("false-positive rate", "true-positive rate"),
        (0.0, 1.0),
        chance,
        name=name,
        text=text,
        title="area under the curve" + _what(found),
    )
    caption = " ".join(filter(None, [_caption(found), thinned_out, *found.notes]))
    return Figure("ROC curves", svg, text, caption, _table(found, name))


def _area(curve: RocCurve) -> str:
    if not math.isnan(curve.spread):
        return f"{rate(curve.auc)} ± {curve.spread:.3f}"
    return with_interval(curve.auc, curve.interval)


def _what(found: Roc) -> str:
    if found.n_folds > 1:
        return ", mean ± spread over folds"
    if all(math.isnan(curve.interval[0]) for curve in found.curves):
        return ""
    return f" [{100 * found.level:g}% interval]"


def _text(found: Roc) -> str:
    main = found.curves[0]
    over = " (mean and spread over folds)" if found.n_folds > 1 else ""
    words = f"ROC curves of {counted(found.n_rows, 'prediction')}."
    if main.kind == "class":
        words += f" The area of class {main.label} is {_area(main)}{over}."
    else:
        classes = [curve for curve in found.curves if curve.kind == "class"]
        worst = min(classes, key=lambda curve: curve.auc)
        best = max(classes, key=lambda curve: curve.auc)
        words += (
            f" The area of the {main.label} is {_area(main)}{over}; class {best.label} has the"
            f" largest, {rate(best.auc)}, class {worst.label} the smallest, {rate(worst.auc)}."
        )
    return f"{words} Chance gives 0.5."


def _caption(found: Roc) -> str:
    words = ["The nearer to the upper left corner, the better; the dotted diagonal is chance."]
    classes = [curve for curve in found.curves if curve.kind == "class"]
    if len(classes) < len(found.curves):
        words.append(
            "Each class against the rest; the macro average is the mean of the classes, the micro"
            " average counts each pair of a row and a class once."
        )
    else:
        words.append(f"The positive class is {classes[0].label}.")
    if found.n_folds > 1:
        words.append(
            f"Curves and areas are means over {found.n_folds} folds, never of pooled scores; the"
            " band is the spread over folds, one standard deviation either way, not an interval."
        )
    else:
        words.append(f"{100 * found.level:g}% intervals by DeLong's method on the logit scale.")
        if any(math.isnan(curve.interval[0]) for curve in found.curves):
            words.append("An area of 0 or 1, or with a single row of a class, has none.")
    return " ".join(words)


def _table(found: Roc, name: str) -> Table:
    several = found.n_folds > 1
    columns = [Column("curve", "curve")]
    columns += (
        [
            Column("auc", "AUC, mean of the folds", "number"),
            Column("spread", "± over folds", "number"),
            Column("folds", "folds with an area", "integer"),
        ]
        if several
        else [Column("auc", f"AUC, {100 * found.level:g}% interval", "interval")]
    )
    columns.append(Column("positives", "rows", "integer"))
    columns += [
        Column(f"at{at}", f"true-positive rate at a false-positive rate of {at:g}", "number", 3)
        for at in RATES
    ]
    curves, which = listed(found.curves, lambda curve: curve.auc)
    rows = []
    for curve in curves:
        own = sum(not math.isnan(area) for area in curve.fold_areas)
        area = [curve.auc, curve.spread, own] if several else [(curve.auc, *curve.interval)]
        rows.append((curve.label, *area, curve.positives, *curve.at_rates))
    for label, _ in found.undefined[:MOST_CLASSES]:
        rows.append((label, *[None] * (len(columns) - 1)))
    return Table(f"{name}-data", f"Areas under the ROC curves.{which}", tuple(columns), tuple(rows))
