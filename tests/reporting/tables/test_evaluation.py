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
from tunekit.analysis.metrics.shared_mistakes import confident_mistakes, shared_mistakes
from tunekit.analysis.metrics.thresholds import thresholds
from tunekit.reporting.tables.evaluation import (
    errors_table,
    mistakes_table,
    mixups_table,
    per_class_table,
    shared_mistakes_table,
    thresholds_table,
)


def test_tables_tell_what_was_computed():
    held = classified(["a", "b", "c"], 90, folds=3, repeats=2)
    found = per_class(held, roc=roc(held))
    table = per_class_table(found, "x")
    assert [column.key for column in table.columns][-2:] == ["auc", "ap"]
    first = found.classes[0]
    assert table.rows[0][:2] == ("a", first.n_rows)
    assert table.rows[0][3] == (first.recall, *first.recall_interval)
    table = mixups_table(confusion(held), "x")
    assert table.rows[0][2] == confusion(held).worst[0].count
    mistakes = confident_mistakes(held)
    table = mistakes_table(mistakes, "x")
    assert table.rows[0][0] == mistakes[0].row
    assert table.rows[0][-1].endswith(" of 2")


def test_with_two_classes_areas_stand_in_their_figures_alone():
    held = classified([0, 1])
    keys = [column.key for column in per_class_table(per_class(held, roc=roc(held)), "x").columns]
    assert "auc" not in keys


def test_a_table_of_thresholds_says_where_one_was_chosen():
    found = thresholds(classified([0, 1]), chosen_on="out-of-fold rows", criterion="youden")
    table = thresholds_table(found, "x")
    assert "on the out-of-fold rows, where it was chosen" in table.caption
    assert "the largest recall + specificity" in table.caption
    assert table.rows[0][1:5] == (found.rows[0].tp, found.rows[0].fp, 0, 0)


def test_a_table_of_shared_mistakes_tells_how_many_all_make():
    held = classified([0, 1, 2])
    wrong = replace(held, y_pred=(held.y_true + 1) % 3)
    found = shared_mistakes({"good": held, "bad": wrong})
    table = shared_mistakes_table(found, "x")
    assert len(table.rows) == found.wrong_by[2] > 0
    assert table.caption.startswith(f"{found.wrong_by[2]} of 120 rows")
    assert [column.label for column in table.columns][-2:] == ["good predicts", "bad predicts"]


def test_a_table_of_errors_has_what_predicting_the_mean_gives():
    found = residuals(regressed())
    rows = {row[0]: row[1:] for row in errors_table(found, "x").rows}
    assert rows["R²"][:2] == (found.errors.r2, 0.0)
    means = [each.rmse for each in found.fold_errors]
    expected = (found.errors.rmse, found.of_mean.rmse, np.mean(means), np.std(means))
    assert rows["root mean squared error"] == pytest.approx(expected)
