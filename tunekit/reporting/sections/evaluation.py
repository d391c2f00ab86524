"""Figures and tables of the predictions of one model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from tunekit.analysis.metrics.calibration import calibration, calibration_of_labels
from tunekit.analysis.metrics.confusion import Confusion, confusion
from tunekit.analysis.metrics.gain import gain
from tunekit.analysis.metrics.label_rows import LabelRows, label_rows
from tunekit.analysis.metrics.multilabel import MultiLabel, multilabel
from tunekit.analysis.metrics.per_class import PerClass, per_class
from tunekit.analysis.metrics.precision_recall import precision_recall, precision_recall_of
from tunekit.analysis.metrics.residuals import residuals
from tunekit.analysis.metrics.roc import roc, roc_of
from tunekit.analysis.metrics.rows import BINARY, Undefined
from tunekit.analysis.metrics.targets import Task, kind_of, names_of, residuals_by_target
from tunekit.analysis.metrics.thresholds import Thresholds, thresholds, thresholds_at
from tunekit.analysis.text import rate, with_interval
from tunekit.core.predictions import Predictions
from tunekit.reporting.figures import regression
from tunekit.reporting.figures.calibration import (
    draw_calibration,
    draw_calibration_by_class,
    draw_calibrations,
)
from tunekit.reporting.figures.confusion import MOST_WRITTEN, draw_confusion
from tunekit.reporting.figures.gain import draw_gain
from tunekit.reporting.figures.multilabel import draw_label_confusions
from tunekit.reporting.figures.precision_recall import draw_precision_recall
from tunekit.reporting.figures.roc import draw_roc
from tunekit.reporting.figures.svg import Figure
from tunekit.reporting.figures.targets import predicted_by_target, residuals_of_targets
from tunekit.reporting.figures.thresholds import draw_thresholds
from tunekit.reporting.tables.evaluation import mixups_table, per_class_table
from tunekit.reporting.tables.multilabel import averages_table
from tunekit.reporting.tables.table import Table

#: Key of a figure, its subject in a sentence (empty: no sentence), its data, and what draws it.
_Part = tuple[str, str, Any, Callable[[Any, str], Figure | None]]

_NO_SCORES = (
    "The model gives no probabilities, so there are no ROC and precision–recall curves, no"
    " calibration and no thresholds."
)

_NO_LABEL_SCORES = (
    "The model gives no probabilities, so there are no ROC and precision–recall curves and no"
    " calibration."
)


@dataclass(frozen=True)
class Evaluation:
    """Figures and tables of the predictions of one model.

    Attributes
    ----------
    figures : tuple of (str, Figure)
        By key, such as ``"roc"``, in the order of the page.
    tables : tuple of Table
        Tables that belong to no figure.
    sentences : tuple of str
        Scores of whole rows; what cannot be shown, and why.
    thresholds : Thresholds or None
        For the threshold slider; None if there is nothing to choose.
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
    task: Task = "regression",
    described: Mapping[str, Any] = MappingProxyType({}),
) -> Evaluation:
    """Return all figures and tables that apply to the predictions of a model.

    Parameters
    ----------
    predictions : Predictions
    name : str
        Letters, digits and ``-``; prefix of the names of figures and tables.
    rows : str
        What the rows are, such as ``"out-of-fold rows"``.
    chosen : Thresholds or None, default=None
        Thresholds of the validation rows: the one chosen there is shown on these rows.
    choose : bool, default=True
        Whether a threshold may be chosen on these rows; False for a test split.
    level : float, default=0.95
        Confidence level of the intervals, from 0 to 1.
    task : {"classification", "regression"}, default="regression"
        Of predictions without classes: whether they are several labels per row, or numbers.
    described : mapping
        Description of the data, see :func:`tunekit.evaluation.describe.describe_data`, for the
        names of several targets or labels.
    """
    match kind_of(predictions, task):
        case "labels":
            return _multilabel(predictions, names_of(predictions, described, "label"), name, level)
        case "targets":
            return _targets(predictions, names_of(predictions, described, "target"), name, level)
        case "target":
            return _regression(predictions, name, level)
        case "class":
            return _classification(predictions, name, level, rows, chosen, choose=choose)


def _classification(
    predictions: Predictions,
    name: str,
    level: float,
    rows: str,
    chosen: Thresholds | None,
    *,
    choose: bool,
) -> Evaluation:
    roc_curves, precisions = roc(predictions, level=level), precision_recall(predictions)
    matrix = confusion(predictions)
    parts: list[_Part] = [("confusion", "The confusion matrix", matrix, draw_confusion)]
    by_threshold = None
    if predictions.y_score is not None:
        calibrated = calibration(predictions, level=level)
        parts += [
            ("roc", "The ROC curve", roc_curves, draw_roc),
            ("precision_recall", "Precision and recall", precisions, draw_precision_recall),
            ("calibration", "The calibration", calibrated, draw_calibration),
            ("calibration_by_class", "", calibrated, draw_calibration_by_class),
        ]
        if predictions.classes is not None and len(predictions.classes) == BINARY:
            by_threshold = _thresholds(predictions, rows, chosen, choose=choose)
            if by_threshold is not None:
                parts.append(("thresholds", "Thresholds", by_threshold, draw_thresholds))
            parts.append(("gain", "Gain and lift", gain(predictions), draw_gain))
    drawn = _draw(name, parts)
    by_class = per_class(predictions, level=level, roc=roc_curves, precision_recall=precisions)
    return replace(
        drawn,
        tables=tuple(_tables(name, matrix, by_class)),
        sentences=(*drawn.sentences, *([_NO_SCORES] if predictions.y_score is None else [])),
        thresholds=by_threshold if isinstance(by_threshold, Thresholds) else None,
    )


def _regression(predictions: Predictions, name: str, level: float) -> Evaluation:
    errors = residuals(predictions, level=level)
    return _draw(
        name,
        [
            ("scatter", "Predicted and true values", errors, regression.predicted_against_true),
            ("residuals", "", errors, regression.residuals_against_predicted),
            ("quantiles", "", errors, regression.normal_quantiles),
            ("error", "", errors, regression.error_by_quantile),
        ],
    )


def _targets(
    predictions: Predictions, names: tuple[str, ...], name: str, level: float
) -> Evaluation:
    found = residuals_by_target(predictions, names, level=level)
    return _draw(
        name,
        [
            ("scatter", "Predicted and true values", found, predicted_by_target),
            ("residuals", "", found, residuals_of_targets),
        ],
    )


def _multilabel(
    predictions: Predictions, names: tuple[str, ...], name: str, level: float
) -> Evaluation:
    rows = label_rows(predictions, names)
    if isinstance(rows, Undefined):
        return _draw(name, [("confusion", "The confusion of labels", rows, draw_label_confusions)])
    scored = rows.with_finite_scores()
    curves, precisions = (
        (scored, scored)
        if isinstance(scored, Undefined)
        else (roc_of(scored, level=level), precision_recall_of(scored))
    )
    found = multilabel(rows, level=level, roc=curves, precision_recall=precisions)
    parts: list[_Part] = [("confusion", "", found, draw_label_confusions)]
    if predictions.y_score is not None:
        parts += [
            ("roc", "The ROC curve", curves, draw_roc),
            ("precision_recall", "Precision and recall", precisions, draw_precision_recall),
        ]
    if isinstance(scored, LabelRows):
        parts.append(("calibration_by_label", "", scored, _label_calibration(level)))
    drawn = _draw(name, parts)
    missing = [_NO_LABEL_SCORES] if predictions.y_score is None else []
    return replace(
        drawn,
        tables=(per_class_table(found.by_label, name, "label"), averages_table(found, name)),
        sentences=(_of_whole_rows(found), *drawn.sentences, *missing),
    )


def _label_calibration(level: float) -> Callable[[LabelRows, str], Figure]:
    def draw(rows: LabelRows, name: str) -> Figure:
        curves = calibration_of_labels(rows, level=level)
        omitted = (
            f"The {len(curves)} of {len(rows.names)} labels with the largest scores are drawn."
            if len(curves) < len(rows.names)
            else ""
        )
        return draw_calibrations(curves, name, noun="label", omitted=omitted)

    return draw


def _of_whole_rows(found: MultiLabel) -> str:
    by_label = found.by_label
    return (
        f"Subset accuracy (all labels of a row are right, {100 * by_label.level:g}% Wilson"
        f" interval): {with_interval(by_label.accuracy, by_label.accuracy_interval)}. Hamming loss"
        f" (share of wrong values among all pairs of a row and a label):"
        f" {rate(found.hamming_loss)}; always predicting the more frequent value of each label"
        f" gives {rate(found.hamming_of_base)}. A row has {found.labels_per_row:.2f} labels on"
        f" average, and {found.predicted_per_row:.2f} are predicted."
    )


def _draw(name: str, parts: Iterable[_Part]) -> Evaluation:
    figures, sentences = [], []
    for key, subject, data, draw in parts:
        if isinstance(data, Undefined):
            sentences += [f"{subject} cannot be shown: {data.reason}."] if subject else []
            continue
        figure = draw(data, f"{name}-{key.replace('_', '-')}")
        figures += [(key, figure)] if figure else []
    return Evaluation(tuple(figures), (), tuple(sentences))


def _thresholds(
    predictions: Predictions, rows: str, chosen: Thresholds | None, *, choose: bool
) -> Thresholds | Undefined | None:
    if chosen is not None:
        return thresholds_at(predictions, chosen)
    return thresholds(predictions, chosen_on=rows) if choose else None


def _tables(
    name: str, matrix: Confusion | Undefined, by_class: PerClass | Undefined
) -> Iterator[Table]:
    if isinstance(by_class, PerClass):
        yield per_class_table(by_class, name)
    if isinstance(matrix, Confusion) and len(matrix.labels) > MOST_WRITTEN:
        yield mixups_table(matrix, name)
