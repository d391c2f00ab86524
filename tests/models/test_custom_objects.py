"""Custom losses, metrics and optimizers, and Keras objects as parameters."""

from __future__ import annotations

import copy
import functools
import pickle

import cloudpickle
import keras
import numpy as np
import pytest
from custom_schedules import Silent, Slowing
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import scale

import tunekit as tk

X, y = load_iris(return_X_y=True)
X = scale(X)


def quick(**params):
    return tk.KerasClassifier(**{"units": 4, "epochs": 3, "random_state": 0, **params})


class Scaled(keras.losses.Loss):
    """A loss with a setting that its configuration contains."""

    def __init__(self, factor=1.0, **settings):
        super().__init__(**settings)
        self.factor = factor

    def call(self, y_true, y_pred):
        return self.factor * keras.losses.categorical_crossentropy(y_true, y_pred)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


class Forgetful(Scaled):
    """A loss with a setting that its configuration omits."""

    def __init__(self, factor=1.0):
        super().__init__(factor)

    def get_config(self):
        return {"name": "forgetful"}


class Largest(keras.metrics.Mean):
    """A custom metric."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        return super().update_state(keras.ops.max(y_pred, axis=-1), sample_weight)


class Plain(Largest):
    """A metric that does not accept all settings of its configuration."""

    def __init__(self, name="plain"):
        super().__init__(name=name)


class Simple(keras.losses.Loss):
    """A loss without settings."""

    def call(self, y_true, y_pred):
        return keras.losses.categorical_crossentropy(y_true, y_pred)


class F1Score(Largest):
    """A metric with the name of a Keras metric."""


@pytest.mark.slow
def test_a_loss_receives_probabilities_and_keeps_its_settings():
    usual = quick(epochs=1).fit(X, y).loss_curve_[0]
    assert quick(epochs=1, loss=Scaled()).fit(X, y).loss_curve_[0] == pytest.approx(usual, rel=1e-4)
    thousand = quick(epochs=1, loss=Scaled(1000.0), learning_rate=1e-9).fit(X, y).loss_curve_[0]
    one = quick(epochs=1, loss=Scaled(), learning_rate=1e-9).fit(X, y).loss_curve_[0]
    assert thousand == pytest.approx(1000 * one, rel=1e-4)


@pytest.mark.slow
def test_a_function_as_a_loss_receives_probabilities():
    def loss(y_true, y_pred):
        return keras.losses.categorical_crossentropy(y_true, y_pred)

    usual = quick(epochs=1).fit(X, y).loss_curve_[0]
    for given in (loss, keras.losses.categorical_crossentropy):
        found = quick(epochs=1, loss=given).fit(X, y).loss_curve_[0]
        assert found == pytest.approx(usual, rel=1e-4)


@pytest.mark.slow
def test_a_loss_with_from_logits_receives_logits():
    class Logits(Scaled):
        from_logits = True

        def call(self, y_true, y_pred):
            return keras.losses.categorical_crossentropy(y_true, y_pred, from_logits=True)

    usual = quick(epochs=1).fit(X, y).loss_curve_[0]
    assert quick(epochs=1, loss=Logits()).fit(X, y).loss_curve_[0] == pytest.approx(usual, rel=1e-4)
    with pytest.raises(tk.ParameterError, match="from_logits=True, but the network ends in prob"):
        quick(loss=Logits(), metrics=["mse"]).fit(X, y)


def test_an_incomplete_configuration_is_rejected():
    message = "Forgetful: its get_config.. must also return factor"
    with pytest.raises(tk.ParameterError, match=message):
        quick(loss=Forgetful(3.0)).fit(X, y)

    def first(_y_true, y_pred):
        return y_pred[:, 0]

    # Keras would interpret the name as the function.
    wrapped = keras.metrics.MeanMetricWrapper(first, name="first")
    with pytest.raises(tk.ParameterError, match="Could not locate function 'first'"):
        quick(metrics=[wrapped]).fit(X, y)
    wrapped = keras.metrics.MeanMetricWrapper(first, name="first_output")
    assert "first_output" in quick(metrics=[wrapped]).fit(X, y).history_


@pytest.mark.slow
@pytest.mark.parametrize(
    "loss",
    [
        Simple(),
        functools.partial(keras.losses.categorical_crossentropy, label_smoothing=0.0),
        keras.losses.sparse_categorical_crossentropy,
    ],
)
def test_losses_of_every_kind(loss):
    usual = quick(epochs=1).fit(X, y).loss_curve_[0]
    assert quick(epochs=1, loss=loss).fit(X, y).loss_curve_[0] == pytest.approx(usual, rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("metric", [Plain(), F1Score(name="own")])
def test_metrics_of_every_kind(metric):
    assert metric.name in quick(metrics=[metric]).fit(X, y).history_


@pytest.mark.slow
def test_custom_objects_can_be_pickled_and_sent_to_other_processes():
    model = quick(loss=Scaled(2.0), metrics=["accuracy", Largest(name="largest")]).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert again.loss.factor == 2.0
    assert again.model_.loss.factor == 2.0
    np.testing.assert_allclose(again.predict_proba(X), model.predict_proba(X), rtol=1e-6)
    assert again.partial_fit(X, y).n_iter_ == 4
    space = tk.Space(units=tk.Int(2, 4))
    settings = {"n_trials": 2, "n_jobs": 2, "cv": 0.3, "tracking": False, "random_state": 0}
    tuner = tk.Tuner(quick(loss=Scaled(2.0)), space, **settings).fit(X, y)
    assert list(tuner.trials_["state"]) == ["complete", "complete"]


@pytest.mark.slow
def test_a_custom_metric_is_reset_in_each_fit():
    model = quick(metrics=[Largest(name="largest")])
    first = model.fit(X, y).history_["largest"].tolist()
    assert model.fit(X, y).history_["largest"].tolist() == pytest.approx(first)
    assert 1 / 3 <= first[0] <= 1


@pytest.mark.slow
def test_a_copy_keeps_objects_that_are_not_registered_with_keras():
    model = quick(loss=Scaled(2.0), metrics=[Largest(name="largest")])
    assert clone(model).loss.factor == 2.0
    assert np.isfinite(cross_val_score(model, X, y, cv=2)).all()


def test_a_class_instead_of_an_object_is_rejected():
    with pytest.raises(tk.ParameterError, match=r"loss Huber is a class: .* object, Huber\(\)"):
        quick(loss=keras.losses.Huber).fit(X, y)
    with pytest.raises(tk.ParameterError, match="metrics: AUC is a class"):
        quick(metrics=[keras.metrics.AUC]).fit(X, y)


def test_an_optimizer_is_copied_for_each_fit():
    given = keras.optimizers.AdamW(0.01, weight_decay=0.3)
    model = quick(optimizer=given).fit(X, y)
    assert model.model_.optimizer is not given
    assert model.model_.optimizer.weight_decay == 0.3
    assert not given.built
    assert clone(model).optimizer is given


@pytest.mark.parametrize("how", [{"var_names": ["bias"]}, {"var_list": []}])
def test_weights_excluded_from_decay_are_respected(how):
    given = keras.optimizers.AdamW(0.01, weight_decay=0.3)
    if "var_list" in how:
        how = {"var_list": [keras.Variable(np.zeros(2))]}
    given.exclude_from_weight_decay(**how)
    with pytest.raises(tk.ParameterError, match="excludes weights from its decay"):
        quick(optimizer=given).fit(X, y)

    def architecture(meta):
        model = keras.Sequential([keras.Input(meta.input_shape), keras.layers.Dense(3)])
        rule = keras.optimizers.SGD(0.1, weight_decay=0.5)
        rule.exclude_from_weight_decay(var_names=["bias"])
        model.layers[0].bias.assign([1e6, 1e6, 1e6])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(rule, loss)
        return model

    bias = tk.KerasClassifier(architecture, epochs=2).fit(X, y).model_.layers[0].bias
    np.testing.assert_allclose(bias, 1e6, rtol=0.01)


@pytest.mark.parametrize("params", [{"momentum": 0}, {"learning_rate": 1}, {"clipnorm": 1},
                                    {"learning_rate": np.float32(0.1)}])  # fmt: skip
def test_integers_are_accepted_as_numbers(params):
    quick(optimizer="sgd", **params).fit(X, y)


class Nameless:
    """A callable metric without a name."""

    def __call__(self, target, given):
        return keras.ops.max(given, axis=-1)


def test_a_metric_without_a_name_is_named_after_its_class():
    assert "nameless" in quick(metrics=[Nameless()]).fit(X, y).history_


@pytest.mark.slow
def test_custom_objects_inside_keras_objects_are_copied(tmp_path):
    model = quick(optimizer=keras.optimizers.SGD(Slowing(0.1))).fit(X, y)
    path = model.save(tmp_path / "model")
    own = {"Slowing": Slowing}
    for again in (
        clone(model),
        copy.deepcopy(model),
        pickle.loads(pickle.dumps(model)),
        cloudpickle.loads(cloudpickle.dumps(model)),
        tk.KerasClassifier.load(path, custom_objects=own),
    ):
        assert again.fit(X, y).loss_curve_ == pytest.approx(model.loss_curve_, rel=1e-4)


def test_an_object_without_a_configuration_is_rejected():
    message = "^KerasClassifier: optimizer SGD cannot be copied from its get_config"
    with pytest.raises(tk.ParameterError, match=message):
        quick(optimizer=keras.optimizers.SGD(Silent(0.1))).fit(X, y)
