"""The figure of metrics by threshold."""

from __future__ import annotations

from fake_predictions import classified
from svg import texts

from tunekit.analysis.metrics.thresholds import thresholds
from tunekit.reporting.figures.thresholds import draw_thresholds


def test_text_names_the_positive_class():
    result = thresholds(classified(["no", "yes"]), chosen_on="validation rows")
    figure = draw_thresholds(result, "t")
    assert "the threshold for class yes" in figure.text
    assert f"chosen: {result.chosen.threshold:.3f}" in texts(figure.svg)
    assert "type I error" in figure.text
