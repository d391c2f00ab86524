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


def predictions(true, said):
    return Predictions(np.arange(len(true)), np.zeros(len(true)), true, said, None, None)


@pytest.mark.parametrize("scorer", NUMERIC)
@pytest.mark.parametrize("unit", [1.0, 1e6, 1e-6])
def test_scores_of_resampled_rows_are_those_of_scikit_learn(scorer, unit):
    rng = np.random.default_rng(0)
    true, said = rng.normal(5, 1, size=(2, 12)) * unit
    again = rescored(scorer, predictions(true, said))
    metric = get_scorer(scorer)
    for _ in range(20):
        rows = rng.integers(0, 12, size=12)
        reference = metric._sign * metric._score_func(true[rows], said[rows])
        assert again(rows) == pytest.approx(reference, rel=1e-12)


@pytest.mark.parametrize("scorer", ["r2", "neg_root_mean_squared_error"])
@pytest.mark.parametrize("said", [[2.0, 2.0], [2.0, 3.0]])
def test_scores_of_equal_targets_are_those_of_scikit_learn(scorer, said):
    true, said = np.array([2.0, 2.0]), np.array(said)
    metric = get_scorer(scorer)
    again = rescored(scorer, predictions(true, said))
    assert again(np.arange(2)) == metric._sign * metric._score_func(true, said)


def test_r2_of_one_row_is_undefined():
    again = rescored("r2", predictions(np.array([1.0, 2.0]), np.array([1.0, 2.0])))
    assert np.isnan(again(np.array([0])))


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64"])
@pytest.mark.parametrize("scorer", ["r2", "neg_mean_squared_error", "neg_mean_absolute_error"])
def test_labels_of_every_number_type_have_an_error(scorer, dtype):
    true, said = np.array([0, 1, 1, 0]).astype(dtype), np.array([1, 1, 0, 0]).astype(dtype)
    metric = get_scorer(scorer)
    reference = metric._sign * metric._score_func(true.astype(float), said.astype(float))
    found = Predictions(np.arange(4), np.zeros(4), true, said, None, np.arange(2))
    assert rescored(scorer, found)(np.arange(4)) == pytest.approx(reference)


def test_an_error_of_strings_is_none():
    texts = np.array(["a", "b"])
    found = Predictions(np.arange(2), np.zeros(2), texts, texts, None, texts)
    assert rescored("neg_mean_squared_error", found) is None
