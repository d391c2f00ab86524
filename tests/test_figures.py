"""Figures of predictions: whole, small, with numbers in their alternatives, whatever the data."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from markupsafe import escape
from predicted import EVIL, HOSTILE, classified, regressed

from tunekit.analysis.labels import readable_names
from tunekit.analysis.metrics.confusion import confusion
from tunekit.analysis.metrics.per_class import per_class
from tunekit.analysis.metrics.precision_recall import precision_recall
from tunekit.analysis.metrics.residuals import residuals
from tunekit.analysis.metrics.roc import roc
from tunekit.analysis.metrics.shared_mistakes import confident_mistakes, shared_mistakes
from tunekit.analysis.metrics.thresholds import thresholds, thresholds_at
from tunekit.reporting.figures.confusion import CELL_TEXT, SHADES
from tunekit.reporting.figures.confusion import confusion as draw_confusion
from tunekit.reporting.figures.marks import text_width
from tunekit.reporting.figures.precision_recall import precision_recall as draw_precision_recall
from tunekit.reporting.figures.roc import roc as draw_roc
from tunekit.reporting.figures.thresholds import thresholds as draw_thresholds
from tunekit.reporting.sections.best import evaluation
from tunekit.reporting.tables.evaluation import (
    errors_table,
    mistakes_table,
    mixups_table,
    per_class_table,
    shared_mistakes_table,
    thresholds_table,
)
from tunekit.reporting.tables.table import embedded

LARGEST = 65_000  # characters of a figure


@pytest.fixture(scope="module")
def shown():
    """What is drawn of each of the hostile predictions, made when asked for."""
    made = {}

    def show(case):
        if case not in made:
            made[case] = evaluation(HOSTILE[case], "held-out", rows="held-out rows")
        return made[case]

    return show


def parsed(svg):
    return ET.fromstring(svg)  # noqa: S314 - our own


def texts(svg):
    return [each.text or "" for each in parsed(svg).iter("text")]


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


# ---- confusion ----


def test_each_cell_has_its_count_and_its_share():
    held = classified([0, 1, 2], 300)
    found = confusion(held)
    figure = draw_confusion(found, "c")
    written = texts(figure.svg)
    for count, share in zip(found.counts.ravel(), found.shares.ravel(), strict=True):
        assert str(count) in written
        assert f"{100 * share:.0f}%" in written
    assert f"{found.wrong} of 300 predictions are wrong" in figure.text
    worst = found.worst[0]
    assert f"class {worst.true} is taken for {worst.predicted}, {worst.count} times" in figure.text


def luminance(color):
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_what_is_written_on_a_cell_can_be_read():
    # WCAG 2.2, contrast (minimum).
    for shade in SHADES:
        assert (luminance(shade) + 0.05) / (luminance(CELL_TEXT) + 0.05) >= 5
    assert len(SHADES) == 10
    assert sorted(SHADES, key=luminance, reverse=True) == SHADES


@pytest.mark.parametrize(("n", "kind"), [(20, "svg"), (21, "table"), (50, "table"), (51, None)])
def test_a_matrix_is_drawn_written_or_left_to_the_list(n, kind):
    figure = draw_confusion(confusion(classified(np.arange(n), 1000)), "c")
    if kind is None:
        assert figure is None
        return
    assert figure.wide
    assert figure.svg.startswith({"svg": "<svg", "table": "<div"}[kind])
    assert len(figure.table.rows) == 50


def test_a_written_matrix_has_a_shade_for_each_tenth():
    held = classified([f"a rather long name {i}" for i in range(30)], 600)
    found = confusion(held)
    figure = draw_confusion(found, "c")
    root = parsed(figure.svg)
    assert root.get("aria-label") == figure.text
    cells = [row.findall("td") for row in root.iter("tr")][1:]
    for row, counts, shares in zip(cells, found.counts, found.shares, strict=True):
        for cell, count, share in zip(row, counts, shares, strict=True):
            assert (cell.text or "0") == str(count)
            shade = f"shade-{min(int(share * 10), 9)}" if count else None
            assert cell.get("class") == shade
    heads = [each.get("title") for each in root.iter("th")]
    assert heads[:30] == list(found.labels)
    assert [row.find("th").text for row in root.iter("tr")][1:3] == [
        "1. a rather long name 0",
        "2. a rather long name 1",
    ]


def test_a_written_matrix_escapes_names():
    held = classified([f"<b>{i}</b>" for i in range(25)], 200)
    svg = draw_confusion(confusion(held), "c").svg
    assert "<b>" not in svg
    assert str(escape("<b>3</b>")) in svg


def test_the_most_frequent_mistakes_stand_under_the_matrix():
    held = classified(["ant", "bee", "cow"], 200)
    found = confusion(held)
    caption = draw_confusion(found, "c").caption
    said = pd.DataFrame({"true": held.y_true, "predicted": held.y_pred})
    wrong = said[said["true"] != said["predicted"]].value_counts()
    first, second = wrong.index[0]
    share = wrong.iloc[0] / np.sum(held.y_true == first)
    most = f"{first} is taken for {second} ({wrong.iloc[0]} times, {share:.0%})"
    assert f"Most often, {most}; " in caption
    assert caption.count("is taken for") == 3
    two = confusion(classified(["a", "b"], 90))
    assert "is taken for" not in draw_confusion(two, "c").caption


def test_a_row_that_several_splits_held_out_is_one_row():
    held = classified(["ant", "bee"], 60, folds=3, repeats=4)
    figure = draw_confusion(confusion(held), "c")
    assert "These are 240 predictions of 60 rows: a row that" in figure.caption
    assert "These are" not in draw_confusion(confusion(classified([0, 1])), "c").caption
    table = per_class_table(per_class(held), "x")
    ants = int(np.sum(held.y_true[:60] == "ant"))
    assert [row[1] for row in table.rows] == [ants, 60 - ants]


def test_many_classes_are_listed_the_worst_first(shown):
    tables = {table.name: table for table in shown("500 classes").tables}
    assert len(tables["held-out-classes"].rows) == 50
    scores = [row[4] for row in tables["held-out-classes"].rows]
    assert scores == sorted(scores)
    assert "of 500 classes" in tables["held-out-classes"].caption
    assert len(tables["held-out-mixups"].rows) == 50


# ---- curves ----


@pytest.mark.parametrize("draw", ["roc", "precision_recall"])
@pytest.mark.parametrize("folds", [1, 5])
def test_curves_of_ten_classes_are_small(draw, folds):
    held = classified(np.arange(10), 1800, folds=folds, sharpness=5)
    figure = {
        "roc": lambda: draw_roc(roc(held), "r"),
        "precision_recall": lambda: draw_precision_recall(precision_recall(held), "p"),
    }[draw]()
    assert len(figure.svg) < 40_000


def test_areas_stand_in_the_legend_the_alternative_and_the_table():
    held = classified(["a", "b", "c"], 200)
    found = roc(held)
    figure = draw_roc(found, "r")
    for curve in found.curves:
        low, high = curve.interval
        assert f"{curve.label}: {curve.auc:.3f} [{low:.3f}, {high:.3f}]" in texts(figure.svg)
    assert f"{found.curves[0].auc:.3f}" in figure.text
    rows = {row[0]: row for row in figure.table.rows}
    assert rows["a"][1] == (found.area("a"), *found.curves[2].interval)
    assert "95% intervals by DeLong's method" in figure.caption


def test_a_spread_over_folds_is_not_called_an_interval():
    held = classified(["a", "b"], 200, folds=4)
    figure = draw_roc(roc(held), "r")
    (curve,) = roc(held).curves
    assert f"b: {curve.auc:.3f} ± {curve.spread:.3f}" in texts(figure.svg)
    assert "mean ± spread over folds" in " ".join(texts(figure.svg))
    assert "means over 4 folds" in figure.caption
    assert "not an interval" in figure.caption
    assert "The positive class is b." in figure.caption


def test_of_many_classes_the_averages_and_the_worst_are_drawn(shown):
    found = roc(HOSTILE["30 classes"])
    figure = dict(shown("30 classes").figures)["roc"]
    legend = [each for each in texts(figure.svg) if ": 0" in each]
    classes = [curve for curve in found.curves if curve.kind == "class"]
    worst = sorted(classes, key=lambda curve: curve.auc)[:5]
    assert len(legend) == 7
    for curve in worst:
        assert any(each.startswith(curve.label) for each in legend)
    assert "Of 30 classes only the averages and the 5 worst are drawn." in figure.caption
    assert len(figure.table.rows) == 32


def test_curves_are_told_apart_without_colours():
    held = classified(np.arange(10), 600)
    root = parsed(draw_roc(roc(held), "r").svg)
    looks = {
        (each.get("stroke"), each.get("stroke-dasharray"))
        for each in root.iter("path")
        if each.get("fill") == "none" and each.get("stroke-width") in ("1.3", "2.2")
    }
    assert len(looks) == 12
    assert len({dashes for _, dashes in looks}) > 4


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


def test_the_threshold_of_a_figure_names_the_positive_class():
    found = thresholds(classified(["no", "yes"]), chosen_on="held-out rows")
    figure = draw_thresholds(found, "t")
    assert "counts as class yes" in figure.text
    assert f"chosen: {found.chosen.threshold:.3f}" in texts(figure.svg)
    assert "the type I error" in figure.text


def test_a_text_is_as_wide_as_its_letters():
    assert text_width("iiii", 10) < text_width("mmmm", 10)
    assert text_width("猫", 10) > 0
    assert text_width("$x$", 20) == pytest.approx(2 * text_width("$x$", 10), rel=0.05)


# ---- tables ----


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
