"""The search: its progress, the parameters that mattered, and the choices of nested searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tunekit.analysis.collect import ReportData
from tunekit.analysis.comparison import ComparisonData
from tunekit.analysis.search.compared import compared_searches
from tunekit.analysis.search.contour import pair_map
from tunekit.analysis.search.data import SearchData
from tunekit.analysis.search.parallel_coordinates import parallel_coordinates
from tunekit.analysis.search.param_importances import shares_of
from tunekit.analysis.search.slice import slices
from tunekit.analysis.search.timeline import saved_by_pruning
from tunekit.analysis.text import listed
from tunekit.core.comparison_info import TEST_SPLIT
from tunekit.reporting.document import Section, rendered
from tunekit.reporting.figures.contour import draw_pair_map
from tunekit.reporting.figures.optimization_history import draw_by_time, draw_by_trial
from tunekit.reporting.figures.param_importances import draw_shares
from tunekit.reporting.figures.searches import draw_searches_by_time, draw_searches_by_trial
from tunekit.reporting.figures.slice import draw_slices
from tunekit.reporting.figures.svg import Figure
from tunekit.reporting.figures.timeline import draw_lanes
from tunekit.reporting.tables.table import Column, Table, table_of
from tunekit.reporting.tables.trials import parameter_column

#: Keys of the figures above and below the parallel coordinates.
_ABOVE, _BELOW = ("trials", "time"), ("importances", "map", "slices", "lanes")


@dataclass(frozen=True)
class SearchSection:
    """Figures and notes on one search.

    Attributes
    ----------
    data : SearchData
    figures : mapping of str to Figure
        ``trials``, ``time``, ``importances``, ``slices``, ``map`` and ``lanes``, without those
        that have nothing to show.
    parallel : mapping or None
        Parallel coordinates for the script of the page, see :func:`parallel_coordinates`.
    notes : tuple of str
        What is not shown, and why, in sentences.
    pruning : str
        What pruning saved, as a sentence; empty if nothing was pruned.
    """

    data: SearchData
    figures: Mapping[str, Figure]
    parallel: Mapping[str, Any] | None
    notes: tuple[str, ...]
    pruning: str

    @property
    def above(self) -> list[Figure]:
        """Figures above the parallel coordinates."""
        return [self.figures[key] for key in _ABOVE if key in self.figures]

    @property
    def below(self) -> list[Figure]:
        """Figures below the parallel coordinates."""
        return [self.figures[key] for key in _BELOW if key in self.figures]

    @property
    def tables(self) -> list[Table]:
        """Tables of all figures."""
        return [figure.table for figure in self.figures.values() if figure.table]


def search_section(data: ReportData) -> Section | None:
    """Return the section on searches; None if nothing was searched.

    Parameters
    ----------
    data : ReportData
    """
    parts = [
        (study.title, draw_search(replace(study.search, name=f"search-{number}")))
        for number, study in enumerate(data.studies)
    ]
    chosen = [
        (f"{compared.name}: configurations that {name} chose in each training part", table)
        for number, compared in enumerate(data.compared)
        for name, table in _chosen(compared, f"chosen-{number}")
    ]
    if not parts and not chosen:
        return None
    together = _together(data)
    parallel: Mapping[str, Mapping[str, Any]] = {
        part.data.name: part.parallel for _, part in parts if part.parallel
    }
    html = rendered("search", together=together, parts=parts, chosen=chosen)
    tables = [figure.table for group in together.groups for figure in group.figures if figure.table]
    tables += [table for _, part in parts for table in part.tables]
    tables += [table for _, table in chosen]
    return Section("search", "The search", html, tuple(tables), parallel=parallel)


@dataclass(frozen=True)
class _Group:
    """Searches on the same axes, and in what they differ."""

    title: str
    notes: tuple[str, ...]
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class _Together:
    """Groups of searches, and why others are not compared."""

    groups: tuple[_Group, ...]
    reasons: tuple[str, ...]


def _together(data: ReportData) -> _Together:
    found, reasons = compared_searches(data.studies)
    groups = []
    for number, group in enumerate(found):
        drawn = (
            draw_searches_by_trial(group, f"searches-{number}-trials"),
            draw_searches_by_time(group, f"searches-{number}-time"),
        )
        titles = listed([each.title for each in group.searches])
        figures = tuple(figure for figure in drawn if figure is not None)
        groups.append(_Group(titles if len(found) > 1 else "", group.notes, figures))
    return _Together(tuple(groups), reasons)


def draw_search(data: SearchData) -> SearchSection:
    """Draw all figures of a search that have something to show.

    Parameters
    ----------
    data : SearchData
    """
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
        notes.append(_other_spaces(data))
    return SearchSection(
        data=data,
        figures={name: figure for name, figure in figures.items() if figure is not None},
        parallel=parallel_coordinates(data, shares),
        notes=tuple(notes),
        pruning=saved_by_pruning(data),
    )


def _other_spaces(data: SearchData) -> str:
    best = data.study.trials[0]
    omitted = f" The best trial of all, “{best.name}”, is one of them."
    return (
        f"The trials of {' and '.join(data.others)} searched another space, so they are not "
        f"included in parallel coordinates, importances and the figures that depend on these."
        f"{omitted if best.engine in data.others else ''}"
    )


def _chosen(data: ComparisonData, name: str) -> list[tuple[str, Table]]:
    """Return one table per tuner among the candidates: the configuration it chose on each fold."""
    tuners = [each.name for each in data.comparison.info.candidates if each.nested]
    return [
        (tuner, _choices(data, tuner, f"{name}-{number}")) for number, tuner in enumerate(tuners)
    ]


def _choices(data: ComparisonData, tuner: str, name: str) -> Table:
    fits = [fit for fit in data.comparison.fits if fit.candidate == tuner]
    parameters = list(dict.fromkeys(each for fit in fits for each in fit.params))
    cells: dict[Column, Sequence[Any]] = {
        Column("split", "split"): [
            "test split" if fit.split == TEST_SPLIT else f"{fit.split + 1}" for fit in fits
        ],
        Column("seed", "seed", "integer"): [fit.seed for fit in fits],
        Column("score", data.comparison.info.scorer, "number", None): [
            fit.scores.get(data.comparison.info.scorer) for fit in fits
        ],
    }
    for parameter in parameters:
        column, values = parameter_column(parameter, [fit.params for fit in fits])
        cells[column] = values
    keys = [f"parameter/{parameter}" for parameter in parameters]
    return table_of(
        name,
        "One row per search inside a training part. If the rows differ, the choice is unstable. "
        "Searches with the same seed try the same configurations first, so agreement between "
        "short searches means little.",
        cells,
        parameters=keys,
    )
