"""Checks of a comparison."""

from __future__ import annotations

import pytest
from comparison_data import NOISY, data_of, folds_and_test

from tunekit.analysis.checks.registry import run_checks
from tunekit.analysis.comparison import not_shown_worse
from tunekit.analysis.verdict import comparison_verdict
from tunekit.comparison.result import Comparison


@pytest.mark.parametrize(
    ("right", "kind", "suggested"),
    [(358, "SVC", True), (200, "SVC", False), (358, "DummyClassifier", False)],
    ids=["similar", "worse on the test split", "dummy"],
)
def test_a_cheaper_candidate_that_is_not_shown_to_be_worse_is_suggested(right, kind, suggested):
    data = folds_and_test(
        NOISY, {"best": 360, "other": right}, {"best": 102.7, "other": 1.0}, {"other": kind}
    )
    _, certainty, cost = comparison_verdict(data)
    assert (
        "not significantly better than “other”: chance alone may explain the difference"
        in certainty
    )
    assert (
        "on the test split it is significantly better than “other” (p < 0.001)" in certainty
    ) == (right < 300)
    clause = "; “other”, which is not shown to be worse, fits about 100 times as fast."
    assert cost.endswith(clause) == suggested
    assert not_shown_worse(data) == (["other"] if suggested else [])
    findings = {each.code: each for each in run_checks(data)}
    assert ("TK503" in findings) == (right > 300)
    if suggested:
        assert findings["TK503"].remedy.startswith(
            "Choose the simplest or cheapest of “best” and “"
        )
    elif right > 300:
        assert findings["TK503"].remedy == "Compare on more rows."


def test_times_below_a_second_are_no_finding():
    data = folds_and_test(NOISY, {"best": 360, "other": 358}, {"best": 0.017, "other": 0.007})
    assert comparison_verdict(data)[2].startswith("It takes 17 ms to fit")
    assert "fits" not in comparison_verdict(data)[2]


def test_a_dummy_that_ranks_first_is_reported():
    data = folds_and_test(
        NOISY, {"best": 300, "other": 300}, kinds={"best": "DummyClassifier", "other": "SVC"}
    )
    findings = {each.code: each for each in run_checks(data)}
    assert findings["TK401"].title == "No candidate is better than chance"
    assert "the other candidate is not better" in findings["TK401"].evidence
    assert "TK402" not in findings
    assert findings["TK503"].remedy == "Compare on more rows."


def test_candidates_without_a_score_are_not_ranked():
    whole = folds_and_test({**NOISY, "late": (0.5,) * 4}, {"best": 300, "other": 300, "late": 1})
    for lacking, start in (
        (("late",), "“best” ranks first among the 2 of 3 candidates that have a score, with acc"),
        (("late", "other"), "“best” is the only one of 3 candidates with a score, with accuracy"),
    ):
        fits = [
            fit for fit in whole.comparison.fits if fit.candidate not in lacking or fit.split > 0
        ]
        data = data_of(Comparison(whole.comparison.info, fits), "best")
        assert comparison_verdict(data)[0].startswith(start)
        findings = {each.code: each for each in run_checks(data)}
        assert findings["TK501"].evidence.startswith(f"{len(fits)} of 15 fits are done; ")
