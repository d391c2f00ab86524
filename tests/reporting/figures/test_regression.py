"""Figures of a regression."""

from __future__ import annotations

import numpy as np
import pytest
from fake_predictions import regressed

from tunekit.analysis.metrics.residuals import residuals
from tunekit.reporting.figures.regression import error_by_quantile, predicted_against_true


def test_sample_of_many_rows_includes_the_largest_errors():
    predictions = regressed(5000)
    result = residuals(predictions)
    assert "400 of 5,000 predictions are shown" in predicted_against_true(result, "x").caption
    assert "are shown" not in error_by_quantile(result, "x").caption, "the bars include all rows"
    assert len(result.true) <= 400
    assert result.n_rows == 5000
    largest = np.sort(np.abs(predictions.y_pred - predictions.y_true))[-10:]
    assert np.isin(largest, np.abs(result.predicted - result.true)).all()
    assert len(result.quantiles.expected) <= 200
    for end in (0, -1):
        assert result.quantiles.observed[end] == pytest.approx(
            np.sort(predictions.y_pred - predictions.y_true - result.bias)[end]
            / np.std(predictions.y_pred - predictions.y_true, ddof=1)
        )
