"""The section with mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from comparison_data import data_of
from sklearn.linear_model import LinearRegression

import tunekit as tk
from tunekit.analysis.collect import ReportData
from tunekit.core.predictions import Mistakes, Predictions
from tunekit.reporting.sections import errors
from tunekit.reporting.sections.errors import errors_section


def evaluated(mistakes, predictions, task, **described):
    return errors._Evaluated("a", mistakes, predictions, task, described)


def test_mistakes_of_a_large_regression_are_found_quickly():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(60_000, 2))
    comparison = tk.compare(
        {"line": LinearRegression()}, rows, rows[:, 0] + rng.normal(size=60_000), tracking=False
    )
    section = errors_section(ReportData((), (data_of(comparison),)))
    (table,) = section.tables
    assert len(table.rows) == 24
    predictions = comparison.predictions("line")
    size = np.abs(predictions.y_true - predictions.y_pred)
    worst = predictions.rows[np.argmax(size)]
    assert table.rows[0][0] == worst
    repeats = predictions.rows == worst
    assert table.rows[0][2] == pytest.approx(predictions.y_pred[repeats].mean())


def test_repeated_folds_are_sorted_by_the_mean_error():
    rows = np.array([0, 1, 2, 0, 1, 2])
    stored = Mistakes(np.array([0, 1, 2]), np.zeros((3, 2)))
    predictions = Predictions(
        rows, rows // 3, np.zeros(6), np.array([9.0, 5, 6, -9, 5, 7]), None, None
    )
    for mistakes in (stored, None):
        part = errors._part(evaluated(mistakes, predictions, "regression"), "errors")
        assert [row[:3] for row in part.table.rows] == [(2, 0.0, 6.5), (1, 0.0, 5.0), (0, 0.0, 0.0)]
    scores = np.array([[0.1, 0.9], [0.3, 0.7], [0.9, 0.1], [0.2, 0.8]])
    unsure = Predictions(
        np.array([0, 1, 0, 1]),
        np.array([0, 0, 1, 1]),
        np.zeros(4, int),
        np.array([1, 1, 0, 1]),
        scores,
        np.array([0, 1]),
    )
    mistakes = Mistakes(np.array([0, 1]), np.zeros((2, 2)))
    part = errors._part(evaluated(mistakes, unsure, "classification"), "errors")
    assert part.table.rows[0][:4] == (1, "0", "1", 0.75)
