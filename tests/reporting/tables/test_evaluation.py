"""Tables of the best model's evaluation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_predictions import classified, regressed

from tunekit.analysis.metrics.confusion import confusion
from tunekit.analysis.metrics.per_class import per_class
from tunekit.analysis.metrics.residuals import residuals
from tunekit.analysis.metrics.roc import roc
from tunekit.analysis.metrics.shared_mistakes import shared_mistakes
from tunekit.analysis.metrics.thresholds import thresholds
from tunekit.reporting.tables.evaluation import (
    errors_table,
    mixups_table,
    per_class_table,
    shared_mistakes_table,
    thresholds_table,
)


def test_tables_show_the_computed_values():
    predictions = classified(["a", "b", "c"], 90, folds=3, repeats=2)
    result = per_class(predictions, roc=roc(predictions))
    table = per_class_table(result, "x")
    assert [column.key for column in table.columns][-2:] == ["auc", "ap"]
    first = result.classes[0]
    assert table.rows[0][:2] == ("a", first.n_rows)
    assert table.rows[0][3] == (first.recall, *first.recall_interval)
    table = mixups_table(confusion(predictions), "x")
    assert table.rows[0][2] == confusion(predictions).worst[0].count


def test_table_of_two_classes_has_no_areas():
    predictions = classified([0, 1])
    keys = [
        column.key
        for column in per_class_table(per_class(predictions, roc=roc(predictions)), "x").columns
    ]
    assert "auc" not in keys


def test_threshold_table_names_the_rows_of_the_choice():
    result = thresholds(classified([0, 1]), chosen_on="out-of-fold rows", criterion="youden")
    table = thresholds_table(result, "x")
    assert (
        "was chosen for the largest recall + specificity on the out-of-fold rows" in table.caption
    )
    assert table.rows[0][1:5] == (result.rows[0].tp, result.rows[0].fp, 0, 0)


def test_shared_mistakes_table_counts_rows_that_all_get_wrong():
    predictions = classified([0, 1, 2])
    wrong = replace(predictions, y_pred=(predictions.y_true + 1) % 3)
    result = shared_mistakes({"good": predictions, "bad": wrong})
    table = shared_mistakes_table(result, "x")
    assert len(table.rows) == result.wrong_by[2] > 0
    assert table.caption.startswith(f"All 2 models predict {result.wrong_by[2]} of 120 rows")
    assert [column.label for column in table.columns][-2:] == ["good predicts", "bad predicts"]


def test_error_table_includes_predicting_the_mean():
    result = residuals(regressed())
    rows = {row[0]: row[1:] for row in errors_table(result, "x").rows}
    assert rows["R²"][:2] == (result.errors.r2, 0.0)
    means = [each.rmse for each in result.fold_errors]
    expected = (result.errors.rmse, result.of_mean.rmse, np.mean(means), np.std(means))
    assert rows["root mean squared error"] == pytest.approx(expected)
