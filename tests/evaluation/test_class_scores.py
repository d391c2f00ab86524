"""Scores of classifications that are computed for resampled rows equal those of scikit-learn."""

from __future__ import annotations

import itertools
import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, get_scorer_names, roc_auc_score

from tunekit.core.predictions import Predictions
from tunekit.evaluation import rescoring
from tunekit.evaluation.class_scores import class_score, label_score

AVERAGED = [
    "_".join(parts)
    for parts in itertools.product(
        ["f1", "jaccard", "precision", "recall"], ["macro", "micro", "weighted"]
    )
]
POSITIVE = ["f1", "jaccard", "precision", "recall", "average_precision"]  # of the second label
ANY_LABELS = ["accuracy", "balanced_accuracy", "matthews_corrcoef", "neg_log_loss", *AVERAGED]
LABELS = {
    "0 and 1": np.array([0, 1]),
    "booleans": np.array([False, True]),
    "-1 and 1": np.array([-1, 1]),
    "1 and 2": np.array([1, 2]),
    "strings": np.array(["no", "yes"]),
    "strings, the first positive": np.array(["yes", "no"]),
    "0 positive": np.array([1, 0]),
    "three": np.array([3, 5, 8]),
    "four strings": np.array(["a", "b", "c", "d"]),
}


def predicted(labels, *, seed=0, n=60, decision=False):
    """Return predictions with ties, and probabilities of 0 and 1."""
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet(np.full(len(labels), 0.3), n).round(1)
    proba /= proba.sum(axis=1, keepdims=True)
    y_true = labels[np.r_[np.arange(len(labels)), rng.integers(0, len(labels), n - len(labels))]]
    y_pred = labels[proba.argmax(axis=1)]
    margins = (proba[:, 1] * 10 - 5).round() if decision else None
    return Predictions(np.arange(n), np.zeros(n), y_true, y_pred, proba, labels, margins)


def by_scikit_learn(scorer, predictions, monkeypatch):
    monkeypatch.setattr(rescoring, "class_score", lambda *_: None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        statistic = rescoring.rescored(scorer, predictions)
    monkeypatch.undo()
    return statistic


def assert_equal_scores(scorer, predictions, selections, monkeypatch):
    ours = class_score(scorer, predictions)
    theirs = by_scikit_learn(scorer, predictions, monkeypatch)
    assert theirs is not None or ours is None
    if ours is None:
        return False
    for rows in selections:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = theirs(rows)
        assert ours(rows) == pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True)
    return True


@pytest.mark.parametrize("decision", [False, True])
@pytest.mark.parametrize("kind", LABELS)
def test_scores_of_resampled_rows_are_those_of_scikit_learn(kind, decision, monkeypatch):
    labels = LABELS[kind]
    predictions = predicted(labels, decision=decision and len(labels) == 2)
    rng = np.random.default_rng(1)
    first = np.arange(len(labels))  # one row of each label, without which some scores are undefined
    selections = [
        np.arange(60),
        *(np.r_[first, rng.integers(0, 60, size=size)] for size in (2, 10, 60, 200)),
    ]
    scorers = [*ANY_LABELS, *POSITIVE, "roc_auc"]
    equal = {
        name for name in scorers if assert_equal_scores(name, predictions, selections, monkeypatch)
    }
    expected = set(ANY_LABELS)
    if len(labels) == 2:
        expected |= {"roc_auc", *POSITIVE}
    assert equal == expected


@pytest.mark.parametrize("scorer", [*AVERAGED, *POSITIVE, "balanced_accuracy", "roc_auc"])
@pytest.mark.parametrize("constant", [None, 0, 1])
def test_scores_of_missing_classes_are_those_of_scikit_learn(scorer, constant, monkeypatch):
    predictions = predicted(LABELS["0 and 1"])
    if constant is not None:
        y_pred = np.full(60, constant)
        predictions = Predictions(
            *(predictions.rows, predictions.fold, predictions.y_true, y_pred),
            *(predictions.y_score, predictions.classes),
        )
    rows = [np.flatnonzero(predictions.y_true == label) for label in (0, 1)]
    assert assert_equal_scores(scorer, predictions, rows, monkeypatch)


@pytest.mark.parametrize(
    "scorer", [*AVERAGED, *POSITIVE[:-1], "balanced_accuracy", "matthews_corrcoef"]
)
@pytest.mark.parametrize("label", [0, 1])
def test_one_label_everywhere(scorer, label, monkeypatch):
    same = np.full(5, label)
    predictions = Predictions(np.arange(5), np.zeros(5), same, same, None, np.array([0, 1]))
    assert_equal_scores(scorer, predictions, [np.arange(5)], monkeypatch)


def labelled(*, seed=0, n=40):
    """Return predictions of three labels, the last one rare."""
    rng = np.random.default_rng(seed)
    true = (rng.random((n, 3)) < [0.5, 0.3, 0.05]).astype(int)
    true[0] = 1
    score = np.clip(0.6 * true + 0.5 * rng.random((n, 3)), 0, 1).round(1)
    predicted = (score > 0.5).astype(int)
    return Predictions(np.arange(n), np.zeros(n), true, predicted, score, None)


SAMPLES = [f"{name}_samples" for name in ("f1", "jaccard", "precision", "recall")]
OF_LABELS = ["accuracy", *AVERAGED, *SAMPLES]


@pytest.mark.parametrize("scorer", OF_LABELS)
def test_scores_of_labels_are_those_of_scikit_learn(scorer, monkeypatch):
    predictions, rng = labelled(), np.random.default_rng(1)
    ours = label_score(scorer, predictions)
    monkeypatch.setattr(rescoring, "label_score", lambda *_: None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = rescoring.rescored(scorer, predictions)
    without = np.flatnonzero(~predictions.y_true.any(axis=1))
    for rows in (np.arange(40), rng.integers(0, 40, 10), rng.integers(0, 40, 90), without):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = theirs(rows)
        assert ours(rows) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("scorer", "metric"),
    [("roc_auc", roc_auc_score), ("average_precision", average_precision_score)],
)
def test_areas_of_labels_are_those_of_scikit_learn(scorer, metric):
    predictions, rng = labelled(), np.random.default_rng(1)
    statistic = rescoring.rescored(scorer, predictions)
    for rows in (np.arange(40), np.r_[0, rng.integers(0, 40, 60)]):
        expected = metric(predictions.y_true[rows], predictions.y_score[rows])
        assert statistic(rows) == pytest.approx(expected)
    absent = np.flatnonzero(predictions.y_true[:, 2] == 0)
    assert math.isnan(label_score("roc_auc", predictions)(absent))


def test_other_values_than_labels_are_left_to_scikit_learn():
    several = labelled()
    assert label_score("accuracy", replace(several, y_true=2 * several.y_true)) is None
    assert label_score("f1", several) is None
    assert label_score("roc_auc", replace(several, y_score=None)) is None


def test_every_score_is_one_of_scikit_learn():
    assert {*ANY_LABELS, *POSITIVE, *OF_LABELS, "roc_auc"} <= set(get_scorer_names())


@pytest.mark.parametrize("scorer", ["neg_log_loss", "roc_auc", "average_precision"])
def test_scores_of_probabilities_need_them(scorer):
    labels = np.array([0, 1, 1])
    predictions = Predictions(np.arange(3), np.zeros(3), labels, labels, None, np.array([0, 1]))
    assert class_score(scorer, predictions) is None


@pytest.mark.parametrize("scorer", ["r2", "roc_auc_ovr", "top_k_accuracy", "neg_brier_score"])
def test_other_scores_are_left_to_scikit_learn(scorer):
    assert class_score(scorer, predicted(LABELS["three"])) is None


@pytest.mark.parametrize("scorer", ["neg_log_loss", "roc_auc", "average_precision"])
def test_probabilities_that_scikit_learn_rejects_have_no_score(scorer):
    labels, classes = np.array([0, 1, 1]), np.array([0, 1])
    for value in (np.nan, np.inf):
        proba = np.array([[0.5, 0.5], [0.1, 0.9], [0.0, value]])
        predictions = Predictions(np.arange(3), np.zeros(3), labels, labels, proba, classes)
        assert class_score(scorer, predictions) is None


def test_many_classes_take_memory_for_each_class_only():
    labels = np.arange(50_000)
    predictions = Predictions(labels, labels, labels, labels[::-1], None, labels)
    assert class_score("f1_macro", predictions)(labels) == 0.0
