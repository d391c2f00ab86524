"""Comparison statistics: the test and its reason, differences, pairs and ranks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tunekit.analysis.comparison import ComparisonData
from tunekit.analysis.datasets import over_datasets
from tunekit.analysis.text import significant
from tunekit.comparison.inference_methods import Design, EvaluatedOn
from tunekit.reporting.document import Section, rendered
from tunekit.reporting.figures.comparison import forest, scores_by_fold, search_and_refit
from tunekit.reporting.figures.critical_difference import draw_critical_differences
from tunekit.reporting.figures.svg import Figure
from tunekit.reporting.tables.pairs import pair_matrix, pairs_table
from tunekit.reporting.tables.table import Table

_ROWS: dict[EvaluatedOn, str] = {"folds": "validation rows", "test": "the test split"}
_FEWEST = 2  # candidates with a score


@dataclass(frozen=True)
class _Part:
    """One comparison on the validation rows or on the test split."""

    title: str
    design: Design
    omnibus: str
    figures: tuple[Figure, ...]
    matrix: Markup
    pairs: Table | None


def statistics_section(comparisons: Sequence[ComparisonData]) -> Section | None:
    """Return the section on differences between candidates; None if nothing was compared.

    Parameters
    ----------
    comparisons : sequence of ComparisonData
        Comparisons of candidates and of finalists.
    """
    parts = [part for number, each in enumerate(comparisons) for part in _parts(each, number)]
    test = over_datasets(comparisons)
    ranks = None if test is None else draw_critical_differences(test, "statistics-ranks")
    if not parts and ranks is None:
        return None
    drawn = [figure for part in parts for figure in part.figures] + ([ranks] if ranks else [])
    tables = [figure.table for figure in drawn if figure.table]
    tables += [part.pairs for part in parts if part.pairs]
    html = rendered("statistics", parts=parts, ranks=ranks)
    return Section("statistics", "Comparison statistics", html, tuple(tables))


def _parts(data: ComparisonData, number: int) -> list[_Part]:
    return [
        _part(data, on, f"statistics-{number}-{on}")
        for on in data.grounds
        if len(data.comparison.ranking(on=on).dropna(subset=["score"])) >= _FEWEST
    ]


def _part(data: ComparisonData, on: EvaluatedOn, name: str) -> _Part:
    comparison, scorer = data.comparison, data.comparison.info.scorer
    pairs = comparison.pairwise(scorer, on=on)
    omnibus = pairs.attrs["omnibus_p"]
    drawn = [forest(comparison, scorer, on, f"{name}-forest")]
    if on == "folds":
        drawn.append(scores_by_fold(comparison, scorer, f"{name}-scores"))
        drawn.append(search_and_refit(comparison, f"{name}-optimism"))
    title = f"{data.title}, {scorer} on {_ROWS[on]}"
    return _Part(
        title=title,
        design=comparison.design(scorer, on=on),
        omnibus="" if math.isnan(omnibus) else significant(omnibus, 2),
        figures=tuple(each for each in drawn if each is not None),
        matrix=pair_matrix(comparison, scorer, on, title),
        pairs=None if pairs.empty else pairs_table(comparison, scorer, on, f"{name}-pairs"),
    )
