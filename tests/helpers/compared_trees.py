"""Comparisons of trees, which are fitted at once."""

from __future__ import annotations

from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk

X, y = load_iris(return_X_y=True)
TREES = {
    "stump": DecisionTreeClassifier(max_depth=1),
    "tree": DecisionTreeClassifier(),
    "bayes": GaussianNB(),
}


def compare(candidates=None, X=X, y=y, **settings):
    return tk.compare(candidates or TREES, X, y, **{"tracking": False, **settings})
