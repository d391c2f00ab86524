"""Splits for every kind of ``cv``, and data that cannot be split."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    ShuffleSplit,
    StratifiedKFold,
)
from sklearn.tree import DecisionTreeClassifier

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


ROWS = np.arange(150)


@pytest.mark.parametrize(
    ("cv", "message"),
    [
        ([(ROWS, [])], "cv: the validation rows of split 0 are empty: each split needs"),
        (
            [(ROWS[:50], ROWS[50:]), ([], ROWS)],
            "cv: the training rows of split 1 are empty: each split needs",
        ),
        ([(ROWS < 150, ROWS < 0)], "cv: the validation rows of split 0 are empty"),
        ([(ROWS < 100, (ROWS > 99)[:120])], "the mask for the validation rows of split 0 has 120"),
        (
            [(ROWS[:50] / 1.0, ROWS[50:])],
            r"training rows of split 0 must be one-dimensional .* got an array of float64",
        ),
        ([(ROWS[:50], ROWS[50:].astype(str))], "the validation rows of split 0 must be one-dim"),
        ([(ROWS[:50], ROWS[50:, None])], r"got an array of int64 of shape \(100, 1\)"),
        ([(ROWS[:50], [150])], "the validation rows of split 0 contain position 150, but X has"),
        ([(ROWS[:50], ROWS[50:], ROWS)], "split 0 must be a pair of training and validation rows"),
        ([ROWS], "split 0 must be a pair of training and validation rows, got 150 parts"),
    ],
)
def test_splits_that_are_no_rows_are_rejected_at_every_entry_point(cv, message):
    with pytest.raises(tk.DataError, match=message):
        splits(cv)
    with pytest.raises(tk.DataError, match=message):
        tk.compare({"a": LogisticRegression()}, X, y, cv=cv, tracking=False)
    tuner = tk.Tuner(LogisticRegression(), tk.Space(C=tk.Float(0.1, 1.0)), cv=cv, tracking=False)
    with pytest.raises(tk.DataError, match=message):
        tuner.fit(X, y)


def test_negative_positions_count_from_the_end():
    ((_, test),) = splits([(ROWS[:140], [-1, -2])])
    assert test.tolist() == [149, 148]


@pytest.mark.parametrize("kind", [KFold, StratifiedKFold, GroupKFold, ShuffleSplit])
def test_a_splitter_class_is_rejected(kind):
    message = rf"cv is the class {kind.__name__}: pass an object, such as {kind.__name__}\(\)\."
    with pytest.raises(tk.ParameterError, match=message):
        splits(kind)
    with pytest.raises(tk.ParameterError, match=message):
        tk.compare({"a": LogisticRegression()}, X, y, cv=kind, tracking=False)


@pytest.mark.parametrize(
    "groups",
    [
        np.where(ROWS == 7, np.nan, ROWS % 9),
        pd.Series(np.where(ROWS == 7, None, "g"), dtype=object),
        pd.Series(ROWS % 9, dtype="Int64").where(ROWS != 7),
        pd.Series(pd.Categorical(np.where(ROWS == 7, None, "g"))),
        pd.Series(pd.date_range("2026-01-01", periods=150)).where(ROWS != 7),
    ],
    ids=["floats", "objects", "nullable", "categories", "dates"],
)
def test_missing_groups_are_rejected_at_every_entry_point(groups):
    message = r"groups has 1 missing value\(s\), the first at row 7: give each of these rows a gro"
    with pytest.raises(tk.DataError, match=message):
        tk.compare({"a": DecisionTreeClassifier()}, X, y, groups=groups, tracking=False)
    tuner = tk.Tuner(
        DecisionTreeClassifier(), tk.Space(max_depth=tk.Int(1, 2)), n_trials=1, tracking=False
    )
    with pytest.raises(tk.DataError, match=message):
        tuner.fit(X, y, groups=groups)
    with pytest.raises(tk.DataError, match=message):
        tuner.fit(X, y).finalists(X, y, groups=groups)


@pytest.mark.parametrize("values", [(-1, 1), (1, 2), (0, 2), (-1.0, 1.0), (2, 3)])
def test_two_other_values_in_several_columns_are_rejected_at_every_entry_point(values):
    labels = np.array(values)[np.c_[y > 0, y > 1].astype(int)]
    message = (
        f"y has several columns with the values {values[0]!r} and {values[1]!r}: mark the labels "
        f"of each row with 1 and all others with 0, such as .y == {values[1]!r}..astype.int."
    )
    for estimator in (tk.KerasClassifier(epochs=1), DecisionTreeClassifier()):
        with pytest.raises(tk.DataError, match=message):
            tk.compare({"a": estimator}, X, labels, tracking=False)
    tuner = tk.Tuner(
        DecisionTreeClassifier(), tk.Space(max_depth=tk.Int(1, 2)), n_trials=1, tracking=False
    )
    with pytest.raises(tk.DataError, match=message):
        tuner.fit(X, labels)
    with pytest.raises(tk.DataError, match=message):
        tk.KerasClassifier(epochs=1).fit(X, labels)
    model = tk.KerasClassifier(epochs=1).fit(X, np.c_[y > 0, y > 1])
    with pytest.raises(tk.DataError, match=message):
        model.partial_fit(X, labels)
    with pytest.raises(tk.DataError, match=message):
        model.fit(X, np.c_[y > 0, y > 1], validation_data=(X, labels))


@pytest.mark.parametrize("kind", [int, bool, float, "uint8"])
def test_zeros_and_ones_of_any_kind_are_several_labels(kind):
    labels = np.c_[y > 0, y > 1].astype(kind)
    assert tk.KerasClassifier(epochs=1).fit(X, labels).predict(X[:2]).shape == (2, 2)
