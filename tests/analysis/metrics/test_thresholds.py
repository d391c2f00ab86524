"""Scores at each threshold, and the threshold that is chosen."""

from __future__ import annotations

import json

import numpy as np
import pytest
from fake_predictions import classified, labelled
from sklearn.metrics import (
    confusion_matrix,
    f1_score,
    precision_score,
    recall_score,
)

from tunekit.analysis.metrics.rows import Undefined
from tunekit.analysis.metrics.thresholds import METRICS, thresholds, thresholds_at


@pytest.mark.slow
@pytest.mark.parametrize("folds", [1, 3])
def test_every_threshold_is_scikit_learns(folds):
    held = classified(["no", "yes"], 60, folds=folds)
    found = thresholds(held, chosen_on="held-out rows")
    assert (found.negative, found.positive) == ("no", "yes")
    truth = held.y_true == "yes"
    assert len(found.rows) == 60
    for each in found.rows:
        called = held.y_score[:, 1] >= each.threshold
        tn, fp, fn, tp = confusion_matrix(truth, called).ravel()
        assert (each.tn, each.fp, each.fn, each.tp) == (tn, fp, fn, tp)
        expected = [
            precision_score(truth, called),
            recall_score(truth, called),
            recall_score(~truth, ~called),
            fp / (fp + tn),
            fn / (fn + tp),
            f1_score(truth, called),
        ]
        assert each.metrics() == pytest.approx(expected)


@pytest.mark.parametrize("criterion", ["f1", "youden"])
def test_the_chosen_threshold_is_the_best_there_is(criterion):
    held = classified([0, 1], 70, sharpness=0.8)
    found = thresholds(held, chosen_on="out-of-fold rows", criterion=criterion)
    best = max(getattr(each, criterion) for each in found.rows)
    assert getattr(found.chosen, criterion) == best
    truth = held.y_true == 1
    for at in np.unique(held.y_score[:, 1]):
        called = held.y_score[:, 1] >= at
        youden = recall_score(truth, called) + recall_score(~truth, ~called) - 1
        assert {"f1": f1_score(truth, called), "youden": youden}[criterion] <= best + 1e-12
    assert (found.criterion, found.chosen_on) == (criterion, "out-of-fold rows")


def test_of_equally_good_thresholds_the_one_nearest_to_one_half_is_chosen():
    # F1 is 2/3 from 0.1 on, with everything called positive, and at 0.9.
    positive = np.array([0.9, 0.6, 0.1, 0.05])
    held = labelled([1, 0, 0, 1], [1, 1, 0, 0], scores=np.column_stack([1 - positive, positive]))
    found = thresholds(held, chosen_on="rows")
    tied = [each.threshold for each in found.rows if each.f1 == pytest.approx(2 / 3)]
    assert sorted(tied) == [0.05, 0.9]
    assert found.chosen.threshold == 0.9


def test_nothing_is_chosen_on_a_test_split():
    held, test = classified([0, 1], 80, folds=4), classified([0, 1], 50, seed=1)
    chosen = thresholds(held, chosen_on="out-of-fold rows")
    at = chosen.chosen.threshold
    test.y_score[7, 1] = at  # a row at the threshold is called positive
    found = thresholds_at(test, chosen)
    called = test.y_score[:, 1] >= at
    assert found.chosen.threshold == at
    assert found.chosen.f1 == pytest.approx(f1_score(test.y_true, called))
    assert found.chosen_on == "out-of-fold rows"
    assert found.chosen in found.rows
    assert [each.threshold for each in found.rows] == sorted(each.threshold for each in found.rows)


def test_many_thresholds_are_thinned_and_the_chosen_one_is_kept():
    held = classified([0, 1], 5000, sharpness=1.0)
    found = thresholds(held, chosen_on="held-out rows")
    assert 150 < len(found.rows) <= 200
    assert found.chosen in found.rows
    assert min(abs(each.threshold - 0.5) for each in found.rows) < 0.001
    called = np.array([each.tp + each.fp for each in found.rows])
    assert np.abs(np.diff(called)).max() < 2 * 5000 / 190
    assert (called.max(), called.min()) == (5000, 1)


def test_a_slider_gets_plain_data():
    found = thresholds(classified(["no", "yes"], 30), chosen_on="held-out rows")
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert (data["positive"], data["chosen_on"]) == ("yes", "held-out rows")
    assert data["metrics"] == list(METRICS)
    assert len(data["rows"]) == 30
    assert data["chosen"] in [row[0] for row in data["rows"]]
    for row, each in zip(data["rows"], found.rows, strict=True):
        assert row[:5] == [each.threshold, each.tp, each.fp, each.fn, each.tn]
        assert row[5:] == pytest.approx(each.metrics(), abs=1e-6)


def test_thresholds_are_for_two_classes():
    found = thresholds(classified([0, 1, 2]), chosen_on="rows")
    assert found == Undefined("it is for two classes, and there are 3")
