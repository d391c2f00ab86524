"""Confusion of each label of multilabel targets."""

from __future__ import annotations

from markupsafe import Markup

from tunekit.analysis.metrics.confusion import confusion_of_counts
from tunekit.analysis.metrics.multilabel import MultiLabel
from tunekit.analysis.text import counted, percent, rate
from tunekit.reporting.figures.confusion import draw_small_matrix
from tunekit.reporting.figures.svg import Figure, Panel
from tunekit.reporting.tables.multilabel import label_counts_table

_MOST = 12  # labels that are drawn


def draw_label_confusions(found: MultiLabel, name: str) -> Figure:
    """Draw a matrix of each label: rows that have it against rows predicted to have it.

    Parameters
    ----------
    found : MultiLabel
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.
    """
    worst_first = [each.label for each in found.by_label.worst_first()]
    drawn = [label for label in found.names if label in worst_first[:_MOST]]
    panels = tuple(
        Panel(
            label,
            draw_small_matrix(
                confusion_of_counts(
                    ("no", "yes"), found.counts[found.names.index(label)], found.n_rows
                ),
                f"{name}-{number}",
            ),
        )
        for number, label in enumerate(drawn)
    )
    caption = (
        "Rows: whether a row has the label. Columns: whether it is predicted. Cells: count and"
        " share of the row of the matrix, which is also the colour."
    )
    if len(drawn) < len(found.names):
        caption += f" The {_MOST} of {len(found.names)} labels with the lowest F1 are drawn."
    if found.n_predictions > found.n_rows:
        caption += (
            f" {counted(found.n_predictions, 'prediction')} of {counted(found.n_rows, 'row')}: a"
            " row that is in several validation splits counts once for each."
        )
    return Figure(
        "Confusion by label",
        Markup(),
        _text(found),
        caption,
        label_counts_table(found, name),
        wide=True,
        panels=panels,
    )


def _text(found: MultiLabel) -> str:
    worst = found.by_label.worst_first()[0]
    return (
        f"Confusion of {counted(len(found.names), 'label')} in"
        f" {counted(found.n_predictions, 'prediction')}: {percent(found.hamming_loss)} of all pairs"
        f" of a row and a label are wrong. Label {worst.label} has the lowest F1, {rate(worst.f1)}."
    )
