"""Checks of the search: TK102 and TK103."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fake_studies import execution, predictions, scores_of, study_data, trial

import tunekit as tk
from tunekit.analysis.checks.search import check_failures, check_still_improving

LATE = [0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6, 0.6, 0.8]


def test_a_late_gain_that_exceeds_the_noise_is_reported():
    early = [0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6]
    finding = check_still_improving(study_data(scores_of([*early, 0.6, 0.8])))
    assert finding.code == "TK102"
    assert "last fifth of 10 trials improved the best accuracy by 0.1, to 0.800" in finding.evidence
    assert "n_trials=20" in finding.code_to_paste


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
        "negligible",
        "few",
        "equal",
        "failed",
        "none",
    ],
)
def test_a_converged_search_is_not_reported(scores, facts):
    assert check_still_improving(study_data(scores_of(scores, **facts))) is None


def test_a_running_or_exhaustive_search_is_not_reported():
    scores = [0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6, 0.6, 0.8]
    running = [execution(status="RUNNING")]
    assert check_still_improving(study_data(scores_of(scores), executions=running)) is None
    small = tk.Space(a=tk.Int(1, 10))
    trials = [trial(i, score, params={"a": i + 1}) for i, score in enumerate(scores)]
    assert check_still_improving(study_data(trials, small)) is None


def test_a_single_split_has_no_spread_over_folds():
    scores = [0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6, 0.6, 0.8]
    one = [execution(info={"n_splits": "1"})]
    finding = check_still_improving(study_data(scores_of(scores, spread=0.0), executions=one))
    assert finding is not None
    assert "its standard error is unknown" in finding.evidence


@pytest.mark.parametrize(("n_rows", "reported"), [(10, False), (400, True)])
def test_with_one_split_a_gain_in_accuracy_must_exceed_its_standard_error(n_rows, reported):
    scores = [0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6, 0.6, 0.8]  # on 10 rows the error is 0.13
    one = [execution(info={"n_splits": "1", "scoring": "accuracy"})]
    validation = predictions(np.arange(n_rows) % 2, np.arange(n_rows) % 2)
    data = study_data(scores_of(scores, spread=0.0), executions=one, validation=validation)
    assert (check_still_improving(data) is not None) == reported


@pytest.mark.parametrize(
    ("n_failed", "severity"), [(1, "low"), (2, "medium"), (9, "medium"), (10, "high")]
)
def test_failed_trials_are_counted_with_their_reasons(n_failed, severity):
    failed = [trial(i, error=f"ValueError: layers={i}") for i in range(n_failed)]
    good = [trial(i + 50, 0.5) for i in range(20 - n_failed - 1)] + [trial(99, state="pruned")]
    finding = check_failures(study_data([*failed, *good, trial(98, state="killed")]))
    assert (finding.code, finding.severity) == ("TK103", severity)
    assert f"{n_failed} of 20 trials" in finding.evidence
    assert f"{n_failed} × ValueError: layers=0" in finding.evidence


def test_diverged_trials_are_counted():
    diverged = trial(0, error="TrainingDiverged: the loss is nan (split 0)")
    finding = check_failures(study_data([diverged, trial(1, error=""), trial(2, 0.5)]))
    assert "1 diverged" in finding.remedy
    assert "unknown reason" in finding.evidence
    assert check_failures(study_data([trial(0, 0.5)])) is None
    assert check_failures(study_data([])) is None
