"""The result of a comparison."""

from __future__ import annotations

import json

import pytest
from compared_trees import compare

import tunekit as tk


def test_missing_results_raise_an_error(trees):
    with pytest.raises(tk.ParameterError, match="was not scored by 'f1': choose one of accuracy,"):
        trees.ranking("f1")
    with pytest.raises(tk.ParameterError, match="has no test split: call compare with test_size"):
        trees.pairwise(on="test")
    with pytest.raises(tk.ParameterError, match="on must be 'folds' or 'test', got 'train'"):
        trees.scores(on="train")
    with pytest.raises(tk.ParameterError, match="table must be 'ranking' or 'pairwise', got 'x'"):
        trees.to_csv(table="x")


def test_tables_of_any_scorer_can_be_written(trees):
    rows = json.loads(trees.to_json(scorer="roc_auc_ovr"))
    assert rows[0]["score"] == pytest.approx(trees.ranking("roc_auc_ovr")["score"].iloc[0])
    held = compare(cv=2, test_size=0.2)
    assert (
        json.loads(held.to_json(on="test"))[0]["score"] == held.ranking(on="test")["score"].iloc[0]
    )
