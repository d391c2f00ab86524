"""Sentences on comparisons over several data sets."""

from __future__ import annotations

import numpy as np

from tunekit.analysis.datasets import datasets_verdict, pairs_in_words
from tunekit.statistics.rank_tests import RankTest

RANKS = {"a": 1.0, "b": 2.25, "c": 2.75}


def test_ranks_and_pairs_over_data_sets_are_reported():
    pairs = {("a", "b"): 0.02, ("a", "c"): 0.01, ("b", "c"): 0.9}
    first, second = datasets_verdict(RankTest(RANKS, 0.004, 1.2, pairs, 8, 0.95))
    assert first == (
        "Over 8 data sets, “a” ranks first with a mean rank of 1.00, followed by “b” (2.25) and "
        "“c” (2.75)."
    )
    assert second == (
        "Friedman test (all candidates equal): p = 0.004. Significantly different by Wilcoxon's "
        "signed-rank test with Holm's correction: “a” and “b” (p = 0.02); “a” and “c” (p = 0.01)."
    )
    similar = dict.fromkeys(pairs, 0.3)
    sentence = pairs_in_words(RankTest(RANKS, 0.3, 1.2, similar, 8, 0.95))
    assert sentence.startswith("No pair is significantly different")
    assert sentence.endswith("Holm's correction.")
    few = RankTest({"a": 1.5, "b": 1.5}, np.nan, 1.2, {("a", "b"): 1.0}, 5, 0.95)
    first, second = datasets_verdict(few)
    assert first == "Over 5 data sets, “a” and “b” rank first with a mean rank of 1.50."
    assert second.startswith("No pair is significantly different")
    assert second.endswith("; with only 5 data sets, none can be.")
