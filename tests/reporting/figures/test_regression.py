"""Figures of a regression."""

from __future__ import annotations

import numpy as np
import pytest
from fake_predictions import regressed

from tunekit.analysis.metrics.residuals import residuals
from tunekit.reporting.figures.regression import error_by_quantile, predicted_against_true


def test_of_many_rows_a_part_is_drawn_with_the_largest_errors():
    held = regressed(5000)
    found = residuals(held)
    assert "Drawn are 400 of 5,000 predictions" in predicted_against_true(found, "x").caption
    assert "Drawn are" not in error_by_quantile(found, "x").caption, "its bars are of all"
    assert len(found.true) <= 400
    assert found.n_rows == 5000
    largest = np.sort(np.abs(held.y_pred - held.y_true))[-10:]
    assert np.isin(largest, np.abs(found.predicted - found.true)).all()
    assert len(found.quantiles.expected) <= 200
    for end in (0, -1):
        assert found.quantiles.observed[end] == pytest.approx(
            np.sort(held.y_pred - held.y_true - found.bias)[end]
            / np.std(held.y_pred - held.y_true, ddof=1)
        )
