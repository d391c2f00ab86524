"""Parallel coordinates as data: the page draws them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from tunekit.analysis.search.axes import Axis
from tunekit.analysis.search.data import SearchData
from tunekit.analysis.search.param_importances import Shares
from tunekit.space.parameters import Categorical

_MOST = 12  # axes that there is room for
_MANY = 1_000  # lines that can be told apart no longer


def parallel_coordinates(data: SearchData, shares: Shares) -> dict[str, Any] | None:
    """Return trials as lines over the most important parameters, as JSON can hold them.

    Parameters
    ----------
    data : SearchData
    shares : Shares
        Which parameters matter most, where there are more than 12.

    Returns
    -------
    dict or None
        ``axes``, in the order of the space, each with ``label``, ``short`` (without the steps of a
        pipeline that all labels begin with), ``kind`` (``"number"``,
        ``"log"`` or ``"category"``), ``low``, ``high`` and ``categories``; ``lines``, the best
        first (up to 1,000), each a value or None for an axis that is inactive, and the score at
        the end; ``score`` with ``label``, ``low`` and ``high``; ``n_trials`` with a score. None
        where there is nothing to draw.
    """
    if not data.points:
        return None
    axes = _chosen(data, shares)
    shared = _shared([axis.label for axis in axes])
    scores = [point.trial.score for point in data.points]
    lines = [
        [*(_value(axis, point.values) for axis in axes), _short(point.trial.score)]
        for point in data.points[:_MANY]
    ]
    return {
        "axes": [
            {
                "label": axis.label,
                "short": axis.label[shared:],
                "kind": axis.kind,
                "low": axis.low,
                "high": axis.high,
                "categories": list(axis.categories),
            }
            for axis in axes
        ],
        "lines": lines,
        "score": {"label": data.scoring, "low": _short(min(scores)), "high": _short(max(scores))},
        "n_trials": len(data.points),
    }


def _chosen(data: SearchData, shares: Shares) -> list[Axis]:
    """Return the axes that are drawn: those of which something is known, the important ones."""
    rank = {label: place for place, label in enumerate(shares.labels)}
    active = {label for point in data.points for label in point.values}
    known = [axis for axis in data.axes if axis.label in active]
    best = sorted(known, key=lambda axis: rank.get(axis.label, math.inf))[:_MOST]
    return [axis for axis in known if axis in best]


def _shared(labels: Sequence[str]) -> int:
    """Return how many characters the steps have that all labels begin with.

    Examples
    --------
    >>> _shared(["net__rate", "net__units[0]"]), _shared(["net__rate", "scale__copy"])
    (5, 0)
    """
    steps = [label.partition("[")[0].split("__")[:-1] for label in labels]
    same = itertools.takewhile(lambda each: len(set(each)) == 1, zip(*steps, strict=False))
    return sum(len(each[0]) + len("__") for each in same)


def _value(axis: Axis, values: Any) -> float | str | None:
    if axis.label not in values:
        return None
    value = values[axis.label]
    if isinstance(axis.domain, Categorical):
        return axis.text(value)
    return _short(float(value))


def _short(number: float) -> float:
    """Return a number with as many digits as one sees."""
    return float(f"{number:.6g}")
