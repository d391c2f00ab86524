"""Several labels per row: metrics of labels and of whole rows, against scikit-learn."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from fake_predictions import multilabelled, part
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    hamming_loss,
    multilabel_confusion_matrix,
    precision_recall_fscore_support,
    roc_auc_score,
    roc_curve,
)

from tunekit.analysis.metrics.calibration import calibration_of_labels
from tunekit.analysis.metrics.label_rows import label_rows, label_sets
from tunekit.analysis.metrics.multilabel import multilabel
from tunekit.analysis.metrics.precision_recall import precision_recall_of
from tunekit.analysis.metrics.roc import roc_of
from tunekit.analysis.metrics.rows import Undefined
from tunekit.statistics.proportions import wilson_ends

NAMES = ["sport", "health", "science"]


def rows_of(predictions, names=NAMES):
    return label_rows(predictions, names).with_finite_scores()


def by_label(curves):
    return {curve.label: curve for curve in curves.curves}


@pytest.mark.parametrize("folds", [1, 3])
def test_metrics_of_labels_and_rows_equal_those_of_scikit_learn(folds):
    predictions = multilabelled(folds=folds)
    true, predicted = predictions.y_true, predictions.y_pred
    found = multilabel(rows_of(predictions))
    expected = precision_recall_fscore_support(true, predicted)
    for values, key in zip(expected, ("precision", "recall", "f1", "support"), strict=True):
        labels = [getattr(each, key) for each in found.by_label.classes]
        np.testing.assert_allclose(labels, values)
    assert found.names == tuple(NAMES)
    assert found.by_label.accuracy == pytest.approx(accuracy_score(true, predicted))
    assert found.hamming_loss == pytest.approx(hamming_loss(true, predicted))
    assert found.hamming_of_base == pytest.approx(
        hamming_loss(true, np.tile(true.mean(axis=0) > 0.5, (120, 1)))
    )
    np.testing.assert_array_equal(found.counts, multilabel_confusion_matrix(true, predicted))
    for each in found.averages:
        averages = precision_recall_fscore_support(
            true, predicted, average=each.kind, zero_division=0
        )
        assert (each.precision, each.recall, each.f1) == pytest.approx(averages[:3])
    assert [each.kind for each in found.averages] == ["macro", "micro", "weighted", "samples"]
    assert found.labels_per_row == pytest.approx(true.sum(axis=1).mean())
    assert found.predicted_per_row == pytest.approx(predicted.sum(axis=1).mean())


@pytest.mark.parametrize("n_labels", [2, 3])
def test_areas_of_labels_and_their_averages_equal_those_of_scikit_learn(n_labels):
    predictions = multilabelled(n_labels)
    true, score = predictions.y_true, predictions.y_score
    rows = rows_of(predictions, NAMES[:n_labels])
    curves, precisions = by_label(roc_of(rows)), by_label(precision_recall_of(rows))
    assert list(curves) == ["macro average", "micro average", *NAMES[:n_labels]]
    for average in ("macro", "micro"):
        name = f"{average} average"
        assert curves[name].auc == pytest.approx(roc_auc_score(true, score, average=average))
        expected = average_precision_score(true, score, average=average)
        assert precisions[name].average_precision == pytest.approx(expected)
    for i, label in enumerate(NAMES[:n_labels]):
        fpr, tpr, _ = roc_curve(true[:, i], score[:, i])
        np.testing.assert_array_equal([curves[label].fpr, curves[label].tpr], [fpr, tpr])
        expected = average_precision_score(true[:, i], score[:, i])
        assert precisions[label].average_precision == pytest.approx(expected)
    found = multilabel(rows, roc=roc_of(rows), precision_recall=precision_recall_of(rows))
    for each in found.by_label.classes:
        assert each.auc == curves[each.label].auc
        assert each.average_precision == precisions[each.label].average_precision


def test_areas_over_folds_are_means_of_the_folds():
    predictions = multilabelled(folds=3)
    curves = by_label(roc_of(rows_of(predictions)))
    folds = [predictions.fold == number for number in range(3)]
    expected = [roc_auc_score(predictions.y_true[f], predictions.y_score[f]) for f in folds]
    assert curves["macro average"].auc == pytest.approx(np.mean(expected))
    assert curves["macro average"].spread == pytest.approx(np.std(expected))


def test_calibration_of_labels_has_the_brier_scores_of_scikit_learn():
    predictions = multilabelled(12, 200)
    curves = calibration_of_labels(rows_of(predictions, [f"label {i:02d}" for i in range(12)]))
    briers = {
        f"label {i:02d}": brier_score_loss(predictions.y_true[:, i], predictions.y_score[:, i])
        for i in range(12)
    }
    assert [curve.label for curve in curves] == sorted(sorted(briers, key=briers.get)[2:])
    assert all(curve.brier == pytest.approx(briers[curve.label]) for curve in curves)


def test_repeated_predictions_of_a_row_count_once_in_intervals():
    once, thrice = (multilabel(rows_of(multilabelled(repeats=n))) for n in (1, 3))
    low, high = wilson_ends([thrice.by_label.accuracy], [120], 0.95)
    assert thrice.by_label.accuracy_interval == pytest.approx((low[0], high[0]))
    assert [each.n_rows for each in once.by_label.classes] == [
        each.n_rows for each in thrice.by_label.classes
    ]
    assert (thrice.n_rows, thrice.n_predictions) == (120, 360)


def test_a_label_that_no_row_has_is_undefined_and_excluded_from_averages():
    predictions = multilabelled()
    predictions.y_true[:, 1] = 0
    found = roc_of(rows_of(predictions))
    assert found.undefined == (("health", "no row has label health"),)
    assert found.curves[0].label == "macro average of 2 labels"
    others = [0, 2]
    expected = roc_auc_score(predictions.y_true[:, others], predictions.y_score[:, others])
    assert found.curves[0].auc == pytest.approx(expected)
    assert found.notes == ("Undefined for 1 of 3 labels: no row has label health.",)
    absent = multilabel(rows_of(predictions)).by_label.classes[1]
    assert math.isnan(absent.recall)
    assert absent.precision == 0


def test_what_is_missing_has_a_reason():
    predictions = multilabelled()
    rows = label_rows(replace(predictions, y_score=None), NAMES)
    assert rows.with_finite_scores() == Undefined("the model returns no probabilities")
    assert multilabel(rows).hamming_loss == multilabel(rows_of(predictions)).hamming_loss
    assert label_rows(part(predictions, predictions.rows < 0), NAMES) == Undefined(
        "no rows were evaluated"
    )
    several = replace(predictions, y_true=2 * predictions.y_true)
    assert "not labels of 0 and 1" in label_rows(several, NAMES).reason
    broken = predictions.y_score.copy()
    broken[:4, 1] = np.nan
    partly = rows_of(replace(predictions, y_score=broken))
    assert (partly.left_out, len(partly.true)) == (4, 116)
    expected = roc_auc_score(predictions.y_true[4:], predictions.y_score[4:])
    assert roc_of(partly).curves[0].auc == pytest.approx(expected)


def test_sets_of_labels_are_classes():
    sets = label_sets(multilabelled(n_rows=30), NAMES)
    true = multilabelled(n_rows=30).y_true
    named = [", ".join(np.array(NAMES)[row == 1]) or "no label" for row in true]
    assert sets.y_true.tolist() == named
    assert set(sets.classes) == set(named)
