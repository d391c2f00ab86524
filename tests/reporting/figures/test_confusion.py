"""The confusion matrix: a figure, an HTML table, or only a list."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fake_predictions import classified
from markupsafe import escape
from svg import parsed, texts

from tunekit.analysis.metrics.confusion import confusion
from tunekit.analysis.metrics.per_class import per_class
from tunekit.reporting.figures.confusion import CELL_TEXT, SHADES, draw_confusion
from tunekit.reporting.tables.evaluation import per_class_table


def test_each_cell_has_its_count_and_its_share():
    predictions = classified([0, 1, 2], 300)
    found = confusion(predictions)
    figure = draw_confusion(found, "c")
    written = texts(figure.svg)
    for count, share in zip(found.counts.ravel(), found.shares.ravel(), strict=True):
        assert str(count) in written
        assert f"{100 * share:.0f}%" in written
    assert f"{found.wrong} of 300 predictions are wrong" in figure.text
    worst = found.worst[0]
    assert f"class {worst.true} predicted as {worst.predicted}, {worst.count} times" in figure.text


def luminance(color):
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_cell_text_has_enough_contrast():
    # WCAG 2.2, contrast (minimum).
    for shade in SHADES:
        assert (luminance(shade) + 0.05) / (luminance(CELL_TEXT) + 0.05) >= 5
    assert len(SHADES) == 10
    assert sorted(SHADES, key=luminance, reverse=True) == SHADES


@pytest.mark.slow
@pytest.mark.parametrize(("n", "kind"), [(20, "svg"), (21, "table"), (50, "table"), (51, None)])
def test_kind_of_matrix_depends_on_the_number_of_classes(n, kind):
    figure = draw_confusion(confusion(classified(np.arange(n), 1000)), "c")
    if kind is None:
        assert figure is None
        return
    assert figure.wide
    assert figure.svg.startswith({"svg": "<svg", "table": "<div"}[kind])
    assert len(figure.table.rows) == 50


def test_table_has_one_shade_per_tenth():
    predictions = classified([f"a rather long name {i}" for i in range(30)], 600)
    found = confusion(predictions)
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


def test_table_escapes_names():
    predictions = classified([f"<b>{i}</b>" for i in range(25)], 200)
    svg = draw_confusion(confusion(predictions), "c").svg
    assert "<b>" not in svg
    assert str(escape("<b>3</b>")) in svg


def test_caption_lists_the_most_frequent_mistakes():
    predictions = classified(["ant", "bee", "cow"], 200)
    found = confusion(predictions)
    caption = draw_confusion(found, "c").caption
    pairs = pd.DataFrame({"true": predictions.y_true, "predicted": predictions.y_pred})
    wrong = pairs[pairs["true"] != pairs["predicted"]].value_counts()
    first, second = wrong.index[0]
    share = wrong.iloc[0] / np.sum(predictions.y_true == first)
    most = f"{first} predicted as {second} ({wrong.iloc[0]} times, {share:.0%})"
    assert f"Most frequent mistakes: {most}; " in caption
    assert caption.count("predicted as") == 3
    two = confusion(classified(["a", "b"], 90))
    assert "predicted as" not in draw_confusion(two, "c").caption


def test_row_of_several_validation_splits_counts_as_one_row():
    predictions = classified(["ant", "bee"], 60, folds=3, repeats=4)
    figure = draw_confusion(confusion(predictions), "c")
    assert "240 predictions of 60 rows: a row that" in figure.caption
    assert "predictions of" not in draw_confusion(confusion(classified([0, 1])), "c").caption
    table = per_class_table(per_class(predictions), "x")
    ants = int(np.sum(predictions.y_true[:60] == "ant"))
    assert [row[1] for row in table.rows] == [ants, 60 - ants]
