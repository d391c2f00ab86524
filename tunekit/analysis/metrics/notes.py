"""Notes on rows, classes and folds that metrics exclude."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tunekit.analysis.metrics.rows import PLURAL, ScoredRows


def left_out(rows: int, what: str) -> str:
    """Return a sentence on rows that were left out; empty if there are none.

    Examples
    --------
    >>> left_out(1, "a finite prediction")
    '1 row without a finite prediction was left out.'
    """
    if not rows:
        return ""
    return f"{rows} row{'s' * (rows > 1)} without {what} {'were' if rows > 1 else 'was'} left out."


def notes_on_curves(
    rows: ScoredRows,
    by_fold: Mapping[str, Sequence[float]],
    undefined: Sequence[tuple[str, str]],
) -> tuple[str, ...]:
    """Return sentences on rows, classes and folds that curves exclude.

    Parameters
    ----------
    rows : ScoredRows
        Rows that the curves were computed from.
    by_fold : mapping of str to sequence of float
        One value per fold, by class; NaN if it is undefined.
    undefined : sequence of (str, str)
        Classes without a curve, and why.
    """
    notes = [left_out(rows.left_out, "finite probabilities")]
    if undefined:
        example = ", for example" if len(undefined) > 1 else ""
        notes.append(
            f"Undefined for {len(undefined)} of {rows.n_columns} {PLURAL[rows.noun]}:"
            f" {undefined[0][1]}{example}."
        )
    incomplete = [label for label, values in by_fold.items() if any(map(math.isnan, values))]
    if incomplete:
        more = f" (and likewise for {len(incomplete) - 1} more)" if len(incomplete) > 1 else ""
        notes.append(
            f"Some folds do not contain both rows of {rows.noun} {incomplete[0]} and other"
            f" rows{more}."
            " Such an area is the mean over the remaining folds."
        )
    return tuple(filter(None, notes))
