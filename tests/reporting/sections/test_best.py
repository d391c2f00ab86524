"""Figures and tables of the best model, for usual and unusual predictions."""

from __future__ import annotations

import json
import re

import pytest
from fake_predictions import EVIL, HOSTILE, classified
from svg import parsed, texts

from tunekit.analysis.labels import readable_names
from tunekit.analysis.metrics.thresholds import thresholds, thresholds_at
from tunekit.reporting.sections.evaluation import evaluation
from tunekit.reporting.tables.table import embedded

LARGEST = 65_000  # characters per figure


@pytest.mark.slow
@pytest.mark.parametrize("case", HOSTILE)
def test_figures_are_complete_for_all_data(shown, case):
    result = shown(case)
    assert result.figures or result.sentences
    ids = []
    for key, figure in result.figures:
        drawings = [panel.svg for panel in figure.panels] or [figure.svg]
        assert sum(map(len, drawings)) < LARGEST, key
        for svg in drawings:
            root = parsed(svg)
            assert ' style="' not in svg
            assert figure.panels or root.get("aria-label") == figure.text
            assert root.get("aria-label").endswith(".")
            ids += [each.get("id") for each in root.iter() if each.get("id")]
        assert figure.title
        assert re.search(r"\d", figure.text), "the text alternative contains numbers"
        assert figure.caption.endswith((".", "rows."))
        assert figure.table is not None
        assert len(figure.table.rows) <= 200
        for text in (figure.text, figure.caption):
            assert "nan" not in text.lower().replace("nan_", "")
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[A-Z][^.]*\.", each) for each in result.sentences)


@pytest.mark.slow
@pytest.mark.parametrize("case", HOSTILE)
def test_tables_can_be_embedded_for_all_data(shown, case):
    result = shown(case)
    tables = [*result.tables, *(figure.table for _, figure in result.figures)]
    assert len({table.name for table in tables}) == len(tables)
    data = json.loads(embedded(tables))
    for table in data["tables"].values():
        assert all(len(row) == len(table["columns"]) for row in table["rows"])
        assert table["caption"][0].isupper()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "sentences"),
    [
        ("no row", ["The confusion matrix cannot be shown: no rows were evaluated."]),
        ("two targets", []),
        ("only positives", ["The ROC curve cannot be shown: all rows belong to class 1."]),
        ("only negatives", ["The ROC curve cannot be shown: no row belongs to class 1."]),
        ("all broken", ["The calibration cannot be shown: no row has finite probabilities."]),
        ("no probabilities", ["The model gives no probabilities, so there are no ROC"]),
        ("broken regression", ["Predicted and true values cannot be shown: no row has a finite"]),
        ("evil names", []),
        ("500 classes", []),
        ("regression", []),
    ],
)
def test_sentences_state_what_cannot_be_shown(shown, case, sentences):
    result = shown(case).sentences
    assert bool(result) == bool(sentences)
    for sentence in sentences:
        assert any(each.startswith(sentence) for each in result), result


@pytest.mark.slow
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
        ("two targets", "scatter residuals"),
    ],
)
def test_figures_that_apply_are_shown(shown, case, keys):
    assert [key for key, _ in shown(case).figures] == keys.split()


@pytest.mark.slow
def test_the_same_predictions_give_the_same_bytes():
    one, two = (
        evaluation(classified([0, 1, 2], folds=2), "x", rows="rows").figures for _ in range(2)
    )
    assert one == two


@pytest.mark.slow
def test_names_are_escaped_and_complete_in_tables(shown):
    result = shown("evil names")
    for _, figure in result.figures:
        assert "<script" not in figure.svg
        assert "\x00" not in figure.svg
    drawn = dict(result.figures)
    names = texts(drawn["confusion"].svg)
    for name in ("$x$", "_hidden", "''", "' '", "\\x00\\x1b", "<script>alert(1…", "\\ud800"):
        assert name in names, name
    assert max(len(name) for name in names) <= 16
    in_table = [row[0] for row in result.tables[0].rows]
    assert sorted(in_table) == sorted(readable_names(EVIL))
    legend = texts(drawn["roc"].svg)
    for name in ("$x$", "_hidden", "''", "\\x00\\x1b"):
        assert any(each.startswith(f"{name}: ") for each in legend), name


@pytest.mark.slow
def test_many_classes_are_listed_the_worst_first(shown):
    tables = {table.name: table for table in shown("500 classes").tables}
    assert len(tables["held-out-classes"].rows) == 50
    scores = [row[4] for row in tables["held-out-classes"].rows]
    assert scores == sorted(scores)
    assert "of 500 classes" in tables["held-out-classes"].caption
    assert len(tables["held-out-mixups"].rows) == 50


@pytest.mark.slow
def test_captions_state_what_was_omitted(shown):
    for _, figure in shown("broken").figures[1:]:
        assert "6 rows without finite probabilities were left out." in figure.caption
    for key, figure in shown("NaN regression").figures:
        omitted = "30 rows without a finite prediction (1e100 at most) were left out."
        assert (omitted in figure.caption) == (key != "quantiles")
    assert "Not in the training rows: 9;" in dict(shown("never seen").figures)["confusion"].caption
    assert "no row belongs to class 2" in dict(shown("absent").figures)["roc"].caption


@pytest.mark.slow
def test_calibration_caption_has_both_brier_scores(shown):
    for case, kind in (("booleans", "of class True"), ("floats", "sum of squared differences")):
        figure = dict(shown(case).figures)["calibration"]
        assert kind in figure.caption
        assert len(re.findall(r"\d\.\d{3}", figure.caption)) == 2


@pytest.mark.slow
def test_test_split_shows_the_threshold_of_the_validation_rows():
    validation, test = classified([0, 1], 80), classified([0, 1], 60, seed=3)
    chosen = thresholds(validation, chosen_on="out-of-fold rows")
    shown = evaluation(test, "test", rows="test split", chosen=chosen)
    assert shown.thresholds == thresholds_at(test, chosen)
    caption = dict(shown.figures)["thresholds"].caption
    assert "chosen for the largest F1 on the out-of-fold rows" in caption
    alone = evaluation(test, "test", rows="test split", choose=False)
    assert alone.thresholds is None
    assert "thresholds" not in dict(alone.figures)
