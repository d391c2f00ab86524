"""Comparisons of the same models on several data sets, as sentences."""

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
    """Return the mean ranks over data sets; None unless the models are the same on each.

    Parameters
    ----------
    comparisons : sequence of ComparisonData
        Comparisons of finalists are ignored.
    """
    compared = [
        each.comparison for each in comparisons if each.comparison.info.kind == "comparison"
    ]
    if len(compared) < _FEWEST or len({each.info.digest for each in compared}) < len(compared):
        return None
    try:
        return across_datasets(compared)
    except (DataError, ParameterError):  # different candidates, or one of them failed
        return None


def datasets_verdict(test: RankTest) -> list[str]:
    """Return the result over several data sets, in two texts.

    Parameters
    ----------
    test : RankTest
    """
    best = min(test.ranks.values())
    first = [name for name, rank in test.ranks.items() if rank == best]
    others = [f"{listed([each])} ({test.ranks[each]:.2f})" for each in test.ranks]
    *rest, last = others[len(first) :] or [""]
    followers = f"{', '.join(rest)} and {last}" if rest else last
    sentence = (
        f"Over {counted(test.n_datasets, 'data set')}, {listed(first)} "
        f"{'ranks' if len(first) == 1 else 'rank'} first with a mean rank of {best:.2f}"
        f"{f', followed by {followers}' if followers else ''}."
    )
    friedman = (
        ""
        if math.isnan(test.p_value)
        else f"Friedman test (all candidates equal): {p_value(test.p_value)}. "
    )
    return [sentence, f"{friedman}{pairs_in_words(test)}"]


def pairs_in_words(test: RankTest) -> str:
    """Return which pairs are significantly different by Wilcoxon's test, in a sentence."""
    pairs = {pair: p for pair, p in test.pairs.items() if p < 1 - test.level}
    method = "Wilcoxon's signed-rank test with Holm's correction"
    if pairs:
        shown = "; ".join(
            f"{listed([one])} and {listed([other])} ({p_value(p)})"
            for (one, other), p in pairs.items()
        )
        return f"Significantly different by {method}: {shown}."
    # The smallest possible p-value: all differences have the same sign.
    few = 2.0 * 0.5**test.n_datasets > 1 - test.level
    reason = f"; with only {test.n_datasets} data sets, none can be" if few else ""
    return f"No pair is significantly different by {method}{reason}."
