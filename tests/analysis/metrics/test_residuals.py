"""Residuals of a regression, against references."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from fake_predictions import part, regressed
from scipy.stats import probplot
from sklearn.dummy import DummyRegressor
from sklearn.metrics import (
    mean_absolute_error,
    r2_score,
    root_mean_squared_error,
)

from tunekit.analysis.metrics.residuals import residuals
from tunekit.analysis.metrics.rows import Undefined


def test_errors_equal_those_of_scikit_learn():
    predictions = regressed()
    result = residuals(predictions)
    dummy = DummyRegressor().fit(predictions.y_true, predictions.y_true).predict(predictions.y_true)
    for errors, predicted in ((result.errors, predictions.y_pred), (result.of_mean, dummy)):
        assert errors.r2 == pytest.approx(r2_score(predictions.y_true, predicted), abs=1e-12)
        assert errors.mae == pytest.approx(mean_absolute_error(predictions.y_true, predicted))
        assert errors.rmse == pytest.approx(root_mean_squared_error(predictions.y_true, predicted))
    assert result.bias == pytest.approx(np.mean(predictions.y_pred - predictions.y_true))
    for number, errors in enumerate(result.fold_errors):
        own = predictions.fold == number
        assert errors.r2 == pytest.approx(
            r2_score(predictions.y_true[own], predictions.y_pred[own])
        )


def test_normal_quantiles_equal_those_of_scipy():
    predictions = regressed(150)
    result = residuals(predictions).quantiles
    error = predictions.y_pred - predictions.y_true
    expected, observed = probplot((error - error.mean()) / error.std(ddof=1), fit=False)
    np.testing.assert_allclose(result.expected, expected)
    np.testing.assert_allclose(result.observed, observed)


def test_the_band_contains_points_of_a_normal_sample_with_its_level():
    predictions = regressed(25)
    band = residuals(predictions, level=0.9).quantiles
    drawn = np.sort(np.random.default_rng(0).normal(size=(20_000, 25)), axis=1)
    inside = ((drawn >= band.low) & (drawn <= band.high)).mean(axis=0)
    np.testing.assert_allclose(inside, 0.9, atol=0.01)


def test_errors_by_quantile_equal_those_of_pandas():
    predictions = regressed(500)
    error = pd.Series(predictions.y_pred - predictions.y_true)
    deciles = error.groupby(pd.qcut(predictions.y_true, 10), observed=True)
    result = residuals(predictions).bins
    assert [each.n_rows for each in result] == deciles.size().tolist()
    np.testing.assert_allclose([each.bias for each in result], deciles.mean())
    expected = deciles.agg(lambda own: own.abs().mean())
    np.testing.assert_allclose([each.mae for each in result], expected)
    assert all(a.high < b.low for a, b in pairwise(result))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1e308])
def test_rows_without_a_finite_prediction_are_left_out_and_counted(wrong):
    predictions = regressed()
    broken = replace(predictions, y_pred=np.where(np.arange(300) < 3, wrong, predictions.y_pred))
    result = residuals(broken)
    assert result.notes == ("3 rows without a finite prediction (1e100 at most) were left out.",)
    assert result.errors == residuals(part(predictions, np.arange(300) >= 3)).errors


def test_degenerate_regressions_are_undefined():
    predictions = regressed()
    two = np.column_stack([predictions.y_true, predictions.y_true])
    assert residuals(replace(predictions, y_true=two, y_pred=two)).reason.startswith(
        "each row has 2"
    )
    column = replace(predictions, y_pred=predictions.y_pred[:, None])
    assert residuals(column).errors == residuals(predictions).errors
    constant = residuals(replace(predictions, y_true=np.full(300, 3.0)))
    assert math.isnan(constant.errors.r2)
    assert len(constant.bins) == 1
    assert residuals(replace(predictions, y_pred=predictions.y_true)).quantiles is None
    broken = residuals(replace(predictions, y_pred=np.full(300, np.nan)))
    assert broken == Undefined("no row has a finite prediction (1e100 at most)")
