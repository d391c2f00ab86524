"""The best models: how good they are on rows that they were not fitted on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tunekit.records import Predictions
from tunekit.reporting.drawing import Figure
from tunekit.reporting.figures.evaluation import Evaluation, evaluation
from tunekit.reporting.quality.thresholds import Thresholds
from tunekit.reporting.section import Section, rendered
from tunekit.reporting.sources import ReportData
from tunekit.reporting.tables import Table


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
class _Part:
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
        best, info = study.winner.best, study.winner.execution.info
        name = f"{study.study.name}: {best.name}"
        single = info["task"] == "regression"
        judged = ((study.held_rows, study.held_out, False), ("test split", study.test, True))
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
    parts: list[_Part] = []
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
        parts.append(_Part(judged, name, drawn))
    if not parts:
        return None
    html = rendered("best", parts=parts)
    sliders = {
        part.name: part.drawn.thresholds.to_dict() for part in parts if part.drawn.thresholds
    }
    tables = tuple(table for part in parts for table in part.tables)
    return Section("best", "The best models", html, tables, thresholds=sliders)
