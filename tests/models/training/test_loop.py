"""The fast loop results in the same weights as ``model.fit``, for all features of Keras."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras_parity import CLASSES, COLUMNS, WEIGHT, X, assert_same_training, network, run, y

import tunekit as tk
from tunekit.models.compiling import find, names
from tunekit.models.training.programs import Arrays

pytestmark = pytest.mark.slow

SGD = {"optimizer": lambda: keras.optimizers.SGD(0.1, momentum=0.7)}
SETTINGS = {
    "plain": {},
    "dropout": {"dropout": 0.3},
    "l1 and l2": {"l2": 0.05},
    "max norm": {"max_norm": 0.5},
    "batch normalization": {"normalize": True, **SGD},
    "everything": {"dropout": 0.2, "l2": 0.02, "max_norm": 1.0, "normalize": True, **SGD},
    "rmsprop": {"optimizer": lambda: keras.optimizers.RMSprop(0.01, momentum=0.5)},
    "clipnorm": {"optimizer": lambda: keras.optimizers.Adam(0.01, clipnorm=0.1)},
    "moving average": {"optimizer": lambda: keras.optimizers.SGD(0.1, use_ema=True)},
    "decay": {
        "optimizer": lambda: keras.optimizers.SGD(
            keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.9)
        )
    },
    "float64": {"dtype": "float64"},
    "linear": {"units": ()},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_both_loops_result_in_the_same_weights(name):
    assert_same_training(lambda: network(**SETTINGS[name]))
    # The program is now in the cache, and another model uses it.
    wider = {"units": (13, 4)} if name != "linear" else {}
    stronger = {"dropout": 0.1, "l2": 0.1, "max_norm": 0.8}
    other = {key: stronger.get(key, value) for key, value in SETTINGS[name].items()}
    if SETTINGS[name].get("optimizer") is SGD["optimizer"]:
        other["optimizer"] = lambda: keras.optimizers.SGD(0.05, momentum=0.2)
    assert_same_training(lambda: network(**{**other, **wider}))


@pytest.mark.parametrize("name", sorted(set(names("optimizers").values())))
def test_every_optimizer_results_in_the_same_weights(name):
    make = find("optimizers", name, "")
    assert_same_training(lambda: network(optimizer=lambda: make(learning_rate=0.01)))
    assert_same_training(lambda: network((6, 9), optimizer=lambda: make(learning_rate=0.03)))


@pytest.mark.parametrize("name", ["Adam", "AdamW", "RMSprop", "SGD"])
def test_float64_is_not_rounded(name):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")
    make = getattr(keras.optimizers, name)
    quick, slow = (
        network(dtype="float64", loss=loss, optimizer=lambda: make(0.01)) for _ in range(2)
    )
    run(quick, fast=True)
    run(slow, fast=False)
    for mine, theirs in zip(quick.get_weights(), slow.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-12)


def test_row_weights_and_monitored_rows_are_evaluated_equally():
    watched = {"val_": Arrays(X[:20], y[:20], WEIGHT[:20]), "held_out_": Arrays(X[20:50], y[20:50])}
    _, history = assert_same_training(network, weight=WEIGHT, monitored=watched)
    assert {"val_loss", "held_out_accuracy"} <= set(history[0])


def convolution(settings):
    return [
        keras.layers.Reshape((COLUMNS, 1)),
        keras.layers.Conv1D(4, 3, activation="relu", **settings),
        keras.layers.MaxPooling1D(2),
        keras.layers.Flatten(),
    ]


def recurrence(settings):
    turned = keras.initializers.Orthogonal(seed=3)
    gru = keras.layers.GRU(4, recurrent_initializer=turned, seed=3, **settings)
    return [keras.layers.Reshape((COLUMNS, 1)), gru]


def attention(settings):
    inputs = keras.Input((COLUMNS,))
    tokens = keras.layers.Reshape((3, 2))(inputs)
    heads = keras.layers.MultiHeadAttention(2, 2, **settings)(tokens, tokens)
    return [keras.Model(inputs, keras.layers.Flatten()(heads))]


class Scale(keras.layers.Layer):
    """A custom layer, whose behaviour no configuration describes."""

    def build(self, shape):
        self.factor = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, inputs):
        return inputs * self.factor


def own_layer(settings):
    return [keras.layers.Dense(5, activation="tanh", **settings), Scale()]


def own_lambda(settings):
    return [keras.layers.Lambda(lambda x: x**2), keras.layers.Dense(4, **settings)]


class OwnStep(keras.Sequential):
    """A model with a custom training step, which counts its calls."""

    def train_step(self, data):
        x, y = data
        return super().train_step((x * 2, y))


@pytest.mark.parametrize("layers", [convolution, recurrence, attention, own_layer, own_lambda])
@pytest.mark.parametrize("kind", [keras.Sequential, OwnStep])
def test_other_layers_and_custom_code_result_in_the_same_weights(layers, kind):
    def make():
        seeds = keras.initializers.GlorotUniform(seed=3)
        model = kind([keras.Input((COLUMNS,)), *layers({"kernel_initializer": seeds})])
        model.add(keras.layers.Dense(CLASSES, kernel_initializer=seeds))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("sgd", loss, weighted_metrics=["accuracy"], jit_compile=False)
        return model

    assert_same_training(make, times=2)


def test_a_custom_loss_and_metric():
    def loss(y_true, y_pred):
        classes = keras.ops.one_hot(keras.ops.reshape(y_true, (-1,)), CLASSES)
        return keras.ops.mean(keras.ops.square(classes - y_pred), axis=-1)

    def highest(_y_true, y_pred):
        return keras.ops.max(y_pred, axis=-1)

    assert_same_training(lambda: network(loss=loss, weighted_metrics=[highest]))


def test_mixed_precision_with_its_scaled_loss():
    def make():
        keras.config.set_dtype_policy("mixed_float16")
        try:
            return network(dtype="mixed_float16")
        finally:
            keras.config.set_dtype_policy("float32")

    model, _ = assert_same_training(make, tolerance=5e-3)
    assert type(model.optimizer).__name__ == "LossScaleOptimizer"


def test_further_training_keeps_the_scale_of_the_loss():
    def once_more():
        model = tk.KerasClassifier(units=4, epochs=3, dtype="mixed_float16", random_state=0)
        return model.fit(X, y).partial_fit(X, y).model_.optimizer

    optimizer = once_more()
    assert int(optimizer.step_counter) == int(optimizer.inner_optimizer.iterations) == 4 * 3
    names = [each.path for each in optimizer.variables]
    assert len(names) == len(set(names))
