"""Descriptions of the data and of an estimator."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes, load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from tunekit.evaluation.describe import describe_data, describe_estimator
from tunekit.tracking.artifacts import data_file

X, Y = load_iris(return_X_y=True)
ONES = np.ones(4)


def test_classes_are_counted_in_their_order():
    description = describe_data(X[:120], Y[:120], task="classification")
    assert description["shape"] == [120, 4]
    assert description["dtypes"] == "float64"
    assert description["n_classes"] == 3
    assert [(each["label"], each["count"]) for each in description["classes"]] == [
        (0, 50),
        (1, 50),
        (2, 20),
    ]
    assert "targets" not in description
    assert "features" not in description


def test_summaries_of_targets_agree_with_numpy():
    X, y = load_diabetes(return_X_y=True)
    (summary,) = describe_data(X, y, task="regression")["targets"]
    assert summary == {
        "mean": y.mean(),
        "std": y.std(),
        "min": y.min(),
        "q1": np.quantile(y, 0.25),
        "median": np.median(y),
        "q3": np.quantile(y, 0.75),
        "max": y.max(),
    }


def test_each_output_has_its_own_summary():
    y = np.column_stack([np.arange(4), 10 * np.arange(4)])
    summaries = describe_data(X[:4], y, task="regression")["targets"]
    assert [each["mean"] for each in summaries] == [1.5, 15.0]


def test_targets_and_labels_keep_the_column_names_of_y():
    y = pd.DataFrame({"height": [1.0, 2.0], 7: [3.0, 4.0]})
    assert describe_data(X[:2], y, task="regression")["target_names"] == ["height", "7"]
    assert "target_names" not in describe_data(X[:2], y.to_numpy(), task="regression")
    labels = pd.DataFrame({"sport": [1, 0, 1], "health": [0, 0, 1]})
    described = describe_data(X[:3], labels, task="classification")
    assert described["target_names"] == ["sport", "health"]
    assert described["label_counts"] == [2, 1]
    assert "label_counts" not in describe_data(X[:3], [0, 1, 1], task="classification")


def test_a_data_frame_has_names_and_a_dtype_per_column():
    frame = pd.DataFrame(
        {"age": [1.0, np.nan, 3.0, 4.0], "town": ["a", None, "<b>", "c"], "n": [1, 2, 3, 4]}
    )
    description = describe_data(frame, ONES, task="regression")
    assert description["features"] == ["age", "town", "n"]
    assert sorted(description["dtypes"].split(", ")) == sorted(
        f"1 × {each}" for each in map(str, frame.dtypes)
    )
    assert description["missing"] == 2


@pytest.mark.parametrize(
    ("data", "missing"),
    [
        (np.array([[1.0, np.nan], [np.nan, 2.0]]), 2),
        (np.array([[1, 2], [3, 4]]), 0),
        (np.array([[1.0, None], ["x", np.nan]], dtype=object), 2),
        (np.array([["nan", ""]]), 0),
        (sparse.csr_array(np.array([[0.0, np.nan], [0.0, 2.0]])), 1),
        (np.full((2, 3, 4), np.nan, dtype=np.float32), 24),
    ],
)
def test_missing_values_are_counted(data, missing):
    assert describe_data(data, ONES, task="regression")["missing"] == missing


def test_rows_of_all_blocks_are_counted():
    data = np.zeros((2_300_000, 4), dtype=np.float16)  # more than one block
    data[[0, 1_000_000, -1], 1] = np.nan
    assert describe_data(data, ONES, task="regression")["missing"] == 3


def test_entries_that_cannot_be_computed_are_omitted():
    class Odd:
        shape = property(lambda self: 1 / 0)

    assert describe_data(Odd(), [[1], [2, 3]], task="classification") == {}
    several = describe_data(X, np.eye(150)[:, :2].astype(int), task="classification")
    assert "classes" not in several
    words = describe_data(["a text", "another"], [0, 1], task="classification")
    assert words["shape"] == [2]
    assert "missing" not in words


def test_many_classes_are_counted_and_not_listed():
    y = np.arange(2000)
    description = describe_data(y[:, None], y, task="classification")
    assert description["n_classes"] == 2000
    assert "classes" not in description
    assert len(describe_data(y[:500], y[:500], task="classification")["classes"]) == 500


def test_the_file_is_plain_json_for_all_labels():
    labels = np.array(["<script>", "ä", "<script>"], dtype=object)
    (text,) = data_file(X[:3], labels, task="classification").values()
    assert json.loads(text)["classes"] == [
        {"label": "<script>", "count": 2},
        {"label": "ä", "count": 1},
    ]
    (text,) = data_file(X[:2], np.array([1.0, math.inf]), task="regression").values()
    assert json.loads(text, parse_constant=pytest.fail)["targets"][0]["max"] == 1.0
    (text,) = data_file(X[:2], np.array([1e308, 1e308]), task="regression").values()
    assert json.loads(text, parse_constant=pytest.fail)["targets"][0]["mean"] is None


def test_steps_of_a_pipeline_are_described_with_their_changed_parameters():
    pipeline = make_pipeline(
        make_column_transformer((StandardScaler(), [0]), remainder="passthrough"),
        FunctionTransformer(lambda x: x),
        "passthrough",
        DecisionTreeClassifier(max_depth=2, random_state=0),
    ).fit(X, Y)
    described = describe_estimator(pipeline)
    assert described["kind"] == "estimator"
    assert "network" not in described
    assert [each["kind"] for each in described["steps"]] == [
        "ColumnTransformer",
        "FunctionTransformer",
        "passthrough",
        "DecisionTreeClassifier",
    ]
    assert described["steps"][3]["params"] == {"max_depth": "2", "random_state": "0"}
    assert "StandardScaler()" in described["steps"][0]["params"]["transformers"]
    (left_out,) = described["python"]["left_out"]
    assert left_out.startswith("func_of_FunctionTransformer: FunctionTransformer.func, a lambda (")
    json.dumps(described)
