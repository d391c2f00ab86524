"""Residuals of a regression, against their references."""

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


def test_sizes_of_errors_are_scikit_learns():
    held = regressed()
    found = residuals(held)
    dummy = DummyRegressor().fit(held.y_true, held.y_true).predict(held.y_true)
    for errors, predicted in ((found.errors, held.y_pred), (found.of_mean, dummy)):
        assert errors.r2 == pytest.approx(r2_score(held.y_true, predicted), abs=1e-12)
        assert errors.mae == pytest.approx(mean_absolute_error(held.y_true, predicted))
        assert errors.rmse == pytest.approx(root_mean_squared_error(held.y_true, predicted))
    assert found.bias == pytest.approx(np.mean(held.y_pred - held.y_true))
    for number, errors in enumerate(found.fold_errors):
        own = held.fold == number
        assert errors.r2 == pytest.approx(r2_score(held.y_true[own], held.y_pred[own]))


def test_normal_quantiles_are_scipys():
    held = regressed(150)
    found = residuals(held).quantiles
    error = held.y_pred - held.y_true
    expected, observed = probplot((error - error.mean()) / error.std(ddof=1), fit=False)
    np.testing.assert_allclose(found.expected, expected)
    np.testing.assert_allclose(found.observed, observed)


def test_points_of_a_normal_sample_lie_in_the_band_as_often_as_it_says():
    held = regressed(25)
    band = residuals(held, level=0.9).quantiles
    drawn = np.sort(np.random.default_rng(0).normal(size=(20_000, 25)), axis=1)
    inside = ((drawn >= band.low) & (drawn <= band.high)).mean(axis=0)
    np.testing.assert_allclose(inside, 0.9, atol=0.01)


def test_error_by_quantile_is_that_of_pandas():
    held = regressed(500)
    error = pd.Series(held.y_pred - held.y_true)
    deciles = error.groupby(pd.qcut(held.y_true, 10), observed=True)
    found = residuals(held).bins
    assert [each.n_rows for each in found] == deciles.size().tolist()
    np.testing.assert_allclose([each.bias for each in found], deciles.mean())
    expected = deciles.agg(lambda own: own.abs().mean())
    np.testing.assert_allclose([each.mae for each in found], expected)
    assert all(a.high < b.low for a, b in pairwise(found))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1e308])
def test_rows_without_a_finite_prediction_are_left_out_and_counted(wrong):
    held = regressed()
    broken = replace(held, y_pred=np.where(np.arange(300) < 3, wrong, held.y_pred))
    found = residuals(broken)
    assert found.notes == ("3 rows without a finite prediction (1e100 at most) were left out.",)
    assert found.errors == residuals(part(held, np.arange(300) >= 3)).errors


def test_what_a_regression_cannot_have_is_undefined():
    held = regressed()
    two = np.column_stack([held.y_true, held.y_true])
    assert residuals(replace(held, y_true=two, y_pred=two)).reason.startswith("each row has 2")
    column = replace(held, y_pred=held.y_pred[:, None])
    assert residuals(column).errors == residuals(held).errors
    constant = residuals(replace(held, y_true=np.full(300, 3.0)))
    assert math.isnan(constant.errors.r2)
    assert len(constant.bins) == 1
    assert residuals(replace(held, y_pred=held.y_true)).quantiles is None
    broken = residuals(replace(held, y_pred=np.full(300, np.nan)))
    assert broken == Undefined("no row has a finite prediction (1e100 at most)")
