"""The Keras classifier: the scikit-learn API and the results of Keras."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tunekit as tk


def quick(**params):
    return tk.KerasClassifier(**{"epochs": 4, "random_state": 0, **params})


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X), y


@pytest.mark.slow
def test_it_learns(iris):
    X, y = iris
    model = quick(epochs=40, learning_rate=0.02).fit(X, y)
    assert model.score(X, y) > 0.95
    assert model.n_iter_ == 40
    assert model.history_["loss"].iloc[-1] < model.history_["loss"].iloc[0] / 3


def test_two_classes_take_one_sigmoid_unit_and_any_labels():
    X, y = load_breast_cancer(return_X_y=True)
    X, labels = StandardScaler().fit_transform(X), np.array(["bad", "good"])[y]
    model = quick(epochs=8).fit(X, labels)
    assert model.model_.output_shape == (None, 1)
    assert list(model.classes_) == ["bad", "good"]
    assert model.score(X, labels) > 0.93
    np.testing.assert_array_equal(model.predict(X) == "good", model.predict_proba(X)[:, 1] > 0.5)


@pytest.mark.interpreter
@pytest.mark.slow
def test_the_same_seed_leads_to_the_same_predictions_in_any_process(iris):
    X, y = iris
    params = {"layers": 2, "dropout": 0.3, "epochs": 2}
    one, two = (quick(**params).fit(X, y).predict_proba(X) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, quick(**params, random_state=1).fit(X, y).predict_proba(X))
    code = (
        "import tunekit as tk\n"
        "from sklearn.datasets import load_iris\n"
        "from sklearn.preprocessing import StandardScaler\n"
        "X, y = load_iris(return_X_y=True)\n"
        "X = StandardScaler().fit_transform(X)\n"
        f"model = tk.KerasClassifier(random_state=0, **{params}).fit(X, y)\n"
        "print((model.predict_proba(X)[:3].tolist()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    np.testing.assert_allclose(json.loads(done.stdout), one[:3], rtol=1e-5)
    assert done.stderr == ""


def test_the_global_random_state_is_not_changed(iris):
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - it must not change
    quick(random_state=None, dropout=0.2).fit(*iris)
    after = np.random.get_state()[1]  # noqa: NPY002
    np.testing.assert_array_equal(before, after)


def test_a_clone_trains_as_many_epochs(iris):
    model = clone(quick(epochs=7, layers=2, units=(8, 4)))
    assert model.fit(*iris).n_iter_ == 7
    assert [layer.units for layer in model.model_.layers if hasattr(layer, "units")] == [8, 4, 3]


@pytest.mark.slow
def test_grid_search_in_two_processes(iris):
    grid = {"layers": [1, 2], "optimizer": ["adam", "sgd"]}
    search = GridSearchCV(quick(learning_rate=0.05), grid, cv=2, n_jobs=2).fit(*iris)
    assert search.best_score_ > 0.7
    assert not np.isnan(search.cv_results_["mean_test_score"]).any()


def test_a_pipeline_and_a_ranking_score():
    X, y = load_breast_cancer(return_X_y=True)
    scores = cross_val_score(
        make_pipeline(StandardScaler(), quick()), X, y, cv=2, scoring="roc_auc"
    )
    assert scores.min() > 0.9


def test_a_pickle_predicts_the_same(iris):
    X, y = iris
    model = quick().fit(X, y)
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict_proba(X), model.predict_proba(X))


def test_validation_data_adds_curves_and_does_not_affect_training(iris):
    X, y = iris
    watched = quick(dropout=0.2).fit(X, y, validation_data=(X[:30], y[:30]), held_out=(X, y))
    alone = quick(dropout=0.2).fit(X, y)
    measured = {
        f"{prefix}{name}" for prefix in ("", "val_", "held_out_") for name in ("accuracy", "loss")
    }
    assert set(watched.history_) == measured
    np.testing.assert_array_equal(watched.predict_proba(X), alone.predict_proba(X))


@pytest.mark.slow
def test_labels_that_do_not_occur_in_training(iris):
    X, y = iris
    some = X[:100], y[:100]
    model = quick().fit(*some, held_out=(X, y))
    assert np.isfinite(model.history_["held_out_loss"]).all()
    assert "held_out_loss" not in quick().fit(*some, held_out=(X[100:], y[100:])).history_
    for labels, new in ((y, r"\[2\]"), (np.array(["a", "b", "c"])[y], r"\['a', 'b', 'c'\]")):
        message = f"validation_data contains labels that do not occur in y: {new}"
        with pytest.raises(tk.DataError, match=message):
            quick().fit(*some, validation_data=(X, labels))


def test_column_names_are_kept(iris):
    X = pd.DataFrame(iris[0], columns=list("abcd"))
    model = quick().fit(X, iris[1])
    assert list(model.feature_names_in_) == list("abcd")
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(X[list("dcba")])


def test_sample_weights_affect_training(iris):
    X, y = iris
    weight = np.where(y == 2, 100.0, 1.0)
    model = quick(epochs=10).fit(X, y, sample_weight=weight)
    assert (model.predict(X) == 2).mean() > 0.5


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"epochs": -3}, "epochs must be a whole number, at least 1, got -3"),
        ({"epochs": 2.5}, "epochs must be a whole number, at least 1, got 2.5"),
        ({"batch_size": 0}, "batch_size must be a whole number, at least 1, got 0"),
        ({"layers": True}, "layers must be a whole number, at least 0, got True"),
        ({"units": 0}, "units must be a whole number, at least 1, got 0"),
        ({"layers": 2, "units": (8,)}, r"one per layer: got 1 values, \(8,\), for layers=2"),
        ({"dropout": 1.0}, "dropout must be a finite number, at least 0 and below 1, got 1.0"),
        ({"learning_rate": 0.0}, "learning_rate must be a finite number, above 0, got 0.0"),
        ({"learning_rate": np.nan}, "learning_rate must be a finite number, above 0, got nan"),
        ({"momentum": -0.1}, "momentum must be a finite number, at least 0 and below 1"),
        ({"optimizer": "sdg"}, "optimizer 'sdg' is not known. Did you mean 'sgd'"),
        ({"activation": "rleu"}, "activation 'rleu' is not known. Did you mean 'relu'"),
    ],
)
def test_invalid_parameters_are_rejected(iris, params, message):
    with pytest.raises(tk.ParameterError, match=message):
        quick(**params).fit(*iris)


def test_a_single_class_is_rejected(iris):
    with pytest.raises(tk.DataError, match="only one class, 3; a classifier needs at least two"):
        quick().fit(iris[0], np.full(150, 3))


def test_a_diverged_training_is_reported():
    X = np.full((20, 2), 1e30, dtype="float32") * np.arange(20)[:, None]
    with pytest.raises(
        tk.TrainingDiverged, match=r"the loss is \w+ at epoch .* lower learning_rate"
    ):
        quick(learning_rate=100.0, optimizer="sgd").fit(X, np.arange(20) % 2)


@pytest.mark.parametrize("weights", [{0: -1.0, 1: 1.0, 2: 1.0}, {0: np.nan, 1: 1.0, 2: 1.0}])
def test_invalid_class_weights_are_rejected(iris, weights):
    with pytest.raises(tk.DataError, match="class_weight must contain weights of 0 or more, got"):
        quick(class_weight=weights).fit(*iris)


def test_validation_targets_of_another_shape_are_rejected(iris):
    X, y = iris
    regressor = tk.KerasRegressor(epochs=1)
    with pytest.raises(tk.DataError, match=r"y must have shape \(n_samples,\), got \(150, 2\)"):
        regressor.fit(X, X[:, 0], validation_data=(X, X[:, :2]))
    with pytest.raises(tk.DataError, match=r"y must have shape \(n_samples, 2\), got \(150,\)"):
        regressor.fit(X, X[:, :2], validation_data=(X, X[:, 0]))
    with pytest.raises(tk.DataError, match=r"y must have shape \(n_samples,\), got"):
        quick().fit(X, y, validation_data=(X, np.column_stack([y > 0, y > 1])))
    labels = np.column_stack([y > 0, y > 1]).astype(int)
    with pytest.raises(tk.DataError, match="y must have 2 columns, got shape"):
        quick().fit(X, labels, validation_data=(X, y))


def test_rows_of_another_shape_are_rejected():
    images = np.random.RandomState(0).rand(20, 4, 6)
    model = quick(epochs=1, warm_start=True).fit(images, np.arange(20) % 2)
    other = images[:, :, :5]
    message = r"X must have rows of shape \(4, 6\), got \(4, 5\)"
    with pytest.raises(tk.DataError, match=message):
        model.predict(other)
    with pytest.raises(tk.DataError, match=message):
        model.fit(images, np.arange(20) % 2, validation_data=(other, np.arange(20) % 2))
    with pytest.raises(tk.ParameterError, match="built with row shape=.4, 6. and cannot"):
        model.fit(other, np.arange(20) % 2)


def test_an_estimator_cannot_predict_after_a_failed_fit(iris):
    X, y = iris
    model = quick(early_stopping=True)
    with pytest.raises(tk.DataError, match="early_stopping needs more rows than classes"):
        model.fit(X[::50], y[::50])
    with pytest.raises(NotFittedError):
        model.predict(X)
    assert pickle.loads(pickle.dumps(model)).get_params() == model.get_params()


def test_further_training_with_another_dtype_is_rejected(iris):
    model = quick(warm_start=True, epochs=1).fit(*iris)
    with pytest.raises(tk.ParameterError, match="built with dtype='float32' and cannot continue"):
        model.set_params(dtype="float64").fit(*iris)
