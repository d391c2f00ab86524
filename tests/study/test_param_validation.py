"""Parameters and data of a tuner are validated before the search."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.metrics import accuracy_score
from sklearn.model_selection import ShuffleSplit
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk

X, y = load_iris(return_X_y=True)
DEPTH = tk.Space(max_depth=tk.Int(1, 4), criterion=tk.Categorical(["gini", "entropy"]))


def tree(engine="optuna", **settings):
    defaults = {"n_trials": 8, "cv": 3, "random_state": 0, "tracking": False}
    return tk.Tuner(DecisionTreeClassifier(), DEPTH, engine=engine, **{**defaults, **settings})


@pytest.mark.parametrize(
    ("settings", "kind", "message"),
    [
        ({"engine": "optunna"}, tk.ParameterError, "engine must be .* Did you mean 'optuna'"),
        ({"space": tk.Space(max_dept=tk.Int(1, 2))}, tk.SpaceError, "Did you mean 'max_depth'"),
        ({"space": {"max_depth": 3}}, tk.SpaceError, "space must be a tunekit.Space"),
        ({"estimator": "tree"}, tk.ParameterError, "must be a scikit-learn estimator, got 'tree'"),
        (
            {"n_trials": 0},
            tk.ParameterError,
            "n_trials must be a whole number of at least 1, got 0",
        ),
        ({"n_trials": True}, tk.ParameterError, "n_trials must be a whole number"),
        ({"scoring": "accurac"}, tk.ParameterError, "Did you mean 'accuracy'"),
        (
            {"scoring": 3},
            tk.ParameterError,
            "must be the name of a scikit-learn scorer, a callable",
        ),
        ({"scoring": accuracy_score}, tk.ParameterError, "scoring cannot be used"),
        ({"estimator": DecisionTreeClassifier}, tk.ParameterError, "must be a scikit-learn est"),
        ({"n_jobs": "2"}, tk.ParameterError, "n_jobs must be None or a whole number other than 0"),
        (
            {"n_jobs": 0},
            tk.ParameterError,
            "n_jobs must be None or a whole number other than 0, got 0",
        ),
        ({"random_state": "a"}, tk.ParameterError, "random_state must be None or a whole number"),
        (
            {"cv": iter([])},
            tk.DataError,
            "cv produced no splits; a generator can be used only once",
        ),
        ({"name": ""}, tk.ParameterError, "name must be a string of 1 to 500 characters, got ''"),
        ({"name": "x" * 501}, tk.ParameterError, "501 characters"),
        ({"name": 3}, tk.ParameterError, "got 3"),
        ({"cv": 2.5}, tk.ParameterError, "above 0 and below 1, got 2.5"),
        ({"storage": "study.db"}, tk.ParameterError, "a URL such as 'sqlite:///study.db', an O"),
        ({"storage": 3}, tk.ParameterError, "an Optuna storage or None, got 3"),
        ({"tracking": "no"}, tk.ParameterError, "tracking must be True or False, got 'no'"),
        ({"progress": "x"}, tk.ParameterError, "progress must be True, False or None, got 'x'"),
        ({"refit": 3}, tk.ParameterError, "refit must be True, False or the name of an objective"),
        ({"cv": ShuffleSplit(2, test_size=0.999)}, tk.DataError, "cannot be split with cv="),
        ({"storage": "nosuch://x"}, tk.ParameterError, "storage 'nosuch://x' cannot be opened"),
        ({"tracking": True, "tracking_uri": 3}, tk.ParameterError, "tracking_uri must be"),
    ],
)
def test_an_invalid_argument_is_rejected(settings, kind, message):
    with pytest.raises(kind, match=message) as caught:
        tree().set_params(**settings).fit(X, y)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("y", "message"),
    [(y[:-1], "X has 150 rows and y has 149"), (np.where(y == 0, np.nan, y), "missing value")],
)
def test_invalid_data_are_rejected_before_the_search(y, message):
    with pytest.raises(tk.DataError, match=message):
        tree().fit(X, y)
