"""The parameters of a comparison are validated before any fit."""

from __future__ import annotations

import pytest
from compared_trees import TREES
from sklearn.datasets import load_iris
from sklearn.linear_model import Ridge
from sklearn.naive_bayes import GaussianNB

import tunekit as tk

X, y = load_iris(return_X_y=True)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"candidates": [1]}, "candidates must be a mapping"),
        ({"candidates": {}}, "candidates must be a mapping"),
        (
            {"candidates": {1: GaussianNB()}},
            "the name of a candidate must be a non-empty string",
        ),
        ({"candidates": {"a": GaussianNB}}, r"got GaussianNB. Write GaussianNB\(\)"),
        ({"candidates": {"a": 3}}, "candidate 'a' must be an estimator"),
        ({"candidates": {"a": GaussianNB(), "b": Ridge()}}, "a classify, b do not"),
        ({"baseline": "tee"}, "baseline must be the name of a candidate, got 'tee'. Did you mean"),
        ({"level": 95}, "level must be above 0.5 and below 1, such as 0.95, got 95"),
        ({"rope": -1}, "rope must be None or a number of at least 0, got -1"),
        ({"seeds": 0}, "seeds must be a number of seeds, at least 1"),
        ({"seeds": [1, 1]}, "a list of different ones"),
        ({"seeds": "2"}, "seeds must be a number"),
        ({"test_size": 2}, "test_size must be None or a fraction of the rows"),
        ({"random_state": None}, "random_state must be a whole number"),
        ({"scoring": "accuracyy"}, "Did you mean 'accuracy'"),
        ({"scoring": "fit_time"}, "alone would select the worst model"),
        ({"cv": "five"}, "cv must be a value that scikit-learn accepts"),
        ({"tracking": "no"}, "tracking must be True or False, got 'no'"),
        ({"name": ""}, "name must be a string of 1 to 500 characters"),
    ],
)
def test_an_invalid_setting_is_rejected_before_any_fit(settings, message):
    candidates = settings.pop("candidates", TREES)
    with pytest.raises(tk.ParameterError, match=message):
        tk.compare(candidates, X, y, **{"tracking": False, **settings})
