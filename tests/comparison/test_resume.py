"""An interrupted comparison is resumed if nothing that affects its fits has changed."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from compared_trees import TREES, compare
from dummy_estimators import InterruptingEstimator, TooLarge
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB

import tunekit as tk

X, y = load_iris(return_X_y=True)
TRACKED = {"tracking": True, "sanity_check": False, "cv": 5}


@pytest.mark.slow
@pytest.mark.parametrize("change", [{"rope": 0.05}, {"level": 0.9, "baseline": "b"}])
def test_statistical_settings_may_change(folder, change):
    InterruptingEstimator.count = 0
    candidates = {"a": InterruptingEstimator(), "b": InterruptingEstimator(0.6)}
    with pytest.raises(KeyboardInterrupt):
        tk.compare(candidates, X, y, cv=4, sanity_check=False)
    found = tk.compare(candidates, X, y, cv=4, sanity_check=False, **change)
    assert InterruptingEstimator.count == 3 + 6, "two of eight were stored"
    held = tk.load_comparison("comparison")
    pd.testing.assert_frame_equal(held.ranking(), found.ranking())
    for name, value in change.items():
        assert getattr(held.info, name) == value
        tags = mlflow.MlflowClient(found.tracking_uri).get_run(found.run_id).data.tags
        assert tags[f"tunekit.{name}"] == str(value)


@pytest.fixture
def tracked(folder):
    candidates = {**TREES, "bad": TooLarge()}
    return compare(candidates, tracking=True, name="trees", test_size=0.2, scoring=["accuracy"])


@pytest.mark.slow
def test_a_finished_comparison_runs_again_from_scratch(tracked, folder):
    again = compare(TREES, tracking=True, name="trees")
    once_more = compare(TREES, tracking=True, name="trees")
    assert len({tracked.run_id, again.run_id, once_more.run_id}) == 3
    assert tk.load_comparison("trees").run_id == once_more.run_id


@pytest.mark.slow
def test_an_interrupted_comparison_continues_with_the_next_fit(folder):
    InterruptingEstimator.count = 0
    with pytest.raises(KeyboardInterrupt):
        compare(
            {"a": InterruptingEstimator(at=4), "b": DummyClassifier()},
            **TRACKED,
        )
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    experiment = client.get_experiment_by_name("comparison").experiment_id
    assert {run.info.status for run in client.search_runs([experiment])} == {"KILLED"}
    left = tk.load_comparison("comparison")
    assert len(left.fits) == 3
    assert left.ranking()["score"].isna().all(), "three of five folds give no score"
    assert "has not run yet" in left.ranking()["note"].iloc[0]
    found = compare(
        {"a": InterruptingEstimator(at=4), "b": DummyClassifier()},
        **TRACKED,
    )
    assert InterruptingEstimator.count == 4 + 2, (
        "three fits are there, the fourth broke, two were left"
    )
    runs = client.search_runs([experiment])
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert len(runs) == 3, "one parent and two candidates"
    assert len(found.fits) == len(tk.load_comparison("comparison").fits) == 10
    history = client.get_metric_history(
        next(run.info.run_id for run in runs if run.info.run_name == "a"), "accuracy"
    )
    assert sorted(each.step for each in history) == list(range(5))


@pytest.mark.slow
@pytest.mark.parametrize("change", [{"cv": 4}, {"seeds": 2}, {"scoring": "f1_macro"}, {"y": 1 - y}])
def test_a_comparison_with_other_settings_is_not_resumed(folder, change):
    InterruptingEstimator.count = 0
    with pytest.raises(KeyboardInterrupt):
        compare({"a": InterruptingEstimator(at=4)}, **TRACKED)
    found = compare(
        {"a": InterruptingEstimator(at=4)},
        tracking=True,
        **{"cv": 5, "sanity_check": False, **change},
    )
    assert InterruptingEstimator.count == 4 + len(found.fits)


@pytest.mark.slow
def test_a_comparison_that_is_killed_repeatedly_repeats_no_fit(forks, folder):
    signals = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGKILL]
    said = forks.run("kill_comparison", signals, f"sqlite:///{folder}/mlflow.db")
    assert said["status of the last"] == 0, forks.said()
    fits = Counter(Path("fits.txt").read_text().split())
    expected = 2 * (10 + 1)  # ten folds and the test split, with two seeds
    assert all(expected <= count <= expected + len(signals) for count in fits.values()), fits
    found = tk.load_comparison("comparison")
    assert len(found.fits) == 2 * expected
    assert len({(fit.candidate, fit.split, fit.seed) for fit in found.fits}) == 2 * expected
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    runs = client.search_runs([client.get_experiment_by_name("comparison").experiment_id])
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert len(runs) == 3


def test_a_comparison_with_unhashable_data_is_not_resumed():
    class Odd(np.ndarray):
        """Cannot be pickled."""

        def __reduce__(self):
            raise TypeError("not me")

    odd = X.view(Odd)
    one, two = (compare({"nb": GaussianNB()}, odd, cv=2) for _ in range(2))
    assert one.info.digest == ""
    assert one.info.identity != two.info.identity


@pytest.mark.slow
def test_candidates_in_another_order_give_another_comparison(folder):
    InterruptingEstimator.count = 0
    with pytest.raises(KeyboardInterrupt):
        compare(
            {"a": InterruptingEstimator(at=4), "b": GaussianNB()},
            **TRACKED,
        )
    found = compare(
        {"b": GaussianNB(), "a": InterruptingEstimator(at=4)},
        **TRACKED,
    )
    held = tk.load_comparison("comparison")
    pd.testing.assert_frame_equal(held.ranking(), found.ranking())
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    experiment = client.get_experiment_by_name("comparison").experiment_id
    for run in client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{found.run_id}'"):
        score = found.ranking().loc[run.info.run_name, "score"]
        assert run.data.metrics["mean/accuracy"] == score


@pytest.mark.slow
@pytest.mark.filterwarnings("error::tunekit.TrackingWarning")
def test_the_confidence_level_of_a_resumed_comparison_may_change(folder):
    InterruptingEstimator.count = 0
    with pytest.raises(KeyboardInterrupt):
        compare(
            {"a": InterruptingEstimator(at=4), "b": GaussianNB()},
            **TRACKED,
        )
    found = compare(
        {"a": InterruptingEstimator(at=4), "b": GaussianNB()},
        **TRACKED,
        baseline="b",
        level=0.9,
        rope=0.02,
    )
    assert InterruptingEstimator.count == 4 + 2, "three fits were stored"
    assert tk.load_comparison("comparison").info == found.info
