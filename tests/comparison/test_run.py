"""The fits of a comparison: seeds, nested tuners, and candidates that fail."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from compared_trees import compare
from dummy_estimators import ScriptedEstimator, TooLarge
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk


class Spy(ClassifierMixin, BaseEstimator):
    """Records the rows of each call; the first column is the row number."""

    seen: list[tuple[str, frozenset[int]]] = []  # noqa: RUF012 - shared by copies

    def __init__(self, depth=1, random_state=None):
        self.depth = depth
        self.random_state = random_state

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        Spy.seen.append(("fit", frozenset(X[:, 0].astype(int))))
        return self

    def predict(self, X):
        Spy.seen.append(("predict", frozenset(X[:, 0].astype(int))))
        return np.full(len(X), self.classes_[0])


@pytest.fixture
def spied():
    Spy.seen.clear()
    return np.arange(60, dtype=float)[:, None], np.repeat([0, 1, 2], 20)


@pytest.mark.parametrize(("seeds", "states"), [(None, {3, 7}), (2, {7, 8})])
def test_several_seeds_replace_each_random_state_and_one_seed_only_none(seeds, states):
    class Keeps(ScriptedEstimator):
        """Records its seed."""

        def __init__(self, random_state=None):
            self.random_state = random_state
            self.quality, self.deed, self.seconds, self.marks = 0.5, "good", 0.0, None

        def predict(self, X):
            used.add(self.random_state)
            return super().predict(X)

    used = set()
    candidates = {"set": Keeps(random_state=3), "unset": Keeps()}
    compare(candidates, cv=0.3, seeds=seeds, random_state=7)
    assert used == states


def test_a_tuner_uses_only_rows_of_the_training_set(spied, folder, engine):
    X, y = spied
    space = tk.Space(depth=tk.Int(1, 3))
    tuner = tk.Tuner(Spy(), space, engine=engine, n_trials=2, cv=2, storage="sqlite:///s.db")
    found = compare({"tuned": tuner}, X, y, cv=3, sanity_check=False)
    fits = [rows for what, rows in Spy.seen if what == "fit"]
    for fit in found.fits:
        held_out = frozenset(fit.predictions.rows.tolist())
        whole = frozenset(range(60)) - held_out
        inner = [rows for rows in fits if rows < whole]
        assert inner, "it searches in the training set"
        assert all(rows <= whole for rows in inner)
        assert fit.params["depth"] in (1, 2, 3)
    assert len(fits) == 3 * 3 or len(fits) == 3 * 5, "two trials of two folds, and a refit"
    assert not Path("s.db").exists(), "nested tuners store nothing"


def test_groups_stay_together_also_inside_a_tuner(spied):
    X, y = spied
    groups = np.arange(60) // 4 % 5 + 5 * y
    tuner = tk.Tuner(
        Spy(), tk.Space(depth=tk.Int(1, 2)), n_trials=1, cv=tk_group_folds(), tracking=False
    )
    found = compare({"plain": Spy(), "tuned": tuner}, X, y, groups=groups)
    assert found.info.cv == "5 folds, 2 times, stratified, groups kept together"
    for what, rows in Spy.seen:
        inside = {int(groups[row]) for row in rows}
        if what == "fit":
            outside = {int(groups[row]) for row in set(range(60)) - rows}
            torn = inside & outside
            whole = {g for g in torn if set(np.flatnonzero(groups == g)) <= rows}
            assert torn == whole, "a group was split"


def tk_group_folds():
    from sklearn.model_selection import GroupKFold

    return GroupKFold(2)


def test_a_failed_candidate_is_listed_and_the_others_are_ranked():
    found = compare({"tree": DecisionTreeClassifier(), "bad": TooLarge()})
    ranking = found.ranking()
    assert list(ranking.index) == ["tree", "bad"]
    assert pd.isna(ranking.loc["bad", "rank"])
    assert ranking.loc["bad", "error"].startswith("ValueError: it has too many")
    assert ranking.loc["bad", "group"] == ""
    assert found.pairwise().empty
    with pytest.raises(tk.StudyError, match="every candidate of 'comparison' failed. bad: Val"):
        compare({"bad": TooLarge()})


def test_a_class_missing_in_training_has_probability_zero():
    y = np.repeat([0, 1, 2], 10)
    X = y[:, None] + np.random.default_rng(0).normal(size=(30, 1))
    splits = [(np.arange(20), np.arange(20, 30)), (np.arange(10, 30), np.arange(10))]
    found = compare({"nb": GaussianNB()}, X, y, cv=splits)
    assert [fit.predictions.y_score.shape for fit in found.fits] == [(10, 3), (10, 3)]
    assert (found.fits[0].predictions.y_score[:, 2] == 0).all()


def test_the_live_line_names_the_candidate(capfd):
    compare({"some tree": DecisionTreeClassifier()}, cv=2, progress=True)
    said = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", capfd.readouterr().err)
    assert "comparison · some tree" in said
    assert "2/2" in said
    compare({"some tree": DecisionTreeClassifier()}, cv=2)
    assert capfd.readouterr().err == ""
