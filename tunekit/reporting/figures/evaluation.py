"""All that can be drawn of one model's predictions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from tunekit.records import Predictions
from tunekit.reporting.drawing import Figure
from tunekit.reporting.evaluation_tables import mistakes_table, mixups_table, per_class_table
from tunekit.reporting.figures import regression
from tunekit.reporting.figures.calibration import reliability, reliability_by_class
from tunekit.reporting.figures.confusion import MOST_WRITTEN
from tunekit.reporting.figures.confusion import confusion as draw_confusion
from tunekit.reporting.figures.gain import gain as draw_gain
from tunekit.reporting.figures.precision_recall import precision_recall as draw_precision_recall
from tunekit.reporting.figures.roc import roc as draw_roc
from tunekit.reporting.figures.thresholds import thresholds as draw_thresholds
from tunekit.reporting.quality.calibration import calibration
from tunekit.reporting.quality.confusion import Confusion, confusion
from tunekit.reporting.quality.gain import gain
from tunekit.reporting.quality.mistakes import Mistake, confident_mistakes
from tunekit.reporting.quality.per_class import PerClass, per_class
from tunekit.reporting.quality.precision_recall import precision_recall
from tunekit.reporting.quality.residuals import residuals
from tunekit.reporting.quality.roc import roc
from tunekit.reporting.quality.rows import BINARY, Undefined
from tunekit.reporting.quality.thresholds import Thresholds, thresholds, thresholds_at
from tunekit.reporting.tables import Table

#: What it is of, how a sentence calls it, what was computed, and what draws that.
_Part = tuple[str, str, Any, Callable[[Any, str], Figure | None]]


@dataclass(frozen=True)
class Evaluation:
    """How good a model is, drawn and in tables.

    Attributes
    ----------
    figures : tuple of (str, Figure)
        Under what they are of, such as ``"roc"``, in the order of the page.
    tables : tuple of Table
        Those that belong to no figure.
    sentences : tuple of str
        On what cannot be shown, and why.
    thresholds : Thresholds or None
        For a slider; None where there is nothing to choose.
    """

    figures: tuple[tuple[str, Figure], ...]
    tables: tuple[Table, ...]
    sentences: tuple[str, ...]
    thresholds: Thresholds | None = None


def evaluation(
    predictions: Predictions,
    name: str,
    *,
    rows: str,
    chosen: Thresholds | None = None,
    choose: bool = True,
    level: float = 0.95,
) -> Evaluation:
    """Draw all that can be drawn of a model's predictions.

    Parameters
    ----------
    predictions : Predictions
    name : str
        Letters, digits and ``-``: begins the names of the figures and tables.
    rows : str
        What the rows are, such as ``"out-of-fold rows"``.
    chosen : Thresholds or None, default=None
        Of held-out rows: what was chosen there is shown on these.
    choose : bool, default=True
        Whether a threshold may be chosen on these rows; not on a test split.
    level : float, default=0.95
        Of the intervals, from 0 to 1.

    Returns
    -------
    Evaluation
        Of a classifier or a regressor; the latter's predictions have no classes.
    """
    if predictions.classes is None:
        left = residuals(predictions, level=level)
        return _drawn(
            name,
            [
                ("scatter", "Predicted and true values", left, regression.predicted_against_true),
                ("residuals", "", left, regression.residuals_against_predicted),
                ("quantiles", "", left, regression.normal_quantiles),
                ("error", "", left, regression.error_by_quantile),
            ],
        )
    areas, precisions = roc(predictions, level=level), precision_recall(predictions)
    mixups = confusion(predictions)
    parts: list[_Part] = [("confusion", "The confusion matrix", mixups, draw_confusion)]
    cut = None
    if predictions.y_score is not None:
        calibrated = calibration(predictions, level=level)
        parts += [
            ("roc", "The ROC curve", areas, draw_roc),
            ("precision_recall", "Precision and recall", precisions, draw_precision_recall),
            ("calibration", "The calibration", calibrated, reliability),
            ("calibration_by_class", "", calibrated, reliability_by_class),
        ]
        if len(predictions.classes) == BINARY:
            cut = _cut(predictions, rows, chosen, choose=choose)
            parts += [("thresholds", "Thresholds", cut, draw_thresholds)] if cut else []
            parts.append(("gain", "Gain and lift", gain(predictions), draw_gain))
    drawn = _drawn(name, parts)
    by_class = per_class(predictions, level=level, roc=areas, precision_recall=precisions)
    return replace(
        drawn,
        tables=tuple(_tables(name, mixups, by_class, confident_mistakes(predictions))),
        sentences=(*drawn.sentences, *_without_scores(predictions)),
        thresholds=cut if isinstance(cut, Thresholds) else None,
    )


def _drawn(name: str, parts: Iterable[_Part]) -> Evaluation:
    figures, sentences = [], []
    for key, what, found, draw in parts:
        if isinstance(found, Undefined):
            sentences += [f"{what} cannot be shown: {found.reason}."] if what else []
            continue
        figure = draw(found, f"{name}-{key.replace('_', '-')}")
        figures += [(key, figure)] if figure else []
    return Evaluation(tuple(figures), (), tuple(sentences))


def _cut(
    predictions: Predictions, rows: str, chosen: Thresholds | None, *, choose: bool
) -> Thresholds | Undefined | None:
    if chosen is not None:
        return thresholds_at(predictions, chosen)
    return thresholds(predictions, chosen_on=rows) if choose else None


def _tables(
    name: str,
    mixups: Confusion | Undefined,
    by_class: PerClass | Undefined,
    mistakes: tuple[Mistake, ...] | Undefined,
) -> Iterator[Table]:
    if isinstance(by_class, PerClass):
        yield per_class_table(by_class, name)
    if isinstance(mixups, Confusion) and len(mixups.labels) > MOST_WRITTEN:
        yield mixups_table(mixups, name)
    if not isinstance(mistakes, Undefined) and mistakes:
        yield mistakes_table(mistakes, name)


def _without_scores(predictions: Predictions) -> tuple[str, ...]:
    sentence = (
        "The model gives no probabilities: there are no ROC and precision–recall curves, no"
        " calibration and no thresholds."
    )
    return (sentence,) if predictions.y_score is None else ()
