"""Figures of ROC and precision-recall curves."""

from __future__ import annotations

import numpy as np
import pytest
from fake_predictions import HOSTILE, classified
from svg import parsed, texts

from tunekit.analysis.metrics.precision_recall import precision_recall
from tunekit.analysis.metrics.roc import roc
from tunekit.reporting.figures.precision_recall import draw_precision_recall
from tunekit.reporting.figures.roc import draw_roc


@pytest.mark.parametrize("draw", ["roc", "precision_recall"])
@pytest.mark.parametrize("folds", [1, 5])
def test_curves_of_ten_classes_are_small(draw, folds):
    predictions = classified(np.arange(10), 1800, folds=folds, sharpness=5)
    figure = {
        "roc": lambda: draw_roc(roc(predictions), "r"),
        "precision_recall": lambda: draw_precision_recall(precision_recall(predictions), "p"),
    }[draw]()
    assert len(figure.svg) < 40_000


def test_legend_text_and_table_have_the_areas():
    predictions = classified(["a", "b", "c"], 200)
    found = roc(predictions)
    figure = draw_roc(found, "r")
    for curve in found.curves:
        low, high = curve.interval
        assert f"{curve.label}: {curve.auc:.3f} [{low:.3f}, {high:.3f}]" in texts(figure.svg)
    assert f"{found.curves[0].auc:.3f}" in figure.text
    rows = {row[0]: row for row in figure.table.rows}
    assert rows["a"][1] == (found.area("a"), *found.curves[2].interval)
    assert "95% intervals use DeLong's method" in figure.caption


def test_spread_over_folds_is_not_called_a_confidence_interval():
    predictions = classified(["a", "b"], 200, folds=4)
    figure = draw_roc(roc(predictions), "r")
    (curve,) = roc(predictions).curves
    assert f"b: {curve.auc:.3f} ± {curve.spread:.3f}" in texts(figure.svg)
    assert "mean ± spread over folds" in " ".join(texts(figure.svg))
    assert "means over 4 folds" in figure.caption
    assert "not a confidence interval" in figure.caption
    assert "The positive class is b." in figure.caption


@pytest.mark.slow
def test_averages_and_worst_of_many_classes_are_drawn(shown):
    found = roc(HOSTILE["30 classes"])
    figure = dict(shown("30 classes").figures)["roc"]
    legend = [each for each in texts(figure.svg) if ": 0" in each]
    classes = [curve for curve in found.curves if curve.kind == "class"]
    worst = sorted(classes, key=lambda curve: curve.auc)[:5]
    assert len(legend) == 7
    for curve in worst:
        assert any(each.startswith(curve.label) for each in legend)
    assert "Only the averages and the 5 worst of 30 classes are drawn." in figure.caption
    assert len(figure.table.rows) == 32


def test_curves_are_distinct_without_colours():
    predictions = classified(np.arange(10), 600)
    root = parsed(draw_roc(roc(predictions), "r").svg)
    styles = {
        (each.get("stroke"), each.get("stroke-dasharray"))
        for each in root.iter("path")
        if each.get("fill") == "none" and each.get("stroke-width") in ("1.3", "2.2")
    }
    assert len(styles) == 12
    assert len({dashes for _, dashes in styles}) > 4
