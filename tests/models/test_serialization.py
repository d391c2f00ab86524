"""Saving an estimator as a .keras file and plain JSON, without code."""

from __future__ import annotations

import json
import pickle

import cloudpickle
import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.preprocessing import scale

import tunekit as tk
from tunekit.core.keras_objects import code_of

X, y = load_iris(return_X_y=True)
X = scale(X)


def quick(**params):
    return tk.KerasClassifier(**{"epochs": 5, "learning_rate": 0.02, "random_state": 0, **params})


@pytest.mark.slow
@pytest.mark.parametrize(
    "labels",
    [y, y == 1, np.array(["a", "b", "ü"])[y], y * 2.0, np.array(["a", "b", "c"], dtype=object)[y]],
    ids=["whole", "boolean", "text", "float", "object"],
)
def test_a_loaded_classifier_predicts_the_same(tmp_path, labels):
    table = pd.DataFrame(X, columns=list("abcd"))
    model = quick(dropout=(0.1,), class_weight="balanced", metrics=["accuracy"]).fit(table, labels)
    path = model.save(tmp_path / "iris")
    assert path == tmp_path / "iris.keras"
    again = tk.KerasClassifier.load(path)
    np.testing.assert_array_equal(again.predict(table), model.predict(table))
    np.testing.assert_allclose(again.predict_proba(table), model.predict_proba(table), rtol=1e-6)
    assert again.classes_.dtype == model.classes_.dtype
    assert again.get_params() == {**model.get_params(), "callbacks": None}
    assert list(again.feature_names_in_) == list("abcd")
    assert (again.n_features_in_, again.n_iter_, again.n_params_) == (4, 5, model.n_params_)
    pd.testing.assert_frame_equal(again.history_, model.history_)


def test_the_description_is_plain_json(tmp_path):
    path = quick(early_stopping=True).fit(X, y).save(tmp_path / "model.keras")
    described = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert described["estimator"] == "KerasClassifier"
    assert described["params"]["early_stopping"] is True
    assert sorted(each.name for each in tmp_path.iterdir()) == ["model.json", "model.keras"]
    assert tk.KerasClassifier.load(tmp_path / "model.json").early_stopping


@pytest.mark.slow
def test_a_loaded_estimator_can_be_trained_pickled_and_fitted_again(tmp_path):
    rule = keras.optimizers.Adam(0.03, beta_1=0.8)
    model = quick(warm_start=True, optimizer=rule, learning_rate=1e-3).fit(X, y)
    again = tk.KerasClassifier.load(model.save(tmp_path / "model"))
    assert again.optimizer.beta_1 == 0.8
    copy = pickle.loads(pickle.dumps(again))
    np.testing.assert_allclose(copy.predict_proba(X), model.predict_proba(X), rtol=1e-6)
    again.fit(X, y)
    assert again.n_iter_ == 10
    assert again.loss_curve_[-1] < model.loss_curve_[-1]
    assert again.set_params(warm_start=False, layers=2).fit(X, y).n_iter_ == 5


@pytest.mark.slow
def test_regression_and_multilabel_targets(tmp_path):
    regressor = tk.KerasRegressor(epochs=3, random_state=0).fit(X, np.column_stack([y, -y]))
    again = tk.KerasRegressor.load(regressor.save(tmp_path / "two"))
    np.testing.assert_allclose(again.predict(X), regressor.predict(X), rtol=1e-6)
    Z, Y = make_multilabel_classification(60, 5, n_classes=3, random_state=0)
    labels = quick().fit(Z, Y)
    again = tk.KerasClassifier.load(labels.save(tmp_path / "labels"))
    np.testing.assert_array_equal(again.predict(Z), labels.predict(Z))


def small(meta, *, width):
    return keras.Sequential(
        [keras.Input(meta.input_shape), keras.layers.Dense(width, "relu"), keras.layers.Dense(3)]
    )


@pytest.mark.slow
def test_a_custom_architecture_predicts_without_its_function_and_fits_with_it(tmp_path):
    model = quick(architecture=small, width=7).fit(X, y)
    path = model.save(tmp_path / "own")
    alone = tk.KerasClassifier.load(path)
    np.testing.assert_allclose(alone.predict_proba(X), model.predict_proba(X), rtol=1e-6)
    with pytest.raises(tk.ParameterError, match="architecture 'small' is not known"):
        alone.fit(X, y)
    again = tk.KerasClassifier.load(path, architecture=small)
    assert again.get_params()["width"] == 7
    assert again.fit(X, y).n_iter_ == 5


def test_invalid_files_are_rejected(tmp_path):
    model = quick().fit(X, y)
    with pytest.raises(tk.NotFoundError, match="the folder .* does not exist"):
        model.save(tmp_path / "no" / "folder")
    with pytest.raises(tk.NotFoundError, match="nothing.keras does not exist"):
        tk.KerasClassifier.load(tmp_path / "nothing")
    model.save(tmp_path / "model")
    with pytest.raises(
        tk.ParameterError, match="contains a KerasClassifier in format 1, not a KerasR"
    ):
        tk.KerasRegressor.load(tmp_path / "model")


@pytest.mark.slow
def test_a_loaded_estimator_is_trained_with_its_current_hyperparameters(tmp_path):
    model = quick(learning_rate=0.01).fit(X, y)
    again = tk.KerasClassifier.load(model.save(tmp_path / "model"))
    again.set_params(learning_rate=1e-9).partial_fit(X, y)
    assert float(again.model_.optimizer.learning_rate) == pytest.approx(1e-9)
    np.testing.assert_allclose(again.predict_proba(X), model.predict_proba(X), rtol=1e-4)
    with pytest.raises(tk.ParameterError, match="the network was built with units="):
        again.set_params(units=31).partial_fit(X, y)


def shifted(target, given):
    return keras.ops.mean(keras.ops.square(target - given), axis=-1)


@pytest.mark.slow
def test_a_custom_loss_is_restored_by_its_name(tmp_path):
    path = quick(loss=shifted).fit(X, y).save(tmp_path / "own")
    with pytest.raises(tk.ParameterError, match=r"custom_objects=\{'name': ...\}.*shifted"):
        tk.KerasClassifier.load(path)
    again = tk.KerasClassifier.load(path, custom_objects={"shifted": shifted})
    assert again.loss is shifted
    assert len(again.fit(X, y).history_) == 5


@pytest.mark.slow
def test_class_weights_of_multilabel_targets_are_restored(tmp_path):
    X, labels = make_multilabel_classification(60, random_state=0)
    columns = [{0: 1.0, 1: 2.0}] * labels.shape[1]
    model = quick(class_weight=columns).fit(X, labels)
    again = tk.KerasClassifier.load(model.save(tmp_path / "several"))
    assert again.class_weight == columns
    again.fit(X, labels)


@pytest.mark.slow
def test_a_network_of_a_custom_class(tmp_path):
    class Own(keras.Model):
        def __init__(self, n_outputs, **settings):
            super().__init__(**settings)
            self.n_outputs = n_outputs
            self.last = keras.layers.Dense(n_outputs)

        def call(self, inputs):
            return self.last(keras.ops.tanh(inputs))

        def get_config(self):
            return {"n_outputs": self.n_outputs}

    def own(meta):
        return Own(meta.n_outputs)

    for labels in (y, y > 0):
        model = quick(architecture=own, epochs=20, metrics=["accuracy", "mse"]).fit(X, labels)
        assert model.score(X, labels) > 0.6
        again = tk.KerasClassifier.load(model.save(tmp_path / "own"), custom_objects={"Own": Own})
        for each in (again, cloudpickle.loads(cloudpickle.dumps(again))):
            np.testing.assert_allclose(each.predict_proba(X), model.predict_proba(X), rtol=1e-5)


def bent(x):
    return keras.ops.tanh(x + 1)


class Small(keras.regularizers.Regularizer):
    def __init__(self, by=0.1):
        self.by = by

    def __call__(self, x):
        return self.by * keras.ops.sum(keras.ops.abs(x))

    def get_config(self):
        return {"by": self.by}


class Cell(keras.layers.Layer):
    def __init__(self, units=2, **settings):
        super().__init__(**settings)
        self.units = self.state_size = self.output_size = units
        self.dense = keras.layers.Dense(units)

    def build(self, shape):
        self.dense.build((None, shape[-1] + self.units))

    def call(self, x, states):
        out = self.dense(keras.ops.concatenate([x, states[0]], axis=-1))
        return out, [out]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Twice(keras.layers.Layer):
    def call(self, x):
        return 2 * x


OWN = {
    "activation": (lambda: keras.layers.Dense(2, activation=bent), [bent]),
    "penalty": (lambda: keras.layers.Dense(2, kernel_regularizer=Small(0.2)), [Small]),
    "cell": (lambda: keras.layers.RNN(Cell(3)), [Cell]),
    "layer": (lambda: keras.layers.TimeDistributed(Twice()), [Twice]),
    "uncast": (lambda: keras.layers.Dense(2, activation=bent, autocast=False), [bent]),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", OWN)
def test_keras_layers_with_custom_objects_are_restored(kind, tmp_path):
    make, own = OWN[kind]

    def net(meta):
        steps = keras.layers.Reshape((2, 2))
        rest = [keras.layers.Flatten(), keras.layers.Dense(3)]
        return keras.Sequential([keras.Input(meta.input_shape), steps, make(), *rest])

    model = quick(architecture=net, epochs=1).fit(X, y)
    path = model.save(tmp_path / "own")
    again = tk.KerasClassifier.load(path, custom_objects={each.__name__: each for each in own})
    for each in (again, pickle.loads(pickle.dumps(again))):
        np.testing.assert_allclose(each.predict_proba(X), model.predict_proba(X), rtol=1e-5)
        assert each.model_.layers[1].autocast is model.model_.layers[1].autocast


def ruled(meta, *, penalty, start, steps, measure):
    last = keras.layers.Dense(3, kernel_regularizer=penalty[0], kernel_initializer=start)
    model = keras.Sequential([keras.Input(meta.input_shape), last])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(steps), loss, weighted_metrics=[measure])
    return model


def test_objects_as_hyperparameters_of_an_architecture_are_restored(tmp_path):
    model = quick(
        architecture=ruled,
        learning_rate=1e-3,
        penalty=[keras.regularizers.L2(0.3), Small(0.2)],
        start=keras.initializers.Orthogonal(2.0, seed=1),
        steps=keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.9),
        measure=keras.metrics.SparseCategoricalCrossentropy(from_logits=True, axis=1, name="near"),
    ).fit(X, y)
    path = model.save(tmp_path / "ruled")
    again = tk.KerasClassifier.load(path, architecture=ruled, custom_objects={"Small": Small})
    for name in ("start", "steps", "measure"):
        assert code_of(getattr(again, name)) == code_of(getattr(model, name))
    assert list(map(code_of, again.penalty)) == ["L2(l2=0.3)", "Small(by=0.2)"]
    assert again.measure.axis == 1
    assert again.fit(X, y).loss_curve_ == pytest.approx(model.loss_curve_, rel=1e-4)
    with pytest.raises(tk.ParameterError, match=r"penalty .*custom_objects=\{'name': ...\}.*Small"):
        tk.KerasClassifier.load(path, architecture=ruled)


class WithoutConfig(Small):
    def get_config(self):
        raise NotImplementedError


def base(meta, *, bottom=None, unused=None):
    bottom = [] if bottom is None else [keras.layers.Identity()]
    return keras.Sequential([keras.Input(meta.input_shape), *bottom, keras.layers.Dense(3)])


@pytest.mark.parametrize("kind", ["no configuration", "weights"])
def test_objects_that_a_file_cannot_contain_are_rejected(kind, tmp_path):
    if kind == "no configuration":
        given, message = (
            {"unused": WithoutConfig()},
            "unused WithoutConfig cannot be written by its get_config",
        )
    else:
        layer = keras.layers.Dense(2)
        layer.build((None, 4))
        given, message = {"bottom": layer}, "bottom Dense has weights, which .* cannot contain"
    model = quick(architecture=base, epochs=1, **given).fit(X, y)
    with pytest.raises(tk.ParameterError, match=f"{message}.*: pickle the estimator instead"):
        model.save(tmp_path / "model")
    assert not list(tmp_path.iterdir())
