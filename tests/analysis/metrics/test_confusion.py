"""Confusion matrices, against scikit-learn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_predictions import classified, labelled
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import (
    confusion_matrix,
)

from tunekit.analysis.metrics.confusion import Mixup, confusion
from tunekit.analysis.metrics.roc import roc
from tunekit.analysis.metrics.rows import Undefined

labels = st.lists(st.sampled_from("abcd"), min_size=1, max_size=40)


@pytest.mark.slow
@given(st.data(), labels)
def test_counts_and_shares_equal_those_of_scikit_learn(data, true):
    predicted = data.draw(st.lists(st.sampled_from("abc"), min_size=len(true), max_size=len(true)))
    matrix = confusion(labelled(true, predicted, list("abc")))
    names = sorted({*"abc", *true})
    assert list(matrix.labels) == names
    np.testing.assert_array_equal(matrix.counts, confusion_matrix(true, predicted, labels=names))
    shares = confusion_matrix(true, predicted, labels=names, normalize="true")
    absent = [name not in true for name in names]
    assert np.isnan(matrix.shares[absent]).all()
    np.testing.assert_allclose(matrix.shares[~np.array(absent)], shares[~np.array(absent)])
    assert matrix.wrong == sum(a != b for a, b in zip(true, predicted, strict=True))


def test_the_most_frequent_mistakes_come_first():
    matrix = confusion(labelled(list("aaaabbbccx"), list("abbcbaabba"), list("abc")))
    assert matrix.worst == (
        Mixup("c", "b", 2, 1.0),
        Mixup("b", "a", 2, pytest.approx(2 / 3)),
        Mixup("a", "b", 2, 0.5),
        Mixup("x", "a", 1, 1.0),
        Mixup("a", "c", 1, 0.25),
    )
    assert matrix.unseen == ("x",)


@pytest.mark.parametrize("classes", [[False, True], [0.5, 1.5], ["a", "b"], [3, 7]])
def test_labels_may_be_of_any_kind(classes):
    predictions = classified(classes)
    assert confusion(predictions).labels == tuple(map(str, classes))
    assert roc(predictions).curves[0].label == str(classes[1])
    objects = replace(
        predictions,
        **{
            each: getattr(predictions, each).astype(object)
            for each in ("y_true", "y_pred", "classes")
        },
    )
    np.testing.assert_array_equal(confusion(objects).counts, confusion(predictions).counts)


def test_multilabel_predictions_are_undefined():
    predictions = replace(classified([0, 1]), classes=None)
    assert confusion(predictions) == Undefined(
        "the predictions do not consist of one label per row"
    )
