"""Slices along the most important parameters."""

from __future__ import annotations

from fake_studies import drawn, search

from tunekit.analysis.search.param_importances import Share, Shares
from tunekit.analysis.search.slice import slices


def ranked(*labels):
    """Importances in an order."""
    return Shares(tuple(Share(label, 0.5, 0.4, 0.6) for label in labels), 100)


def test_slices_are_of_the_six_most_important():
    data = search(drawn(60))
    found = slices(data, ranked("dropout", "momentum"))
    assert [each.axis.label for each in found[:2]] == ["dropout", "momentum"]
    assert len(found) == 6
    momentum = found[1]
    assert len(momentum.points) == sum("momentum" in each.params for each in data.study.trials)
    assert 0 < len(momentum.points) < 60
