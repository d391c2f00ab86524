"""Several searches on the same axes, and what makes them comparable."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tunekit.analysis.search.optimization_history import Course, courses
from tunekit.analysis.study import StudyData
from tunekit.analysis.text import listed
from tunekit.core.study_info import StudyInfo

_FEWEST = 2  # searches


@dataclass(frozen=True)
class ComparedSearch:
    """The search of one engine, as one of several.

    Attributes
    ----------
    title : str
        Title of its study, with the engine and the algorithm.
    algorithm : str
        Name of the engine's algorithm, or the class of the sampler.
    course : Course
    info : StudyInfo
    test_score : float
        NaN if no test split was used.
    """

    title: str
    algorithm: str
    course: Course
    info: StudyInfo
    test_score: float


@dataclass(frozen=True)
class ComparedSearches:
    """Searches whose scores are on the same scale, for the same rows.

    Attributes
    ----------
    scoring : str
    searches : tuple of ComparedSearch
        In the order of the sources.
    notes : tuple of str
        In what the searches differ, in sentences.
    """

    scoring: str
    searches: tuple[ComparedSearch, ...]
    notes: tuple[str, ...]


#: What must be equal for scores to be comparable: words for a sentence, and the value.
_SAME: tuple[tuple[str, Callable[[StudyInfo], object]], ...] = (
    ("scorer", lambda info: info.scoring),
    ("data", lambda info: (info.n_rows, info.shape, info.digest)),
    ("splits", lambda info: (info.cv, info.n_splits)),
)

#: What may differ, with what follows from it.
_DIFFERENCES: tuple[tuple[str, Callable[[StudyInfo], object]], ...] = (
    (
        "They searched different spaces, so the curves compare spaces and algorithms together.",
        lambda info: info.space,
    ),
    (
        "They tuned different estimators, so the curves compare these and algorithms together.",
        lambda info: info.estimator,
    ),
    (
        "Their seeds differ: splits that shuffle put other rows into the folds.",
        lambda info: info.random_state,
    ),
)


def compared_searches(
    studies: Sequence[StudyData],
) -> tuple[tuple[ComparedSearches, ...], tuple[str, ...]]:
    """Return the searches that can be compared, in groups, and why others cannot.

    Parameters
    ----------
    studies : sequence of StudyData
        Of a report.

    Returns
    -------
    groups : tuple of ComparedSearches
        Each with at least two searches; empty if there is a single study.
    reasons : tuple of str
        Sentences on searches that are not on the same axes.
    """
    if len(studies) < _FEWEST:
        return (), ()
    groups: dict[tuple[str, ...], list[ComparedSearch]] = {}
    for search in (search for study in studies for search in _searches(study)):
        groups.setdefault(_key(search.info), []).append(search)
    shown = tuple(
        ComparedSearches(members[0].info.scoring, tuple(members), _notes(members))
        for members in groups.values()
        if len(members) >= _FEWEST
    )
    return shown, _reasons(list(groups.values()))


def _searches(study: StudyData) -> list[ComparedSearch]:
    found = []
    by_engine = {course.engine: course for course in courses(study.search)}
    for engine in study.engines:
        algorithm = engine.execution.info.algorithm
        described = f"{engine.engine} {algorithm}"
        is_named = described in study.title
        found.append(
            ComparedSearch(
                title=study.title if is_named else f"{study.title}, {described}",
                algorithm=algorithm,
                course=by_engine[engine.engine],
                info=engine.execution.info,
                test_score=engine.execution.test_score,
            )
        )
    return found


def _key(info: StudyInfo) -> tuple[str, ...]:
    return tuple(repr(value(info)) for _, value in _SAME)


def _notes(searches: Sequence[ComparedSearch]) -> tuple[str, ...]:
    notes = [
        sentence
        for sentence, value in _DIFFERENCES
        if len({repr(value(each.info)) for each in searches}) > 1
    ]
    if not searches[0].info.digest:
        notes.append("The data have no digest, so they may differ.")
    return tuple(notes)


def _reasons(groups: Sequence[Sequence[ComparedSearch]]) -> tuple[str, ...]:
    """Return which groups are not comparable with the largest, and why."""
    if len(groups) < _FEWEST:
        return ()
    largest = max(groups, key=len)
    reasons = []
    for group in groups:
        if group is largest:
            continue
        differ = [
            words
            for words, value in _SAME
            if repr(value(group[0].info)) != repr(value(largest[0].info))
        ]
        reasons.append(
            f"{listed([each.title for each in group])} cannot be compared with"
            f" {listed([each.title for each in largest])}: they differ in {_joined(differ)}."
        )
    return tuple(reasons)


def _joined(words: Sequence[str]) -> str:
    *rest, last = words
    return f"{', '.join(rest)} and {last}" if rest else last


def best_after(course: Course, n_trials: int) -> float:
    """Return the best score after some trials; NaN if none of them has a score."""
    bests = [step.best for step in course.by_trial[:n_trials]]
    return bests[-1] if bests else math.nan
