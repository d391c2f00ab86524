"""One report of several searches."""

from __future__ import annotations

import pytest
from report_parser import Page
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk

X, y = load_iris(return_X_y=True)


@pytest.mark.slow
def test_random_search_tpe_and_grid_share_their_axes(folder):
    spaces = {
        "random": tk.Space(max_depth=tk.Int(1, 4)),
        "tpe": tk.Space(max_depth=tk.Int(1, 4)),
        "grid": tk.Space(max_depth=tk.Int(1, 4)),
    }
    settings = {"n_trials": 4, "cv": 2, "random_state": 0, "name": "trees"}
    tuners = [
        tk.Tuner(DecisionTreeClassifier(random_state=0), space, algorithm=algorithm, **settings)
        for algorithm, space in spaces.items()
    ]
    for tuner in tuners:
        tuner.fit(X, y)
    tuners[0].finalists(X, y, k=1, seeds=1)
    tuners[0].evaluate(X[::3], y[::3])
    page = Page(tk.report(tuners, "r.html"))
    titles = [f"trees, optuna {algorithm}" for algorithm in spaces]
    assert page.headings("verdict") == titles
    assert page.headings("search") == ["Searches compared", *titles]
    assert page.figures("search")[:2] == ["Best score by number of trials", "Best score by time"]
    assert "cannot be compared" not in page.text("search")
    assert f"Finalists of {titles[0]}" in page.headings("ranking")
    rows = page.table("searches-0-trials-data")
    assert [row["search"] for row in rows] == titles
    assert [row["algorithm"] for row in rows] == list(spaces)
    assert [row["best"] for row in rows] == pytest.approx([each.best_score_ for each in tuners])
    assert [row["trials"] for row in rows] == [len(each.trials_) for each in tuners]
    for row, tuner in zip(rows, tuners, strict=True):
        first = tuner.trials_["score"].idxmax()
        assert row["found"] == list(tuner.trials_.index).index(first) + 1
    drawn = page.figure("search", "Best score by number of trials")
    for title in titles:
        assert f">{title}</text>" in drawn
    assert len({row["test"] for row in rows}) == 2, "one of the searches has a test score"
