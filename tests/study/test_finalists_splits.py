"""Finalists use splits of the same kind as the search, and report if they are identical."""

from __future__ import annotations

import numpy as np
import pytest
from dummy_estimators import study
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    LeaveOneGroupOut,
    LeaveOneOut,
    LeavePOut,
    PredefinedSplit,
    RepeatedKFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
    TimeSeriesSplit,
)
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import tunekit as tk

GROUPS = np.arange(24) % 6
LABELS = np.arange(24) // 2 % 2
VALUES = np.sin(np.arange(24.0))
X = np.random.default_rng(0).normal(size=(24, 2))
DEPTHS = tk.Space(max_depth=tk.Int(1, 3))

UNSHUFFLED = {
    "none": (None, False),
    "number": (4, False),
    "number and groups": (3, True),
    "folds": (KFold(4), False),
    "stratified folds": (StratifiedKFold(4), False),
    "folds of groups": (GroupKFold(3), True),
    "stratified folds of groups": (StratifiedGroupKFold(3), True),
    "time": (TimeSeriesSplit(3, gap=1), False),
    "predefined": (PredefinedSplit(np.arange(24) % 3), False),
    "each row": (LeaveOneOut(), False),
    "pairs": (LeavePOut(23), False),
    "each group": (LeaveOneGroupOut(), True),
    "list": ([(np.arange(12), np.arange(12, 24)), (np.arange(6, 24), np.arange(6))], False),
}

SHUFFLED = {
    "share": (0.25, False),
    "share and groups": (0.3, True),
    "folds": (KFold(4, shuffle=True), False),
    "folds with a seed": (KFold(4, shuffle=True, random_state=1), False),
    "folds with a generator": (
        KFold(4, shuffle=True, random_state=np.random.RandomState(1)),
        False,
    ),
    "stratified folds": (StratifiedKFold(4, shuffle=True, random_state=7), False),
    "folds of groups": (GroupKFold(3, shuffle=True, random_state=2), True),
    "stratified folds of groups": (StratifiedGroupKFold(3, shuffle=True), True),
    "repeated": (RepeatedKFold(n_splits=3, n_repeats=2), False),
    "repeated and stratified": (
        RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=1),
        False,
    ),
    "draws": (ShuffleSplit(3), False),
    "stratified draws": (StratifiedShuffleSplit(3, random_state=1), False),
    "draws of groups": (GroupShuffleSplit(3, random_state=1), True),
}


def searched(cv, groups, engine="optuna"):
    tuner = study(
        DEPTHS, engine, estimator=DecisionTreeClassifier(), cv=cv, n_trials=2, scoring="accuracy"
    )
    return tuner.fit(X, LABELS, groups=groups)


def judged(found):
    once = [fit for fit in found.fits if fit.seed == found.info.seeds[0]]
    return [tuple(sorted(fit.predictions.rows)) for fit in once]


@pytest.mark.parametrize("kind", UNSHUFFLED)
def test_splits_that_do_not_shuffle_are_the_same_as_in_the_search(kind, engine):
    cv, grouped = UNSHUFFLED[kind]
    tuner = searched(cv, GROUPS if grouped else None, engine)
    found = tuner.finalists(k=1, seeds=2)
    assert judged(found) == [tuple(test) for _, test in map(_sorted, tuner.splits_)]
    assert found.info.same_splits
    assert found.info.cv.endswith("the same as in the search")
    assert found.info.seeds == (1, 2), "the search had 0"


@pytest.mark.parametrize("kind", SHUFFLED)
def test_splits_that_shuffle_are_new_but_of_the_same_kind(kind, engine):
    cv, grouped = SHUFFLED[kind]
    tuner = searched(cv, GROUPS if grouped else None, engine)
    found = tuner.finalists(k=1, seeds=1)
    assert not found.info.same_splits
    assert "the same as in the search" not in found.info.cv
    rows = judged(found)
    assert sorted(rows) != sorted(tuple(test) for _, test in map(_sorted, tuner.splits_))
    assert len(rows) == len(tuner.splits_), "the same number of splits"
    for test in rows if grouped else ():
        left = np.setdiff1d(np.arange(24), test)
        assert not set(GROUPS[list(test)]) & set(GROUPS[left]), "groups are kept together"


def _sorted(split):
    return tuple(tuple(sorted(part)) for part in split)


def test_a_used_generator_gives_the_splits_of_the_search():
    tuner = searched(KFold(3).split(X), None)
    assert tuner.finalists(k=1, seeds=1).info.same_splits
    with pytest.raises(
        tk.DataError, match=r"splits of the search contain row 23, but X has only 10 rows"
    ):
        tuner.finalists(X[:10], LABELS[:10])


def test_time_order_is_preserved_for_finalists():
    """In a random walk, the days before and after reveal the day in between."""
    days = np.arange(200.0)
    walk = np.cumsum(np.random.default_rng(0).normal(size=200))
    near = tk.Space(n_neighbors=tk.Int(1, 5))
    tuner = study(near, estimator=KNeighborsRegressor(), n_trials=4, cv=5)
    found = tuner.fit(days[:, None], walk).finalists(k=2, seeds=3)
    ranking = found.ranking()
    np.testing.assert_allclose(ranking["score"], ranking["search_score"], rtol=1e-12)
    assert (ranking["score"] < 0.5).all(), "shuffled folds would give 0.99"


def test_seeds_differ_from_those_of_the_search():
    space = tk.Space(max_depth=tk.Int(1, 3))
    tuner = study(
        space,
        estimator=DecisionTreeRegressor(splitter="random", random_state=41),
        n_trials=2,
        cv=KFold(3, shuffle=True, random_state=6),
    ).fit(X, VALUES)
    assert tuner.finalists(k=1, seeds=2).info.seeds == (42, 43)


def test_on_the_same_splits_scores_equal_those_of_scikit_learn():
    tuner = study(
        tk.Space(max_depth=tk.Int(1, 3)),
        estimator=RandomForestRegressor(3),
        n_trials=2,
        cv=3,
        scoring="neg_mean_squared_error",
    ).fit(X, VALUES)
    found = tuner.finalists(k=1, seeds=[5])
    name = found.candidates[0]
    model = RandomForestRegressor(3, **found.params(name)[0], random_state=5)
    expected = [
        -np.mean((model.fit(X[fit], VALUES[fit]).predict(X[test]) - VALUES[test]) ** 2)
        for fit, test in KFold(3).split(X)
    ]
    np.testing.assert_allclose(found.scores()[name], expected)


def test_a_deterministic_estimator_gives_the_same_scores_on_the_same_splits():
    alphas = tk.Space(alpha=tk.Float(0.1, 10.0))
    tuner = study(alphas, estimator=Ridge(solver="cholesky"), n_trials=2, cv=3)
    tuner.set_params(scoring="neg_mean_squared_error").fit(X, VALUES)
    ranking = tuner.finalists(k=2).ranking()
    np.testing.assert_allclose(ranking["score"], ranking["search_score"], rtol=1e-12)


def test_a_search_with_constant_scores_has_no_optimism():
    strategies = tk.Space(strategy=tk.Categorical(["mean", "median"]))
    tuner = study(strategies, estimator=DummyRegressor(), n_trials=2, cv=TimeSeriesSplit(3))
    tuner.set_params(scoring="neg_mean_absolute_error").fit(X, VALUES)
    found = tuner.finalists(k=2)
    assert found.info.ordered
    assert found.info.same_splits
