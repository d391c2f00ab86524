"""Whether the best values lie at the edge of their range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from tunekit.analysis.checks.finding import Found, check
from tunekit.analysis.checks.wider_space import code_of, is_natural, widened
from tunekit.analysis.search.axes import Axis
from tunekit.analysis.search.data import Point
from tunekit.analysis.study import StudyData

#: Share of a range that counts as its edge.
EDGE = 0.1

#: Trials with a parameter below which nothing is said of it.
FEWEST = 20

#: What the best inside the range must lack: a share of what the best is above the median, and of
#: its spread over folds.
WORTH, FOLDS = 0.05, 0.1

#: How seldom so many of the best may lie at an edge by chance.
CHANCE = 0.01

_BEST = 0.1  # share of the trials
_LEAST = 5  # of the best
_SHOWN = 4  # parameters in a sentence
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Crowd:
    """The best trials at an end of a range.

    Attributes
    ----------
    axis : Axis
    end : {"low", "high"}
    n_there, n_best : int
        How many of the best trials lie there.
    value : object
        That of the very best.
    """

    axis: Axis
    end: str
    n_there: int
    n_best: int
    value: object


@check("TK101", severity="medium", title="The best values lie at the edge of their range")
def check_edges(data: StudyData) -> Found | None:
    """Find parameters whose best values lie at the edge of its range."""
    search = data.search
    if search.space is None:
        return None
    found = [crowd for axis in search.axes if (crowd := _crowd(axis, search.points)) is not None]
    wanted: dict[str, set[str]] = {}
    crowds = []
    for crowd in found:
        name = crowd.axis.label.partition("[")[0]
        if not is_natural(search.space.parameters[name], crowd.end):
            wanted.setdefault(name, set()).add(crowd.end)
            crowds.append(crowd)
    if not crowds:
        return None
    more = f"; and {len(crowds) - _SHOWN} more" if len(crowds) > _SHOWN else ""
    wider = widened(search.space, wanted)
    return Found(
        evidence=f"{'; '.join(map(_words, crowds[:_SHOWN]))}{more}.",
        remedy=(
            "Better values may lie beyond. Search on in a wider space, as a study of another name, "
            "if values beyond the edge make sense."
        ),
        code_to_paste="" if wider is None else code_of(wider),
    )


def _crowd(axis: Axis, points: Sequence[Point]) -> Crowd | None:
    """Return the end of an axis that the best trials crowd at; None where they do not."""
    own = [point for point in points if axis.label in point.values]
    stepped = axis.in_steps()
    n_values = len(stepped.categories) if stepped.kind == "category" else 0
    if len(own) < FEWEST or n_values == 1:
        return None
    # Of few whole numbers the edge is the last one.
    edge, expected = (0.0, 1 / n_values) if n_values else (EDGE, EDGE)
    places = [stepped.position(point.values[axis.label]) for point in own]
    n_best = max(_LEAST, math.ceil(_BEST * len(own)))
    for end, far in (("low", places), ("high", [1 - place for place in places])):
        there = [distance <= edge + _ROUNDING for distance in far]
        n_there = sum(there[:n_best])
        by_chance = float(binom.sf(n_there - 1, n_best, expected))
        crowded = 2 * n_there >= n_best and by_chance < CHANCE
        if crowded and _is_worth_it(own, there):
            return Crowd(axis, end, n_there, n_best, own[0].values[axis.label])
    return None


def _is_worth_it(points: Sequence[Point], there: Sequence[bool]) -> bool:
    """Tell whether the best inside the range lacks something: on a plateau its edge is no news."""
    scores = [point.trial.score for point in points]
    inside = [score for score, at_edge in zip(scores, there, strict=True) if not at_edge]
    lacks = scores[0] - max(inside, default=-math.inf)
    least = FOLDS * points[0].trial.fold_spread
    return lacks > max(least, WORTH * (scores[0] - float(np.median(scores))))


def _words(crowd: Crowd) -> str:
    axis, end = crowd.axis, crowd.end
    limit = getattr(axis.domain, end)
    return (
        f"{axis.label}: {crowd.n_there} of the best {crowd.n_best} trials lie at the "
        f"{'lower' if end == 'low' else 'upper'} end, {limit:g} (the best of all has "
        f"{axis.text(crowd.value)})"
    )
