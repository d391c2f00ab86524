"""The positive label of two classes, at every entry point and in the report."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from dummy_estimators import study
from report_parser import Page
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    f1_score,
    fbeta_score,
    get_scorer,
    get_scorer_names,
    make_scorer,
)
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

import tunekit as tk
from tunekit.evaluation.objectives import make_objectives
from tunekit.evaluation.positive_label import with_positive_label

X, BINARY = load_breast_cancer(return_X_y=True)
X, BINARY = X[:200, 1:3], BINARY[:200]  # few features, so that there are mistakes
WORDS = np.where(BINARY == 1, "benign", "malignant")
MODEL = make_pipeline(StandardScaler(), LogisticRegression())
SPACE = tk.Space(logisticregression__C=tk.Categorical([0.01, 1.0]))
DEPENDING = [
    *("f1", "jaccard", "precision", "recall", "average_precision"),
    *("positive_likelihood_ratio", "neg_negative_likelihood_ratio"),
]
LABELS = {
    "words": WORDS,
    "series of words": pd.Series(WORDS),
    "categories": pd.Series(WORDS, dtype="category"),
    "objects": WORDS.astype(object),
    "1 and 2": BINARY + 1,
    "0 and 5": BINARY * 5,
}


def measured(scoring, y, positive=None):
    """Return the value of a scorer for a model that was fitted on all rows."""
    (objective,) = with_positive_label(make_objectives(MODEL, scoring), MODEL, y, positive)
    return objective.measure(MODEL.fit(X, y), X, y, 0.0)


@pytest.mark.parametrize("scoring", DEPENDING)
@pytest.mark.parametrize("kind", LABELS)
def test_a_scorer_that_depends_on_the_positive_label_requires_it(scoring, kind):
    y = LABELS[kind]
    first, second = np.unique(np.asarray(y)).tolist()
    message = (
        f"scoring '{scoring}' depends on which label is positive, and y has the labels {first!r} "
        f"and {second!r}: set positive={second!r} or positive={first!r}."
    )
    with pytest.raises(tk.ParameterError) as of_compare:
        tk.compare({"a": MODEL}, X, y, scoring=scoring, tracking=False)
    with pytest.raises(tk.ParameterError) as of_tuner:
        study(SPACE, estimator=MODEL, scoring=scoring).fit(X, y)
    assert str(of_compare.value) == str(of_tuner.value) == message


@pytest.mark.parametrize("scoring", DEPENDING)
@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("which", [0, 1])
def test_the_score_is_that_of_zeros_and_ones(scoring, kind, which):
    y = LABELS[kind]
    positive = np.unique(np.asarray(y)).tolist()[which]
    ones = (np.asarray(y) == positive).astype(int)
    assert measured(scoring, y, positive) == pytest.approx(
        get_scorer(scoring)(MODEL.fit(X, ones), X, ones), rel=1e-6
    )


@pytest.mark.parametrize("y", [BINARY, BINARY.astype(bool), 2 * BINARY - 1, BINARY.astype(float)])
@pytest.mark.parametrize("scoring", DEPENDING)
def test_the_label_1_is_positive_if_it_is_the_larger_one(y, scoring):
    expected = get_scorer(scoring)(MODEL.fit(X, BINARY), X, BINARY)
    assert measured(scoring, y) == pytest.approx(expected)


def test_every_scorer_of_classes_works_with_words_once_the_label_is_given():
    of_numbers = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in get_scorer_names():
            if "samples" in name or not of_two_classes(name):
                continue
            of_numbers[name] = get_scorer(name)(MODEL.fit(X, BINARY), X, BINARY)
        values = {name: measured(name, WORDS, "benign") for name in of_numbers}
    assert values == pytest.approx(of_numbers)
    assert {"neg_brier_score", "d2_brier_score", "roc_auc", *DEPENDING} <= set(values)


def of_two_classes(name):
    """Return whether a scorer takes labels: those of regressions compare numbers."""
    regression = ("r2", "explained", "d2_abs", "neg_max", "neg_mean", "neg_median", "neg_root")
    return not name.startswith(regression)


@pytest.mark.parametrize("scoring", ["neg_brier_score", "d2_brier_score"])
def test_a_score_that_is_the_same_for_both_labels_needs_no_choice(scoring):
    expected = get_scorer(scoring)(MODEL.fit(X, BINARY), X, BINARY)
    assert measured(scoring, WORDS) == pytest.approx(expected)


def test_a_scorer_without_a_label_gets_it_and_one_with_a_label_keeps_it():
    ones = (WORDS == "malignant").astype(int)
    called = MODEL.fit(X, ones).predict(X)
    assert measured(make_scorer(fbeta_score, beta=2), WORDS, "malignant") == pytest.approx(
        fbeta_score(ones, called, beta=2)
    )
    own = make_scorer(f1_score, pos_label="malignant")
    found = tk.compare({"a": MODEL}, X, WORDS, scoring=own, tracking=False, cv=3)
    assert found.predictions("a").classes.tolist() == ["benign", "malignant"]
    own = make_scorer(f1_score, pos_label="benign")
    found = tk.compare({"a": MODEL}, X, WORDS, scoring=own, tracking=False, cv=3)
    assert found.predictions("a").classes.tolist() == ["malignant", "benign"]
    with pytest.raises(tk.ParameterError, match="depends on which label is positive"):
        measured(make_scorer(fbeta_score, beta=2), WORDS)


@pytest.mark.parametrize(
    ("y", "positive", "message"),
    [
        (WORDS, "bening", "positive must be one of the labels of y, 'benign' or 'malignant', got"),
        (WORDS, 1, "positive must be one of the labels of y, 'benign' or 'malignant', got 1"),
        (np.arange(200) % 3, 1, "positive must be None, since y does not have two classes, got 1"),
    ],
)
def test_a_label_that_does_not_exist_is_rejected(y, positive, message):
    with pytest.raises(tk.ParameterError, match=message):
        tk.compare({"a": MODEL}, X, y, positive=positive, tracking=False)
    with pytest.raises(tk.ParameterError, match=message):
        study(SPACE, estimator=MODEL, positive=positive).fit(X, y)


@pytest.mark.parametrize(
    ("scoring", "alternative"),
    [
        ("f1", "f1_macro"),
        ("jaccard", "jaccard_macro"),
        ("precision", "precision_macro"),
        ("recall", "recall_macro"),
        ("roc_auc", "roc_auc_ovr"),
        ("positive_likelihood_ratio", "balanced_accuracy"),
    ],
)
def test_a_scorer_for_two_classes_is_refused_for_three(scoring, alternative):
    y = np.array(["a", "b", "c"])[np.arange(200) % 3]
    message = rf"'{scoring}' is for two classes, and y has 3 classes: use '{alternative}'\.$"
    with pytest.raises(tk.ParameterError, match=message):
        tk.compare({"a": MODEL}, X, y, scoring=scoring, tracking=False)
    with pytest.raises(tk.ParameterError, match=message):
        study(SPACE, estimator=MODEL, scoring=scoring).fit(X, y)
    assert tk.compare({"a": MODEL}, X, y, scoring=alternative, tracking=False).ranking() is not None


@pytest.mark.parametrize("scoring", ["f1", "precision", "recall", "jaccard"])
def test_a_scorer_for_two_classes_is_refused_for_several_labels_per_row(scoring):
    y = np.c_[BINARY, 1 - BINARY, np.arange(200) % 2]
    with pytest.raises(
        tk.ParameterError, match=rf"y has several labels per row: use '{scoring}_samples'\.$"
    ):
        tk.compare({"a": DecisionTreeClassifier()}, X, y, scoring=scoring, tracking=False)


@pytest.mark.parametrize("positive", ["benign", "malignant"])
def test_a_search_its_test_split_and_its_finalists_use_the_label(positive, engine):
    tuner = study(
        SPACE, engine, estimator=MODEL, scoring="f1", positive=positive, n_trials=2, cv=3
    ).fit(X[:150], WORDS[:150])
    ones = (positive == WORDS).astype(int)
    assert tuner.positive_ == positive
    called = tuner.best_estimator_.predict(X[150:]) == positive
    assert tuner.evaluate(X[150:], WORDS[150:]) == pytest.approx(f1_score(ones[150:], called))
    best = MODEL.set_params(**tuner.best_params_)
    folds = [rows for _, rows in tuner.splits_]
    predicted = cross_val_predict(best, X[:150], ones[:150], cv=3)
    expected = np.mean([f1_score(ones[rows], predicted[rows]) for rows in folds])
    assert tuner.best_score_ == pytest.approx(expected)
    found = tuner.finalists(k=1, seeds=1)
    assert found.predictions(found.info.names[0]).classes[1] == positive


@pytest.mark.parametrize("candidate", [MODEL, make_pipeline(StandardScaler(), LinearSVC())])
def test_intervals_and_pooled_scores_are_those_of_zeros_and_ones(candidate):
    settings = {"scoring": ["average_precision", "f1"], "cv": 6, "tracking": False}
    ones = (WORDS == "malignant").astype(int)
    named = tk.compare({"a": candidate}, X, WORDS, positive="malignant", **settings)
    other = tk.compare({"a": candidate}, X, ones, **settings)
    columns = ["score", "low", "high", "f1"]
    pd.testing.assert_frame_equal(named.ranking()[columns], other.ranking()[columns])
    flipped = tk.compare({"a": candidate}, X, WORDS, positive="benign", **settings)
    other = tk.compare({"a": candidate}, X, 1 - ones, **settings)
    values, expected = (each.ranking().loc["a", columns] for each in (flipped, other))
    assert values[["score", "f1"]].tolist() == pytest.approx(expected[["score", "f1"]].tolist())
    # The classes are resampled in another order.
    assert values[["low", "high"]].tolist() == pytest.approx(
        expected[["low", "high"]].tolist(), abs=0.02
    )


def test_a_tuner_inside_a_comparison_uses_its_label():
    tuner = study(SPACE, estimator=MODEL, scoring="f1", n_trials=1, cv=2)
    found = tk.compare(
        {"tuned": tuner}, X, WORDS, scoring="f1", positive="benign", cv=2, tracking=False
    )
    assert not any(fit.error for fit in found.fits)


@pytest.mark.slow
def test_the_report_names_the_label_and_draws_its_curves(folder):
    tuner = study(
        SPACE,
        estimator=MODEL,
        scoring="average_precision",
        positive="benign",
        n_trials=1,
        cv=3,
        tracking=True,
        name="cells",
    ).fit(X[:150], WORDS[:150])
    tuner.evaluate(X[150:], WORDS[150:])
    page = Page(tk.report(tuner, "report.html"))
    assert "The positive class is benign." in page.text("best")
    area = average_precision_score(
        WORDS[150:] == "benign",
        tuner.predict_proba(X[150:])[:, 0],
    )
    assert f"{area:.3f}" in page.text("best")
