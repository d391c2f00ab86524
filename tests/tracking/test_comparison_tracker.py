"""Comparisons in MLflow, and how they are loaded."""

from __future__ import annotations

import mlflow
import numpy as np
import pandas as pd
import pytest
from compared_trees import TREES, compare
from dummy_estimators import TooLarge
from sklearn.naive_bayes import GaussianNB

import tunekit as tk


@pytest.fixture
def tracked(folder):
    candidates = {**TREES, "bad": TooLarge()}
    return compare(candidates, tracking=True, name="trees", test_size=0.2, scoring=["accuracy"])


def test_each_candidate_is_a_run_under_one_parent(tracked):
    client = mlflow.MlflowClient(tracked.tracking_uri)
    parent = client.get_run(tracked.run_id)
    assert parent.info.status == "FINISHED"
    assert parent.data.params["candidates"] == "stump, tree, bayes, bad"
    names = {each.path for each in client.list_artifacts(tracked.run_id)}
    assert {"config.json", "ranking.csv", "pairwise.json"} <= names
    runs = client.search_runs(
        [parent.info.experiment_id], f"tags.`mlflow.parentRunId` = '{tracked.run_id}'"
    )
    by_name = {run.info.run_name: run for run in runs}
    assert {name: run.info.status for name, run in by_name.items()} == {
        **dict.fromkeys(TREES, "FINISHED"),
        "bad": "FAILED",
    }
    tree = by_name["tree"]
    assert tree.data.metrics["mean/accuracy"] == tracked.ranking().loc["tree", "score"]
    history = client.get_metric_history(tree.info.run_id, "accuracy")
    assert [each.value for each in history] == tracked.scores()["tree"].tolist()
    (on_test,) = client.get_metric_history(tree.info.run_id, "test/accuracy")
    assert on_test.value == tracked.ranking(on="test").loc["tree", "score"]
    assert by_name["bad"].data.tags["tunekit.error"].startswith("ValueError: it has too many")
    assert len(client.list_artifacts(tree.info.run_id, "fits")) == 11


def test_a_comparison_is_loaded_unchanged(tracked):
    held = tk.load_comparison("trees")
    assert held.info == tracked.info
    pd.testing.assert_frame_equal(held.ranking(), tracked.ranking())
    pd.testing.assert_frame_equal(held.pairwise(on="test"), tracked.pairwise(on="test"))
    for one, other in zip(held.fits, tracked.fits, strict=True):
        assert (one.candidate, one.split, one.seed) == (other.candidate, other.split, other.seed)
        if one.predictions is not None:
            np.testing.assert_array_equal(one.predictions.y_pred, other.predictions.y_pred)
    with pytest.raises(tk.NotFoundError, match="there is no comparison 'tree' .* Did you mean 'tr"):
        tk.load_comparison("tree")


def test_the_time_to_fit_is_logged_once(folder):
    found = compare({"nb": GaussianNB()}, cv=2, tracking=True, scoring=["accuracy", "fit_time"])
    client = mlflow.MlflowClient(found.tracking_uri)
    (run,) = client.search_runs(
        [client.get_run(found.run_id).info.experiment_id], "tags.`tunekit.kind` = 'candidate'"
    )
    assert len(client.get_metric_history(run.info.run_id, "fit_time")) == 2
