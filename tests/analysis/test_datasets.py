"""What a report says of comparisons over several data sets."""

from __future__ import annotations

import numpy as np

from tunekit.analysis.datasets import of_datasets, pairs_in_words
from tunekit.statistics.rank_tests import RankTest

RANKS = {"a": 1.0, "b": 2.25, "c": 2.75}


def test_what_several_data_sets_say_is_said():
    pairs = {("a", "b"): 0.02, ("a", "c"): 0.01, ("b", "c"): 0.9}
    first, second = of_datasets(RankTest(RANKS, 0.004, 1.2, pairs, 8, 0.95))
    assert first == (
        "Over 8 data sets “a” ranks first, with a mean rank of 1.00, before “b” (2.25), “c” (2.75)."
    )
    assert second == (
        "Friedman's test of all being alike: p = 0.004. Wilcoxon's signed-rank tests, with Holm's "
        "correction, tell apart “a” from “b” (p = 0.02); “a” from “c” (p = 0.01)."
    )
    alike = dict.fromkeys(pairs, 0.3)
    assert pairs_in_words(RankTest(RANKS, 0.3, 1.2, alike, 8, 0.95)).endswith("no pair apart.")
    few = RankTest({"a": 1.5, "b": 1.5}, np.nan, 1.2, {("a", "b"): 1.0}, 5, 0.95)
    first, second = of_datasets(few)
    assert first == "Over 5 data sets “a” and “b” rank first, with a mean rank of 1.50."
    assert second.startswith("Wilcoxon's")
    assert second.endswith("no pair apart, and cannot with so few data sets.")
