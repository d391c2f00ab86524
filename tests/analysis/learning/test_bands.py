"""Bands of learning curves over folds."""

from __future__ import annotations

import math

import numpy as np

from tunekit.analysis.learning.bands import band, metrics_of


def test_a_band_is_the_mean_and_range_of_the_folds_that_are_still_training():
    found = band([{"loss": (4.0, 2.0, 1.0)}, {"loss": (2.0, 1.0)}], "loss")
    assert found.mean.tolist() == [3.0, 1.5, 1.0]
    assert found.low.tolist() == [2.0, 1.0, 1.0]
    assert found.high.tolist() == [4.0, 2.0, 1.0]
    assert found.n_folds.tolist() == [2, 2, 1]


def test_values_that_are_not_finite_are_ignored():
    found = band([{"loss": (1.0, math.nan, 5.0)}, {"loss": (3.0, math.inf, math.inf)}], "loss")
    assert found.mean.tolist()[::2] == [2.0, 5.0]
    assert found.high[2] == 5.0
    assert np.isnan([found.mean[1], found.low[1], found.high[1]]).all()
    assert band([{"loss": (math.nan,)}], "loss") is None
    assert band([{"loss": (1.0,)}], "accuracy") is None
    assert band([], "loss") is None


def test_a_metric_on_training_and_validation_rows_has_one_name():
    curves = [{"val_auc": (1.0,), "loss": (1.0,)}, {"val_loss": (1.0,), "auc": (1.0,)}]
    assert metrics_of(curves) == ["loss", "auc"]
