"""Slices along the most important parameters."""

from __future__ import annotations

from fake_studies import drawn, search

from tunekit.analysis.search.param_importances import Share, Shares
from tunekit.analysis.search.slice import slices


def ranked(*labels):
    """Return importances in an order."""
    return Shares(tuple(Share(label, 0.5, 0.4, 0.6) for label in labels), 100)


def test_slices_show_the_six_most_important_parameters():
    data = search(drawn(60))
    selected = slices(data, ranked("dropout", "momentum"))
    assert [each.axis.label for each in selected[:2]] == ["dropout", "momentum"]
    assert len(selected) == 6
    momentum = selected[1]
    assert len(momentum.points) == sum("momentum" in each.params for each in data.study.trials)
    assert 0 < len(momentum.points) < 60
