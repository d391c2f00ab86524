"""The best models: how good they are on rows that they were not fitted on."""

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
from tunekit.analysis.metrics.shared_mistakes import Mistake, confident_mistakes
from tunekit.analysis.metrics.thresholds import Thresholds, thresholds, thresholds_at
from tunekit.core.predictions import Predictions
from tunekit.reporting.document import Section, rendered
from tunekit.reporting.figures import regression
from tunekit.reporting.figures.calibration import reliability, reliability_by_class
from tunekit.reporting.figures.confusion import MOST_WRITTEN
from tunekit.reporting.figures.confusion import confusion as draw_confusion
from tunekit.reporting.figures.gain import gain as draw_gain
from tunekit.reporting.figures.precision_recall import precision_recall as draw_precision_recall
from tunekit.reporting.figures.roc import roc as draw_roc
from tunekit.reporting.figures.svg import Figure
from tunekit.reporting.figures.thresholds import thresholds as draw_thresholds
from tunekit.reporting.tables.evaluation import mistakes_table, mixups_table, per_class_table
from tunekit.reporting.tables.table import Table


@dataclass(frozen=True)
class Judged:
    """One model on rows that it was not fitted on.

    Attributes
    ----------
    model : str
        The model, in words.
    rows : str
        What the rows are, such as ``"out-of-fold rows"``.
    predictions : Predictions
    test : bool
        Whether the rows are a test split, on which nothing may be chosen.
    """

    model: str
    rows: str
    predictions: Predictions
    test: bool


@dataclass(frozen=True)
class _JudgedPart:
    judged: Judged
    name: str
    drawn: Evaluation

    @property
    def figures(self) -> list[Figure]:
        return [figure for _, figure in self.drawn.figures]

    @property
    def tables(self) -> list[Table]:
        return [*self.listed, *(each.table for each in self.figures if each.table)]

    @property
    def listed(self) -> list[Table]:
        """Tables but that of mistakes, which have a section of their own."""
        return [each for each in self.drawn.tables if not each.name.endswith("-mistakes")]


def judged_models(data: ReportData) -> Iterator[Judged]:
    """Yield the best model of each study and comparison, on what it was judged on.

    Parameters
    ----------
    data : ReportData
    """
    for study in data.studies:
        name = f"{study.study.name}: {study.winner.best.name}"
        single = study.info.task == "regression"
        judged = (
            (study.validation_rows, study.validation, False),
            ("test split", study.test, True),
        )
        for rows, said, test in judged:
            if said is not None and (single or said.classes is not None):
                yield Judged(name, rows, said, test)
    for compared in data.compared:
        for on in compared.grounds:
            said = compared.found.predictions(compared.best, on=on)
            if said is not None:
                name = f"{compared.name}: {compared.best}"
                yield Judged(name, compared.rows_of(on), said, on == "test")


def best_section(data: ReportData) -> Section | None:
    """Return the section on the best models; None where no predictions were kept.

    Parameters
    ----------
    data : ReportData
    """
    parts: list[_JudgedPart] = []
    chosen: dict[str, Thresholds] = {}
    for number, judged in enumerate(judged_models(data)):
        name = f"best-{number}"
        drawn = evaluation(
            judged.predictions,
            name,
            rows=judged.rows,
            chosen=chosen.get(judged.model) if judged.test else None,
            choose=not judged.test,
        )
        if drawn.thresholds is not None and not judged.test:
            chosen[judged.model] = drawn.thresholds
        parts.append(_JudgedPart(judged, name, drawn))
    if not parts:
        return None
    html = rendered("best", parts=parts)
    sliders = {
        part.name: part.drawn.thresholds.to_dict() for part in parts if part.drawn.thresholds
    }
    tables = tuple(table for part in parts for table in part.tables)
    return Section("best", "The best models", html, tables, thresholds=sliders)


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
