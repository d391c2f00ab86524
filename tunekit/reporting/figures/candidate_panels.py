"""Small figures of the candidates of a comparison, side by side."""

from __future__ import annotations

from markupsafe import Markup

from tunekit.analysis.candidates import CandidateResult, SideBySide
from tunekit.analysis.metrics.confusion import Confusion
from tunekit.analysis.text import counted, percent, significant
from tunekit.reporting.figures.candidates import Items
from tunekit.reporting.figures.confusion import MOST_WRITTEN, draw_small_matrix
from tunekit.reporting.figures.svg import Figure, Panel
from tunekit.reporting.figures.targets import small_predicted
from tunekit.reporting.tables.confusion import confusion_table
from tunekit.reporting.tables.side_by_side import confusions_table, errors_by_candidate

_DRAWN = 10  # classes up to which a small matrix is drawn


def draw_confusions(found: SideBySide, items: Items, name: str) -> Figure | None:
    """Draw one confusion matrix per candidate; None without classes or with more than 50.

    Parameters
    ----------
    found : SideBySide
    items : Items
    name : str
        See :func:`~tunekit.reporting.figures.svg.draw_svg`.
    """
    drawn = [(each, each.confusion) for each in found.results if each.confusion is not None]
    if not drawn or max(len(matrix.labels) for _, matrix in drawn) > MOST_WRITTEN:
        return None
    panels = tuple(
        Panel(
            items.names[each.place],
            _matrix(matrix, each, f"{name}-{each.place}"),
            f"{percent((matrix.total - matrix.wrong) / matrix.total)} correct",
            items.item(each.place),
        )
        for each, matrix in drawn
    )
    worst = "; ".join(
        f"{each.name}: {matrix.wrong:,} of {matrix.total:,} wrong" for each, matrix in drawn
    )
    text = f"Confusion matrices of the candidates, {found.rows}. {worst}."
    caption = (
        "Rows: true classes. Columns: predicted classes. Cells: count; the colour is the share of"
        " the true class."
    )
    if drawn[0][1].total > drawn[0][1].n_rows:
        caption += " A row that is in several validation splits counts once for each."
    table = confusions_table(drawn, f"{name}-data")
    return Figure(
        "Confusion of the candidates", Markup(), text, caption, table, wide=True, panels=panels
    )


def _matrix(matrix: Confusion, result: CandidateResult, name: str) -> Markup:
    if len(matrix.labels) <= _DRAWN:
        return draw_small_matrix(matrix, name)
    return confusion_table(matrix, f"Confusion matrix of {result.name}")


def draw_predicted_by_candidate(found: SideBySide, items: Items, name: str) -> Figure | None:
    """Draw predicted against true values of each candidate; None without a single target."""
    drawn = [(each, each.residuals) for each in found.results if each.residuals is not None]
    if not drawn:
        return None
    low = min(min(each.true.min(), each.predicted.min()) for _, each in drawn)
    high = max(max(each.true.max(), each.predicted.max()) for _, each in drawn)
    panels = tuple(
        Panel(
            items.names[each.place],
            small_predicted(
                residuals,
                f"{name}-{each.place}",
                each.name,
                (float(low), float(high)) if high > low else None,
            ),
            f"R² {significant(residuals.errors.r2)}, mean absolute error"
            f" {significant(residuals.errors.mae)}",
            items.item(each.place),
        )
        for each, residuals in drawn
    )
    errors = "; ".join(f"{each.name} R² {significant(r.errors.r2)}" for each, r in drawn)
    text = f"Predicted against true values of {counted(len(drawn), 'candidate')}: {errors}."
    caption = (
        "Predictions on the dotted line are exact; above it they are too high. All axes are equal."
    )
    if any(len(residuals.true) < residuals.n_rows for _, residuals in drawn):
        caption += " Some predictions are shown, including the largest errors."
    table = errors_by_candidate(drawn, f"{name}-data")
    return Figure(
        "Predicted and true by candidate", Markup(), text, caption, table, wide=True, panels=panels
    )
