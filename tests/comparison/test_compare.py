"""``compare`` evaluates all candidates on the same splits."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from compared_trees import TREES, compare
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    StratifiedKFold,
    cross_val_score,
)
from sklearn.naive_bayes import GaussianNB

import tunekit as tk

X, y = load_iris(return_X_y=True)


def test_scores_equal_those_of_scikit_learns_cross_validation(trees):
    folds = [
        fold
        for repeat in range(2)
        for fold in StratifiedKFold(5, shuffle=True, random_state=repeat).split(X, y)
    ]
    expected = cross_val_score(GaussianNB(), X, y, cv=folds)
    np.testing.assert_allclose(trees.scores()["bayes"], expected)
    assert trees.info.cv == "5 folds, 2 times, stratified"


def test_every_candidate_sees_the_same_rows(trees):
    rows = {
        name: [fit.predictions.rows.tolist() for fit in trees.fits if fit.candidate == name]
        for name in TREES
    }
    assert rows["stump"] == rows["tree"] == rows["bayes"]
    assert Counter(np.concatenate(rows["tree"]).tolist()) == dict.fromkeys(range(150), 2)


@pytest.mark.slow
def test_keras_and_scikit_learn_models_are_in_one_table(digits):
    X_train, _, y_train, _ = digits
    found = compare(
        {
            "mlp": tk.KerasClassifier(epochs=2, batch_size=32),
            "logistic": LogisticRegression(max_iter=300),
        },
        X_train,
        y_train,
        cv=2,
    )
    mlp = next(fit for fit in found.fits if fit.candidate == "mlp")
    assert {"loss", "val_loss"} <= set(mlp.curve)
    assert len(mlp.curve["val_loss"]) == 2
    ranking = found.ranking()
    assert ranking.loc["mlp", "n_params"] > 64
    assert ranking.loc["mlp", "n_bytes"] > 1000
    assert ranking["score"].notna().all()
