"""Checks of how the search went: TK102 and TK103."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fake_studies import execution, predictions, scores_of, study_data, trial

import tunekit as tk
from tunekit.analysis.checks.search import check_failures, check_still_improving

LATE = [0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6, 0.6, 0.8]


def test_a_late_gain_that_is_more_than_noise_is_found():
    early = [0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6]
    found = check_still_improving(study_data(scores_of([*early, 0.6, 0.8])))
    assert found.code == "TK102"
    assert "last fifth of 10 trials raised the best accuracy by 0.1, to 0.8" in found.evidence
    assert "n_trials=20" in found.code_to_paste


@pytest.mark.parametrize(
    ("scores", "facts"),
    [
        ([0.5] * 7 + [0.9, 0.6, 0.6], {}),
        ([0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6, 0.6, 0.8], {"spread": 0.2}),
        (LATE, {"spread": math.nan, "fold_scores": (0.4, 0.8, 1.0, 0.8)}),
        (LATE, {"spread": math.nan, "fold_scores": (math.nan,) * 4}),
        ([0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6, 0.6, 0.704], {"spread": 0.0}),
        ([0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.6, 0.9], {}),
        ([0.7] * 10, {}),
        ([math.nan] * 10, {}),
        ([], {}),
    ],
    ids=[
        "early",
        "within the folds",
        "pooled",
        "no fold is defined",
        "next to nothing",
        "few",
        "equal",
        "failed",
        "none",
    ],
)
def test_a_search_that_came_to_rest_is_left_alone(scores, facts):
    assert check_still_improving(study_data(scores_of(scores, **facts))) is None


def test_a_search_that_runs_or_has_tried_everything_did_not_stop():
    scores = [0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6, 0.6, 0.8]
    running = [execution(status="RUNNING")]
    assert check_still_improving(study_data(scores_of(scores), executions=running)) is None
    small = tk.Space(a=tk.Int(1, 10))
    trials = [trial(i, score, params={"a": i + 1}) for i, score in enumerate(scores)]
    assert check_still_improving(study_data(trials, small)) is None


def test_with_one_split_there_is_no_spread_to_ask():
    scores = [0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6, 0.6, 0.8]
    one = [execution(info={"n_splits": "1"})]
    found = check_still_improving(study_data(scores_of(scores, spread=0.0), executions=one))
    assert found is not None
    assert "folds" not in found.evidence


@pytest.mark.parametrize(("n_rows", "found"), [(10, False), (400, True)])
def test_with_one_split_a_gain_in_accuracy_is_more_than_its_standard_error(n_rows, found):
    scores = [0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6, 0.6, 0.8]  # of 10 rows the error is 0.13
    one = [execution(info={"n_splits": "1", "scoring": "accuracy"})]
    held = predictions(np.arange(n_rows) % 2, np.arange(n_rows) % 2)
    told = study_data(scores_of(scores, spread=0.0), executions=one, validation=held)
    assert (check_still_improving(told) is not None) == found


@pytest.mark.parametrize(
    ("n_failed", "severity"), [(1, "low"), (2, "medium"), (9, "medium"), (10, "high")]
)
def test_failed_trials_are_counted_with_their_reasons(n_failed, severity):
    failed = [trial(i, error=f"ValueError: layers={i}") for i in range(n_failed)]
    good = [trial(i + 50, 0.5) for i in range(20 - n_failed - 1)] + [trial(99, state="pruned")]
    found = check_failures(study_data([*failed, *good, trial(98, state="killed")]))
    assert (found.code, found.severity) == ("TK103", severity)
    assert f"{n_failed} of 20 trials" in found.evidence
    assert f"{n_failed} × ValueError: layers=0" in found.evidence


def test_of_failures_divergence_is_told():
    diverged = trial(0, error="TrainingDiverged: the loss is nan (split 0)")
    found = check_failures(study_data([diverged, trial(1, error=""), trial(2, 0.5)]))
    assert "1 diverged" in found.remedy
    assert "no reason is known" in found.evidence
    assert check_failures(study_data([trial(0, 0.5)])) is None
    assert check_failures(study_data([])) is None
