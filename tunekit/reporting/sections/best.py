"""The best models: their performance on rows that they were not trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from tunekit.analysis.collect import ReportData
from tunekit.analysis.metrics.calibration import calibration
from tunekit.analysis.metrics.confusion import Confusion, confusion
from tunekit.analysis.metrics.gain import gain
from tunekit.analysis.metrics.per_class import PerClass, per_class
from tunekit.analysis.metrics.precision_recall import precision_recall
from tunekit.analysis.metrics.residuals import residuals
from tunekit.analysis.metrics.roc import roc
from tunekit.analysis.metrics.rows import BINARY, Undefined
from tunekit.analysis.metrics.thresholds import Thresholds, thresholds, thresholds_at
from tunekit.core.predictions import Predictions
from tunekit.reporting.document import Section, rendered
from tunekit.reporting.figures import regression
from tunekit.reporting.figures.calibration import draw_calibration, draw_calibration_by_class
from tunekit.reporting.figures.confusion import MOST_WRITTEN, draw_confusion
from tunekit.reporting.figures.gain import draw_gain
from tunekit.reporting.figures.precision_recall import draw_precision_recall
from tunekit.reporting.figures.roc import draw_roc
from tunekit.reporting.figures.svg import Figure
from tunekit.reporting.figures.thresholds import draw_thresholds
from tunekit.reporting.tables.evaluation import mixups_table, per_class_table
from tunekit.reporting.tables.table import Table

#: Key of a figure, its subject in a sentence (empty: no sentence), its data, and what draws it.
_Part = tuple[str, str, Any, Callable[[Any, str], Figure | None]]

_NO_SCORES = (
    "The model gives no probabilities, so there are no ROC and precision–recall curves, no"
    " calibration and no thresholds."
)


@dataclass(frozen=True)
class EvaluatedModel:
    """One model and its predictions of rows that it was not trained on.

    Attributes
    ----------
    model : str
        Name of the model.
    rows : str
        What the rows are, such as ``"out-of-fold rows"``.
    predictions : Predictions
    is_test : bool
        Whether the rows are a test split, which must not be used to choose anything.
    """

    model: str
    rows: str
    predictions: Predictions
    is_test: bool


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
        What cannot be shown, and why.
    thresholds : Thresholds or None
        For the threshold slider; None if there is nothing to choose.
    """

    figures: tuple[tuple[str, Figure], ...]
    tables: tuple[Table, ...]
    sentences: tuple[str, ...]
    thresholds: Thresholds | None = None


@dataclass(frozen=True)
class _SectionPart:
    evaluated: EvaluatedModel
    name: str
    evaluation: Evaluation

    @property
    def figures(self) -> list[Figure]:
        return [figure for _, figure in self.evaluation.figures]

    @property
    def all_tables(self) -> list[Table]:
        return [*self.evaluation.tables, *(each.table for each in self.figures if each.table)]


def best_section(data: ReportData) -> Section | None:
    """Return the section on the best models; None if no predictions are stored.

    Parameters
    ----------
    data : ReportData
    """
    parts: list[_SectionPart] = []
    chosen: dict[str, Thresholds] = {}
    for number, each in enumerate(evaluated_models(data)):
        name = f"best-{number}"
        result = evaluation(
            each.predictions,
            name,
            rows=each.rows,
            chosen=chosen.get(each.model) if each.is_test else None,
            choose=not each.is_test,
        )
        if result.thresholds is not None and not each.is_test:
            chosen[each.model] = result.thresholds
        parts.append(_SectionPart(each, name, result))
    if not parts:
        return None
    html = rendered("best", parts=parts)
    sliders = {
        part.name: part.evaluation.thresholds.to_dict()
        for part in parts
        if part.evaluation.thresholds
    }
    tables = tuple(table for part in parts for table in part.all_tables)
    return Section("best", "The best models", html, tables, thresholds=sliders)


def evaluated_models(data: ReportData) -> Iterator[EvaluatedModel]:
    """Yield the best model of each study and comparison with each kind of its predictions.

    Parameters
    ----------
    data : ReportData
    """
    for study in data.studies:
        name = f"{study.study.name}: {study.winner.best.name}"
        is_regression = study.info.task == "regression"
        for rows, predictions, is_test in (
            (study.validation_rows, study.validation, False),
            ("test split", study.test, True),
        ):
            if predictions is not None and (is_regression or predictions.classes is not None):
                yield EvaluatedModel(name, rows, predictions, is_test)
    for compared in data.compared:
        for on in compared.grounds:
            predictions = compared.comparison.predictions(compared.best, on=on)
            if predictions is not None:
                name = f"{compared.name}: {compared.best}"
                yield EvaluatedModel(name, compared.rows_of(on), predictions, on == "test")


def evaluation(
    predictions: Predictions,
    name: str,
    *,
    rows: str,
    chosen: Thresholds | None = None,
    choose: bool = True,
    level: float = 0.95,
) -> Evaluation:
    """Return all figures and tables that apply to the predictions of a model.

    Parameters
    ----------
    predictions : Predictions
        Of a classifier, or of a regressor if they have no classes.
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
    """
    if predictions.classes is None:
        return _regression(predictions, name, level)
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
        if len(predictions.classes) == BINARY:
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
