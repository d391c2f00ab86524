"""Inputs of mistakes as artifacts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.datasets import load_iris

import tunekit as tk
from tunekit.core.predictions import Predictions
from tunekit.evaluation.mistakes import KEPT, LARGEST, worst_mistakes
from tunekit.tracking.artifacts import (
    architecture_file,
    dump_mistakes,
    load_mistakes,
    mistakes_file,
)

X, Y = load_iris(return_X_y=True)


def predictions(y_true, y_pred, y_score=None, classes=None, rows=None):
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    rows = np.arange(len(y_true)) if rows is None else np.asarray(rows)
    return Predictions(rows, np.zeros_like(rows), y_true, y_pred, y_score, classes)


ALL = predictions(np.zeros(30), np.arange(30.0))  # the worst row is the last


def kept(inputs):
    found = worst_mistakes(ALL, inputs)
    return found, dump_mistakes(found)


def test_a_table_keeps_names_and_strings():
    frame = pd.DataFrame({"age": np.arange(30.0), "<b>": ["x"] * 29 + [None]})
    found, _ = kept(frame)
    assert found.columns == ("age", "<b>")
    assert found.inputs[0].tolist() == ["29", ""]
    assert found.inputs[1].tolist() == ["28", "x"]
    numbers, _ = kept(pd.DataFrame({"a": range(30), "b": np.linspace(0, 1, 30)}))
    assert numbers.inputs.dtype == np.float64
    assert numbers.inputs[0].tolist() == [29.0, 1.0]


def test_other_kinds_of_inputs_are_stored_unchanged():
    found, _ = kept(sparse.csr_array(np.diag(np.arange(30.0))))
    assert found.inputs[0, 29] == 29.0
    words, _ = kept([f"text {i}" for i in range(30)])
    assert words.inputs[0] == "text 29"
    long, content = kept(["x" * 100_000] * 30)
    assert len(long.inputs[0]) == 2000
    assert len(content) < 2 * LARGEST


def test_large_images_are_thinned_and_keep_their_channels():
    images = np.zeros((30, 200, 300, 3), dtype=np.uint8)
    images[29, ::2, ::2] = 7
    found, _ = kept(images)
    assert found.stride == 3
    np.testing.assert_array_equal(found.inputs[0], images[29, ::3, ::3])
    small, _ = kept(np.zeros((30, 28, 28)))
    assert (small.inputs.shape, small.stride) == ((KEPT, 28, 28), 1)
    assert found.inputs.nbytes <= LARGEST


def test_inputs_that_are_too_large_are_omitted_with_a_reason():
    wide, content = kept(np.zeros((30, 20_000)))
    assert wide.inputs is None
    assert wide.reason == "a row has 20,000 values"
    assert len(content) < 10_000
    texts, _ = kept(np.full((30, 6_000), "x", dtype=object))
    assert texts.reason == "a row has 6,000 values"
    fits, _ = kept(np.zeros((30, 10_000)))  # in single precision
    assert fits.inputs.dtype == np.float32


@pytest.mark.parametrize("inputs", [X, np.zeros((30, 20_000)), ["a"] * 30])
def test_mistakes_are_loaded_unchanged(inputs, tmp_path):
    found, content = kept(inputs)
    (tmp_path / "m.npz").write_bytes(content)
    again = load_mistakes(tmp_path / "m.npz")
    np.testing.assert_array_equal(again.rows, found.rows)
    np.testing.assert_array_equal(again.inputs, found.inputs)
    assert (again.columns, again.stride, again.reason) == (
        found.columns,
        found.stride,
        found.reason,
    )


class Undescribable(BaseEstimator):
    """An estimator whose parameters cannot be read."""

    def get_params(self, deep=True):  # noqa: FBT002 - as in scikit-learn
        raise RuntimeError("no parameters")


def test_what_cannot_be_described_is_reported():
    with pytest.warns(tk.TrackingWarning, match="Undescribable is not stored .*no parameters"):
        assert architecture_file(Undescribable()) == {}
    with pytest.warns(tk.TrackingWarning, match="the worst mistakes are not stored in MLflow"):
        assert mistakes_file("mistakes.npz", predictions([0, 1], [1, 0]), object()) == {}
