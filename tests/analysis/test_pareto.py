"""The Pareto front of score and cost."""

from __future__ import annotations

from tunekit.analysis.pareto import on_front


def test_the_front_contains_ties_and_ignores_missing_values():
    nan = float("nan")
    assert on_front([[1, 2, nan], [1, 2, nan], [0, 1, nan]]) == [True, True, False]
    assert on_front([[nan, 9], [1, 0]]) == [False, True]
    assert on_front([]) == []
