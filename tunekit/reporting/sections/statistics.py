"""How candidates differ: the test and why it is right, differences, pairs, ranks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tunekit.analysis.comparison import ComparisonData
from tunekit.analysis.datasets import over_datasets
from tunekit.analysis.text import significant
from tunekit.comparison.design import Design, EvaluatedOn
from tunekit.reporting.document import Section, rendered
from tunekit.reporting.figures.comparison import forest, scores_by_fold, search_and_refit
from tunekit.reporting.figures.critical_difference import critical_differences
from tunekit.reporting.figures.svg import Figure
from tunekit.reporting.tables.pairs import pair_matrix, pairs_table
from tunekit.reporting.tables.table import Table

_GROUNDS: dict[EvaluatedOn, str] = {"folds": "held-out rows", "test": "the test split"}
_FEWEST = 2


@dataclass(frozen=True)
class _Part:
    """One comparison by one scorer on one ground."""

    title: str
    design: Design
    omnibus: str
    figures: tuple[Figure, ...]
    matrix: Markup
    pairs: Table | None


def statistics_section(comparisons: Sequence[ComparisonData]) -> Section | None:
    """Return the section on how candidates differ; None where nothing was compared.

    Parameters
    ----------
    comparisons : sequence of ComparisonData
        Of the user's candidates and of finalists.
    """
    parts = [part for number, each in enumerate(comparisons) for part in _parts(each, number)]
    over = over_datasets(comparisons)
    ranks = None if over is None else critical_differences(over, "statistics-ranks")
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
        if len(data.found.ranking(on=on).dropna(subset=["score"])) >= _FEWEST
    ]


def _part(data: ComparisonData, on: EvaluatedOn, name: str) -> _Part:
    found, scorer = data.found, data.found.info.scorer
    pairs = found.pairwise(scorer, on=on)
    omnibus = pairs.attrs["omnibus_p"]
    drawn = [forest(found, scorer, on, f"{name}-forest")]
    if on == "folds":
        drawn.append(scores_by_fold(found, scorer, f"{name}-scores"))
        drawn.append(search_and_refit(found, f"{name}-luck"))
    title = f"{data.title}, {scorer} on {_GROUNDS[on]}"
    return _Part(
        title=title,
        design=found.design(scorer, on=on),
        omnibus="" if math.isnan(omnibus) else significant(omnibus, 2),
        figures=tuple(each for each in drawn if each is not None),
        matrix=pair_matrix(found, scorer, on, title),
        pairs=None if pairs.empty else pairs_table(found, scorer, on, f"{name}-pairs"),
    )
