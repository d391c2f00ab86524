"""Tables of the metrics and mistakes of one model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tunekit.analysis.metrics.confusion import Confusion
from tunekit.analysis.metrics.per_class import PerClass
from tunekit.analysis.metrics.residuals import Errors, Residuals
from tunekit.analysis.metrics.rows import PLURAL, Noun
from tunekit.analysis.metrics.shared_mistakes import SharedMistakes
from tunekit.analysis.metrics.thresholds import METRICS, Thresholds
from tunekit.analysis.text import percent
from tunekit.reporting.tables.table import Column, Table

#: Largest number of rows of a table.
MOST_ROWS = 50


def mixups_table(confusion: Confusion, name: str) -> Table:
    """Return the pairs of true and predicted class, the most frequent mistake first.

    Parameters
    ----------
    confusion : Confusion
    name : str
        Name of the figure or section that contains the table.
    """
    shown = confusion.worst[:MOST_ROWS]
    caption = f"The {len(shown)} most frequent of {len(confusion.worst)} kinds of mistakes"
    if len(shown) == len(confusion.worst):
        caption = "All kinds of mistakes" if shown else "No mistakes"
    columns = (
        Column("true", "true class"),
        Column("predicted", "predicted as"),
        Column("count", "predictions", "integer"),
        Column("share", "share of the true class", "percent", 1),
    )
    rows = tuple((each.true, each.predicted, each.count, each.share) for each in shown)
    return Table(f"{name}-mixups", caption, columns, rows)


def per_class_table(per_class: PerClass, name: str, noun: Noun = "class") -> Table:
    """Return precision, recall, F1 and the number of rows of each class, or of the 50 worst.

    Parameters
    ----------
    per_class : PerClass
    name : str
        Name of the figure or section that contains the table.
    noun : {"class", "label"}, default="class"
        What a row of the table describes.
    """
    classes, caption = per_class.classes, f"All {PLURAL[noun]}."
    if len(classes) > MOST_ROWS:
        classes = per_class.worst_first()[:MOST_ROWS]
        of_all = f"{len(per_class.classes)} {PLURAL[noun]}"
        caption = f"The {MOST_ROWS} of {of_all} with the lowest F1."
    interval = f"{100 * per_class.level:g}% interval"
    columns = [
        Column("class", noun),
        Column("rows", "rows", "integer"),
        Column("precision", f"precision, {interval}", "interval", 3),
        Column("recall", f"recall, {interval}", "interval", 3),
        Column("f1", "F1", "number", 3),
    ]
    rows: list[tuple[Any, ...]] = [
        (
            each.label if each.known else f"{each.label} (not in the training rows)",
            each.n_rows,
            _triple(each.precision, each.precision_interval),
            _triple(each.recall, each.recall_interval),
            each.f1,
        )
        for each in classes
    ]
    # With two classes only one has an AUC, and its figure shows it.
    if sum(not math.isnan(each.auc) for each in per_class.classes) > 1:
        note = "one class against the rest" if noun == "class" else ""
        columns += [
            Column("auc", "AUC", "number", 3, note=note),
            Column("ap", "average precision", "number", 3, note=note),
        ]
        rows = [
            (*row, each.auc, each.average_precision)
            for row, each in zip(rows, classes, strict=True)
        ]
    caption += " Wilson intervals; missing values are undefined."
    return Table(f"{name}-{PLURAL[noun]}", caption, tuple(columns), tuple(rows))


def thresholds_table(thresholds: Thresholds, name: str) -> Table:
    """Return counts and rates at each threshold."""
    columns = (
        Column("threshold", "threshold", "number", 3),
        *(Column(key, key.upper(), "integer") for key in ("tp", "fp", "fn", "tn")),
        *(Column(f"m{i}", label, "number", 3) for i, label in enumerate(METRICS)),
    )
    rows = tuple(
        (each.threshold, each.tp, each.fp, each.fn, each.tn, *each.metrics())
        for each in thresholds.rows
    )
    best = {"f1": "the largest F1", "youden": "the largest recall + specificity"}[
        thresholds.criterion
    ]
    caption = (
        f"Rows with at least this probability are predicted as class {thresholds.positive}."
        f" {thresholds.chosen.threshold:.3f} was chosen for {best} on the {thresholds.chosen_on}."
    )
    return Table(f"{name}-thresholds", caption, columns, rows)


def shared_mistakes_table(shared: SharedMistakes, name: str) -> Table:
    """Return the rows that most models predict wrong."""
    shown = shared.rows[:MOST_ROWS]
    columns = (
        Column("row", "row", "integer"),
        Column("true", "true class"),
        Column("wrong", "wrong models", "integer"),
        *(
            Column(f"model{i}", f"{model} predicts", note=f"class predicted by {model}")
            for i, model in enumerate(shared.models)
        ),
    )
    rows = tuple((each.row, each.true, each.wrong, *each.predicted) for each in shown)
    everyone, n_rows = shared.wrong_by[-1], shared.n_rows
    caption = (
        f"All {len(shared.models)} models predict {everyone} of {n_rows} rows"
        f" ({percent(everyone / n_rows)}) wrong."
    )
    return Table(f"{name}-shared", caption, columns, rows)


def errors_table(residuals: Residuals, name: str) -> Table:
    """Return the error metrics of the model and of predicting the mean."""
    several = len(residuals.fold_errors) > 1
    columns = (
        Column("measure", "metric"),
        Column("model", "model", "general"),
        Column("mean", "predicting the mean", "general"),
        *(
            [
                Column("folds", "mean of folds", "general"),
                Column("spread", "± over folds", "general"),
            ]
            if several
            else []
        ),
    )
    rows = [
        (label, getattr(residuals.errors, key), getattr(residuals.of_mean, key))
        + (_over_folds(residuals.fold_errors, key) if several else ())
        for label, key in (
            ("R²", "r2"),
            ("mean absolute error", "mae"),
            ("root mean squared error", "rmse"),
        )
    ]
    return Table(f"{name}-errors", "Error metrics", columns, tuple(rows))


def _over_folds(errors: Sequence[Errors], key: str) -> tuple[float, float]:
    values = [getattr(each, key) for each in errors]
    defined = [value for value in values if not math.isnan(value)]
    if not defined:
        return math.nan, math.nan
    mean = sum(defined) / len(defined)
    return mean, math.sqrt(sum((value - mean) ** 2 for value in defined) / len(defined))


def _triple(value: float, interval: tuple[float, float]) -> tuple[float, ...] | None:
    return None if math.isnan(value) else (value, *interval)
