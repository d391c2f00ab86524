"""The search: how it went, what mattered, and what each nested search chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tunekit.analysis.collect import ReportData
from tunekit.analysis.comparison import ComparisonData
from tunekit.analysis.search.contour import pair_map
from tunekit.analysis.search.data import SearchData
from tunekit.analysis.search.parallel_coordinates import parallel_coordinates
from tunekit.analysis.search.param_importances import shares_of
from tunekit.analysis.search.slice import slices
from tunekit.analysis.search.timeline import saved_by_pruning
from tunekit.core.comparison_info import TEST_SPLIT
from tunekit.reporting.document import Section, rendered
from tunekit.reporting.figures.contour import draw_pair_map
from tunekit.reporting.figures.optimization_history import draw_by_time, draw_by_trial
from tunekit.reporting.figures.param_importances import draw_shares
from tunekit.reporting.figures.slice import draw_slices
from tunekit.reporting.figures.svg import Figure
from tunekit.reporting.figures.timeline import draw_lanes
from tunekit.reporting.tables.table import Column, Table, table_of
from tunekit.reporting.tables.trials import kind_of, shown

_COURSE, _OTHERS = ("trials", "time"), ("importances", "map", "slices", "lanes")


def search_section(data: ReportData) -> Section | None:
    """Return the section on how configurations were searched; None where none were.

    Parameters
    ----------
    data : ReportData
    """
    parts = [
        (study.study.name, draw_search(replace(study.search, name=f"search-{number}")))
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
            "test split" if fit.split == TEST_SPLIT else f"{fit.split + 1}" for fit in fits
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


@dataclass(frozen=True)
class SearchSection:
    """What the page shows of a search.

    Attributes
    ----------
    data : SearchData
    figures : mapping of str to Figure
        ``trials``, ``time``, ``importances``, ``slices``, ``map`` and ``lanes``, as far as there
        is something to draw.
    parallel : mapping or None
        Parallel coordinates for the page's script, see :func:`parallel_coordinates`.
    notes : tuple of str
        What is not shown, and why, in sentences.
    pruning : str
        What pruning saved, as a sentence; empty where nothing was pruned.
    """

    data: SearchData
    figures: Mapping[str, Figure]
    parallel: Mapping[str, Any] | None
    notes: tuple[str, ...]
    pruning: str


def draw_search(data: SearchData) -> SearchSection:
    """Return what the page shows of a search that was collected."""
    shares = shares_of(data)
    plane = pair_map(data, shares)
    figures = {
        "trials": draw_by_trial(data),
        "time": draw_by_time(data),
        "importances": draw_shares(shares, f"{data.name}-importances"),
        "slices": draw_slices(data, slices(data, shares)),
        "map": None if plane is None else draw_pair_map(data, plane),
        "lanes": draw_lanes(data),
    }
    notes = [shares.reason] if shares.reason else []
    if figures["trials"] is None:
        notes = ["No trial of the search has a score yet."]
    if data.others:
        first = data.study.trials[0]
        best = f" The best of all, “{first.name}”, is one of them."
        notes.append(
            f"The trials of {' and '.join(data.others)} searched another space: they are left out "
            f"of parallel coordinates, importances and what follows from them."
            f"{best if first.engine in data.others else ''}"
        )
    return SearchSection(
        data=data,
        figures={name: figure for name, figure in figures.items() if figure is not None},
        parallel=parallel_coordinates(data, shares),
        notes=tuple(notes),
        pruning=saved_by_pruning(data),
    )
