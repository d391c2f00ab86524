"""Checks of a comparison."""

from __future__ import annotations

import pytest
from comparison_data import NOISY, data_of, folds_and_test

from tunekit.analysis.checks.registry import run_checks
from tunekit.analysis.comparison import not_shown_worse
from tunekit.analysis.verdict import of_comparison
from tunekit.comparison.result import Comparison


@pytest.mark.parametrize(
    ("right", "kind", "named"),
    [(358, "SVC", True), (200, "SVC", False), (358, "DummyClassifier", False)],
    ids=["alike", "worse on the test split", "dummy"],
)
def test_what_is_cheaper_is_named_where_it_is_not_shown_to_be_worse(right, kind, named):
    data = folds_and_test(
        NOISY, {"best": 360, "other": right}, {"best": 102.7, "other": 1.0}, {"other": kind}
    )
    _, certainty, cost = of_comparison(data)
    assert "cannot be told apart from “other”: differences of this size" in certainty
    assert ("on the test split it is better than “other” (p < 0.001)" in certainty) == (right < 300)
    told = "; “other”, which is not shown to be worse, fits about 100 times as fast."
    assert cost.endswith(told) == named
    assert not_shown_worse(data) == (["other"] if named else [])
    found = {each.code: each for each in run_checks(data)}
    assert ("TK503" in found) == (right > 300)
    if named:
        assert found["TK503"].remedy.startswith("Take the simplest or cheapest of “best” and “oth")
    elif right > 300:
        assert found["TK503"].remedy == "Compare on more rows."


def test_a_dummy_that_nothing_beats_is_said():
    data = folds_and_test(
        NOISY, {"best": 300, "other": 300}, kinds={"best": "DummyClassifier", "other": "SVC"}
    )
    found = {each.code: each for each in run_checks(data)}
    assert found["TK401"].title == "No candidate is better than a guess"
    assert "the other one does not beat it" in found["TK401"].evidence
    assert "TK402" not in found
    assert found["TK503"].remedy == "Compare on more rows."


def test_those_without_a_score_are_not_ranked_behind():
    whole = folds_and_test({**NOISY, "late": (0.5,) * 4}, {"best": 300, "other": 300, "late": 1})
    for lacking, told in (
        (("late",), "“best” ranks first of the 2 with a score, of 3 candidates, with accuracy"),
        (("late", "other"), "“best” is the only one with a score, of 3 candidates, with accuracy"),
    ):
        fits = [fit for fit in whole.found.fits if fit.candidate not in lacking or fit.split > 0]
        data = data_of(Comparison(whole.found.info, fits), "best")
        assert of_comparison(data)[0].startswith(told)
        found = {each.code: each for each in run_checks(data)}
        assert found["TK501"].evidence.startswith(f"It holds {len(fits)} of 15 fits; ")
