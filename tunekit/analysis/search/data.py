"""Data of the figures of a search."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tunekit.analysis.search.axes import Axis, axis_of
from tunekit.analysis.search.clock import Clock
from tunekit.exceptions import SpaceError
from tunekit.space.leaves import columns
from tunekit.space.space import Space
from tunekit.tracking.tracked_study import Execution, TrackedStudy, TrackedTrial


@dataclass(frozen=True)
class Point:
    """A trial with a score, as a point of the space.

    Attributes
    ----------
    trial : TrackedTrial
    values : mapping of str to object
        Values of the active coordinates by name, also without the case of a parameter with
        several.
    """

    trial: TrackedTrial
    values: Mapping[str, Any]


@dataclass(frozen=True)
class SearchData:
    """Data of the figures of a search.

    Attributes
    ----------
    study : TrackedStudy
    engines : tuple of str
        Names of the engines, sorted.
    clocks : mapping of str to Clock
        One clock per engine.
    scoring : str
        Name of the score; greater is better.
    space : Space or None
        Space of the newest search; None if it is not stored.
    axes : tuple of Axis
        Coordinates of the space.
    points : tuple of Point
        Trials with a score in this space, the best first.
    others : tuple of str
        Engines that searched another space; their trials are not in ``points``.
    name : str
        Prefix of the names of its figures, unique on the page.
    """

    study: TrackedStudy
    engines: tuple[str, ...]
    clocks: Mapping[str, Clock]
    scoring: str
    space: Space | None
    axes: tuple[Axis, ...]
    points: tuple[Point, ...]
    others: tuple[str, ...]
    name: str = "search"

    def axis(self, label: str) -> Axis:
        """Return an axis by its name."""
        return next(axis for axis in self.axes if axis.label == label)


def collect_search(study: TrackedStudy, name: str = "search") -> SearchData:
    """Return the data of the figures of a search.

    Parameters
    ----------
    study : TrackedStudy
        With at least one execution.
    name : str, default="search"
        Prefix of the names of its figures.

    Returns
    -------
    SearchData
    """
    engines = tuple(sorted({each.engine for each in study.executions}))
    executions = {}
    for execution in reversed(study.executions):  # the newest of each engine is the last
        executions[execution.engine] = execution
    spaces = {engine: _space(each) for engine, each in executions.items()}
    newest = spaces[study.executions[0].engine]
    same = {engine for engine, space in spaces.items() if newest is not None and space == newest}
    points = () if newest is None else _points(study, newest, same)
    return SearchData(
        study=study,
        engines=engines,
        clocks={engine: _clock(study, engine) for engine in engines},
        scoring=study.executions[0].info.scoring,
        space=newest,
        axes=()
        if newest is None
        else tuple(map(axis_of, columns(newest.parameters, newest.leaves))),
        points=points,
        others=tuple(engine for engine in engines if same and engine not in same),
        name=name,
    )


def has_score(trial: TrackedTrial) -> bool:
    """Return whether a trial is complete and has a finite score."""
    return trial.state == "complete" and math.isfinite(trial.score)


def _space(execution: Execution) -> Space | None:
    try:
        return Space.from_dict(dict(execution.info.space))
    except SpaceError:  # stored by another version or program
        return None


def _points(study: TrackedStudy, space: Space, engines: set[str]) -> tuple[Point, ...]:
    points = []
    for trial in study.trials:
        if trial.engine in engines and has_score(trial):
            try:
                values = space.flatten(trial.params)
            except SpaceError:
                continue
            values |= {
                leaf.place: values[leaf.name] for leaf in space.leaves if leaf.name in values
            }
            points.append(Point(trial, values))
    return tuple(points)


def _clock(study: TrackedStudy, engine: str) -> Clock:
    return Clock(
        [each for each in study.executions if each.engine == engine],
        [each for each in study.trials if each.engine == engine],
    )
