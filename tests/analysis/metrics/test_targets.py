"""Several targets per row: residuals of each target, and the names of targets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_predictions import classified, multilabelled, regressed
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from tunekit.analysis.metrics.rows import Undefined
from tunekit.analysis.metrics.targets import kind_of, names_of, residuals_by_target


def several(n_targets=2, n_rows=300):
    one = regressed(n_rows)
    scales = 10.0 ** np.arange(n_targets)
    noise = np.random.default_rng(1).normal(size=(n_rows, n_targets))
    return replace(
        one,
        y_true=one.y_true[:, None] * scales,
        y_pred=(one.y_pred[:, None] + noise) * scales,
    )


def test_errors_of_targets_equal_those_of_scikit_learn():
    predictions = several(3)
    found = residuals_by_target(predictions, ["a", "b", "c"])
    assert [each.name for each in found] == ["a", "b", "c"]
    metrics = {"r2": r2_score, "mae": mean_absolute_error, "rmse": root_mean_squared_error}
    for key, metric in metrics.items():
        expected = metric(predictions.y_true, predictions.y_pred, multioutput="raw_values")
        values = [getattr(each.residuals.errors, key) for each in found]
        assert values == pytest.approx(list(expected))


def test_points_of_many_targets_are_few_and_contain_the_largest_errors():
    predictions = several(20, 3000)
    found = residuals_by_target(predictions, [str(i) for i in range(20)])
    assert sum(len(each.residuals.true) for each in found) <= 2000
    error = np.abs(predictions.y_pred - predictions.y_true)
    for each, largest in zip(found, error.max(axis=0), strict=True):
        shown = np.abs(each.residuals.predicted - each.residuals.true)
        assert shown.max() == pytest.approx(largest)
        assert each.residuals.n_rows == 3000


def test_a_target_without_finite_predictions_is_left_out():
    predictions = several(2)
    predictions.y_pred[:, 0] = np.nan
    (found,) = residuals_by_target(predictions, ["a", "b"])
    assert found.name == "b"
    predictions.y_pred[:] = np.nan
    assert isinstance(residuals_by_target(predictions, ["a", "b"]), Undefined)


def test_names_are_those_of_the_columns_or_numbers():
    described = {"target_names": ["height", "height"]}
    assert names_of(several(2), described, "target") == ("height", "height #2")
    assert names_of(several(3), described, "target") == ("target 0", "target 1", "target 2")


@pytest.mark.parametrize(
    ("predictions", "task", "kind"),
    [
        (classified([0, 1]), "classification", "class"),
        (multilabelled(), "classification", "labels"),
        (several(), "regression", "targets"),
        (several(1), "regression", "target"),
        (regressed(), "regression", "target"),
    ],
)
def test_kinds_of_predictions(predictions, task, kind):
    assert kind_of(predictions, task) == kind
