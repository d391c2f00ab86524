"""Metrics at each threshold, and the chosen threshold."""

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
def test_metrics_at_every_threshold_equal_those_of_scikit_learn(folds):
    predictions = classified(["no", "yes"], 60, folds=folds)
    result = thresholds(predictions, chosen_on="predictions-out rows")
    assert (result.negative, result.positive) == ("no", "yes")
    truth = predictions.y_true == "yes"
    assert len(result.rows) == 60
    for each in result.rows:
        predicted = predictions.y_score[:, 1] >= each.threshold
        tn, fp, fn, tp = confusion_matrix(truth, predicted).ravel()
        assert (each.tn, each.fp, each.fn, each.tp) == (tn, fp, fn, tp)
        expected = [
            precision_score(truth, predicted),
            recall_score(truth, predicted),
            recall_score(~truth, ~predicted),
            fp / (fp + tn),
            fn / (fn + tp),
            f1_score(truth, predicted),
        ]
        assert each.metrics() == pytest.approx(expected)


@pytest.mark.parametrize("criterion", ["f1", "youden"])
def test_the_chosen_threshold_maximizes_the_criterion(criterion):
    predictions = classified([0, 1], 70, sharpness=0.8)
    result = thresholds(predictions, chosen_on="out-of-fold rows", criterion=criterion)
    best = max(getattr(each, criterion) for each in result.rows)
    assert getattr(result.chosen, criterion) == best
    truth = predictions.y_true == 1
    for at in np.unique(predictions.y_score[:, 1]):
        predicted = predictions.y_score[:, 1] >= at
        youden = recall_score(truth, predicted) + recall_score(~truth, ~predicted) - 1
        assert {"f1": f1_score(truth, predicted), "youden": youden}[criterion] <= best + 1e-12
    assert (result.criterion, result.chosen_on) == (criterion, "out-of-fold rows")


def test_ties_are_resolved_by_closeness_to_one_half():
    # F1 is 2/3 at 0.05, with all rows predicted positive, and at 0.9.
    positive = np.array([0.9, 0.6, 0.1, 0.05])
    predictions = labelled(
        [1, 0, 0, 1], [1, 1, 0, 0], scores=np.column_stack([1 - positive, positive])
    )
    result = thresholds(predictions, chosen_on="rows")
    tied = [each.threshold for each in result.rows if each.f1 == pytest.approx(2 / 3)]
    assert sorted(tied) == [0.05, 0.9]
    assert result.chosen.threshold == 0.9


def test_nothing_is_chosen_on_a_test_split():
    predictions, test = classified([0, 1], 80, folds=4), classified([0, 1], 50, seed=1)
    chosen = thresholds(predictions, chosen_on="out-of-fold rows")
    at = chosen.chosen.threshold
    test.y_score[7, 1] = at  # a row at the threshold is predicted positive
    result = thresholds_at(test, chosen)
    predicted = test.y_score[:, 1] >= at
    assert result.chosen.threshold == at
    assert result.chosen.f1 == pytest.approx(f1_score(test.y_true, predicted))
    assert result.chosen_on == "out-of-fold rows"
    assert result.chosen in result.rows
    assert [each.threshold for each in result.rows] == sorted(
        each.threshold for each in result.rows
    )


def test_thinned_thresholds_contain_the_chosen_one():
    predictions = classified([0, 1], 5000, sharpness=1.0)
    result = thresholds(predictions, chosen_on="predictions-out rows")
    assert 150 < len(result.rows) <= 200
    assert result.chosen in result.rows
    assert min(abs(each.threshold - 0.5) for each in result.rows) < 0.001
    predicted = np.array([each.tp + each.fp for each in result.rows])
    assert np.abs(np.diff(predicted)).max() < 2 * 5000 / 190
    assert (predicted.max(), predicted.min()) == (5000, 1)


def test_the_data_of_the_slider_is_json():
    result = thresholds(classified(["no", "yes"], 30), chosen_on="predictions-out rows")
    data = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert (data["positive"], data["chosen_on"]) == ("yes", "predictions-out rows")
    assert data["metrics"] == list(METRICS)
    assert len(data["rows"]) == 30
    assert data["chosen"] in [row[0] for row in data["rows"]]
    for row, each in zip(data["rows"], result.rows, strict=True):
        assert row[:5] == [each.threshold, each.tp, each.fp, each.fn, each.tn]
        assert row[5:] == pytest.approx(each.metrics(), abs=1e-6)


def test_thresholds_require_two_classes():
    result = thresholds(classified([0, 1, 2]), chosen_on="rows")
    assert result == Undefined("it requires two classes, but there are 3")
