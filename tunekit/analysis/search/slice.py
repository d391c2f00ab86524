"""Scores against single parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tunekit.analysis.search.axes import Axis
from tunekit.analysis.search.data import Point, SearchData
from tunekit.analysis.search.param_importances import Shares

_MOST = 6  # parameters
_LEAST = 2  # trials in which it is active


@dataclass(frozen=True)
class Slice:
    """Trials along one coordinate.

    Attributes
    ----------
    axis : Axis
    points : tuple of Point
        Trials in which it is active, the best first.
    """

    axis: Axis
    points: tuple[Point, ...]


def slices(data: SearchData, shares: Shares) -> tuple[Slice, ...]:
    """Return the trials along each of the six most important coordinates.

    Without importances, these are the first six of the space.
    """
    selected = []
    for axis in ranked_axes(data, shares):
        points = tuple(point for point in data.points if axis.label in point.values)
        if len(points) >= _LEAST:
            selected.append(Slice(axis.in_steps(), points))
    return tuple(selected[:_MOST])


def ranked_axes(data: SearchData, shares: Shares) -> Sequence[Axis]:
    """Return all axes, the most important first, the others in the order of the space."""
    labels = shares.labels
    first = [data.axis(label) for label in labels]
    return [*first, *(axis for axis in data.axes if axis.label not in labels)]
