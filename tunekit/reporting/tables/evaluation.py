"""Tables on how good a model is, from what was computed of its predictions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tunekit.analysis.metrics.confusion import Confusion
from tunekit.analysis.metrics.per_class import PerClass
from tunekit.analysis.metrics.residuals import Errors, Residuals
from tunekit.analysis.metrics.shared_mistakes import Mistake, SharedMistakes
from tunekit.analysis.metrics.thresholds import METRICS, Thresholds
from tunekit.analysis.text import percent
from tunekit.reporting.tables.table import Column, Table

#: Rows of a table, but for those that have a row a class and up to fifty of them.
MOST_ROWS = 50


def mixups_table(found: Confusion, name: str) -> Table:
    """Return which classes are taken for which, the most frequent mistake first.

    Parameters
    ----------
    found : Confusion
    name : str
        Of the figure or section that it stands in.
    """
    shown = found.worst[:MOST_ROWS]
    caption = f"The {len(shown)} most frequent of {len(found.worst)} kinds of mistakes."
    if len(shown) == len(found.worst):
        caption = "Every kind of mistake." if shown else "There are no mistakes."
    columns = (
        Column("true", "true class"),
        Column("predicted", "predicted as"),
        Column("count", "predictions", "integer"),
        Column("share", "of the true class", "percent", 1),
    )
    rows = tuple((each.true, each.predicted, each.count, each.share) for each in shown)
    return Table(f"{name}-mixups", caption, columns, rows)


def per_class_table(found: PerClass, name: str) -> Table:
    """Return precision, recall, F1 and rows of each class; of many, the 50 worst."""
    classes, caption = found.classes, "Every class."
    if len(classes) > MOST_ROWS:
        classes = found.worst_first()[:MOST_ROWS]
        caption = f"The {MOST_ROWS} of {len(found.classes)} classes with the smallest F1."
    interval = f"{100 * found.level:g}% interval"
    columns = [
        Column("class", "class"),
        Column("rows", "rows", "integer"),
        Column("precision", f"precision, {interval}", "interval", 3),
        Column("recall", f"recall, {interval}", "interval", 3),
        Column("f1", "F1", "number", 3),
    ]
    rows: list[tuple[Any, ...]] = [
        (
            each.label if each.known else f"{each.label} (never seen)",
            each.n_rows,
            _triple(each.precision, each.precision_interval),
            _triple(each.recall, each.recall_interval),
            each.f1,
        )
        for each in classes
    ]
    # For two classes only one has an area, and its figure tells it.
    if sum(not math.isnan(each.auc) for each in found.classes) > 1:
        columns += [
            Column("auc", "AUC", "number", 3, note="against all other classes"),
            Column("ap", "average precision", "number", 3, note="against all other classes"),
        ]
        rows = [
            (*row, each.auc, each.average_precision)
            for row, each in zip(rows, classes, strict=True)
        ]
    caption += " Intervals of shares by Wilson's method; a missing value is undefined."
    return Table(f"{name}-classes", caption, tuple(columns), tuple(rows))


def thresholds_table(found: Thresholds, name: str) -> Table:
    """Return counts and rates at each threshold."""
    columns = (
        Column("threshold", "threshold", "number", 3),
        *(Column(key, key.upper(), "integer") for key in ("tp", "fp", "fn", "tn")),
        *(Column(f"m{i}", label, "number", 3) for i, label in enumerate(METRICS)),
    )
    rows = tuple(
        (each.threshold, each.tp, each.fp, each.fn, each.tn, *each.metrics()) for each in found.rows
    )
    best = {"f1": "the largest F1", "youden": "the largest recall + specificity"}[found.criterion]
    caption = (
        f"Rows with at least this probability count as class {found.positive}."
        f" {found.chosen.threshold:.3f} has {best} on the {found.chosen_on}, where it was chosen."
    )
    return Table(f"{name}-thresholds", caption, columns, rows)


def mistakes_table(mistakes: Sequence[Mistake], name: str) -> Table:
    """Return the most confident mistakes."""
    shown = mistakes[:MOST_ROWS]
    repeated = any(each.times > 1 for each in shown)
    columns = (
        Column("row", "row", "integer"),
        Column("true", "true class"),
        Column("predicted", "predicted as"),
        Column("probability", "probability of that", "percent", 1),
        Column("of_true", "of the true class", "percent", 1),
        *([Column("wrong", "predictions that are wrong")] if repeated else []),
    )
    rows = tuple(
        (
            each.row,
            each.true,
            each.predicted,
            each.probability,
            each.probability_of_true,
            *([f"{each.wrong} of {each.times}"] if repeated else []),
        )
        for each in shown
    )
    caption = f"The {len(shown)} of {len(mistakes)} mistakes that the model was surest of."
    if len(shown) == len(mistakes):
        caption = "All mistakes, that which the model was surest of first."
    return Table(f"{name}-mistakes", caption, columns, rows)


def shared_mistakes_table(found: SharedMistakes, name: str) -> Table:
    """Return the rows that most models get wrong."""
    shown = found.rows[:MOST_ROWS]
    columns = (
        Column("row", "row", "integer"),
        Column("true", "true class"),
        Column("wrong", "models that are wrong", "integer"),
        *(
            Column(f"model{i}", f"{model} predicts", note=f"the class that {model} takes it for")
            for i, model in enumerate(found.models)
        ),
    )
    rows = tuple((each.row, each.true, each.wrong, *each.predicted) for each in shown)
    everyone, n_rows = found.wrong_by[-1], found.n_rows
    caption = (
        f"{everyone} of {n_rows} rows ({percent(everyone / n_rows)}) are wrong by all"
        f" {len(found.models)} models."
    )
    return Table(f"{name}-shared", caption, columns, rows)


def errors_table(found: Residuals, name: str) -> Table:
    """Return the sizes of the errors, against those of predicting the mean."""
    several = len(found.fold_errors) > 1
    columns = (
        Column("measure", "measure"),
        Column("model", "model", "general"),
        Column("mean", "predicting the mean", "general"),
        *(
            [
                Column("folds", "mean of the folds", "general"),
                Column("spread", "± over folds", "general"),
            ]
            if several
            else []
        ),
    )
    rows = [
        (label, getattr(found.errors, key), getattr(found.of_mean, key))
        + (_over_folds(found.fold_errors, key) if several else ())
        for label, key in (
            ("R²", "r2"),
            ("mean absolute error", "mae"),
            ("root mean squared error", "rmse"),
        )
    ]
    return Table(f"{name}-errors", "Sizes of the errors.", columns, tuple(rows))


def _over_folds(errors: Sequence[Errors], key: str) -> tuple[float, float]:
    values = [getattr(each, key) for each in errors]
    held = [value for value in values if not math.isnan(value)]
    if not held:
        return math.nan, math.nan
    mean = sum(held) / len(held)
    return mean, math.sqrt(sum((value - mean) ** 2 for value in held) / len(held))


def _triple(value: float, interval: tuple[float, float]) -> tuple[float, ...] | None:
    return None if math.isnan(value) else (value, *interval)
