"""Comparisons across several data sets."""

from __future__ import annotations

import pandas as pd
import pytest
from compared_trees import TREES, compare
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.naive_bayes import GaussianNB

import tunekit as tk

X, y = load_iris(return_X_y=True)


def test_mean_ranks_are_compared_across_data_sets():
    from sklearn.datasets import load_wine

    sets = {"iris": load_iris, "wine": load_wine, "cancer": load_breast_cancer}
    found = [compare(TREES, *load(return_X_y=True), cv=2, name=name) for name, load in sets.items()]
    across = tk.across_datasets(found)
    expected = pd.DataFrame([each.scores().mean() for each in found]).rank(axis=1, ascending=False)
    assert across.ranks == pytest.approx(expected.mean().to_dict())
    assert list(across.ranks.values()) == sorted(across.ranks.values())
    assert across.n_datasets == 3
    with pytest.raises(tk.ParameterError, match="two comparisons have the name 'iris'"):
        tk.across_datasets([found[0], found[0]])
    with pytest.raises(tk.ParameterError, match="do not have the same candidates: stump, tree"):
        tk.across_datasets([found[0], compare({"nb": GaussianNB()}, X[1:], y[1:], cv=2)])
    with pytest.raises(tk.ParameterError, match="'iris' and 'twin' use the same data, .* leave"):
        tk.across_datasets([*found, compare(TREES, cv=3, name="twin")])
    with pytest.raises(tk.ParameterError, match="returns them .* got 'iris' among them"):
        tk.across_datasets(["iris", *found])
    for given in (found[0], "iris", 3):
        with pytest.raises(tk.ParameterError, match="takes a list of comparisons, one for each"):
            tk.across_datasets(given)
    with pytest.raises(tk.DataError, match="got 0 and 0"):
        tk.across_datasets([])
    with pytest.raises(tk.DataError, match="got 1 and 3"):
        tk.across_datasets(found[:1])


def test_a_cost_ranks_the_cheapest_first_across_data_sets():
    scoring = ["accuracy", "fit_time"]
    found = [compare(TREES, X[k:], y[k:], scoring=scoring, cv=2, name=f"set {k}") for k in (0, 1)]
    means = pd.DataFrame([each.scores("fit_time").mean() for each in found])
    across = tk.across_datasets(found, scorer="fit_time")
    assert across.ranks == pytest.approx(means.rank(axis=1).mean().to_dict())
