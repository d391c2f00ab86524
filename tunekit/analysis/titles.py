"""Unique titles of the studies and comparisons of a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from tunekit.analysis.comparison import ComparisonData
from tunekit.analysis.labels import readable_names
from tunekit.analysis.study import StudyData


def with_titles(
    studies: Sequence[StudyData], compared: Sequence[ComparisonData]
) -> tuple[tuple[StudyData, ...], tuple[ComparisonData, ...]]:
    """Return studies and comparisons with distinct titles.

    Their titles are their names. Studies with the same name also have the engine and the algorithm
    in their title, and the seed if these are equal, too. What is still equal is numbered.

    Parameters
    ----------
    studies : sequence of StudyData
    compared : sequence of ComparisonData
        Without those of finalists, which belong to their studies.
    """
    titles = study_titles(studies)
    labelled = [
        f"{each.name}, comparison" if each.name in titles else each.name for each in compared
    ]
    every = readable_names([*titles, *labelled])
    of_studies, of_compared = every[: len(titles)], every[len(titles) :]
    return (
        tuple(
            replace(
                study,
                label=title,
                finalists=tuple(replace(each, label=title) for each in study.finalists),
            )
            for study, title in zip(studies, of_studies, strict=True)
        ),
        tuple(
            replace(each, label=title) for each, title in zip(compared, of_compared, strict=True)
        ),
    )


def study_titles(studies: Sequence[StudyData]) -> list[str]:
    """Return the titles of studies; equal only if name, engines, algorithms and seed are."""
    titles = [each.study.name for each in studies]
    for detail in (searched_by, _seed):
        shared = {title for title, count in Counter(titles).items() if count > 1}
        titles = [
            f"{title}, {detail(study)}" if title in shared else title
            for study, title in zip(studies, titles, strict=True)
        ]
    return titles


def searched_by(study: StudyData) -> str:
    """Return the engines of a study with their algorithms, such as ``"optuna tpe"``."""
    searches = (f"{each.engine} {each.execution.info.algorithm}" for each in study.engines)
    return " and ".join(searches)


def _seed(study: StudyData) -> str:
    return f"seed {study.info.random_state}"
