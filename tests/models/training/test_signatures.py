"""Models with different computations do not share a traced program, whatever the difference.

Each pair is trained one after the other, in traced programs and with ``model.fit``, so that a wrong
signature would make the second model use the program of the first.
"""

from __future__ import annotations

import functools

import keras
import numpy as np
import pytest
from keras_parity import CLASSES, COLUMNS, X, assert_same_training, network, y

import tunekit as tk
from tunekit.models.training.loop import TrainingRun, train
from tunekit.models.training.programs import Arrays

schedules = keras.optimizers.schedules


def falling(rate):
    return {"optimizer": lambda: keras.optimizers.SGD(schedules.ExponentialDecay(rate, 2, 0.9))}


def warming(rate):
    cosine = functools.partial(schedules.CosineDecay, 0.0, 50, warmup_steps=6)
    return {"optimizer": lambda: keras.optimizers.SGD(cosine(warmup_target=rate))}


def averaging(momentum):
    return {"optimizer": lambda: keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=momentum)}


def settings_of(make, name):
    return lambda value: {"optimizer": lambda: make(0.05, **{name: value})}


SGD, AdamW = keras.optimizers.SGD, keras.optimizers.AdamW
NUMBERS = {
    "falling rate": (falling, 0.5, 1e-7),
    "warm-up": (warming, 0.01, 0.5),
    "clipnorm": (settings_of(SGD, "clipnorm"), 0.1, 1.0),
    "clipvalue": (settings_of(SGD, "clipvalue"), 0.01, 0.1),
    "global_clipnorm": (settings_of(SGD, "global_clipnorm"), 0.1, 1.0),
    "nesterov": (lambda value: {"optimizer": lambda: SGD(0.05, 0.9, nesterov=value)}, True, False),
    "weight decay": (settings_of(AdamW, "weight_decay"), 0.01, 0.9),
    "epsilon": (settings_of(AdamW, "epsilon"), 1e-7, 0.5),
    "accumulation": (settings_of(SGD, "gradient_accumulation_steps"), 2, 3),
    "ema": (
        lambda value: {"optimizer": lambda: SGD(0.1, use_ema=True, ema_momentum=value)},
        0.1,
        0.9,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers(name):
    settings, *values = NUMBERS[name]
    one, other = (
        assert_same_training(lambda value=value: network(**settings(value)))[0] for value in values
    )
    assert any(
        not np.allclose(a, b, atol=1e-6)
        for a, b in zip(one.get_weights(), other.get_weights(), strict=True)
        if a.dtype.kind == "f"
    )


def seeded(seed=3):
    return keras.initializers.GlorotUniform(seed=seed)


def built(layers, kind=keras.Sequential, optimizer=None, **compiling):
    last = keras.layers.Dense(CLASSES, kernel_initializer=seeded(9))
    model = kind([keras.Input((COLUMNS,)), *layers, last])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        optimizer() if optimizer else "sgd",
        **{"loss": loss, "weighted_metrics": ["accuracy"], "jit_compile": False, **compiling},
    )
    return model


L2 = keras.regularizers.L2


def nested(value):
    inside = keras.layers.Dense(5, kernel_initializer=seeded())
    rate = keras.layers.Dropout(value, seed=1)
    return [keras.Sequential([keras.Input((COLUMNS,)), inside, rate])]


def recurrent(value):
    again = keras.initializers.Orthogonal(seed=1)
    lstm = keras.layers.LSTM(
        3, kernel_initializer=seeded(), recurrent_initializer=again,
        kernel_regularizer=L2(value), seed=1,
    )  # fmt: skip
    return [keras.layers.Reshape((COLUMNS, 1)), lstm]


def wrapped(value):
    inside = keras.layers.Dense(2, kernel_initializer=seeded(), kernel_regularizer=L2(value))
    return [
        keras.layers.Reshape((COLUMNS, 1)),
        keras.layers.TimeDistributed(inside),
        keras.layers.Flatten(),
    ]


def convolved(value):
    inside = keras.layers.Conv1D(2, 3, kernel_initializer=seeded(), kernel_regularizer=L2(value))
    return [keras.layers.Reshape((COLUMNS, 1)), inside, keras.layers.Flatten()]


def attended(value):
    heads = keras.layers.MultiHeadAttention(
        2, 2, kernel_initializer=seeded(), kernel_regularizer=L2(value)
    )
    inputs = keras.Input((COLUMNS,))
    tokens = keras.layers.Reshape((3, 2))(inputs)
    return [keras.Model(inputs, keras.layers.Flatten()(heads(tokens, tokens)))]


def operated(value):
    inputs = keras.Input((COLUMNS,))
    hidden = keras.layers.Dense(4, kernel_initializer=seeded())(inputs)
    return [keras.Model(inputs, value * keras.ops.relu(hidden) + value)]


def active(value):
    return [
        keras.layers.Dense(4, kernel_initializer=seeded()),
        keras.layers.ActivityRegularization(l2=value),
    ]


def normalized(value):
    layer = keras.layers.BatchNormalization(gamma_regularizer=L2(value))
    return [keras.layers.Dense(4, kernel_initializer=seeded()), layer]


def adapted(value):
    layer = keras.layers.Normalization()
    layer.adapt(value * X + value)
    return [layer]


def partly(value):
    function = functools.partial(keras.activations.leaky_relu, negative_slope=value)
    return [keras.layers.Dense(4, function, kernel_initializer=seeded())]


LAYERS = [active, nested, recurrent, wrapped, convolved, attended, operated, normalized, adapted]


@pytest.mark.slow
@pytest.mark.parametrize("layers", [*LAYERS, partly])
def test_numbers_inside_layers(layers):
    one, other = (
        assert_same_training(lambda value=value: built(layers(value)))[1] for value in (0.1, 0.9)
    )
    assert one[-1]["loss"] != pytest.approx(other[-1]["loss"], rel=1e-4)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Gradients do not exist")
def test_dropping_everything():
    model, _ = assert_same_training(lambda: network(dropout=1.0))
    assert np.isfinite(model.get_weights()[0]).all()


def test_a_layer_is_frozen_between_two_fits():
    model = tk.KerasClassifier(layers=2, units=4, epochs=2, warm_start=True, random_state=0)
    model.fit(X, y)
    model.model_.layers[1].trainable = False
    before = [each.copy() for each in model.model_.get_weights()]
    after = model.fit(X, y).model_.get_weights()
    np.testing.assert_array_equal(after[0], before[0])
    assert not np.allclose(after[2], before[2])


@pytest.mark.slow
def test_frozen_weights():
    def make(freeze):
        model = built([keras.layers.Dense(4, kernel_initializer=seeded())])
        freeze(model.layers[0])
        model.compile("sgd", model.loss, weighted_metrics=["accuracy"], jit_compile=False)
        return model

    def layer(each):
        each.trainable = False

    def kernel(each):
        each.kernel.trainable = False

    trained, _ = assert_same_training(lambda: make(lambda _: None))
    for freeze in (layer, kernel):
        frozen, _ = assert_same_training(lambda freeze=freeze: make(freeze))
        np.testing.assert_array_equal(frozen.get_weights()[0], make(freeze).get_weights()[0])
        assert not np.allclose(trained.get_weights()[0], frozen.get_weights()[0], atol=1e-4)


@pytest.mark.slow
def test_a_penalty_set_after_the_layer_was_built_has_no_effect_as_in_keras():
    def make(penalty):
        model = built([keras.layers.Dense(4, kernel_initializer=seeded())])
        model.layers[0].kernel_regularizer = penalty
        return model

    plain, _ = assert_same_training(lambda: make(None))
    late, _ = assert_same_training(lambda: make(L2(5.0)))
    np.testing.assert_allclose(plain.get_weights()[0], late.get_weights()[0], rtol=1e-5)


class Counting(keras.Sequential):
    """A model with a custom training step that returns its own logs."""

    def train_step(self, data):
        x, y = data
        logs = super().train_step((x * 2, y))
        return {**logs, "seven": 7.0}


@pytest.mark.slow
def test_a_custom_step_and_its_logs():
    def make(kind):
        return built([keras.layers.Dense(4, kernel_initializer=seeded())], kind)

    doubled, history = assert_same_training(lambda: make(Counting))
    plain, _ = assert_same_training(lambda: make(keras.Sequential))
    assert history[0]["seven"] == 7.0
    assert not np.allclose(doubled.get_weights()[0], plain.get_weights()[0], atol=1e-3)


@pytest.mark.slow
def test_losses_whose_code_differs():
    def make(factor):
        def loss(_y_true, y_pred):
            return factor * keras.ops.mean(keras.ops.square(y_pred), axis=-1)

        return network(loss=loss, weighted_metrics=None, optimizer=lambda: SGD(0.1))

    weak, _ = assert_same_training(lambda: make(0.1))
    strong, _ = assert_same_training(lambda: make(3.0))
    assert np.abs(strong(X)).mean() < 0.5 * np.abs(weak(X)).mean()


class Ending(keras.callbacks.Callback):
    """Changes weights and optimizer at the end of an epoch, and stops the training."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.set_weights([0 * each for each in self.model.get_weights()])
        self.model.optimizer.learning_rate = 0.5
        self.model.stop_training = True


@pytest.mark.slow
def test_the_last_change_of_a_callback_is_kept():
    model, history = assert_same_training(network, callbacks=lambda: [Ending()])
    assert len(history) == 1
    assert float(model.optimizer.learning_rate) == 0.5
    assert not np.any(model.get_weights()[0])


def test_the_model_has_a_history():
    model, history = assert_same_training(network)
    assert model.history.history["loss"] == [each["loss"] for each in history]


def test_callbacks_release_the_model_if_training_fails():
    callback = keras.callbacks.LambdaCallback()
    model = tk.KerasClassifier(
        units=4, optimizer="sgd", learning_rate=1e30, epochs=5, callbacks=[callback]
    )
    with pytest.raises(tk.TrainingDiverged):
        model.fit(X, y)
    assert callback.model is None


def test_an_interrupted_training_leaves_the_latest_weights():
    def stop(epoch, _logs):
        if epoch == 1:
            raise KeyboardInterrupt

    interrupted, whole = network(), network()
    course = [TrainingRun(Arrays(X, y), {}, 32, n, np.random.RandomState(0)) for n in (9, 2)]
    with pytest.raises(KeyboardInterrupt):
        train(interrupted, course[0], after_epoch=stop)
    train(whole, course[1], after_epoch=lambda *_: None)
    np.testing.assert_allclose(interrupted.get_weights()[0], whole.get_weights()[0], rtol=1e-6)
