"""The splits of a comparison: groups, repeats, and a test split."""

from __future__ import annotations

import numpy as np
import pytest
from compared_trees import compare
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import (
    RepeatedStratifiedKFold,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk
from tunekit.core.comparison_info import TEST_SPLIT

X, y = load_iris(return_X_y=True)


def tk_group_folds():
    from sklearn.model_selection import GroupKFold

    return GroupKFold(2)


def test_a_test_split_keeps_groups_together():
    groups = np.repeat(np.arange(30), 5)
    found = compare(groups=groups, test_size=0.2, cv=tk_group_folds())
    (fit,) = [f for f in found.fits if f.candidate == "tree" and f.split == TEST_SPLIT]
    rows = set(fit.predictions.rows.tolist())
    assert all(len(rows & set(np.flatnonzero(groups == g).tolist())) in (0, 5) for g in range(30))


def test_a_class_of_two_rows_is_split_into_two_folds():
    rare = np.r_[np.zeros(40, int), 1, 1]
    X = np.random.default_rng(0).normal(size=(42, 2))
    found = compare({"nb": GaussianNB(), "prior": DummyClassifier()}, X, rare)
    assert found.info.cv == "2 folds, 2 times, stratified"
    with pytest.raises(tk.DataError, match="class 1 has only one row, so"):
        compare({"nb": GaussianNB()}, X[:41], rare[:41])
    left = (
        r"class no has only one row outside the test split \(test_size=0.34\), .*decrease test_size"
    )
    with pytest.raises(tk.DataError, match=left):
        compare({"nb": GaussianNB()}, X[:6], np.repeat(["no", "yes"], 3), test_size=0.34)


def test_repeats_equal_those_of_scikit_learn():
    folds = list(RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0).split(X, y))
    assert compare({"nb": GaussianNB()}).info.n_splits == len(folds)


def test_positions_of_rows_with_a_test_split_are_rejected():
    splits = [(np.arange(100), np.arange(100, 150))]
    with pytest.raises(
        tk.ParameterError, match="cv lists the rows of each split, and test_size would"
    ):
        compare(cv=splits, test_size=0.2)


@pytest.mark.parametrize(("cv", "n_splits"), [(3, 3), (0.3, 1)])
def test_groups_stay_together_with_a_number_of_folds_or_a_share(cv, n_splits):
    groups = np.arange(150) % 15
    space = tk.Space(max_depth=tk.Int(1, 2))
    tuner = tk.Tuner(DecisionTreeClassifier(), space, n_trials=1)
    found = compare({"tree": DecisionTreeClassifier(), "tuned": tuner}, cv=cv, groups=groups)
    assert found.info.n_splits == n_splits
    assert found.info.cv.endswith(", groups kept together")
    assert not any(fit.error for fit in found.fits), "the tuner keeps groups together, too"
    for fit in found.fits:
        inside = set(groups[fit.predictions.rows].tolist())
        assert all(
            set(np.flatnonzero(groups == each).tolist()) <= set(fit.predictions.rows.tolist())
            for each in inside
        )
