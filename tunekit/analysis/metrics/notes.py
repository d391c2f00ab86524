"""Sentences on what numbers are not of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tunekit.analysis.metrics.rows import ClassRows


def left_out(rows: int, what: str) -> str:
    """Return a sentence on rows that were left out; empty where there are none.

    Examples
    --------
    >>> left_out(1, "a finite prediction")
    '1 row without a finite prediction was left out.'
    """
    if not rows:
        return ""
    return f"{rows} row{'s' * (rows > 1)} without {what} {'were' if rows > 1 else 'was'} left out."


def notes_on_curves(
    found: ClassRows,
    by_fold: Mapping[str, Sequence[float]],
    undefined: Sequence[tuple[str, str]],
) -> tuple[str, ...]:
    """Return sentences on rows, classes and folds that curves are not of.

    Parameters
    ----------
    found : ClassRows
        What the curves were computed from.
    by_fold : mapping of str to sequence of float
        By class, a value a fold; NaN where a fold has none.
    undefined : sequence of (str, str)
        Classes without a curve, and why.
    """
    notes = [left_out(found.left_out, "finite probabilities")]
    if undefined:
        example = ", for example" if len(undefined) > 1 else ""
        notes.append(
            f"Undefined for {len(undefined)} of {len(found.columns)} classes:"
            f" {undefined[0][1]}{example}."
        )
    partial = [label for label, values in by_fold.items() if any(map(math.isnan, values))]
    if partial:
        others = f" or of {len(partial) - 1} other classes" if len(partial) > 1 else ""
        notes.append(
            f"Some folds do not hold both rows of class {partial[0]} and others{others}: such an"
            " area is the mean of the other folds."
        )
    return tuple(filter(None, notes))
