"""The figure of scores over thresholds."""

from __future__ import annotations

from fake_predictions import classified
from svg import texts

from tunekit.analysis.metrics.thresholds import thresholds
from tunekit.reporting.figures.thresholds import draw_thresholds


def test_the_threshold_of_a_figure_names_the_positive_class():
    found = thresholds(classified(["no", "yes"]), chosen_on="held-out rows")
    figure = draw_thresholds(found, "t")
    assert "counts as class yes" in figure.text
    assert f"chosen: {found.chosen.threshold:.3f}" in texts(figure.svg)
    assert "the type I error" in figure.text
