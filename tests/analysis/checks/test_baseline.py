"""Checks that the best model is better than a guess: TK401 and TK402."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from fake_studies import predictions, study_data, trial
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.model_selection import KFold, cross_val_score

from tunekit.analysis.checks.baseline import baseline_score, check_baseline, check_constant

X, Y = load_iris(return_X_y=True)


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
        given = study_data([trial(0, score)], validation=held)
        assert (check_baseline(given) is not None) == found
    finding = check_baseline(study_data([trial(0, 0.6)], validation=held))
    assert (finding.code, finding.severity) == ("TK401", "high")
    assert "has 0.6 on the same rows" in finding.evidence
    assert check_baseline(study_data([trial(0, 0.6)])) is None
    assert check_baseline(study_data([], validation=held)) is None


def test_a_model_that_says_the_same_of_every_row_is_found():
    held = predictions([0] * 60 + [1] * 40, [0] * 100)
    found = check_constant(study_data([trial(0, 0.6)], validation=held))
    assert (found.code, found.evidence[-3:]) == ("TK402", " 0.")
    by_fold = predictions([0, 1] * 4, [0] * 4 + [1] * 4, [0] * 4 + [1] * 4)
    assert "0, 1" in check_constant(study_data([trial(0, 0.5)], validation=by_fold)).evidence
    good = predictions([0, 1] * 4, [0, 1] * 4)
    assert check_constant(study_data([trial(0, 1.0)], validation=good)) is None
    one_class = predictions(["a"] * 4, ["a"] * 4)
    assert check_constant(study_data([trial(0, 1.0)], validation=one_class)) is None
    rounding = predictions([1.0, 5.0], [3.0, 3.0 + 1e-9], classes=None)
    assert check_constant(study_data([trial(0, 0.0)], validation=rounding)).code == "TK402"
    differs = predictions([1.0, 5.0], [3.0, 3.1], classes=None)
    assert check_constant(study_data([trial(0, 0.0)], validation=differs)) is None
