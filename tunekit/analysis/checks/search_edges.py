"""Check of whether the best values lie at the edge of their range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from tunekit.analysis.checks.finding import Issue, check
from tunekit.analysis.checks.wider_space import code_of, is_natural, widened
from tunekit.analysis.search.axes import Axis, axis_of
from tunekit.analysis.search.data import Point
from tunekit.analysis.study import StudyData

#: Part of a range that counts as its edge.
EDGE = 0.1

#: Trials with a parameter below which it is not checked.
FEWEST = 20

#: Least difference between the best trial and the best one away from the edge, relative to the gain
#: of the best trial over the median trial, and to its standard deviation over folds.
WORTH, FOLDS = 0.05, 0.1

#: Probability below which so many of the best trials lie at an edge by chance.
CHANCE = 0.01

_BEST = 0.1  # proportion of the trials that are the best
_LEAST = 5  # best trials, at least
_SHOWN = 4  # parameters listed in the evidence
_ROUNDING = 1e-9


@dataclass(frozen=True)
class EdgeCluster:
    """The best trials at one end of a range.

    Attributes
    ----------
    axis : Axis
    end : {"low", "high"}
    n_at_edge, n_best : int
        ``n_at_edge`` of the ``n_best`` best trials lie at this end.
    value : object
        Value of the best trial.
    """

    axis: Axis
    end: str
    n_at_edge: int
    n_best: int
    value: object


@check("TK101", severity="medium", title="The best values lie at the edge of their range")
def check_edges(data: StudyData) -> Issue | None:
    """Report parameters whose best values lie at the edge of their range."""
    search = data.search
    if search.space is None:
        return None
    ends: dict[str, set[str]] = {}
    clusters = []
    for leaf in search.space.leaves:
        cluster = _edge_cluster(axis_of(leaf), search.points)
        if cluster is not None and not is_natural(leaf.domain, cluster.end):
            ends.setdefault(leaf.range_name, set()).add(cluster.end)
            clusters.append(cluster)
    if not clusters:
        return None
    more = f"; and {len(clusters) - _SHOWN} more" if len(clusters) > _SHOWN else ""
    wider = widened(search.space, ends)
    return Issue(
        evidence=f"{'; '.join(map(_describe, clusters[:_SHOWN]))}{more}.",
        remedy=(
            "Better values may lie beyond. If such values make sense, search a wider space, in a "
            "study with another name."
        ),
        code_to_paste="" if wider is None else code_of(wider),
    )


def _edge_cluster(axis: Axis, points: Sequence[Point]) -> EdgeCluster | None:
    """Return the best trials at an end of an axis; None if they are not concentrated there."""
    active = [point for point in points if axis.label in point.values]
    stepped = axis.in_steps()
    n_values = len(stepped.categories) if stepped.kind == "category" else 0
    if len(active) < FEWEST or n_values == 1:
        return None
    # For ranges of few values, the edge is the last value.
    edge, expected = (0.0, 1 / n_values) if n_values else (EDGE, EDGE)
    positions = [stepped.position(point.values[axis.label]) for point in active]
    n_best = max(_LEAST, math.ceil(_BEST * len(active)))
    for end, distances in (("low", positions), ("high", [1 - each for each in positions])):
        at_edge = [distance <= edge + _ROUNDING for distance in distances]
        n_at_edge = sum(at_edge[:n_best])
        by_chance = float(binom.sf(n_at_edge - 1, n_best, expected))
        concentrated = 2 * n_at_edge >= n_best and by_chance < CHANCE
        if concentrated and _edge_matters(active, at_edge):
            return EdgeCluster(axis, end, n_at_edge, n_best, active[0].values[axis.label])
    return None


def _edge_matters(points: Sequence[Point], at_edge: Sequence[bool]) -> bool:
    """Return whether trials away from the edge are worse; on a plateau the edge is irrelevant."""
    scores = [point.trial.score for point in points]
    inside = [score for score, is_edge in zip(scores, at_edge, strict=True) if not is_edge]
    difference = scores[0] - max(inside, default=-math.inf)
    least = FOLDS * points[0].trial.fold_spread
    return difference > max(least, WORTH * (scores[0] - float(np.median(scores))))


def _describe(cluster: EdgeCluster) -> str:
    axis, end = cluster.axis, cluster.end
    limit = getattr(axis.domain, end)
    return (
        f"{axis.label}: {cluster.n_at_edge} of the best {cluster.n_best} trials lie at the "
        f"{'lower' if end == 'low' else 'upper'} end, {limit:g} (the best trial has "
        f"{axis.text(cluster.value)})"
    )
