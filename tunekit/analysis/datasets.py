"""The same models on several data sets: which is best over all of them, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tunekit.analysis.comparison import ComparisonData
from tunekit.analysis.text import counted, listed, p_value
from tunekit.comparison.datasets import across_datasets
from tunekit.exceptions import DataError, ParameterError
from tunekit.statistics.rank_tests import RankTest

_FEWEST = 2


def over_datasets(comparisons: Sequence[ComparisonData]) -> RankTest | None:
    """Return the mean ranks over data sets; None where these are not the same models elsewhere.

    Parameters
    ----------
    comparisons : sequence of ComparisonData
        Those of finalists are left out.
    """
    found = [each.found for each in comparisons if each.found.info.kind == "comparison"]
    if len(found) < _FEWEST or len({each.info.digest for each in found}) < len(found):
        return None
    try:
        return across_datasets(found)
    except (DataError, ParameterError):  # other candidates, or one that failed somewhere
        return None


def of_datasets(found: RankTest) -> list[str]:
    """Return what several data sets say, in two sentences.

    Parameters
    ----------
    found : RankTest
    """
    best = min(found.ranks.values())
    first = [name for name, rank in found.ranks.items() if rank == best]
    others = [f"{listed([each])} ({found.ranks[each]:.2f})" for each in found.ranks]
    behind = ", ".join(others[len(first) :])
    sentence = (
        f"Over {counted(found.n_datasets, 'data set')} {listed(first)} "
        f"{'ranks' if len(first) == 1 else 'rank'} first, with a mean rank of {best:.2f}"
        f"{f', before {behind}' if behind else ''}."
    )
    alike = (
        ""
        if math.isnan(found.p_value)
        else f"Friedman's test of all being alike: {p_value(found.p_value)}. "
    )
    return [sentence, f"{alike}{pairs_in_words(found)}"]


def pairs_in_words(found: RankTest) -> str:
    """Return which pairs Wilcoxon's tests tell apart, in a sentence."""
    apart = {pair: p for pair, p in found.pairs.items() if p < 1 - found.level}
    test = "Wilcoxon's signed-rank tests, with Holm's correction,"
    if apart:
        told = "; ".join(
            f"{listed([one])} from {listed([other])} ({p_value(p)})"
            for (one, other), p in apart.items()
        )
        return f"{test} tell apart {told}."
    # The smallest p-value there is: all differences have one sign.
    few = 2.0 * 0.5**found.n_datasets > 1 - found.level
    return f"{test} tell no pair apart{', and cannot with so few data sets' if few else ''}."
