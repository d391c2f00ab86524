"""Checks of how the search went and of its data: TK102 to TK203."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from searches import class_counts, evidence, execution, predictions, scores_of, trial
from statsmodels.stats.proportion import proportion_confint

import tunekit as tk
from tunekit.analysis.checks.data import check_imbalance, check_tiny, check_touched
from tunekit.analysis.checks.search import check_failures, check_still_improving

# TK102 and TK103: how the search went.

LATE = [0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6, 0.6, 0.8]


def test_a_late_gain_that_is_more_than_noise_is_found():
    early = [0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6]
    found = check_still_improving(evidence(scores_of([*early, 0.6, 0.8])))
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
    assert check_still_improving(evidence(scores_of(scores, **facts))) is None


def test_a_search_that_runs_or_has_tried_everything_did_not_stop():
    scores = [0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6, 0.6, 0.8]
    running = [execution(status="RUNNING")]
    assert check_still_improving(evidence(scores_of(scores), executions=running)) is None
    small = tk.Space(a=tk.Int(1, 10))
    trials = [trial(i, score, params={"a": i + 1}) for i, score in enumerate(scores)]
    assert check_still_improving(evidence(trials, small)) is None


def test_with_one_split_there_is_no_spread_to_ask():
    scores = [0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6, 0.6, 0.8]
    one = [execution(info={"n_splits": "1"})]
    found = check_still_improving(evidence(scores_of(scores, spread=0.0), executions=one))
    assert found is not None
    assert "folds" not in found.evidence


@pytest.mark.parametrize(("n_rows", "found"), [(10, False), (400, True)])
def test_with_one_split_a_gain_in_accuracy_is_more_than_its_standard_error(n_rows, found):
    scores = [0.5, 0.6, 0.7, 0.6, 0.7, 0.6, 0.7, 0.6, 0.6, 0.8]  # of 10 rows the error is 0.13
    one = [execution(info={"n_splits": "1", "scoring": "accuracy"})]
    held = predictions(np.arange(n_rows) % 2, np.arange(n_rows) % 2)
    told = evidence(scores_of(scores, spread=0.0), executions=one, held_out=held)
    assert (check_still_improving(told) is not None) == found


@pytest.mark.parametrize(
    ("n_failed", "severity"), [(1, "low"), (2, "medium"), (9, "medium"), (10, "high")]
)
def test_failed_trials_are_counted_with_their_reasons(n_failed, severity):
    failed = [trial(i, error=f"ValueError: layers={i}") for i in range(n_failed)]
    good = [trial(i + 50, 0.5) for i in range(20 - n_failed - 1)] + [trial(99, state="pruned")]
    found = check_failures(evidence([*failed, *good, trial(98, state="killed")]))
    assert (found.code, found.severity) == ("TK103", severity)
    assert f"{n_failed} of 20 trials" in found.evidence
    assert f"{n_failed} × ValueError: layers=0" in found.evidence


def test_of_failures_divergence_is_told():
    diverged = trial(0, error="TrainingDiverged: the loss is nan (split 0)")
    found = check_failures(evidence([diverged, trial(1, error=""), trial(2, 0.5)]))
    assert "1 diverged" in found.remedy
    assert "no reason is known" in found.evidence
    assert check_failures(evidence([trial(0, 0.5)])) is None
    assert check_failures(evidence([])) is None


# TK201 to TK203: the data.


@pytest.mark.parametrize(
    ("tested", "severity"), [((0, 0), None), ((1, 0), None), ((1, 1), "medium"), ((2, 1), "high")]
)
def test_a_test_split_that_was_used_again_is_found(tested, severity):
    executions = [
        execution("optuna", tested=tested[0], run_id="a"),
        execution("optuna", tested=tested[1], run_id="b"),
        execution("hyperopt", tested=1, run_id="c"),
    ]
    found = check_touched(evidence([trial(0, 0.5)], executions=executions))
    assert (found and found.severity) == severity
    if found:
        assert f"{['', '', 'twice', '3 times'][sum(tested)]} with optuna" in found.evidence
        assert "once with hyperopt" in found.evidence


def test_an_interval_wider_than_what_is_at_stake_is_found():
    test = predictions([0, 1] * 50, [0, 1] * 45 + [1, 0] * 5)
    close = scores_of(np.linspace(0.90, 0.94, 21))
    found = check_tiny(evidence(close, test=test))
    low, high = proportion_confint(90, 100, method="wilson")
    assert f"from {low:.3f} to {high:.3f}" in found.evidence
    assert "0.020 between the best and the median trial" in found.evidence
    assert found.severity == "medium"
    far = scores_of(np.linspace(0.5, 0.94, 21))
    assert check_tiny(evidence(far, test=test)) is None
    assert check_tiny(evidence(close, held_out=test)).severity == "low"


def test_a_handful_of_rows_is_small_for_any_score():
    few = predictions(np.arange(49.0), np.arange(49.0), classes=None)
    found = check_tiny(evidence(scores_of([0.5, 0.9]), test=few))
    assert "There are 49 rows" in found.evidence
    more = predictions(np.arange(50.0), np.arange(50.0), classes=None)
    assert check_tiny(evidence(scores_of([0.5, 0.9]), test=more)) is None
    assert check_tiny(evidence(scores_of([0.5]))) is None


@pytest.mark.parametrize(
    ("counts", "scoring", "severity"),
    [
        ((50, 50), "accuracy", None),
        ((80, 20), "accuracy", None),
        ((81, 19), "accuracy", "medium"),
        ((81, 19), "roc_auc", "low"),
        ((995, 5), "roc_auc", "medium"),
        ((30, 30, 30, 10), "accuracy", None),
        ((30, 30, 35, 4), "accuracy", "medium"),
        ((100,), "accuracy", None),
    ],
)
def test_a_rare_class_is_found(counts, scoring, severity):
    given = evidence([trial(0, 0.5)], data=class_counts(*counts))
    found = check_imbalance(replace(given, search=replace(given.search, scoring=scoring)))
    assert (found and found.severity) == severity
    if found:
        assert f"'c{len(counts) - 1}'" in found.evidence
        assert ("accuracy" in found.evidence) == (scoring == "accuracy")


def test_without_tracked_data_classes_are_counted_in_the_rows_held_out_once_each():
    held = predictions([0] * 90 + [1] * 10, [0] * 100)
    twice = replace(
        held,
        rows=np.tile(held.rows, 2),
        y_true=np.tile(held.y_true, 2),
        y_pred=np.tile(held.y_pred, 2),
        fold=np.repeat([0, 1], 100),
    )
    assert "10 of 100 rows" in check_imbalance(evidence([trial(0, 0.5)], held_out=twice)).evidence
    assert check_imbalance(evidence([trial(0, 0.5)])) is None
    numbers = predictions(np.arange(9.0), np.arange(9.0), classes=None)
    assert check_imbalance(evidence([trial(0, 0.5)], held_out=numbers)) is None
