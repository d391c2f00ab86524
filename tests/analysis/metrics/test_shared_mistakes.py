"""The most confident mistakes, and mistakes that models share."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fake_predictions import labelled, regressed

from tunekit.analysis.metrics.rows import Undefined
from tunekit.analysis.metrics.shared_mistakes import (
    SharedMistake,
    confident_mistakes,
    shared_mistakes,
)


def test_the_most_confident_mistake_comes_first():
    scores = np.array([[0.6, 0.4], [0.1, 0.9], [0.2, 0.8], [0.7, 0.3]])
    predictions = labelled([1, 0, 1, 9], [0, 1, 1, 0], [0, 1], rows=[10, 11, 12, 13], scores=scores)
    first, second, third = confident_mistakes(predictions)
    assert (first.row, first.true, first.predicted) == (11, "0", "1")
    assert (first.probability, first.probability_of_true) == (0.9, 0.1)
    assert (second.row, second.true, second.probability_of_true) == (13, "9", 0.0)
    assert third.row == 10


def test_repeated_predictions_count_as_the_most_frequent_label():
    scores = np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [0.8, 0.2], [0.3, 0.7]])
    predictions = labelled(
        [0, 0, 0, 0, 0], [0, 1, 1, 0, 1], [0, 1], rows=[5, 5, 5, 6, 6], scores=scores
    )
    # Row 5 is wrong in two of three predictions; row 6 in one of two, and correct on average.
    (mistake,) = confident_mistakes(predictions)
    assert (mistake.row, mistake.wrong, mistake.times) == (5, 2, 3)
    assert mistake.probability == pytest.approx((0.1 + 0.6 + 0.7) / 3)


def test_without_probabilities_mistakes_are_sorted_by_row():
    predictions = labelled([0, 1, 1], [1, 1, 0], [0, 1], rows=[7, 8, 2])
    assert [each.row for each in confident_mistakes(predictions)] == [2, 7]
    assert all(math.isnan(each.probability) for each in confident_mistakes(predictions))
    assert confident_mistakes(labelled([0, 1], [0, 1])) == ()


def test_mistakes_that_models_share():
    true, classes = list("aabbc"), list("abc")
    models = {
        "tree": labelled(true, list("abbab"), classes),
        "forest": labelled(true, list("abbba"), classes),
        # Row 1 is wrong in two of three predictions; row 0 has none.
        "net": labelled(list("aaabbc"), list("babbba"), classes, rows=[1, 1, 1, 2, 3, 4]),
    }
    shared = shared_mistakes(models)
    assert shared.models == ("tree", "forest", "net")
    assert shared.n_rows == 4
    # Row 2 is always correct, row 3 wrong for the tree, rows 1 and 4 wrong for all.
    assert shared.wrong_by == (1, 1, 0, 2)
    assert shared.rows == (
        SharedMistake(1, "a", ("b", "b", "b"), 3),
        SharedMistake(4, "c", ("b", "a", "a"), 3),
    )


def test_models_that_cannot_be_compared_are_undefined():
    one = labelled([0, 1], [0, 1])
    assert shared_mistakes({"a": one}) == Undefined("there is only one model")
    other = labelled([1, 1], [0, 1], [0, 1])
    reason = "the models were evaluated on different data: row 0 has two labels"
    assert shared_mistakes({"a": one, "b": other}) == Undefined(reason)
    separate = labelled([0, 1], [0, 1], rows=[5, 6])
    assert shared_mistakes({"a": one, "b": separate}) == Undefined(
        "no row was evaluated by all models"
    )
    assert shared_mistakes({"a": one, "b": regressed()}).reason.startswith("b: ")
