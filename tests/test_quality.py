"""Counts, calibration, thresholds, mistakes and residuals: against their references."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from predicted import EVIL, classified, part, regressed
from scipy.stats import probplot
from sklearn.calibration import calibration_curve
from sklearn.dummy import DummyRegressor
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    confusion_matrix,
    f1_score,
    mean_absolute_error,
    precision_recall_fscore_support,
    precision_score,
    r2_score,
    recall_score,
    root_mean_squared_error,
)
from statsmodels.stats.proportion import proportion_confint

from tunekit.analysis.labels import readable, readable_names, shortened
from tunekit.analysis.metrics.calibration import calibration
from tunekit.analysis.metrics.confusion import Mixup, confusion
from tunekit.analysis.metrics.per_class import per_class
from tunekit.analysis.metrics.precision_recall import precision_recall
from tunekit.analysis.metrics.residuals import residuals
from tunekit.analysis.metrics.roc import roc
from tunekit.analysis.metrics.rows import Undefined
from tunekit.analysis.metrics.shared_mistakes import (
    SharedMistake,
    confident_mistakes,
    shared_mistakes,
)
from tunekit.analysis.metrics.thresholds import METRICS, thresholds, thresholds_at
from tunekit.core.predictions import Predictions
from tunekit.reporting.figures.regression import error_by_quantile, predicted_against_true
from tunekit.statistics.proportions import wilson_ends

labels = st.lists(st.sampled_from("abcd"), min_size=1, max_size=40)


def labelled(true, predicted, classes=None, *, rows=None, fold=None, scores=None):
    true, predicted = np.asarray(true), np.asarray(predicted)
    rows = np.arange(len(true)) if rows is None else np.asarray(rows)
    fold = np.zeros(len(true), dtype=int) if fold is None else np.asarray(fold)
    classes = np.unique(true) if classes is None else np.asarray(classes)
    return Predictions(rows, fold, true, predicted, scores, classes)


# ---- names ----


@given(st.text(max_size=70))
def test_a_readable_name_can_stand_in_xml(text):
    shown = readable(text)
    assert shown.strip()
    shown.encode("utf-8")
    assert not set(map(ord, shown)) & {0xFFFE, 0xFFFF, *range(32), *range(0x7F, 0xA0)}


@given(st.lists(st.text(max_size=70), unique=True, max_size=20), st.integers(8, 40))
def test_names_stay_different_however_they_are_shown(texts, limit):
    names = readable_names(texts)
    assert len(set(names)) == len(texts)
    cut = shortened(names, limit)
    assert len(set(cut)) == len(texts)
    assert all(len(each) <= limit for each in cut)


def test_names_that_would_read_alike_are_numbered():
    assert readable_names(["", "''", "a"]) == ("''", "'' #2", "a")
    assert shortened(["a" * 9, "a" * 10, "a" * 11, "b"], 9) == (
        "aaaaaaaaa",
        "aaaaaaaa…",
        "aaaaa… #2",
        "b",
    )


def test_what_cannot_be_seen_is_escaped():
    assert readable_names(EVIL)[2:6] == ("_hidden", "''", "' '", "\\x00\\x1b")
    assert readable_names(EVIL)[8:] == ("猫😀\\u202e", "\\ud800")


# ---- confusion ----


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


# ---- per class ----


@settings(max_examples=30)
@given(st.data(), labels)
def test_precision_recall_and_f1_are_scikit_learns(data, true):
    predicted = data.draw(st.lists(st.sampled_from("abc"), min_size=len(true), max_size=len(true)))
    found = per_class(labelled(true, predicted, list("abc")))
    names = [each.label for each in found.classes]
    expected = precision_recall_fscore_support(true, predicted, labels=names, zero_division=np.nan)
    for values, key in zip(expected, ("precision", "recall", "f1", "support"), strict=True):
        np.testing.assert_allclose([getattr(each, key) for each in found.classes], values)
    assert found.accuracy == pytest.approx(accuracy_score(true, predicted))


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [
        # R. G. Newcombe: Two-sided confidence intervals for the single proportion: comparison of
        # seven methods. Statistics in Medicine 17, 1998, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_intervals_of_shares_are_wilsons(count, n, low, high):
    found = wilson_ends([count / n], [n], 0.95)
    assert [each.item() for each in found] == pytest.approx([low, high], abs=5e-5)
    true, predicted = ["a"] * n, ["a"] * count + ["b"] * (n - count)
    (a, _) = per_class(labelled(true, predicted, ["a", "b"])).classes
    assert a.recall_interval == pytest.approx((low, high), abs=5e-5)


def test_a_row_that_was_predicted_several_times_counts_once_in_an_interval():
    once = classified([0, 1], 50)
    thrice = Predictions(
        *(np.tile(each, 3) for each in (once.rows, once.fold, once.y_true, once.y_pred)),
        np.tile(once.y_score, (3, 1)),
        once.classes,
    )
    for a, b in zip(per_class(once).classes, per_class(thrice).classes, strict=True):
        assert b.recall_interval == pytest.approx(a.recall_interval)
        assert b.precision_interval == pytest.approx(a.precision_interval)
        assert b.support == 3 * a.support
        assert b.n_rows == a.n_rows == a.support
    assert per_class(thrice).accuracy_interval == pytest.approx(per_class(once).accuracy_interval)
    (one,), (three,) = calibration(once).curves, calibration(thrice).curves
    assert (three.high - three.low).min() > 0.9 * (one.high - one.low).min()


def test_classes_take_their_areas_from_the_curves():
    held = classified([0, 1, 2], folds=2)
    areas, precisions = roc(held), precision_recall(held)
    for each in per_class(held, roc=areas, precision_recall=precisions).classes:
        assert each.auc == areas.area(each.label)
        assert each.average_precision == precisions.average_precision(each.label)
    assert all(math.isnan(each.auc) for each in per_class(held).classes)


def test_the_worst_classes_come_first_and_those_without_a_score_last():
    found = per_class(labelled(list("aabbccx"), list("aababaa"), list("abcd")))
    order = [(each.label, each.f1) for each in found.worst_first()]
    assert order[:4] == [("c", 0.0), ("x", 0.0), ("b", 0.5), ("a", pytest.approx(4 / 7))]
    assert order[4][0] == "d"
    assert math.isnan(order[4][1])
    assert [each.label for each in found.classes if not each.known] == ["x"]
    absent = per_class(labelled(list("bcc"), list("bcb"), list("abc")))
    assert [each.label for each in absent.worst_first()] == ["b", "c", "a"]


# ---- calibration ----


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), n=st.integers(100, 300), folds=st.integers(1, 3))
def test_reliability_is_scikit_learns(seed, n, folds):
    held = classified([0, 1], n, seed=seed, folds=folds)
    (curve,) = calibration(held).curves
    observed, forecast = calibration_curve(
        held.y_true, held.y_score[:, 1], n_bins=10, strategy="quantile"
    )
    np.testing.assert_allclose(curve.observed, observed)
    np.testing.assert_allclose(curve.forecast, forecast)
    assert curve.counts.sum() == n
    low, high = proportion_confint(
        np.rint(curve.observed * curve.counts), curve.counts, method="wilson"
    )
    np.testing.assert_allclose([curve.low, curve.high], [low, high], atol=1e-12)


@pytest.mark.parametrize("classes", [[0, 1], ["a", "b"], [0, 1, 2], ["a", "b", "c", "d"]])
def test_brier_scores_are_scikit_learns(classes):
    held = classified(classes)
    found = calibration(held)
    scores = held.y_score
    if len(classes) == 2:
        expected = brier_score_loss(held.y_true, scores[:, 1], pos_label=classes[1])
        rates = np.full(len(scores), np.mean(held.y_true == classes[1]))
        of_base = brier_score_loss(held.y_true, rates, pos_label=classes[1])
    else:
        expected = brier_score_loss(held.y_true, scores, labels=classes)
        rates = np.tile([np.mean(held.y_true == each) for each in classes], (len(scores), 1))
        of_base = brier_score_loss(held.y_true, rates, labels=classes)
        for i, curve in enumerate(found.curves):
            own = brier_score_loss(held.y_true == classes[i], scores[:, i])
            assert curve.brier == pytest.approx(own)
    assert found.brier == pytest.approx(expected)
    assert found.brier_of_base == pytest.approx(of_base)


def test_what_the_model_does_not_know_has_probability_zero():
    # Worked by hand: (0.4, 0.4, 0.2, -1) squared for the strange row, all right for the other.
    scores = np.array([[0.4, 0.4, 0.2], [1.0, 0.0, 0.0]])
    held = labelled([9, 0], [0, 0], [0, 1, 2], scores=scores)
    assert calibration(held).brier == pytest.approx((0.16 + 0.16 + 0.04 + 1) / 2)
    assert calibration(held).brier_of_base == pytest.approx(0.5)
    assert calibration(held).notes == ("Rows of 9 had no class to be given.",)


def test_the_most_probable_class_is_right_when_it_is_the_true_one():
    held = classified(np.arange(4), 200)
    top = calibration(held).top
    right = held.y_score.argmax(axis=1) == held.y_true
    observed, forecast = calibration_curve(
        right, held.y_score.max(axis=1), n_bins=10, strategy="quantile"
    )
    np.testing.assert_allclose(top.observed, observed)
    np.testing.assert_allclose(top.forecast, forecast)
    assert top.counts @ top.observed == pytest.approx(right.sum())


@pytest.mark.parametrize(("n", "bins"), [(9, 1), (25, 2), (99, 9), (5000, 10)])
def test_a_bin_has_at_least_ten_rows(n, bins):
    (curve,) = calibration(classified([0, 1], n)).curves
    assert len(curve.counts) == bins


def test_of_many_classes_only_the_most_probable_is_judged():
    assert len(calibration(classified(np.arange(10), 200)).curves) == 10
    found = calibration(classified(np.arange(11), 200))
    assert found.curves == ()
    assert found.top is not None


# ---- thresholds ----


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


# ---- mistakes ----


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


# ---- residuals ----


def test_sizes_of_errors_are_scikit_learns():
    held = regressed()
    found = residuals(held)
    dummy = DummyRegressor().fit(held.y_true, held.y_true).predict(held.y_true)
    for errors, predicted in ((found.errors, held.y_pred), (found.of_mean, dummy)):
        assert errors.r2 == pytest.approx(r2_score(held.y_true, predicted), abs=1e-12)
        assert errors.mae == pytest.approx(mean_absolute_error(held.y_true, predicted))
        assert errors.rmse == pytest.approx(root_mean_squared_error(held.y_true, predicted))
    assert found.bias == pytest.approx(np.mean(held.y_pred - held.y_true))
    for number, errors in enumerate(found.fold_errors):
        own = held.fold == number
        assert errors.r2 == pytest.approx(r2_score(held.y_true[own], held.y_pred[own]))


def test_normal_quantiles_are_scipys():
    held = regressed(150)
    found = residuals(held).quantiles
    error = held.y_pred - held.y_true
    expected, observed = probplot((error - error.mean()) / error.std(ddof=1), fit=False)
    np.testing.assert_allclose(found.expected, expected)
    np.testing.assert_allclose(found.observed, observed)


def test_points_of_a_normal_sample_lie_in_the_band_as_often_as_it_says():
    held = regressed(25)
    band = residuals(held, level=0.9).quantiles
    drawn = np.sort(np.random.default_rng(0).normal(size=(20_000, 25)), axis=1)
    inside = ((drawn >= band.low) & (drawn <= band.high)).mean(axis=0)
    np.testing.assert_allclose(inside, 0.9, atol=0.01)


def test_error_by_quantile_is_that_of_pandas():
    held = regressed(500)
    error = pd.Series(held.y_pred - held.y_true)
    deciles = error.groupby(pd.qcut(held.y_true, 10), observed=True)
    found = residuals(held).bins
    assert [each.n_rows for each in found] == deciles.size().tolist()
    np.testing.assert_allclose([each.bias for each in found], deciles.mean())
    expected = deciles.agg(lambda own: own.abs().mean())
    np.testing.assert_allclose([each.mae for each in found], expected)
    assert all(a.high < b.low for a, b in pairwise(found))


def test_of_many_rows_a_part_is_drawn_with_the_largest_errors():
    held = regressed(5000)
    found = residuals(held)
    assert "Drawn are 400 of 5,000 predictions" in predicted_against_true(found, "x").caption
    assert "Drawn are" not in error_by_quantile(found, "x").caption, "its bars are of all"
    assert len(found.true) <= 400
    assert found.n_rows == 5000
    largest = np.sort(np.abs(held.y_pred - held.y_true))[-10:]
    assert np.isin(largest, np.abs(found.predicted - found.true)).all()
    assert len(found.quantiles.expected) <= 200
    for end in (0, -1):
        assert found.quantiles.observed[end] == pytest.approx(
            np.sort(held.y_pred - held.y_true - found.bias)[end]
            / np.std(held.y_pred - held.y_true, ddof=1)
        )


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1e308])
def test_rows_without_a_finite_prediction_are_left_out_and_counted(wrong):
    held = regressed()
    broken = replace(held, y_pred=np.where(np.arange(300) < 3, wrong, held.y_pred))
    found = residuals(broken)
    assert found.notes == ("3 rows without a finite prediction (1e100 at most) were left out.",)
    assert found.errors == residuals(part(held, np.arange(300) >= 3)).errors


def test_what_a_regression_cannot_have_is_undefined():
    held = regressed()
    two = np.column_stack([held.y_true, held.y_true])
    assert residuals(replace(held, y_true=two, y_pred=two)).reason.startswith("each row has 2")
    column = replace(held, y_pred=held.y_pred[:, None])
    assert residuals(column).errors == residuals(held).errors
    constant = residuals(replace(held, y_true=np.full(300, 3.0)))
    assert math.isnan(constant.errors.r2)
    assert len(constant.bins) == 1
    assert residuals(replace(held, y_pred=held.y_true)).quantiles is None
    broken = residuals(replace(held, y_pred=np.full(300, np.nan)))
    assert broken == Undefined("no row has a finite prediction (1e100 at most)")
