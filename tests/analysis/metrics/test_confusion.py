"""The confusion matrix: counts and shares against scikit-learn."""

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
def test_counts_and_shares_are_scikit_learns(data, true):
    predicted = data.draw(st.lists(st.sampled_from("abc"), min_size=len(true), max_size=len(true)))
    found = confusion(labelled(true, predicted, list("abc")))
    names = sorted({*"abc", *true})
    assert list(found.labels) == names
    np.testing.assert_array_equal(found.counts, confusion_matrix(true, predicted, labels=names))
    shares = confusion_matrix(true, predicted, labels=names, normalize="true")
    absent = [name not in true for name in names]
    assert np.isnan(found.shares[absent]).all()
    np.testing.assert_allclose(found.shares[~np.array(absent)], shares[~np.array(absent)])
    assert found.wrong == sum(a != b for a, b in zip(true, predicted, strict=True))


def test_the_worst_mixups_come_first():
    found = confusion(labelled(list("aaaabbbccx"), list("abbcbaabba"), list("abc")))
    assert found.worst == (
        Mixup("c", "b", 2, 1.0),
        Mixup("b", "a", 2, pytest.approx(2 / 3)),
        Mixup("a", "b", 2, 0.5),
        Mixup("x", "a", 1, 1.0),
        Mixup("a", "c", 1, 0.25),
    )
    assert found.unseen == ("x",)


@pytest.mark.parametrize("classes", [[False, True], [0.5, 1.5], ["a", "b"], [3, 7]])
def test_labels_may_be_of_any_kind(classes):
    held = classified(classes)
    assert confusion(held).labels == tuple(map(str, classes))
    assert roc(held).curves[0].label == str(classes[1])
    objects = replace(
        held,
        **{each: getattr(held, each).astype(object) for each in ("y_true", "y_pred", "classes")},
    )
    np.testing.assert_array_equal(confusion(objects).counts, confusion(held).counts)


def test_predictions_of_several_labels_a_row_are_not_counted():
    held = replace(classified([0, 1]), classes=None)
    assert confusion(held) == Undefined("these are no predictions of one label a row")
