"""Candidates of a comparison that are not shown to be worse."""

from __future__ import annotations

from comparison_data import folds_and_test

from tunekit.analysis.comparison import not_shown_worse


def test_a_probably_worse_candidate_is_not_recommended():
    folds = {"best": (0.9, 0.91, 0.9, 0.92), "other": (0.86, 0.89, 0.87, 0.87)}
    folds |= {f"c{i}": (0.9, 0.8, 0.95, 0.7) for i in range(4)}
    data = folds_and_test(folds, dict.fromkeys(folds, 360), {"other": 0.1})
    pair = data.comparison.pairwise(all_pairs=True).iloc[0]
    assert pair["verdict"] == "better"
    assert pair["p_corrected"] > 0.05
    assert "other" not in not_shown_worse(data)
