"""Checks of training, folds and the worth of the best model: TK301 to TK402."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from searches import evidence, execution, predictions, trial
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.model_selection import KFold, cross_val_score

import tunekit as tk
from tunekit.analysis.checks.baseline import baseline_score, check_baseline, check_constant
from tunekit.analysis.checks.folds import check_folds
from tunekit.analysis.checks.training import (
    check_budget,
    check_overfitting,
    check_stopped_early,
    check_underfitting,
    check_unstable,
)
from tunekit.analysis.learning.diagnosis import diagnose

X, Y = load_iris(return_X_y=True)
FALLING = tuple((0.1 + np.exp(-0.5 * np.arange(20))).tolist())
SOUND = {"loss": FALLING, "val_loss": tuple(0.02 + each for each in FALLING)}


# TK301 to TK306: training and folds.

LINE = tuple(np.linspace(1.0, 0.2, 20).tolist())
OVER = (*np.linspace(1.0, 0.5, 10).tolist(), *np.linspace(0.52, 0.6, 10).tolist())


@pytest.mark.parametrize(
    ("check", "code", "curve"),
    [
        (check_overfitting, "TK301", {"loss": LINE, "val_loss": OVER}),
        (check_underfitting, "TK302", {"loss": (1.0,) * 20, "val_loss": (1.0,) * 20}),
        (check_stopped_early, "TK303", {"loss": LINE, "val_loss": LINE}),
        (check_unstable, "TK305", {"loss": (1.0, 0.3) * 10, "val_loss": (1.0, 0.3) * 10}),
    ],
)
def test_what_curves_say_is_a_finding(check, code, curve):
    found = check(evidence([trial(0, 0.5)], curves=[curve, curve]))
    assert found.code == code
    assert found.evidence[0].isupper()
    assert found.evidence.endswith(".")
    assert check(evidence([trial(0, 0.5)], curves=[SOUND])) is None
    assert check(evidence([trial(0, 0.5)])) is None
    assert check(evidence([])) is None


def network(**training):
    return {"network": {"training": training}}


def test_early_stopping_keeps_the_best_weights_and_stops_on_purpose():
    curve = {"loss": LINE, "val_loss": OVER}
    stopped = network(epochs=50, early_stopping=True)
    given = evidence([trial(0, 0.5)], curves=[curve], architecture=stopped)
    assert check_overfitting(given) is None
    by_trial = evidence([trial(0, 0.5, params={"early_stopping": True})], curves=[curve])
    assert check_overfitting(by_trial) is None
    line = {"loss": LINE, "val_loss": LINE}
    early = evidence([trial(0, 0.5)], curves=[line], architecture=stopped)
    assert check_stopped_early(early) is None
    to_the_end = network(epochs=20, early_stopping=True)
    assert check_stopped_early(replace(early, architecture=to_the_end)).code == "TK303"


def test_epochs_that_nobody_chose_are_found_where_they_are_for_nothing():
    rests = (*np.linspace(1.0, 0.2, 10).tolist(), *np.full(10, 0.201).tolist())
    curve = {"loss": rests, "val_loss": rests}
    given = evidence(
        [trial(0, 0.5)], curves=[curve], architecture=network(epochs=20, early_stopping=False)
    )
    found = check_budget(given)
    assert (found.code, found.severity) == ("TK304", "low")
    assert "All 20 epochs were trained" in found.evidence
    assert "lowest at epoch 10" in found.evidence
    assert (
        check_budget(replace(given, architecture=network(epochs=20, early_stopping=True))) is None
    )
    assert check_budget(replace(given, architecture=None)) is None
    assert check_budget(replace(given, curves=[{"loss": rests}])) is None, "nothing was held out"
    assert diagnose([curve]).words[0].startswith("The loss held out is lowest at epoch 10 of 20")
    assert check_budget(replace(given, curves=[{"loss": LINE, "val_loss": LINE}])) is None
    tuned = tk.Space(epochs=tk.Int(5, 20), depth=tk.Int(1, 4))
    chosen = replace(given, search=replace(given.search, space=tuned))
    assert check_budget(chosen) is None


def test_folds_that_differ_more_than_trials_are_found():
    near = [trial(i, 0.9 - 0.001 * i, spread=0.02, fold_scores=(0.88, 0.92)) for i in range(12)]
    found = check_folds(evidence(near))
    assert (found.code, found.severity) == ("TK306", "medium")
    assert "differ by 0.02 from fold to fold (0.88, 0.92)" in found.evidence
    far = [replace(each, score=0.5) if each.number > 9 else each for each in near]
    far += [trial(i, 0.5) for i in range(12, 30)]
    assert check_folds(evidence(far)).severity == "low"
    assert "best ten trials lie within 0.009" in check_folds(evidence(far)).evidence
    apart = [trial(i, 0.9 - 0.01 * i, spread=0.02) for i in range(12)]
    assert check_folds(evidence(apart)) is None
    assert check_folds(evidence(near[:9])) is None
    one = [execution(info={"n_splits": "1"})]
    assert check_folds(evidence(near, executions=one)) is None


# TK401 and TK402: better than a guess.


@pytest.mark.parametrize("scoring", ["accuracy", "balanced_accuracy", "neg_log_loss", "f1_macro"])
def test_the_baseline_of_labels_is_scikit_learns(scoring):
    cv = KFold(5, shuffle=True, random_state=0)
    guess = DummyClassifier(strategy="prior")
    inputs, labels = np.tile(X, (2, 1)), np.tile(Y, 2)  # folds of 60 rows, which are not pooled
    expected = cross_val_score(guess, inputs, labels, cv=cv, scoring=scoring).mean()
    assert baseline_score(held_out(labels, cv), scoring) == pytest.approx(expected)


@pytest.mark.parametrize("scoring", ["r2", "neg_mean_squared_error", "neg_root_mean_squared_error"])
def test_the_baseline_of_numbers_is_scikit_learns(scoring):
    y, cv = X[:, 0], KFold(3)
    expected = cross_val_score(DummyRegressor(), X, y, cv=cv, scoring=scoring).mean()
    assert baseline_score(held_out(y, cv, classes=None), scoring) == pytest.approx(expected)


def held_out(y, cv, classes="labels"):
    folds = list(cv.split(y))
    order = np.concatenate([test for _, test in folds])
    fold = np.concatenate([np.full(len(test), i) for i, (_, test) in enumerate(folds)])
    found = predictions(y[order], y[order], fold, classes)
    return replace(found, rows=order)


def test_one_split_is_its_own_prior_and_odd_scorers_have_no_baseline():
    held = predictions([0, 0, 0, 1], [0, 0, 0, 1])
    assert baseline_score(held, "accuracy") == 0.75
    assert baseline_score(held, "roc_auc") == 0.5
    assert math.isnan(baseline_score(held, "my own"))
    numbers = predictions([1.0, 2.0], [1.0, 2.0], classes=None)
    assert math.isnan(baseline_score(numbers, "neg_log_loss"))


def test_a_model_that_is_no_better_than_a_guess_is_found():
    held = predictions([0] * 60 + [1] * 40, [0] * 100)
    for score, found in ((0.59, True), (0.6, True), (0.61, False)):
        given = evidence([trial(0, score)], held_out=held)
        assert (check_baseline(given) is not None) == found
    finding = check_baseline(evidence([trial(0, 0.6)], held_out=held))
    assert (finding.code, finding.severity) == ("TK401", "high")
    assert "has 0.6 on the same rows" in finding.evidence
    assert check_baseline(evidence([trial(0, 0.6)])) is None
    assert check_baseline(evidence([], held_out=held)) is None


def test_a_model_that_says_the_same_of_every_row_is_found():
    held = predictions([0] * 60 + [1] * 40, [0] * 100)
    found = check_constant(evidence([trial(0, 0.6)], held_out=held))
    assert (found.code, found.evidence[-3:]) == ("TK402", " 0.")
    by_fold = predictions([0, 1] * 4, [0] * 4 + [1] * 4, [0] * 4 + [1] * 4)
    assert "0, 1" in check_constant(evidence([trial(0, 0.5)], held_out=by_fold)).evidence
    good = predictions([0, 1] * 4, [0, 1] * 4)
    assert check_constant(evidence([trial(0, 1.0)], held_out=good)) is None
    one_class = predictions(["a"] * 4, ["a"] * 4)
    assert check_constant(evidence([trial(0, 1.0)], held_out=one_class)) is None
    rounding = predictions([1.0, 5.0], [3.0, 3.0 + 1e-9], classes=None)
    assert check_constant(evidence([trial(0, 0.0)], held_out=rounding)).code == "TK402"
    differs = predictions([1.0, 5.0], [3.0, 3.1], classes=None)
    assert check_constant(evidence([trial(0, 0.0)], held_out=differs)) is None
