"""Everything that the report shows of a search, ready for the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tunekit.reporting.drawing import Figure
from tunekit.reporting.search.collecting import SearchData, collect_search
from tunekit.reporting.search.drawing_lanes import draw_lanes
from tunekit.reporting.search.drawing_pairmap import draw_pair_map
from tunekit.reporting.search.drawing_progress import draw_by_time, draw_by_trial
from tunekit.reporting.search.drawing_shares import draw_shares
from tunekit.reporting.search.drawing_slices import draw_slices
from tunekit.reporting.search.lanes import saved_by_pruning
from tunekit.reporting.search.pairmap import pair_map
from tunekit.reporting.search.parallel import parallel_coordinates
from tunekit.reporting.search.shares import shares_of
from tunekit.reporting.search.slices import slices
from tunekit.tracking.reader import TrackedStudy


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


def search_section(study: TrackedStudy, name: str = "search") -> SearchSection:
    """Return what the page shows of a search.

    Parameters
    ----------
    study : TrackedStudy
        With one execution or more; without a finished trial the notes say so.
    name : str, default="search"
        Begins the names of its figures.

    Returns
    -------
    SearchSection

    Raises
    ------
    TrackingError
        When the store fails.
    """
    return section_of(collect_search(study, name))


def section_of(data: SearchData) -> SearchSection:
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
