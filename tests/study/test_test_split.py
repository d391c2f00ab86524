"""``Tuner.evaluate`` on rows of one class, and on rows with a new label."""

from __future__ import annotations

import numpy as np
import pytest
from dummy_estimators import study
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

import tunekit as tk

X, y = load_iris(return_X_y=True)
WORDS = np.array(["ash", "elm", "oak"])[y]
SPACE = tk.Space(C=tk.Categorical([0.1, 1.0]))
TWO = WORDS != "oak"


def tuned(scoring, engine="optuna", X=X[TWO], y=WORDS[TWO], **settings):
    estimator = LogisticRegression()
    return study(SPACE, engine, estimator=estimator, scoring=scoring, n_trials=2, **settings).fit(
        X, y
    )


def test_one_class_is_enough_for_a_score_that_needs_no_other(engine):
    tuner = tuned("accuracy", engine)
    assert tuner.evaluate(X[:10], WORDS[:10]) == 1.0


@pytest.mark.parametrize("scoring", ["roc_auc", "neg_log_loss"])
def test_one_class_without_a_score_is_one_sentence(scoring, engine):
    with pytest.raises(tk.DataError) as caught:
        tuned(scoring, engine).evaluate(X[:10], WORDS[:10])
    assert str(caught.value) == (
        f"scoring '{scoring}' is not defined for this test split: all rows of y have the class "
        f"'ash'. Use rows of every class, or another scorer."
    )


def test_a_new_label_is_an_error_of_the_model(engine):
    tuner = tuned("accuracy", engine)
    assert tuner.evaluate(X[::2], WORDS[::2]) == pytest.approx(2 / 3)


@pytest.mark.parametrize("scoring", ["neg_log_loss", "roc_auc"])
def test_a_new_label_without_a_score_is_one_sentence(scoring, engine):
    with pytest.raises(tk.DataError) as caught:
        tuned(scoring, engine).evaluate(X[::2], WORDS[::2])
    assert str(caught.value) == (
        f"scoring '{scoring}' is not defined for this test split: y has the label 'oak', which "
        f"did not occur in the search. Leave out these rows, or repeat the search with rows of "
        f"this label."
    )
    tuner = tuned("f1", engine, positive="elm")
    with pytest.raises(tk.DataError, match="y has the label 'oak', which did not occur"):
        tuner.evaluate(X[::2], WORDS[::2])
