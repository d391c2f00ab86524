"""Checks of the best model against a baseline: TK401 and TK402."""

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
def test_the_baseline_of_a_classification_equals_that_of_scikit_learn(scoring):
    cv = KFold(5, shuffle=True, random_state=0)
    dummy = DummyClassifier(strategy="prior")
    inputs, labels = np.tile(X, (2, 1)), np.tile(Y, 2)  # folds of 60 rows, which are not pooled
    expected = cross_val_score(dummy, inputs, labels, cv=cv, scoring=scoring).mean()
    assert baseline_score(validation_predictions(labels, cv), scoring) == pytest.approx(expected)


@pytest.mark.parametrize("scoring", ["r2", "neg_mean_squared_error", "neg_root_mean_squared_error"])
def test_the_baseline_of_a_regression_equals_that_of_scikit_learn(scoring):
    y, cv = X[:, 0], KFold(3)
    expected = cross_val_score(DummyRegressor(), X, y, cv=cv, scoring=scoring).mean()
    assert baseline_score(validation_predictions(y, cv, classes=None), scoring) == pytest.approx(
        expected
    )


def validation_predictions(y, cv, classes="labels"):
    folds = list(cv.split(y))
    order = np.concatenate([test for _, test in folds])
    fold = np.concatenate([np.full(len(test), i) for i, (_, test) in enumerate(folds)])
    given = predictions(y[order], y[order], fold, classes)
    return replace(given, rows=order)


def test_a_single_split_uses_its_own_prior_and_unknown_scorers_have_no_baseline():
    labels = predictions([0, 0, 0, 1], [0, 0, 0, 1])
    assert baseline_score(labels, "accuracy") == 0.75
    assert baseline_score(labels, "roc_auc") == 0.5
    assert math.isnan(baseline_score(labels, "my own"))
    numbers = predictions([1.0, 2.0], [1.0, 2.0], classes=None)
    assert math.isnan(baseline_score(numbers, "neg_log_loss"))


def test_a_model_no_better_than_chance_is_reported():
    constant = predictions([0] * 60 + [1] * 40, [0] * 100)
    for score, reported in ((0.59, True), (0.6, True), (0.61, False)):
        given = study_data([trial(0, score)], validation=constant)
        assert (check_baseline(given) is not None) == reported
    finding = check_baseline(study_data([trial(0, 0.6)], validation=constant))
    assert (finding.code, finding.severity) == ("TK401", "high")
    assert "has 0.600 on the same rows" in finding.evidence
    assert check_baseline(study_data([trial(0, 0.6)])) is None
    assert check_baseline(study_data([], validation=constant)) is None


@pytest.mark.parametrize("n_rows", [1, 2, 3])
def test_predictions_of_small_folds_are_not_called_constant(n_rows):
    y = np.repeat(np.arange(6.0), n_rows)
    fold = np.repeat(np.arange(6), n_rows)
    found = predictions(y + 0.1, y, fold, None)
    data = study_data([trial(0, 0.9)], validation=found)
    assert check_constant(data) is None
    data = study_data([trial(0, 0.9)], validation=replace(found, y_pred=np.full(len(y), 2.3456)))
    assert check_constant(data).evidence == "For all validation rows, it predicts 2.35."


def test_a_constant_model_is_reported():
    constant = predictions([0] * 60 + [1] * 40, [0] * 100)
    finding = check_constant(study_data([trial(0, 0.6)], validation=constant))
    assert (finding.code, finding.evidence[-3:]) == ("TK402", " 0.")
    halves = [0] * 12 + [1] * 12
    by_fold = predictions([0, 1] * 12, halves, halves)
    assert "0, 1" in check_constant(study_data([trial(0, 0.5)], validation=by_fold)).evidence
    good = predictions([0, 1] * 4, [0, 1] * 4)
    assert check_constant(study_data([trial(0, 1.0)], validation=good)) is None
    one_class = predictions(["a"] * 4, ["a"] * 4)
    assert check_constant(study_data([trial(0, 1.0)], validation=one_class)) is None
    rounding = predictions([1.0, 5.0], [3.0, 3.0 + 1e-9], classes=None)
    assert check_constant(study_data([trial(0, 0.0)], validation=rounding)).code == "TK402"
    differs = predictions([1.0, 5.0], [3.0, 3.1], classes=None)
    assert check_constant(study_data([trial(0, 0.0)], validation=differs)) is None
