"""The table of pairs of candidates."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from tunekit.statistics.multiple import holm
from tunekit.statistics.results import Difference

_COLUMNS = [
    *("first", "second", "difference", "low", "high", "p_value", "p_corrected"),
    *("better", "equivalent", "worse", "verdict", "rope", "test", "note"),
]


def table_of_pairs(
    pairs: Sequence[tuple[str, str]], differences: Sequence[Difference]
) -> pd.DataFrame:
    """Return a pair a row, with p-values after Holm's correction for all of them.

    Parameters
    ----------
    pairs : sequence of (str, str)
        Names of candidates.
    differences : sequence of Difference
        One a pair.
    """
    corrected = holm([each.p_value for each in differences])
    rows = [
        [
            *pair,
            *(found.value, found.low, found.high, found.p_value, p_corrected),
            *(found.better, found.same, found.worse, found.verdict),
            *(found.rope, found.test, found.note),
        ]
        for pair, found, p_corrected in zip(pairs, differences, corrected, strict=True)
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)
