"""Tables of the predictions of several labels per row."""

from __future__ import annotations

from tunekit.analysis.metrics.multilabel import MultiLabel
from tunekit.reporting.tables.evaluation import MOST_ROWS
from tunekit.reporting.tables.table import Column, Table

_MEANINGS = {
    "macro": "macro: mean over labels",
    "micro": "micro: over all pairs of a row and a label",
    "weighted": "weighted: mean over labels, weighted by their rows",
    "samples": "samples: mean over rows",
}


def label_counts_table(found: MultiLabel, name: str) -> Table:
    """Return true and false positives and negatives of each label, at most of the 50 worst.

    Parameters
    ----------
    found : MultiLabel
    name : str
        Name of the figure that contains the table.
    """
    counts = dict(zip(found.names, found.counts.reshape(-1, 4).tolist(), strict=True))
    shown = [each.label for each in found.by_label.classes]
    if len(shown) > MOST_ROWS:
        shown = [each.label for each in found.by_label.worst_first()[:MOST_ROWS]]
    columns = (
        Column("label", "label"),
        Column("tp", "true positives", "integer"),
        Column("fp", "false positives", "integer"),
        Column("fn", "false negatives", "integer"),
        Column("tn", "true negatives", "integer"),
    )
    rows = []
    for label in shown:
        tn, fp, fn, tp = counts[label]
        rows.append((label, tp, fp, fn, tn))
    return Table(f"{name}-data", "Predictions of each label", columns, tuple(rows))


def averages_table(found: MultiLabel, name: str) -> Table:
    """Return precision, recall and F1 of all labels together.

    Parameters
    ----------
    found : MultiLabel
    name : str
        Name of the section part that contains the table.
    """
    columns = (
        Column("average", "average"),
        Column("precision", "precision", "number", 3),
        Column("recall", "recall", "number", 3),
        Column("f1", "F1", "number", 3),
    )
    rows = tuple(
        (_MEANINGS[each.kind], each.precision, each.recall, each.f1) for each in found.averages
    )
    caption = "Averages, as in scikit-learn: an undefined value counts as 0."
    return Table(f"{name}-averages", caption, columns, rows)
