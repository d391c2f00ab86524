"""Map of the score over two parameters."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from dummy_estimators import QUALITY
from fake_studies import drawn, search, trial

import tunekit as tk
from tunekit.analysis.search.contour import pair_map
from tunekit.analysis.search.param_importances import Share, Shares

NOTHING = Shares((), 0)


def ranked(*labels):
    """Return importances in an order."""
    return Shares(tuple(Share(label, 0.5, 0.4, 0.6) for label in labels), 100)


PLANE = tk.Space(a=tk.Float(0.0, 1.0), b=tk.Float(1.0, 100.0, log=True))


def on_plane(*places):
    params = [{"a": a, "b": b} for a, b, _ in places]
    trials = [trial(i, places[i][2], params=params[i]) for i in range(len(places))]
    return search(trials, PLANE)


def test_a_value_is_the_mean_of_trials_weighted_by_their_distance():
    corner, other = [(0.0, 1.0, 0.2)] * 9, [(0.08, 1.0, 0.8)]
    pair = pair_map(on_plane(*corner, *other), NOTHING)
    weight = math.exp(-0.5)  # for a trial one width away
    expected = (9 * 0.2 + weight * 0.8) / (9 + weight)
    assert pair.mean[0, 0] == pytest.approx(expected)
    assert (pair.x.label, pair.y.label) == ("a", "b")


def test_there_is_no_value_far_from_every_trial():
    pair = pair_map(on_plane(*[(0.0, 1.0, 0.1 * i) for i in range(10)]), NOTHING)
    shown = np.isfinite(pair.mean)
    assert shown[0, 0]
    assert not shown[-1, -1]
    distance = np.hypot(pair.across[None, :], pair.up[:, None])
    assert distance[shown].max() <= 2 * 0.08 < distance[~shown].min()


def test_the_map_has_the_scale_of_the_range():
    pair = pair_map(on_plane(*[(0.5, 10.0, 0.1 * i) for i in range(10)]), NOTHING)
    row, column = np.argwhere(np.isfinite(pair.mean)).mean(axis=0)
    assert pair.across[round(column)] == pytest.approx(0.5, abs=0.02)
    assert pair.up[round(row)] == pytest.approx(0.5, abs=0.02)


def test_categories_are_not_smoothed():
    space = tk.Space(a=tk.Categorical(["x", "y", "z"]), b=tk.Float(0.0, 1.0))
    trials = [
        trial(i, score, params={"a": a, "b": 0.5})
        for i, (a, score) in enumerate([("x", 0.1), ("y", 0.9)] * 5)
    ]
    pair = pair_map(search(trials, space), NOTHING)
    middle = pair.mean[len(pair.up) // 2]
    assert middle[:2] == pytest.approx([0.1, 0.9])
    assert np.isnan(pair.mean[:, 2]).all()


def test_the_map_shows_the_most_important_parameters_that_are_active_together():
    space = tk.Space(
        kind=tk.Categorical(["p", "q"]),
        p=tk.Float(0, 1).when(kind="p"),
        q=tk.Float(0, 1).when(kind="q"),
        c=tk.Float(0, 1),
    )
    data = search(drawn(80, space, score=lambda each: each["c"]), space)
    pair = pair_map(data, ranked("p", "q", "c"))
    assert (pair.x.label, pair.y.label) == ("p", "c")
    assert max(pair.mean.shape) <= 50


@pytest.mark.parametrize(
    "data",
    [
        search([]),
        search(drawn(9)),
        search([replace(each, score=0.5) for each in drawn(30)]),
        search(drawn(30, QUALITY, score=lambda p: p["quality"]), QUALITY),
    ],
    ids=["nothing", "nine", "constant", "one parameter"],
)
def test_too_little_data_gives_no_map(data):
    assert pair_map(data, NOTHING) is None
