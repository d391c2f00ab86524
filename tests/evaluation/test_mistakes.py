"""Selection of the rows with the worst errors of a model."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_iris

from tunekit.core.predictions import Predictions
from tunekit.evaluation.mistakes import KEPT, worst_mistakes

X, Y = load_iris(return_X_y=True)


def predictions(y_true, y_pred, y_score=None, classes=None, rows=None):
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    rows = np.arange(len(y_true)) if rows is None else np.asarray(rows)
    return Predictions(rows, np.zeros_like(rows), y_true, y_pred, y_score, classes)


def test_the_most_confident_errors_of_a_classifier_come_first():
    scores = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.7, 0.3], [0.45, 0.55]])
    predicted = predictions([0, 0, 0, 1, 1], [0, 1, 1, 0, 1], scores, np.array([0, 1]))
    mistakes = worst_mistakes(predicted, X)
    assert mistakes.rows.tolist() == [2, 3, 1]
    np.testing.assert_array_equal(mistakes.inputs, X[[2, 3, 1]])
    assert (mistakes.columns, mistakes.stride, mistakes.reason) == ((), 1, "")


def test_confidence_is_the_probability_of_the_predicted_class():
    # The largest probability of the second row is not that of the predicted class.
    scores = np.array([[0.6, 0.4, 0.0], [0.9, 0.0, 0.1]])
    predicted = predictions(["b", "b"], ["a", "c"], scores, np.array(["a", "b", "c"]))
    assert worst_mistakes(predicted, X).rows.tolist() == [0, 1]
    unknown = predictions(["b", "b"], ["zebra", "a"], scores, np.array(["a", "b", "c"]))
    assert worst_mistakes(unknown, X).rows.tolist() == [1, 0]


def test_the_largest_errors_of_a_regression_come_first():
    predicted = predictions([1.0, 2.0, 3.0, 4.0], [1.0, 2.5, 0.0, np.nan])
    assert worst_mistakes(predicted, X).rows.tolist() == [2, 1]
    whole = predictions([1, 2, 3], [3, 2, 4])
    assert worst_mistakes(whole, X).rows.tolist() == [0, 2]


def test_outputs_of_different_scales_have_equal_weight():
    y_true = np.column_stack([[0.0, 1.0, 2.0], [0.0, 1000.0, 2000.0]])
    y_pred = y_true + np.array([[1.0, 0.0], [0.0, 900.0], [0.0, 0.0]])
    assert worst_mistakes(predictions(y_true, y_pred), X).rows.tolist() == [0, 1]


def test_errors_without_probabilities_keep_the_order_of_the_rows():
    assert worst_mistakes(predictions(["a", "b"], ["b", "b"]), X).rows.tolist() == [0]
    multilabel = predictions(np.eye(3, dtype=int), np.eye(3, dtype=int)[[0, 2, 1]])
    assert worst_mistakes(multilabel, X).rows.tolist() == [1, 2]


def test_without_errors_it_is_none_and_a_row_counts_once():
    assert worst_mistakes(predictions([0, 1], [0, 1], classes=np.array([0, 1])), X) is None
    again = predictions([0, 0, 0], [1, 1, 1], classes=np.array([0, 1]), rows=[5, 5, 7])
    assert worst_mistakes(again, X).rows.tolist() == [5, 7]
    many = predictions(np.zeros(150), np.arange(150.0))
    assert worst_mistakes(many, X).rows.tolist() == list(range(149, 149 - KEPT, -1))
