"""How the best models learned: curves with bands over folds and seeds, and what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tunekit.analysis.collect import ReportData
from tunekit.analysis.comparison import ComparisonData, curves_of
from tunekit.analysis.learning.bands import metrics_of
from tunekit.analysis.learning.diagnosis import Diagnosis
from tunekit.analysis.learning.reference import Reference, diagnosed
from tunekit.core.predictions import Curve
from tunekit.reporting.document import Section, rendered
from tunekit.reporting.figures.learning_curves import draw_curves, draw_together
from tunekit.reporting.figures.svg import Figure

_MOST = 3  # candidates that are drawn together


def learning_section(data: ReportData) -> Section | None:
    """Return the section on learning curves; None where no model has any.

    Parameters
    ----------
    data : ReportData
    """
    parts: list[tuple[str, LearningSection]] = []
    for number, (title, curves, reference, fit) in enumerate(_curves(data)):
        if not curves:
            continue
        found = draw_learning(
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
    for study in data.studies:
        yield study.study.name, study.curves, study.reference, "fold"
        for each in study.finalists:
            yield each.title, _of_comparison(each), each.reference, _fit(each)
    for each in data.compared:
        yield each.name, _of_comparison(each), each.reference, _fit(each)


def _fit(data: ComparisonData) -> str:
    info = data.found.info
    if len(info.seeds) == 1:
        return "fold"
    return "seed" if info.n_splits == 1 else "fit"


def _of_comparison(data: ComparisonData) -> Mapping[str, Sequence[Curve]]:
    """Return the curves of the best candidates, one a fold and seed."""
    return dict(list(curves_of(data.found).items())[:_MOST])


_MOST_METRICS = 4


_UNKNOWN = Reference()


@dataclass(frozen=True)
class LearningSection:
    """What the page shows of learning curves.

    Attributes
    ----------
    figures : tuple of Figure
        A metric each, of the best; then one of the best few together, where there are several.
    diagnosis : Diagnosis or None
        Of the best; None where its curves are too short to tell.
    words : tuple of str
        The diagnosis in sentences; or why there is none.
    """

    figures: tuple[Figure, ...] = field(default=())
    diagnosis: Diagnosis | None = None
    words: tuple[str, ...] = ()


def draw_learning(
    finalists: Mapping[str, Sequence[Curve]],
    *,
    reference: Reference = _UNKNOWN,
    name: str = "learning",
    fit: str = "fold",
) -> LearningSection:
    """Return what the page shows of the learning curves of the best configurations.

    Parameters
    ----------
    finalists : mapping of str to sequence of Curve
        Curves of each, one a fold or a seed, by its name; the best first.
    reference : Reference, default=Reference()
        Of the best one.
    name : str, default="learning"
        Begins the names of the figures, unlike that of every other part of the page.
    fit : str, default="fold"
        What each curve is of.
    """
    if not finalists:
        return LearningSection(words=("The best trials have no learning curves.",))
    who, curves = next(iter(finalists.items()))
    metrics = metrics_of(curves)[:_MOST_METRICS]
    figures = [
        draw_curves(curves, metric, name=f"{name}-{i}", who=who, fit=fit)
        for i, metric in enumerate(metrics)
    ]
    if len(finalists) > 1:
        figures.append(draw_together(finalists, metrics[0], name=f"{name}-together", fit=fit))
    found = diagnosed(curves, reference)
    words = found.words if found else ("There are too few epochs to say how training went.",)
    return LearningSection(tuple(each for each in figures if each), found, words)
