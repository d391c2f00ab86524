"""Mistakes: the most confident ones, and those that models share."""

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
    held = labelled([1, 0, 1, 9], [0, 1, 1, 0], [0, 1], rows=[10, 11, 12, 13], scores=scores)
    first, second, third = confident_mistakes(held)
    assert (first.row, first.true, first.predicted) == (11, "0", "1")
    assert (first.probability, first.probability_of_true) == (0.9, 0.1)
    assert (second.row, second.true, second.probability_of_true) == (13, "9", 0.0)
    assert third.row == 10


def test_a_row_of_repeated_folds_stands_for_what_was_predicted_most_often():
    scores = np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [0.8, 0.2], [0.3, 0.7]])
    held = labelled([0, 0, 0, 0, 0], [0, 1, 1, 0, 1], [0, 1], rows=[5, 5, 5, 6, 6], scores=scores)
    # Row 5 was wrong twice of three times; row 6 once of twice, and on average right.
    (mistake,) = confident_mistakes(held)
    assert (mistake.row, mistake.wrong, mistake.times) == (5, 2, 3)
    assert mistake.probability == pytest.approx((0.1 + 0.6 + 0.7) / 3)


def test_without_probabilities_mistakes_come_by_row():
    held = labelled([0, 1, 1], [1, 1, 0], [0, 1], rows=[7, 8, 2])
    assert [each.row for each in confident_mistakes(held)] == [2, 7]
    assert all(math.isnan(each.probability) for each in confident_mistakes(held))
    assert confident_mistakes(labelled([0, 1], [0, 1])) == ()


def test_mistakes_that_models_share():
    true, classes = list("aabbc"), list("abc")
    models = {
        "tree": labelled(true, list("abbab"), classes),
        "forest": labelled(true, list("abbba"), classes),
        # Row 1 is wrong twice of three times, and row 0 was not predicted.
        "net": labelled(list("aaabbc"), list("babbba"), classes, rows=[1, 1, 1, 2, 3, 4]),
    }
    found = shared_mistakes(models)
    assert found.models == ("tree", "forest", "net")
    assert found.n_rows == 4
    # Row 2 is right everywhere, row 3 wrong by the tree, rows 1 and 4 by all.
    assert found.wrong_by == (1, 1, 0, 2)
    assert found.rows == (
        SharedMistake(1, "a", ("b", "b", "b"), 3),
        SharedMistake(4, "c", ("b", "a", "a"), 3),
    )


def test_what_cannot_be_compared_is_said():
    one = labelled([0, 1], [0, 1])
    assert shared_mistakes({"a": one}) == Undefined("there is only one model")
    other = labelled([1, 1], [0, 1], [0, 1])
    reason = "the models were judged on other data: row 0 has two labels"
    assert shared_mistakes({"a": one, "b": other}) == Undefined(reason)
    apart = labelled([0, 1], [0, 1], rows=[5, 6])
    assert shared_mistakes({"a": one, "b": apart}) == Undefined("no row was judged by all models")
    assert shared_mistakes({"a": one, "b": regressed()}).reason.startswith("b: ")
