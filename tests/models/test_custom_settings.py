"""Settings of custom objects that their configuration omits."""

from __future__ import annotations

import copy

import cloudpickle
import keras
import numpy as np
import optuna
import pytest
from custom_schedules import Silent
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.preprocessing import scale

import tunekit as tk
from tunekit.core.fingerprints import fingerprint
from tunekit.core.keras_objects import code_of
from tunekit.evaluation.estimator_code import estimator_code

X, y = load_iris(return_X_y=True)
X = scale(X)


class Helper:
    def __init__(self, by):
        self.by = by


class Untold(keras.regularizers.Regularizer):
    """A penalty without ``get_config``, which is optional in Keras."""

    def __init__(self, by):
        self.helper = Helper(by)

    def __call__(self, x):
        return self.helper.by * keras.ops.sum(keras.ops.abs(x))


class Wrapping(keras.layers.Layer):
    """A layer with an argument that Keras cannot serialize."""

    def __init__(self, helper):
        super().__init__()
        self.helper = helper

    def call(self, x):
        return self.helper.by * x


UNTOLD = {
    "penalty": Untold,
    "within": lambda by: keras.layers.Dense(2, kernel_regularizer=Untold(by)),
    "layer": lambda by: Wrapping(Helper(by)),
    "network": lambda by: keras.Sequential([keras.Input((4,)), Wrapping(Helper(by))]),
    "schedule": lambda by: keras.optimizers.SGD(Silent(by)),
}


@pytest.mark.parametrize("kind", UNTOLD)
def test_objects_without_a_configuration_are_distinguished(kind):
    make = UNTOLD[kind]
    assert fingerprint(make(0.1)) == fingerprint(make(0.1)) != fingerprint(make(0.2))
    assert " at 0x" not in fingerprint(make(0.1))
    (left_out,) = estimator_code(tk.KerasRegressor(make(0.1))).left_out
    assert left_out.startswith("architecture_of_KerasRegressor: KerasRegressor.architecture, an ob")


def penalised(penalty):
    def net(meta):
        last = keras.layers.Dense(3, kernel_regularizer=penalty)
        return keras.Sequential([keras.Input(meta.input_shape), last])

    return net


@pytest.mark.slow
def test_comparisons_and_stored_studies_accept_objects_without_a_configuration():
    model = tk.KerasClassifier(penalised(Untold(0.1)), epochs=1, random_state=0)
    how = {"cv": 2, "tracking": False}
    found = tk.compare({"net": model, "mean": DummyClassifier()}, X, y, progress=False, **how)
    assert set(found.scores()) >= {"net", "mean"}
    storage = optuna.storages.InMemoryStorage()

    def search(by):
        model = tk.KerasClassifier(penalised(Untold(by)), random_state=0)
        space = tk.Space(epochs=tk.Int(1, 2))
        tuner = tk.Tuner(model, space, name="kept", n_trials=1, storage=storage, **how)
        return tuner.fit(X, y)

    assert len(search(0.1).trials_) == 1
    with pytest.raises(tk.TunekitError, match=r"estimator.architecture is .* there and .* here"):
        search(0.2)


class Stretched(keras.losses.Huber):
    """A custom loss that passes settings on to its base class, as in Keras's guide."""

    def __init__(self, factor=1.0, **settings):
        super().__init__(**settings)
        self.factor = factor

    def call(self, y_true, y_pred):
        return self.factor * super().call(y_true, y_pred)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


def stretched_huber(model, delta):
    """Return the data loss by its definition, in float64."""
    errors = np.abs(TARGETS - model.predict(X).ravel().astype(np.float64))
    near = errors**2 / 2
    return 2 * np.where(errors <= delta, near, delta * errors - delta**2 / 2).mean()


TARGETS = 50 * X @ [1.0, 2.0, 3.0, 4.0]


@pytest.mark.slow
@pytest.mark.parametrize("delta", [1.0, 100.0])
@pytest.mark.parametrize("place", ["parameter", "compiled"])
def test_settings_that_a_custom_class_passes_to_its_base_are_kept(delta, place, tmp_path):
    loss = Stretched(factor=2.0, delta=delta)

    def compiled(meta):
        model = keras.Sequential([keras.Input(meta.input_shape), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(1e-9), loss)
        return model

    settings = {"epochs": 1, "random_state": 0}
    model = (
        tk.KerasRegressor(loss=loss, learning_rate=1e-9, **settings)
        if place == "parameter"
        else tk.KerasRegressor(compiled, **settings)
    ).fit(X, TARGETS)
    path = model.save(tmp_path / "model")
    loaded = tk.KerasRegressor.load(
        path, architecture=compiled, custom_objects={"Stretched": Stretched}
    )
    for each in (
        model,
        clone(model).fit(X, TARGETS),
        cloudpickle.loads(cloudpickle.dumps(model)).fit(X, TARGETS),
        copy.deepcopy(clone(model)).fit(X, TARGETS),
        loaded.fit(X, TARGETS),
    ):
        assert each.loss_curve_[0] == pytest.approx(stretched_huber(each, delta), rel=1e-5)


def test_deltas_of_a_custom_class_are_distinguished():
    one, other = (Stretched(delta=delta) for delta in (1.0, 100.0))
    assert code_of(one) == "Stretched()"
    assert code_of(other) == "Stretched(delta=100.0)"
    assert fingerprint(one) != fingerprint(other)


def test_a_custom_class_that_loses_settings_of_its_base_is_rejected():
    class Fixed(Stretched):
        """A loss whose copies have another delta."""

        @classmethod
        def from_config(cls, config):
            return cls(factor=config["factor"])

    with pytest.raises(tk.ParameterError, match="Fixed: a copy would lose delta"):
        tk.KerasRegressor(loss=Fixed(delta=9.0), epochs=1).fit(X, TARGETS)


@pytest.mark.slow
def test_a_model_inside_a_function_keeps_the_settings_of_its_loss():
    base = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    base.compile("sgd", keras.losses.Huber(delta=100.0))
    for each in (cloudpickle.loads(cloudpickle.dumps(base)), copy.deepcopy(base)):
        assert each.loss._fn_kwargs == {"delta": 100.0}
        np.testing.assert_array_equal(each.predict(X, verbose=0), base.predict(X, verbose=0))
        assert each.evaluate(X, TARGETS, verbose=0) == pytest.approx(
            base.evaluate(X, TARGETS, verbose=0)
        )

    def net(_meta):
        model = keras.models.clone_model(base)
        model.compile(keras.optimizers.SGD(1e-9), base.loss)
        return model

    model = tk.KerasRegressor(net, epochs=1, random_state=0)
    other = cloudpickle.loads(cloudpickle.dumps(model))
    assert other.fit(X, TARGETS).loss_curve_ == model.fit(X, TARGETS).loss_curve_
