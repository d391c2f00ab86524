"""Scores, predictions and learning curves on splits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import get_scorer
from sklearn.model_selection import (
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tunekit as tk
from tunekit.evaluation.evaluate import evaluate
from tunekit.evaluation.objectives import Objective, make_objectives
from tunekit.evaluation.predict import predict
from tunekit.evaluation.splits import make_splits

X, y = load_iris(return_X_y=True)
ACCURACY = (Objective("accuracy", "maximize", get_scorer("accuracy")),)


def splits(cv, y=y, estimator=None, **other):
    estimator = estimator or LogisticRegression()
    return make_splits(cv, np.zeros((len(y), 1)), y, estimator=estimator, random_state=0, **other)


def test_scores_and_predictions_equal_scikit_learns():
    model = LogisticRegression(max_iter=500)
    evaluation = evaluate(model, {"C": 0.1}, X, y, splits=splits(3), objectives=ACCURACY)
    reference = LogisticRegression(max_iter=500, C=0.1)
    np.testing.assert_allclose(evaluation.scores, cross_val_score(reference, X, y, cv=splits(3)))
    expected = cross_val_predict(reference, X, y, cv=splits(3), method="predict_proba")
    np.testing.assert_allclose(
        evaluation.predictions.y_score, expected[evaluation.predictions.rows]
    )
    np.testing.assert_array_equal(evaluation.predictions.y_true, y[evaluation.predictions.rows])
    assert sorted(evaluation.predictions.rows) == list(range(150))
    assert model.C == 1.0


def test_keras_records_curves_for_the_validation_rows():
    model = tk.KerasClassifier(epochs=3, random_state=0)
    evaluation = evaluate(model, {}, X, y, splits=splits(2), objectives=ACCURACY)
    assert [set(curve) for curve in evaluation.curves] == [
        {"loss", "accuracy", "val_loss", "val_accuracy"}
    ] * 2
    last = [curve["val_accuracy"][-1] for curve in evaluation.curves]
    np.testing.assert_allclose(last, evaluation.scores, atol=1e-6)


def test_a_class_absent_from_a_fold_has_probability_zero():
    cut = [(np.arange(100), np.arange(100, 150))]  # training rows without class 2
    evaluation = evaluate(DummyClassifier(), {}, X, y, splits=cut, objectives=ACCURACY)
    assert evaluation.predictions.y_score.shape == (50, 3)
    assert not evaluation.predictions.y_score[:, 2].any()


def test_a_regressor_has_values_and_no_classes():
    X, y = load_diabetes(return_X_y=True)
    cut = make_splits(2, X, y, estimator=Ridge(), random_state=None)
    evaluation = evaluate(Ridge(), {}, X, y, splits=cut, objectives=make_objectives(Ridge(), "r2"))
    assert evaluation.predictions.classes is None
    assert evaluation.predictions.y_score is None
    model = Ridge().fit(X, y)
    np.testing.assert_array_equal(predict(model, X, y).y_pred, model.predict(X))


def test_data_frames_are_split_by_row():
    frame, labels = pd.DataFrame(X, index=np.arange(150)[::-1]), pd.Series(y, index=range(150, 300))
    model = LogisticRegression(max_iter=500)
    evaluation = evaluate(model, {}, frame, labels, splits=splits(3), objectives=ACCURACY)
    np.testing.assert_allclose(evaluation.scores, cross_val_score(model, X, y, cv=splits(3)))


def test_an_exception_becomes_a_result_with_a_reason():
    evaluation = evaluate(
        LogisticRegression(), {"C": -1}, X, y, splits=splits(2), objectives=ACCURACY
    )
    assert np.isnan(evaluation.score)
    assert evaluation.error.startswith("InvalidParameterError: The 'C' parameter")
    assert evaluation.error.endswith("(split 0)")
    assert "\n" not in evaluation.error


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_non_finite_score_is_a_failure(value):
    broken = (Objective("broken", "maximize", lambda *_: value),)
    evaluation = evaluate(DummyClassifier(), {}, X, y, splits=splits(2), objectives=broken)
    assert evaluation.error == f"the score of split 0 is {value}"


class Steps:
    """Records the reports, and stops at one step."""

    def __init__(self, stop=99):
        self.stop = stop
        self.reports = []

    def __call__(self, step, scores):
        self.reports.append((step, scores[-1]))
        return step >= self.stop


@pytest.mark.parametrize("piped", [False, True])
def test_with_one_split_the_score_of_each_epoch_is_reported(piped):
    model = tk.KerasClassifier(epochs=4, learning_rate=0.01, random_state=0)
    model = make_pipeline(StandardScaler(), model) if piped else model
    loss = make_objectives(model, "neg_log_loss")
    steps = Steps()
    evaluation = evaluate(model, {}, X, y, splits=splits(0.3), objectives=loss, report=steps)
    assert [step for step, _ in steps.reports] == [0, 1, 2, 3]
    assert steps.reports[-1][1] == evaluation.score
    assert evaluation.reports == tuple(score for _, score in steps.reports)
    # Callbacks do not change the scores.
    assert evaluate(model, {}, X, y, splits=splits(0.3), objectives=loss).score == evaluation.score


def test_a_pruned_fit_keeps_its_curve_and_the_number_of_saved_epochs():
    model = tk.KerasClassifier(epochs=6, random_state=0)
    evaluation = evaluate(
        model, {}, X, y, splits=splits(0.3), objectives=ACCURACY, report=Steps(stop=1)
    )
    assert evaluation.state == "pruned"
    assert np.isnan(evaluation.score)
    assert evaluation.epochs_saved == 4
    assert len(evaluation.curves[0]["loss"]) == len(evaluation.reports) == 2


def test_with_several_splits_each_split_is_reported_as_one_step():
    steps = Steps(stop=1)
    model = tk.KerasClassifier(epochs=3, random_state=0)
    evaluation = evaluate(model, {}, X, y, splits=splits(5), objectives=ACCURACY, report=steps)
    assert [step for step, _ in steps.reports] == [0, 1]
    np.testing.assert_allclose(
        evaluation.reports, [evaluation.scores[0], np.mean(evaluation.scores)]
    )
    assert (evaluation.state, evaluation.fits_saved, evaluation.epochs_saved) == ("pruned", 3, 9)


def test_a_trial_is_not_pruned_after_its_last_step():
    model = tk.KerasClassifier(epochs=2, random_state=0)
    one = evaluate(model, {}, X, y, splits=splits(0.3), objectives=ACCURACY, report=Steps(stop=1))
    three = evaluate(
        DummyClassifier(), {}, X, y, splits=splits(3), objectives=ACCURACY, report=Steps(stop=2)
    )
    assert (one.state, three.state) == ("complete", "complete")


def test_running_out_of_memory_is_a_separate_reason():
    class Huge(LogisticRegression):
        def fit(self, X, y):
            raise MemoryError("cannot allocate 7 TiB")

    evaluation = evaluate(Huge(), {}, X, y, splits=splits(2), objectives=ACCURACY)
    assert evaluation.error == "out of memory: cannot allocate 7 TiB (split 0)"


def test_an_error_without_a_message_is_reported_by_its_class():
    class Wordless(LogisticRegression):
        def fit(self, X, y):
            raise AssertionError

    evaluation = evaluate(Wordless(), {}, X, y, splits=splits(2), objectives=ACCURACY)
    assert evaluation.error == "AssertionError (split 0)"
