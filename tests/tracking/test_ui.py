"""The page of a study in the MLflow UI."""

from __future__ import annotations

import json
import re


def test_the_view_refers_to_existing_columns(runs):
    client, parent, children = runs
    tags = client.get_experiment(parent.info.experiment_id).tags
    view = json.loads(json.loads(tags["mlflow.sharedViewState.tunekit"])["state"])
    named = re.findall(r"(metrics|params|tags)\.`(.+?)`", " ".join(view["selectedColumns"]))
    there = {
        kind: set().union(*(getattr(run.data, kind) for run in children))
        for kind in ("metrics", "params", "tags")
    }
    assert len(named) >= 8
    for kind, name in named:
        assert name in there[kind], name
