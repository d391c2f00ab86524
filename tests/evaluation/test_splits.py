"""Splits for every kind of ``cv``, and data that cannot be split."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GroupKFold,
    ShuffleSplit,
    StratifiedKFold,
)

import tunekit as tk
from tunekit.evaluation.splits import check_data, make_splits

X, y = load_iris(return_X_y=True)


def splits(cv, y=y, estimator=None, **other):
    estimator = estimator or LogisticRegression()
    return make_splits(cv, np.zeros((len(y), 1)), y, estimator=estimator, random_state=0, **other)


def test_a_float_is_one_stratified_hold_out_split():
    ((train, test),) = splits(0.2)
    assert len(test) == 30
    assert not set(train) & set(test)
    assert np.bincount(y[test]).tolist() == [10, 10, 10]


def test_regressors_get_plain_splits():
    ((_, test),) = splits(0.25, y=np.linspace(0, 1, 40), estimator=Ridge())
    assert len(test) == 10


@pytest.mark.parametrize(
    "cv", [None, 4, StratifiedKFold(3), [(np.arange(100), np.arange(100, 150))]]
)
def test_cv_is_what_scikit_learn_accepts(cv):
    assert len(splits(cv)) == {type(None): 5, int: 4, list: 1}.get(type(cv), 3)


def test_groups_are_kept_together():
    groups = np.arange(150) // 5
    for train, test in splits(GroupKFold(3), groups=groups):
        assert not set(groups[train]) & set(groups[test])


@pytest.mark.parametrize("cv", [0.0, 1.5, -0.1])
def test_an_invalid_fraction_is_rejected(cv):
    with pytest.raises(tk.ParameterError, match=f"above 0 and below 1, got {cv}"):
        splits(cv)


@pytest.mark.parametrize("cv", [ShuffleSplit(2), StratifiedKFold(3, shuffle=True)])
def test_a_cv_that_shuffles_is_seeded(cv):
    for one, other in zip(splits(cv), splits(cv), strict=True):
        np.testing.assert_array_equal(one[1], other[1])
    assert cv.random_state is None
    own = type(cv)(2, **{"shuffle": True} if hasattr(cv, "shuffle") else {}, random_state=9)
    np.testing.assert_array_equal(splits(own)[0][1], next(own.split(X, y))[1])


@pytest.mark.parametrize("groups", [None, np.arange(150) % 8], ids=["rows", "groups"])
@pytest.mark.parametrize("cv", ["five", 1, 0, True])
def test_an_invalid_cv_is_rejected(cv, groups):
    with pytest.raises(
        tk.ParameterError, match="cv must be a value that scikit-learn accepts, or a float"
    ):
        splits(cv, groups=groups)


def test_more_folds_than_groups_are_rejected():
    with pytest.raises(tk.DataError, match=r"split with cv=9: .* the number of groups: 8"):
        splits(9, groups=np.arange(150) % 8)


def test_a_class_with_fewer_rows_than_folds_is_rejected():
    with pytest.raises(tk.DataError, match="cannot be split with cv=5"):
        splits(5, y=np.array([0] * 20 + [1] * 3))


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.zeros((5, 2)), np.zeros(4), "X has 5 rows and y has 4"),
        (np.zeros((0, 2)), [], "X has no rows"),
        (np.zeros((3, 2)), None, "y is None"),
        (np.zeros((3, 2)), [1.0, np.nan, 0.0], r"y has 1 missing value\(s\), the first at row 1"),
        (np.zeros((3, 2)), ["a", "b", None], r"y has 1 missing value\(s\), the first at row 2"),
        (np.zeros((2, 2)), pd.Series(["a", pd.NA]), "the first at row 1"),
        (None, [1], "X is None"),
        (pd.DataFrame({"a": [1, 2]}), pd.Series([np.nan, 1.0]), "the first at row 0"),
    ],
)
def test_invalid_data_is_rejected_in_one_sentence(X, y, message):
    with pytest.raises(tk.DataError, match=message):
        check_data(X, y)
