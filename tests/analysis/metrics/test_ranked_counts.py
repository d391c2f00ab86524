"""Counts at each threshold give the curves of scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_curve

from tunekit.analysis.metrics.ranked_counts import ranked_counts

ROWS = st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0])), min_size=0)


@given(ROWS)
def test_curves_equal_those_of_scikit_learn(rows):
    rows = [*rows, (True, 0.5), (False, 0.3)]  # both kinds
    truth, score = np.array([each[0] for each in rows]), np.array([each[1] for each in rows])
    found = ranked_counts(truth, score)
    fpr, tpr, _ = roc_curve(truth, score)
    np.testing.assert_array_equal(found.roc(), [fpr, tpr])
    precision, recall, _ = precision_recall_curve(truth, score)
    np.testing.assert_allclose(found.precision[::-1], precision[:-1])
    np.testing.assert_allclose(found.recall[::-1], recall[:-1])
    assert found.average_precision == pytest.approx(average_precision_score(truth, score))


def test_equal_scores_are_one_threshold():
    found = ranked_counts(np.array([True, False, False]), np.array([0.2, 0.2, 0.2]))
    assert found.true.tolist() == [1]
    assert found.false.tolist() == [2]
    np.testing.assert_array_equal(found.roc(), [[0.0, 1.0], [0.0, 1.0]])
