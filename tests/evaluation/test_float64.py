"""Scores are computed in float64, so that those of all models are comparable."""

from __future__ import annotations

import pickle

import keras
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone, is_classifier
from sklearn.metrics import log_loss, max_error, mean_squared_error, r2_score
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tunekit as tk
from tunekit.evaluation.evaluate import evaluate
from tunekit.evaluation.float64 import in_float64, to_float64
from tunekit.evaluation.objectives import make_objectives
from tunekit.evaluation.predict import predict
from tunekit.evaluation.rescoring import rescored

rng = np.random.RandomState(0)
X = rng.uniform(-1, 1, (120, 2))
y = (X[:, 0] + rng.normal(0, 0.05, 120) > 0).astype(int)
LARGE = np.round(10_000 + X[:, 0] * 3).astype(int)
SHORT = np.float32(10_000 + 3 * X[:, 0] + 1)


class Sure(ClassifierMixin, BaseEstimator):
    """Predicts given probabilities in a given precision."""

    def __init__(self, dtype="float64", slope=300):
        self.dtype = dtype
        self.slope = slope

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        z = self.slope * np.asarray(X)[:, 0]
        return np.column_stack([expit(-z), expit(z)]).astype(self.dtype)

    def predict(self, X):
        return self.classes_[(np.asarray(X)[:, 0] > 0).astype(int)]


class Near(RegressorMixin, BaseEstimator):
    """Predicts large numbers with small errors."""

    def __init__(self, dtype="float64"):
        self.dtype = dtype

    def fit(self, X, y):
        self.mean_ = np.mean(y)
        return self

    def predict(self, X):
        return np.float32(10_000 + 3 * np.asarray(X)[:, 0]).astype(self.dtype)


def scored(estimator, target, scoring, **settings):
    [objective] = make_objectives(estimator, scoring)
    evaluation = evaluate(
        estimator, {}, X, target, splits=[(np.arange(60), np.arange(60, 120))],
        objectives=[objective], **settings,
    )  # fmt: skip
    return evaluation.scores[0], evaluation.predictions


def own_loss(estimator, X, y):
    """A custom scorer."""
    return -log_loss(y, estimator.predict_proba(X))


@pytest.mark.parametrize("scoring", ["neg_log_loss", "d2_log_loss_score", own_loss])
@pytest.mark.parametrize("piped", [False, True])
def test_the_same_probabilities_score_the_same_in_float32(scoring, piped):
    def make(dtype):
        return make_pipeline(StandardScaler(), Sure(dtype)) if piped else Sure(dtype)

    (short, predictions), (exact, _) = (
        scored(make(each), y, scoring) for each in ("float32", "float64")
    )
    assert short == pytest.approx(exact, rel=1e-5)
    assert predictions.y_score.dtype == np.float64
    np.testing.assert_allclose(predictions.y_score.sum(axis=1), 1, rtol=1e-12)
    if scoring == "neg_log_loss":  # the report and the statistics recompute it
        assert rescored(scoring, predictions)(np.arange(60)) == pytest.approx(short, rel=1e-12)


@pytest.mark.parametrize("scoring", [None, "r2", "neg_mean_squared_error", "neg_max_error"])
@pytest.mark.parametrize("integers", [False, True], ids=["float32", "int"])
@pytest.mark.parametrize("piped", [False, True], ids=["bare", "piped"])
def test_float32_predictions_are_scored_in_float64(scoring, integers, piped):
    target = LARGE if integers else SHORT
    model = make_pipeline(StandardScaler(), Near("float32")) if piped else Near("float32")
    score, predictions = scored(model, target, scoring)
    true, predicted = target[60:].astype(float), model.fit(X[:60], LARGE[:60]).predict(X[60:])
    measure = {
        "neg_mean_squared_error": lambda a, b: -mean_squared_error(a, b),
        "neg_max_error": lambda a, b: -max_error(a, b),
    }.get(scoring, r2_score)
    assert score == pytest.approx(measure(true, predicted.astype(float)), rel=1e-12)
    assert predictions.y_pred.dtype == predictions.y_true.dtype or integers
    assert predictions.y_pred.dtype == np.float64


@pytest.mark.slow
def test_searches_comparisons_and_finalists_give_the_same_scores(engine):
    space = tk.Space(dtype=tk.Categorical(["float32", "float64"]), slope=tk.Float(299.9, 300.0))
    tuner = tk.Tuner(
        Sure(), space, engine=engine, n_trials=6, cv=3, scoring="neg_log_loss", random_state=0
    ).fit(X, y)  # fmt: skip
    by_dtype = tuner.trials_.groupby("dtype")["score"].mean()
    assert len(by_dtype) == 2
    assert by_dtype["float32"] == pytest.approx(by_dtype["float64"], rel=1e-2)
    short = Sure("float32").fit(X, y)
    assert tuner.set_params(refit=True).predict_proba(X).dtype == np.float64
    tuner.best_estimator_ = short
    exact = -log_loss(y, Sure().fit(X, y).predict_proba(X))
    assert tuner.score(X, y) == pytest.approx(exact, rel=1e-5)
    assert tuner.evaluate(X, y) == pytest.approx(exact, rel=1e-5)
    finalists = tuner.finalists(X, y, k=2, seeds=2)
    scores = finalists.ranking()["score"]
    assert scores.max() - scores.min() < 0.01


@pytest.mark.slow
def test_a_comparison_finds_no_difference_between_precisions():
    models = {"short": Sure("float32"), "exact": Sure(), "half": Sure("float16")}
    comparison = tk.compare(models, X, y, cv=3, scoring="neg_log_loss", test_size=0.3)
    for ground in ("folds", "test"):
        score = comparison.ranking(on=ground)["score"]
        assert score["short"] == pytest.approx(score["exact"], rel=1e-5)


def ends(meta, *, activation):
    steep = keras.initializers.Constant(25)
    last = keras.layers.Dense(meta.n_outputs, activation, kernel_initializer=steep)
    return keras.Sequential([keras.Input(meta.input_shape), last])


@pytest.mark.slow
def test_probabilities_of_a_network_are_those_of_its_logits_in_float64():
    still = {"epochs": 1, "optimizer": "sgd", "learning_rate": 1e-12}
    z = 25 * np.float32(X).astype(float).sum(axis=1)
    for activation, dtype in ((None, "float32"), ("sigmoid", "float32"), (None, "float64")):
        model = tk.KerasClassifier(ends, activation=activation, dtype=dtype, **still).fit(X, y)
        proba = model.predict_proba(X)
        assert proba.dtype == model.decision_function(X).dtype == np.float64
        np.testing.assert_allclose(proba, np.column_stack([expit(-z), expit(z)]), rtol=1e-4)
        expected = log_loss(y, np.column_stack([expit(-z), expit(z)]))
        assert log_loss(y, proba) == pytest.approx(expected, rel=1e-5)
        assert cross_val_score(model, X, y, scoring="neg_log_loss", cv=2).mean() < -0.1
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), proba)


def test_a_view_equals_the_estimator_except_for_its_precision():
    model = make_pipeline(StandardScaler(), Sure("float32")).fit(X, y)
    view = in_float64(model)
    assert isinstance(view, type(model))
    assert is_classifier(view)
    assert view.named_steps["standardscaler"] is model[0]
    assert view[-1].predict_proba(X).dtype == np.float64
    assert model.predict_proba(X).dtype == np.float32
    assert not hasattr(view, "decision_function")
    assert repr(view) == repr(model)
    for copied in (pickle.loads(pickle.dumps(view)), clone(view).fit(X, y)):
        assert type(copied) is type(model)
        assert copied.predict_proba(X).dtype == np.float32


def test_only_float16_and_float32_are_converted():
    frame = pd.DataFrame({"a": np.float32([0.1]), "b": [1]})
    assert list(to_float64(frame).dtypes) == ["float64", "int64"]
    assert to_float64(frame["a"]).dtype == "float64"
    assert [each.dtype for each in to_float64([np.float16([1]), np.array([1])])] == ["f8", "i8"]
    labels = np.array(["a"])
    assert to_float64(labels) is labels
    assert predict(Near("float32").fit(X, LARGE), X, LARGE).y_pred.dtype == np.float64


class Slotted:
    """Has no view, since it has no ``__dict__``."""

    __slots__ = ()

    def predict(self, X):
        return X


def test_an_estimator_without_a_view_is_unchanged():
    bare = Slotted()
    assert in_float64(bare) is bare
