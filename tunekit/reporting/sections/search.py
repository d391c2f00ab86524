"""The search: how it went, what mattered, and what each nested search chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tunekit.fits import TEST
from tunekit.reporting.compared import ComparisonData
from tunekit.reporting.drawing import Figure
from tunekit.reporting.search.section import SearchSection, search_section
from tunekit.reporting.section import Section, rendered
from tunekit.reporting.sources import ReportData
from tunekit.reporting.tables import Column, Table, table_of
from tunekit.reporting.trial_table import kind_of, shown

_COURSE, _OTHERS = ("trials", "time"), ("importances", "map", "slices", "lanes")


def searches_section(data: ReportData) -> Section | None:
    """Return the section on how configurations were searched; None where none were.

    Parameters
    ----------
    data : ReportData
    """
    parts = [
        (study.study.name, search_section(study.study, f"search-{number}"))
        for number, study in enumerate(data.studies)
    ]
    chosen = [
        (f"{compared.name}: what {name} chose inside each training part", table)
        for number, compared in enumerate(data.compared)
        for name, table in _chosen(compared, f"chosen-{number}")
    ]
    if not parts and not chosen:
        return None
    parallel: Mapping[str, Mapping[str, Any]] = {
        found.data.name: found.parallel for _, found in parts if found.parallel
    }
    drawn = [
        (name, found, _figures(found, *_COURSE), _figures(found, *_OTHERS)) for name, found in parts
    ]
    html = rendered("search", parts=drawn, chosen=chosen)
    tables = [table for _, found in parts for table in _tables(found)]
    tables += [table for _, table in chosen]
    return Section("search", "The search", html, tuple(tables), parallel=parallel)


def _figures(found: SearchSection, *names: str) -> list[Figure]:
    return [found.figures[name] for name in names if name in found.figures]


def _tables(found: SearchSection) -> list[Table]:
    return [figure.table for figure in found.figures.values() if figure.table]


def _chosen(data: ComparisonData, name: str) -> list[tuple[str, Table]]:
    """Return a table for each tuner among the candidates, of what it chose fold by fold."""
    tuners = [each.name for each in data.found.info.candidates if each.nested]
    return [
        (tuner, _choices(data, tuner, f"{name}-{number}")) for number, tuner in enumerate(tuners)
    ]


def _choices(data: ComparisonData, tuner: str, name: str) -> Table:
    fits = [fit for fit in data.found.fits if fit.candidate == tuner]
    parameters = list(dict.fromkeys(each for fit in fits for each in fit.params))
    cells: dict[Column, Sequence[Any]] = {
        Column("split", "split"): [
            "test split" if fit.split == TEST else f"{fit.split + 1}" for fit in fits
        ],
        Column("seed", "seed", "integer"): [fit.seed for fit in fits],
        Column("score", data.found.info.scorer, "number"): [
            fit.scores.get(data.found.info.scorer) for fit in fits
        ],
    }
    for parameter in parameters:
        values = [fit.params.get(parameter) for fit in fits]
        column = Column(f"parameter/{parameter}", parameter, kind_of(values), digits=3)
        cells[column] = [shown(value) for value in values]
    keys = [f"parameter/{parameter}" for parameter in parameters]
    return table_of(
        name,
        "Each row is a search of its own, inside one training part: where they differ, the choice "
        "is not stable. Those with one seed try the same configurations first, so that they agree "
        "says little of searches with few trials.",
        cells,
        parameters=keys,
    )
