"""The pages of studies and comparisons in the MLflow UI."""

from __future__ import annotations

import json
import re

import mlflow
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk
from tunekit.tracking.store import open_store
from tunekit.tracking.ui import find_page

X, Y = load_iris(return_X_y=True)


def assert_columns_exist(view, runs):
    """Check that the columns of a view, and the order of its rows, refer to values of runs."""
    state = json.loads(json.loads(view)["state"])
    named = re.findall(r"(metrics|params|tags)\.`(.+?)`", " ".join(state["selectedColumns"]))
    there = {
        kind: set().union(*(getattr(run.data, kind) for run in runs))
        for kind in ("metrics", "params", "tags")
    }
    for kind, name in (*named, *re.findall(r"(metrics)\.`(.+?)`", state["orderByKey"])):
        assert name in there[kind], name
    return state


def test_the_view_refers_to_existing_columns(runs):
    client, parent, children = runs
    tags = client.get_experiment(parent.info.experiment_id).tags
    state = assert_columns_exist(tags["mlflow.sharedViewState.tunekit"], children)
    assert {"metrics.`mean/accuracy`", "metrics.`std/accuracy`"} <= {*state["selectedColumns"]}
    assert state["orderByKey"] == "metrics.`mean/accuracy`"
    assert len(state["selectedColumns"]) >= 9


def test_a_comparison_has_a_page_with_its_scorers(folder):
    models = {"a": LogisticRegression(), "b": DecisionTreeClassifier()}
    how = {"cv": 2, "scoring": ["accuracy", "f1_macro"], "tracking_uri": "sqlite:///mlflow.db"}
    tk.compare(models, X, Y, name="both", **how)
    client = open_store(f"sqlite:///{folder}/mlflow.db", create=False)
    page = find_page(client, "both")
    assert page == find_page(client, None)
    assert page.address("http://ui").endswith("&viewStateShareKey=tunekit-comparison")
    view = client.get_experiment(page.experiment_id).tags[f"mlflow.sharedViewState.{page.view}"]
    state = assert_columns_exist(view, client.search_runs([page.experiment_id]))
    assert "metrics.`mean/f1_macro`" in state["selectedColumns"]
    charts = {each["type"]: each["metricKey"] for each in state["compareRunCharts"][::2]}
    assert charts == {"BAR": "mean/accuracy", "LINE": "accuracy"}


@pytest.mark.slow
def test_the_newest_page_and_pages_by_name_are_found(folder):
    tuner = tk.Tuner(DecisionTreeClassifier(), tk.Space(max_depth=tk.Int(1, 4)), n_trials=1, cv=2)
    for name in ("a", "b", "a"):
        tuner.set_params(name=name).fit(X, Y)
    client = open_store(tuner.tracking_uri_, create=False)
    mlflow.MlflowClient(tuner.tracking_uri_).create_experiment("not ours")
    assert find_page(client, None) == find_page(client, "a") != find_page(client, "b")
    tuner.finalists(k=1, seeds=1)
    assert find_page(client, "a").view == "tunekit", "the page of a study shows its finalists"
    with pytest.raises(tk.NotFoundError, match="no study or comparison 'aa' in .* Did you mean"):
        find_page(client, "aa")
    with pytest.raises(tk.NotFoundError, match="no study or comparison 'not ours'"):
        find_page(client, "not ours")
