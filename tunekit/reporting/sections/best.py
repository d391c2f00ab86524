"""The best models: their performance on rows that they were not trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tunekit.analysis.collect import ReportData
from tunekit.analysis.metrics.targets import Task
from tunekit.analysis.metrics.thresholds import Thresholds
from tunekit.core.predictions import Predictions
from tunekit.reporting.document import Section, rendered
from tunekit.reporting.figures.svg import Figure
from tunekit.reporting.sections.evaluation import Evaluation, evaluation
from tunekit.reporting.tables.table import Table


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
    task : {"classification", "regression"}
    described : mapping
        Description of the data.
    """

    model: str
    rows: str
    predictions: Predictions
    is_test: bool
    task: Task
    described: Mapping[str, Any]


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
            task=each.task,
            described=each.described,
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
        name = f"{study.title}: {study.winner.best.name}"
        for rows, predictions, is_test in (
            (study.validation_rows, study.validation, False),
            ("test split", study.test, True),
        ):
            if predictions is not None:
                yield EvaluatedModel(name, rows, predictions, is_test, study.info.task, study.data)
    for compared in data.compared:
        name = f"{compared.name}: {compared.best}"
        for on in compared.grounds:
            predictions = compared.comparison.predictions(compared.best, on=on)
            if predictions is not None:
                rows, task = compared.rows_of(on), compared.comparison.info.task
                yield EvaluatedModel(name, rows, predictions, on == "test", task, compared.data)
