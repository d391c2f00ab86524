"""Figures and tables of the best model are whole, whatever the data."""

from __future__ import annotations

import json
import re

import pytest
from fake_predictions import EVIL, HOSTILE, classified
from svg import parsed, texts

from tunekit.analysis.labels import readable_names
from tunekit.analysis.metrics.thresholds import thresholds, thresholds_at
from tunekit.reporting.sections.best import evaluation
from tunekit.reporting.tables.table import embedded

LARGEST = 65_000  # characters of a figure


@pytest.mark.slow
@pytest.mark.parametrize("case", HOSTILE)
def test_whatever_the_data_figures_are_whole(shown, case):
    found = shown(case)
    assert found.figures or found.sentences
    ids = []
    for key, figure in found.figures:
        root = parsed(figure.svg)
        assert len(figure.svg) < LARGEST, key
        assert ' style="' not in figure.svg
        assert root.get("aria-label") == figure.text
        ids += [each.get("id") for each in root.iter() if each.get("id")]
        assert figure.title
        assert re.search(r"\d", figure.text), "an alternative has numbers in it"
        assert figure.caption.endswith((".", "rows."))
        assert figure.table is not None
        assert len(figure.table.rows) <= 200
        for text in (figure.text, figure.caption):
            assert "nan" not in text.lower().replace("nan_", "")
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[A-Z][^.]*\.", each) for each in found.sentences)


@pytest.mark.slow
@pytest.mark.parametrize("case", HOSTILE)
def test_whatever_the_data_tables_can_be_embedded(shown, case):
    found = shown(case)
    tables = [*found.tables, *(figure.table for _, figure in found.figures)]
    assert len({table.name for table in tables}) == len(tables)
    data = json.loads(embedded(tables))
    for table in data["tables"].values():
        assert all(len(row) == len(table["columns"]) for row in table["rows"])
        assert table["caption"].endswith(".")


@pytest.mark.parametrize(
    ("case", "sentences"),
    [
        ("no row", ["The confusion matrix cannot be shown: no row was judged."]),
        ("two targets", ["Predicted and true values cannot be shown: each row has 2 targets"]),
        ("only positives", ["The ROC curve cannot be shown: all rows are of class 1."]),
        ("only negatives", ["The ROC curve cannot be shown: no row is of class 1."]),
        ("all broken", ["The calibration cannot be shown: no row has finite probabilities."]),
        ("no probabilities", ["The model gives no probabilities: there are no ROC"]),
        ("broken regression", ["Predicted and true values cannot be shown: no row has a finite"]),
        ("evil names", []),
        ("500 classes", []),
        ("regression", []),
    ],
)
def test_what_cannot_be_shown_is_said(shown, case, sentences):
    found = shown(case).sentences
    assert bool(found) == bool(sentences)
    for sentence in sentences:
        assert any(each.startswith(sentence) for each in found), found


@pytest.mark.parametrize(
    ("case", "keys"),
    [
        ("booleans", "confusion roc precision_recall calibration thresholds gain"),
        ("floats", "confusion roc precision_recall calibration calibration_by_class"),
        ("30 classes", "confusion roc precision_recall calibration"),
        ("500 classes", "roc precision_recall calibration"),
        ("no probabilities", "confusion"),
        ("only one class", "confusion calibration calibration_by_class"),
        ("regression", "scatter residuals quantiles error"),
        ("exact regression", "scatter residuals error"),
        ("two targets", ""),
    ],
)
def test_all_that_can_be_shown_is_shown(shown, case, keys):
    assert [key for key, _ in shown(case).figures] == keys.split()


@pytest.mark.slow
def test_the_same_predictions_give_the_same_bytes():
    one, two = (
        evaluation(classified([0, 1, 2], folds=2), "x", rows="rows").figures for _ in range(2)
    )
    assert one == two


def test_names_stay_text_and_are_whole_in_tables(shown):
    found = shown("evil names")
    for _, figure in found.figures:
        assert "<script" not in figure.svg
        assert "\x00" not in figure.svg
    drawn = dict(found.figures)
    names = texts(drawn["confusion"].svg)
    for name in ("$x$", "_hidden", "''", "' '", "\\x00\\x1b", "<script>alert(1…", "\\ud800"):
        assert name in names, name
    assert max(len(name) for name in names) <= 16
    in_table = [row[0] for row in found.tables[0].rows]
    assert sorted(in_table) == sorted(readable_names(EVIL))
    legend = texts(drawn["roc"].svg)
    for name in ("$x$", "_hidden", "''", "\\x00\\x1b"):
        assert any(each.startswith(f"{name}: ") for each in legend), name


def test_many_classes_are_listed_the_worst_first(shown):
    tables = {table.name: table for table in shown("500 classes").tables}
    assert len(tables["held-out-classes"].rows) == 50
    scores = [row[4] for row in tables["held-out-classes"].rows]
    assert scores == sorted(scores)
    assert "of 500 classes" in tables["held-out-classes"].caption
    assert len(tables["held-out-mixups"].rows) == 50


@pytest.mark.slow
def test_what_was_left_out_is_said(shown):
    for _, figure in shown("broken").figures[1:]:
        assert "6 rows without finite probabilities were left out." in figure.caption
    for key, figure in shown("NaN regression").figures:
        said = "30 rows without a finite prediction (1e100 at most) were left out."
        assert (said in figure.caption) == (key != "quantiles")
    assert "The model never saw 9" in dict(shown("never seen").figures)["confusion"].caption
    assert "no row is of class 2" in dict(shown("absent").figures)["roc"].caption


def test_a_calibration_tells_both_brier_scores(shown):
    for case, kind in (("booleans", "of class True"), ("floats", "sum of squared differences")):
        figure = dict(shown(case).figures)["calibration"]
        assert kind in figure.caption
        assert len(re.findall(r"\d\.\d{3}", figure.caption)) == 2


@pytest.mark.slow
def test_a_test_split_shows_what_was_chosen_elsewhere():
    held, test = classified([0, 1], 80), classified([0, 1], 60, seed=3)
    chosen = thresholds(held, chosen_on="out-of-fold rows")
    shown = evaluation(test, "test", rows="test split", chosen=chosen)
    assert shown.thresholds == thresholds_at(test, chosen)
    assert (
        "on the out-of-fold rows, where it was chosen" in dict(shown.figures)["thresholds"].caption
    )
    alone = evaluation(test, "test", rows="test split", choose=False)
    assert alone.thresholds is None
    assert "thresholds" not in dict(alone.figures)
