"""Learning curves of the best models, with bands over folds and seeds, and their diagnosis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tunekit.analysis.collect import ReportData
from tunekit.analysis.comparison import ComparisonData, curves_of
from tunekit.analysis.learning.bands import metrics_of
from tunekit.analysis.learning.diagnosis import Diagnosis
from tunekit.analysis.learning.reference import Reference, diagnosed
from tunekit.analysis.metrics.targets import Task, kind_of
from tunekit.core.predictions import Curve, Predictions
from tunekit.reporting.document import Section, rendered
from tunekit.reporting.figures.learning_curves import draw_curves, draw_together
from tunekit.reporting.figures.svg import Figure

_MOST = 3  # candidates that are drawn together
_MOST_METRICS = 4
_UNKNOWN = Reference()
_OF_LABELS = (
    "The accuracy of an epoch is the proportion of correct labels, as in Keras; that of "
    "scikit-learn counts the rows whose labels are all correct."
)


@dataclass(frozen=True)
class LearningSection:
    """Learning curves of one study or comparison.

    Attributes
    ----------
    figures : tuple of Figure
        One per metric of the best configuration; then one of the best few together, if there are
        several.
    diagnosis : Diagnosis or None
        Of the best configuration; None if its curves are too short.
    sentences : tuple of str
        The diagnosis, or why there is none.
    """

    figures: tuple[Figure, ...] = field(default=())
    diagnosis: Diagnosis | None = None
    sentences: tuple[str, ...] = ()


def learning_section(data: ReportData) -> Section | None:
    """Return the section on learning curves; None if no model has any.

    Parameters
    ----------
    data : ReportData
    """
    parts: list[tuple[str, LearningSection]] = []
    for number, (title, curves, reference, fit, has_labels) in enumerate(_curves(data)):
        if not curves:
            continue
        part = draw_learning(
            curves,
            reference=reference,
            name=f"learning-{number}",
            fit=fit,
        )
        if has_labels and "accuracy" in metrics_of(next(iter(curves.values()))):
            part = replace(part, sentences=(*part.sentences, _OF_LABELS))
        parts.append((f"{title}: {next(iter(curves))}", part))
    if not parts:
        return None
    html = rendered("learning", parts=parts)
    tables = [each.table for _, part in parts for each in part.figures if each.table]
    return Section("learning", "Learning curves", html, tuple(tables))


def draw_learning(
    finalists: Mapping[str, Sequence[Curve]],
    *,
    reference: Reference = _UNKNOWN,
    name: str = "learning",
    fit: str = "fold",
) -> LearningSection:
    """Draw the learning curves of the best configurations and diagnose the best one.

    Parameters
    ----------
    finalists : mapping of str to sequence of Curve
        Curves of each configuration by its name, one per fold or seed; the best first.
    reference : Reference, default=Reference()
        Of the best configuration.
    name : str, default="learning"
        Prefix of the names of the figures; unique on the page.
    fit : str, default="fold"
        What each curve belongs to.
    """
    if not finalists:
        return LearningSection(sentences=("The best trials have no learning curves.",))
    who, curves = next(iter(finalists.items()))
    metrics = metrics_of(curves)[:_MOST_METRICS]
    figures = [
        draw_curves(curves, metric, name=f"{name}-{i}", who=who, fit=fit)
        for i, metric in enumerate(metrics)
    ]
    if len(finalists) > 1:
        figures.append(draw_together(finalists, metrics[0], name=f"{name}-together", fit=fit))
    diagnosis = diagnosed(curves, reference)
    sentences = diagnosis.words if diagnosis else ("There are too few epochs for a diagnosis.",)
    return LearningSection(tuple(each for each in figures if each), diagnosis, sentences)


def _curves(
    data: ReportData,
) -> Iterator[tuple[str, Mapping[str, Sequence[Curve]], Reference, str, bool]]:
    """Yield a title, the curves of the best models, their reference, and what a curve belongs to.

    One item per study, per set of finalists and per comparison, with whether rows have several
    labels.
    """
    for study in data.studies:
        has_labels = _has_labels(study.validation, study.info.task)
        yield study.title, study.curves, study.reference, "fold", has_labels
        for each in study.finalists:
            yield each.title, _of_finalists(each), each.reference, fit_of(each), has_labels
    for each in data.compared:  # the section on candidates draws all of them together
        best = dict(list(curves_of(each.comparison).items())[:1])
        yield (
            each.name,
            best,
            each.reference,
            fit_of(each),
            _has_labels(each.validation, each.comparison.info.task),
        )


def _has_labels(predictions: Predictions | None, task: Task) -> bool:
    return predictions is not None and kind_of(predictions, task) == "labels"


def fit_of(data: ComparisonData) -> str:
    """Return what each learning curve of a comparison belongs to."""
    info = data.comparison.info
    if len(info.seeds) == 1:
        return "fold"
    return "seed" if info.n_splits == 1 else "fit"


def _of_finalists(data: ComparisonData) -> Mapping[str, Sequence[Curve]]:
    """Return the curves of the best finalists, one per fold and seed."""
    return dict(list(curves_of(data.comparison).items())[:_MOST])
