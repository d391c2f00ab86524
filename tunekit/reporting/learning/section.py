"""Everything that the report shows of learning curves, ready for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tunekit.records import Curve
from tunekit.reporting.drawing import Figure
from tunekit.reporting.learning.bands import metrics_of
from tunekit.reporting.learning.diagnosis import Diagnosis
from tunekit.reporting.learning.drawing_curves import draw_curves, draw_together
from tunekit.reporting.learning.reference import Reference, diagnosed
from tunekit.tracking.reader import TrackedStudy, TrackedTrial, read_curves

_MOST_METRICS = 4
_FINALISTS = 3
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


def read_finalists(
    study: TrackedStudy, most: int = _FINALISTS
) -> dict[str, tuple[TrackedTrial, list[Curve]]]:
    """Return the best trials of different configurations with their curves, by a short name.

    Parameters
    ----------
    study : TrackedStudy
    most : int, default=3
        How many.

    Raises
    ------
    TrackingError
        When the store fails.
    """
    best = [each for each in study.trials if each.state == "complete" and not each.reused][:most]
    found = {each.name: (each, read_curves(study, each)) for each in best}
    return {name: pair for name, pair in found.items() if pair[1]}


def learning_section(
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
