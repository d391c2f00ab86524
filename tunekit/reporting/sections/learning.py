"""How the best models learned: curves with bands over folds and seeds, and what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tunekit.fits import TEST
from tunekit.records import Curve
from tunekit.reporting.compared import ComparisonData
from tunekit.reporting.data import StudyData
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
    known = {each.study.name: each for each in data.evidence}
    for number, (title, curves, fit) in enumerate(_curves(data)):
        if not curves:
            continue
        evidence = known.get(title)
        found = learning_section(
            curves,
            chance=float("nan") if evidence is None else evidence.chance,
            baseline=float("nan") if evidence is None else evidence.baseline,
            restored=evidence is not None and bool(evidence.training.get("early_stopping")),
            name=f"learning-{number}",
            fit=fit,
        )
        parts.append((f"{title}: {next(iter(curves))}", found))
    if not parts:
        return None
    html = rendered("learning", parts=parts)
    tables = [each.table for _, found in parts for each in found.figures if each.table]
    return Section("learning", "Learning curves", html, tuple(tables))


def _curves(data: ReportData) -> Iterator[tuple[str, Mapping[str, Sequence[Curve]], str]]:
    """Yield the curves of the best models of each study and comparison, and what a fit of it is."""
    for study in data.studies:
        yield study.study.name, _of_study(study), "fold"
        for finalists in study.finalists:
            yield finalists.title, _of_comparison(finalists), _fit(finalists)
    for compared in data.compared:
        yield compared.name, _of_comparison(compared), _fit(compared)


def _fit(data: ComparisonData) -> str:
    info = data.found.info
    if len(info.seeds) == 1:
        return "fold"
    return "seed" if info.n_splits == 1 else "fit"


def _of_study(data: StudyData) -> Mapping[str, Sequence[Curve]]:
    return {name: curves for name, (_, curves) in read_finalists(data.study).items()}


def _of_comparison(data: ComparisonData) -> Mapping[str, Sequence[Curve]]:
    """Return the curves of the best candidates, one a fold and seed."""
    ranking = data.found.ranking().dropna(subset=["score"])
    found = {
        str(name): [
            fit.curve
            for fit in data.found.fits
            if fit.candidate == name and fit.split != TEST and fit.curve
        ]
        for name in ranking.index
    }
    kept = {name: curves for name, curves in found.items() if curves}
    return dict(list(kept.items())[:_MOST])
