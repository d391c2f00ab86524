"""Data of the parallel coordinates plot, which the page draws."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from tunekit.analysis.search.axes import Axis
from tunekit.analysis.search.data import SearchData
from tunekit.analysis.search.param_importances import Shares
from tunekit.space.categorical import Categorical

_MOST_AXES = 12
_MOST_LINES = 1_000


def parallel_coordinates(data: SearchData, shares: Shares) -> dict[str, Any] | None:
    """Return trials as lines over the most important parameters, as JSON-compatible values.

    Parameters
    ----------
    data : SearchData
    shares : Shares
        Importances, which select the axes if there are more than 12.

    Returns
    -------
    dict or None
        ``axes``, in the order of the space, each with ``label``, ``short`` (the label without the
        common pipeline steps), ``kind`` (``"number"``, ``"log"`` or ``"category"``), ``low``,
        ``high`` and ``categories``; ``lines``, the best first (up to 1,000), each with one value
        per axis (None if it is inactive) and the score at the end; ``score`` with ``label``,
        ``low`` and ``high``; ``n_trials``, the number of trials with a score. None if there are no
        such trials.
    """
    if not data.points:
        return None
    axes = _selected_axes(data, shares)
    prefix = _prefix_length([axis.label for axis in axes])
    scores = [point.trial.score for point in data.points]
    lines = [
        [*(_value(axis, point.values) for axis in axes), _rounded(point.trial.score)]
        for point in data.points[:_MOST_LINES]
    ]
    return {
        "axes": [
            {
                "label": axis.label,
                "short": axis.label[prefix:],
                "kind": axis.kind,
                "low": axis.low,
                "high": axis.high,
                "categories": list(axis.categories),
            }
            for axis in axes
        ],
        "lines": lines,
        "score": {
            "label": data.scoring,
            "low": _rounded(min(scores)),
            "high": _rounded(max(scores)),
        },
        "n_trials": len(data.points),
    }


def _selected_axes(data: SearchData, shares: Shares) -> list[Axis]:
    """Return the most important axes that are active in any trial, in the order of the space."""
    rank = {label: place for place, label in enumerate(shares.labels)}
    active = {label for point in data.points for label in point.values}
    candidates = [axis for axis in data.axes if axis.label in active]
    selected = sorted(candidates, key=lambda axis: rank.get(axis.label, math.inf))[:_MOST_AXES]
    return [axis for axis in candidates if axis in selected]


def _prefix_length(labels: Sequence[str]) -> int:
    """Return the length of the pipeline steps that all labels start with.

    Examples
    --------
    >>> _prefix_length(["net__rate", "net__units[0]"]), _prefix_length(["net__rate", "scale__copy"])
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
    return _rounded(float(value))


def _rounded(number: float) -> float:
    """Return a number rounded to six significant digits."""
    return float(f"{number:.6g}")
