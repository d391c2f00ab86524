"""Data of the parallel coordinates plot."""

from __future__ import annotations

import json

from fake_studies import drawn, search, trial

import tunekit as tk
from tunekit.analysis.search.parallel_coordinates import parallel_coordinates
from tunekit.analysis.search.param_importances import Share, Shares

NOTHING = Shares((), 0)


def ranked(*labels):
    """Return importances in an order."""
    return Shares(tuple(Share(label, 0.5, 0.4, 0.6) for label in labels), 100)


def test_a_line_is_a_trial_and_an_inactive_parameter_is_none():
    params = {"layers": 2, "units": [16, 32], "rate": 0.01, "optimizer": "adam", "dropout": 0.25}
    plot = parallel_coordinates(search([trial(0, 0.75, params=params)]), NOTHING)
    assert [axis["label"] for axis in plot["axes"]] == [
        *("layers", "units[0]", "units[1]", "rate", "optimizer", "dropout")
    ]
    assert plot["lines"] == [[2.0, 16.0, 32.0, 0.01, "adam", 0.25, 0.75]]
    assert plot["axes"][1] == {
        "label": "units[0]",
        "short": "units[0]",
        "kind": "log",
        "low": 8.0,
        "high": 512.0,
        "categories": [],
    }
    assert plot["axes"][4]["kind"] == "category"
    assert plot["axes"][4]["categories"] == ["adam", "sgd"]
    assert plot["score"] == {"label": "accuracy", "low": 0.75, "high": 0.75}
    other = {**params, "layers": 1, "units": [16], "optimizer": "sgd", "momentum": 0.5}
    both = parallel_coordinates(
        search([trial(0, 0.75, params=params), trial(1, 0.8, params=other)]), NOTHING
    )
    labels = [axis["label"] for axis in both["axes"]]
    best, second = (dict(zip([*labels, "score"], line, strict=True)) for line in both["lines"])
    assert (best["units[1]"], best["momentum"], best["score"]) == (None, 0.5, 0.8)
    assert (second["units[1]"], second["momentum"], second["score"]) == (32.0, None, 0.75)


def test_the_most_important_of_many_axes_are_drawn_in_the_order_of_the_space():
    space = tk.Space(**{f"p{i:02}": tk.Float(0, 1) for i in range(20)})
    data = search(drawn(12, space, score=lambda p: p["p00"]), space)
    few = parallel_coordinates(data, ranked("p19", "p07"))
    labels = [axis["label"] for axis in few["axes"]]
    assert labels == sorted(labels)
    assert len(labels) == 12
    assert {"p19", "p07", "p00", "p10"} <= set(labels)
    assert "p11" not in labels


def test_short_labels_omit_the_common_prefix():
    space = tk.Space(net__rate=tk.Float(0, 1), net__body__rate=tk.Float(0, 1))
    data = search(drawn(3, space, score=lambda p: p["net__rate"]), space)
    axes = parallel_coordinates(data, NOTHING)["axes"]
    assert [axis["short"] for axis in axes] == ["rate", "body__rate"]
    assert [axis["label"] for axis in axes] == ["net__rate", "net__body__rate"]


def test_a_thousand_trials_give_small_data():
    data = search(drawn(1_000))
    assert len(json.dumps(parallel_coordinates(data, NOTHING))) < 100_000
