"""How the best models learned: curves with bands over folds and seeds, and what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tunekit.records import Curve
from tunekit.reporting.compared import ComparisonData, curves_of
from tunekit.reporting.data import StudyData
from tunekit.reporting.learning.reference import Reference
from tunekit.reporting.learning.section import LearningSection, learning_section, read_finalists
from tunekit.reporting.section import Section, rendered
from tunekit.reporting.sources import ReportData

_MOST = 3  # candidates that are drawn together


def learnings_section(data: ReportData) -> Section | None:
    """Return the section on learning curves; None where no model has any.

    Parameters
    ----------
    data : ReportData
    """
    parts: list[tuple[str, LearningSection]] = []
    for number, (title, curves, reference, fit) in enumerate(_curves(data)):
        if not curves:
            continue
        found = learning_section(
            curves,
            reference=reference,
            name=f"learning-{number}",
            fit=fit,
        )
        parts.append((f"{title}: {next(iter(curves))}", found))
    if not parts:
        return None
    html = rendered("learning", parts=parts)
    tables = [each.table for _, found in parts for each in found.figures if each.table]
    return Section("learning", "Learning curves", html, tuple(tables))


def _curves(
    data: ReportData,
) -> Iterator[tuple[str, Mapping[str, Sequence[Curve]], Reference, str]]:
    """Yield the curves of the best models of each study and comparison, and what a fit of it is."""
    for study, evidence in zip(data.studies, data.evidence, strict=True):
        yield study.study.name, _of_study(study), evidence.reference, "fold"
        for each in study.finalists:
            yield each.title, _of_comparison(each), each.reference, _fit(each)
    for each in data.compared:
        yield each.name, _of_comparison(each), each.reference, _fit(each)


def _fit(data: ComparisonData) -> str:
    info = data.found.info
    if len(info.seeds) == 1:
        return "fold"
    return "seed" if info.n_splits == 1 else "fit"


def _of_study(data: StudyData) -> Mapping[str, Sequence[Curve]]:
    return {name: curves for name, (_, curves) in read_finalists(data.study).items()}


def _of_comparison(data: ComparisonData) -> Mapping[str, Sequence[Curve]]:
    """Return the curves of the best candidates, one a fold and seed."""
    return dict(list(curves_of(data.found).items())[:_MOST])
