"""Scales of a figure's axes: ends, ticks and names."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from tunekit.analysis.search.axes import Axis
from tunekit.core.numbers import spread_evenly
from tunekit.core.secrets import without_secrets
from tunekit.core.text import shortened

#: Longest tick label, in characters.
LONGEST = 16

_MOST_TICKS = 12  # categories that are labelled
_MANY_TICKS = 4  # above which numbers with many characters leave out every second tick
_CROWDED = 10  # characters of two neighbouring ticks that touch in the narrowest figure
_FEW_DECADES = 1.5  # below which powers of ten alone give too few ticks
_MARGIN = 0.03  # of an axis, at both ends


def set_scale(ax: Axes, which: Literal["x", "y"], axis: Axis, *, unit: bool = False) -> None:
    """Set the scale, the limits, the ticks and the label of one side of a figure.

    Parameters
    ----------
    ax : Axes
    which : {"x", "y"}
    axis : Axis
    unit : bool, default=False
        Whether the drawn values are positions on the axis, from 0 to 1.
    """
    set_label = ax.set_xlabel if which == "x" else ax.set_ylabel
    set_label(shortened(axis.label, 40))
    if axis.kind == "category":
        _set_categories(ax, which, axis)
    elif unit:
        _set_positions(ax, which, axis)
    else:
        _set_numbers(ax, which, axis)


def score_limits(scores: Sequence[float], floor: float) -> tuple[float, float]:
    """Return the limits of an axis of scores, with a margin."""
    high = max(scores)
    room = high - floor or abs(high) * 0.1 or 0.1
    return floor - 0.1 * room, high + 0.06 * room


def _set_categories(ax: Axes, which: Literal["x", "y"], axis: Axis) -> None:
    side, set_limits = (ax.xaxis, ax.set_xlim) if which == "x" else (ax.yaxis, ax.set_ylim)
    n = len(axis.categories)
    labelled = spread_evenly(n, _MOST_TICKS)
    names = _distinct([axis.categories[i] for i in labelled])
    side.set_major_locator(FixedLocator(labelled.tolist()))
    side.set_ticklabels(names)
    set_limits(-0.5, n - 0.5)
    if which == "x" and sum(map(len, names)) > 2 * LONGEST:
        ax.tick_params(axis="x", rotation=35)


def _distinct(texts: Sequence[str]) -> list[str]:
    """Return shortened texts; those that would be equal keep their end, or get a number."""
    texts = [without_secrets(text) for text in texts]
    names = [shortened(text, LONGEST) for text in texts]
    half = LONGEST // 2
    ends = [f"{text[: half - 1]}…{text[-half:]}" for text in texts]
    names = [end if names.count(name) > 1 else name for name, end in zip(names, ends, strict=True)]
    return [
        f"{name} {names[:i].count(name) + 1}" if names.count(name) > 1 else name
        for i, name in enumerate(names)
    ]


def _set_positions(ax: Axes, which: Literal["x", "y"], axis: Axis) -> None:
    side, set_limits = (ax.xaxis, ax.set_xlim) if which == "x" else (ax.yaxis, ax.set_ylim)
    ticks = _ticks(axis)
    side.set_minor_locator(NullLocator())
    side.set_major_locator(FixedLocator([axis.position(tick) for tick in ticks]))
    side.set_ticklabels([f"{tick:g}" for tick in ticks])
    set_limits(-_MARGIN, 1 + _MARGIN)


def _set_numbers(ax: Axes, which: Literal["x", "y"], axis: Axis) -> None:
    side, set_limits = (ax.xaxis, ax.set_xlim) if which == "x" else (ax.yaxis, ax.set_ylim)
    if axis.kind == "log":
        (ax.set_xscale if which == "x" else ax.set_yscale)("log")
        factor = (axis.high / axis.low) ** _MARGIN
        set_limits(axis.low / factor, axis.high * factor)
    else:
        margin = _MARGIN * (axis.high - axis.low)
        set_limits(axis.low - margin, axis.high + margin)
    side.set_minor_locator(NullLocator())
    side.set_major_locator(FixedLocator(_ticks(axis)))
    side.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _ticks(axis: Axis) -> list[float]:
    """Return round numbers within the limits of an axis; the limits if there are fewer than two."""
    low, high = axis.low, axis.high
    if axis.kind == "log":
        wide = np.log10(high / low) > _FEW_DECADES
        locator = LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0), numticks=6)
        ticks = locator.tick_values(low, high)
    else:
        whole = isinstance(axis.domain.low, int) if hasattr(axis.domain, "low") else False
        ticks = MaxNLocator(5, integer=whole, steps=[1, 2, 5, 10]).tick_values(low, high)
    inside = [float(tick) for tick in ticks if low <= tick <= high]
    lengths = [len(f"{tick:g}") for tick in inside]
    if len(inside) > _MANY_TICKS and max(map(sum, pairwise(lengths))) > _CROWDED:
        inside = inside[::2]
    return inside if len(inside) > 1 else [low, high]
