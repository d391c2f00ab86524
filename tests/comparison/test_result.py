"""The result of a comparison."""

from __future__ import annotations

import json

import pytest
from compared_trees import compare
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk


class FailsWithSeed(DecisionTreeClassifier):
    def __init__(self, fails=2, random_state=None):
        super().__init__(random_state=random_state)
        self.fails = fails

    def fit(self, X, y):
        if self.random_state == self.fails:
            raise ValueError("no")
        return super().fit(X, y)


def test_missing_results_raise_an_error(trees):
    with pytest.raises(tk.ParameterError, match="was not scored by 'f1': choose one of accuracy,"):
        trees.ranking("f1")
    with pytest.raises(tk.ParameterError, match="has no test split: call compare with test_size"):
        trees.pairwise(on="test")
    with pytest.raises(tk.ParameterError, match="on must be 'folds' or 'test', got 'train'"):
        trees.scores(on="train")
    with pytest.raises(tk.ParameterError, match="table must be 'ranking' or 'pairwise', got 'x'"):
        trees.to_csv(table="x")


def test_scores_by_seed_are_means_over_folds_and_average_to_the_ranking():
    found = compare(cv=2, seeds=[3, 8], test_size=0.2)
    for on in ("folds", "test"):
        scores = found.scores(by="seed", on=on)
        assert list(scores.index) == [3, 8]
        assert scores.index.name == "seed"
        for name in found.candidates:
            for seed in (3, 8):
                fits = [fit for fit in found.fits if (fit.candidate, fit.seed) == (name, seed)]
                expected = [
                    fit.scores["accuracy"] for fit in fits if (fit.split >= 0) == (on == "folds")
                ]
                assert scores.loc[seed, name] == pytest.approx(sum(expected) / len(expected))
        ranking = found.ranking(on=on)["score"]
        assert scores.mean().to_dict() == pytest.approx(ranking.to_dict())
    folds = found.scores()
    assert (folds.index.name, folds.shape) == ("fold", (2, 3))
    with pytest.raises(tk.ParameterError, match="by must be 'fold' or 'seed', got 'seeds'"):
        found.scores(by="seeds")


def test_a_seed_with_a_failed_fit_has_no_score():
    found = compare({"bayes": GaussianNB(), "bad": FailsWithSeed(2)}, seeds=[1, 2], cv=2)
    scores = found.scores(by="seed")
    assert scores["bayes"].notna().all()
    assert scores["bad"].notna().tolist() == [True, False]


def test_tables_of_any_scorer_can_be_written(trees):
    rows = json.loads(trees.to_json(scorer="roc_auc_ovr"))
    assert rows[0]["score"] == pytest.approx(trees.ranking("roc_auc_ovr")["score"].iloc[0])
    held = compare(cv=2, test_size=0.2)
    assert (
        json.loads(held.to_json(on="test"))[0]["score"] == held.ranking(on="test")["score"].iloc[0]
    )
