"""``compare`` accepts data of every kind, or raises an error with the reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes, load_iris
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import KFold, PredefinedSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk

X, y = load_iris(return_X_y=True)
X_REAL, Y_REAL = load_diabetes(return_X_y=True)
TWO = {"tree": DecisionTreeClassifier(max_depth=2), "prior": DummyClassifier()}
LINES = {"line": LinearRegression(), "mean": DummyRegressor()}


def compare(candidates=None, X=X, y=y, **settings):
    return tk.compare(candidates or TWO, X, y, **{"tracking": False, **settings})


@pytest.mark.parametrize("kind", ["csr_matrix", "csr_array", "coo_matrix"])
def test_sparse_inputs_give_the_same_results_as_dense_ones(kind):
    sparse = compare(X=getattr(scipy.sparse, kind)(X), test_size=0.2)
    assert sparse.info.shape == (150, 4)
    for on in ("folds", "test"):
        pd.testing.assert_frame_equal(sparse.scores(on=on), compare(test_size=0.2).scores(on=on))


def test_sparse_targets_are_rejected():
    with pytest.raises(tk.DataError, match=r"y is a sparse matrix: pass y.toarray\(\)"):
        compare(y=scipy.sparse.csr_matrix(np.eye(3)[y]))


def test_a_pipeline_can_encode_a_categorical_column():
    frame = pd.DataFrame(X, columns=list("abcd")).assign(
        e=pd.Categorical(np.array(["u", "v"])[y % 2])
    )
    encode = make_column_transformer((OneHotEncoder(), ["e"]), remainder="passthrough")
    found = compare({"line": make_pipeline(encode, LogisticRegression(max_iter=500))}, frame)
    assert found.ranking()["score"].iloc[0] > 0.9


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["a", "b", "c"])[y],
        np.array(["a", "b", "c"], dtype=object)[y],
        pd.Series(np.array(["a", "b", "c"])[y], index=np.arange(150)[::-1]),
        pd.Series(y).astype("category"),
        pd.DataFrame({"label": y}),
        y.tolist(),
    ],
    ids=["str", "object", "series", "categories", "column", "list"],
)
def test_labels_of_every_kind_give_the_same_scores(labels):
    settings = {"cv": 0.3, "scoring": ["accuracy", "f1_macro"]}
    found, expected = compare(y=labels, **settings), compare(**settings)
    columns = ["rank", "score", "low", "high", "group", "f1_macro"]
    pd.testing.assert_frame_equal(found.ranking()[columns], expected.ranking()[columns])


def test_folds_of_a_small_regression_have_at_least_two_rows():
    found = compare(LINES, X_REAL[:8], Y_REAL[:8])
    assert {fit.n_test for fit in found.fits} == {2}, "R² is undefined for one row"
    with pytest.raises(tk.DataError, match="the data have only one row"):
        compare(LINES, X_REAL[:1], Y_REAL[:1])


def test_groups_stay_together_on_a_hold_out():
    groups = np.arange(150) // 5
    found = compare(groups=groups, cv=0.3)
    inside = set(groups[found.fits[0].predictions.rows].tolist())
    assert len(inside) * 5 == found.fits[0].n_test
    assert "Rows in a group" in found.design().why
    assert "Rows in a group" not in compare(cv=0.3).design().why
    with pytest.raises(tk.DataError, match=r"ignored by KFold. Use one .* such as GroupKFold\(5\)"):
        compare(groups=groups, cv=KFold(5))


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([1, 2], "groups has 2 entries and X has 150 rows: pass one group per row of X"),
        (np.zeros((150, 2)), r"per row of X, got an array of shape \(150, 2\)"),
        ("patient", "groups must be one-dimensional, with one group per row of X, got 'patient'"),
    ],
)
def test_groups_need_one_value_per_row(groups, message):
    with pytest.raises(tk.DataError, match=message):
        compare(groups=groups)
    tuner = tk.Tuner(DecisionTreeClassifier(), tk.Space(max_depth=tk.Int(1, 3)), tracking=False)
    with pytest.raises(tk.DataError, match=message):
        tuner.fit(X, y, groups=groups)


def test_a_single_class_is_rejected():
    with pytest.raises(tk.DataError, match="y has a single class, 'a': classifiers need two"):
        compare(y=np.full(150, "a"))
    assert compare(LINES, y=np.zeros(150), cv=0.3).ranking()["score"].notna().all()


def test_a_class_in_few_groups_gives_no_warning():
    found = compare(X=X[:103], y=y[:103], groups=np.arange(103))
    assert found.info.n_splits == 10


@pytest.mark.parametrize(
    "cv", [[(np.arange(100), np.arange(100, 150))], PredefinedSplit(np.arange(150) % 3)]
)
def test_splits_that_list_rows_are_rejected_with_a_test_split(cv):
    with pytest.raises(tk.ParameterError, match="test_size would remove some of them"):
        compare(cv=cv, test_size=0.3)
