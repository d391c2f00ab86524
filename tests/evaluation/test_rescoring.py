"""Scores recomputed from predictions equal those of scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import get_scorer

from tunekit.core.predictions import Predictions
from tunekit.evaluation.rescoring import rescored

NUMERIC = (
    *("r2", "neg_root_mean_squared_error", "neg_mean_squared_error", "neg_mean_absolute_error"),
    *("neg_median_absolute_error", "explained_variance"),
)


def predictions(y_true, y_pred):
    return Predictions(np.arange(len(y_true)), np.zeros(len(y_true)), y_true, y_pred, None, None)


@pytest.mark.parametrize("scorer", NUMERIC)
@pytest.mark.parametrize("unit", [1.0, 1e6, 1e-6])
def test_scores_of_resampled_rows_are_those_of_scikit_learn(scorer, unit):
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.normal(5, 1, size=(2, 12)) * unit
    again = rescored(scorer, predictions(y_true, y_pred))
    metric = get_scorer(scorer)
    for _ in range(20):
        rows = rng.integers(0, 12, size=12)
        reference = metric._sign * metric._score_func(y_true[rows], y_pred[rows])
        assert again(rows) == pytest.approx(reference, rel=1e-12)


@pytest.mark.parametrize("scorer", ["r2", "neg_root_mean_squared_error"])
@pytest.mark.parametrize("y_pred", [[2.0, 2.0], [2.0, 3.0]])
def test_scores_of_equal_targets_are_those_of_scikit_learn(scorer, y_pred):
    y_true, y_pred = np.array([2.0, 2.0]), np.array(y_pred)
    metric = get_scorer(scorer)
    again = rescored(scorer, predictions(y_true, y_pred))
    assert again(np.arange(2)) == metric._sign * metric._score_func(y_true, y_pred)


def test_r2_of_one_row_is_undefined():
    again = rescored("r2", predictions(np.array([1.0, 2.0]), np.array([1.0, 2.0])))
    assert np.isnan(again(np.array([0])))


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64"])
@pytest.mark.parametrize("scorer", ["r2", "neg_mean_squared_error", "neg_mean_absolute_error"])
def test_labels_of_every_number_type_have_an_error(scorer, dtype):
    y_true, y_pred = np.array([0, 1, 1, 0]).astype(dtype), np.array([1, 1, 0, 0]).astype(dtype)
    metric = get_scorer(scorer)
    reference = metric._sign * metric._score_func(y_true.astype(float), y_pred.astype(float))
    predicted = Predictions(np.arange(4), np.zeros(4), y_true, y_pred, None, np.arange(2))
    assert rescored(scorer, predicted)(np.arange(4)) == pytest.approx(reference)


def test_an_error_of_strings_is_none():
    texts = np.array(["a", "b"])
    predicted = Predictions(np.arange(2), np.zeros(2), texts, texts, None, texts)
    assert rescored("neg_mean_squared_error", predicted) is None
