"""Optimizers that average the weights: the averages are validated, chosen and kept."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras_parity import X, network, run, y

import tunekit as tk
from tunekit.models.training.programs import Arrays
from tunekit.models.training.weight_averages import averages_of, exchange

pytestmark = pytest.mark.slow

VALIDATION = {"val_": Arrays(X[:20], y[:20])}
OPTIMIZERS = {
    "sgd": lambda use_ema: keras.optimizers.SGD(0.3, use_ema=use_ema, ema_momentum=0.8),
    "loss scale": lambda use_ema: keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(0.3, use_ema=use_ema, ema_momentum=0.8), initial_scale=2.0
    ),
    "overwritten": lambda use_ema: keras.optimizers.SGD(
        0.3, use_ema=use_ema, ema_momentum=0.8, ema_overwrite_frequency=4
    ),
}


def trained(name, *, fast, callbacks=(), use_ema=True, epochs=6):
    model = network(optimizer=lambda: OPTIMIZERS[name](use_ema))
    history = run(model, fast=fast, monitored=VALIDATION, callbacks=callbacks, epochs=epochs)
    return model, history


def loss_of(model):
    return model.evaluate(X[:20], y[:20], verbose=0, return_dict=True)["loss"]


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_last_validation_loss_is_that_of_the_trained_model(name, fast):
    model, history = trained(name, fast=fast)
    assert history[-1]["val_loss"] == pytest.approx(loss_of(model), rel=1e-5)


@pytest.mark.parametrize("fast", [True, False])
def test_early_stopping_restores_the_best_averages(fast):
    stop = keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True)
    model, history = trained("sgd", fast=fast, callbacks=[stop], epochs=40)
    losses = [epoch["val_loss"] for epoch in history]
    assert len(losses) < 40
    assert losses[-1] > min(losses)
    assert loss_of(model) == pytest.approx(min(losses), rel=1e-5)
    without, _ = trained("sgd", fast=fast, use_ema=False, epochs=int(np.argmin(losses)) + 1)
    assert not np.allclose(model.get_weights()[0], without.get_weights()[0], atol=1e-3)


@pytest.mark.parametrize("fast", [True, False])
def test_averages_do_not_change_what_is_learned(fast):
    """The weights of the steps, which are exchanged for each validation, are those of Keras."""
    model, _ = trained("sgd", fast=fast)
    reference = network(optimizer=lambda: OPTIMIZERS["sgd"](True))
    run(reference, fast=fast, epochs=6)
    for mine, theirs in zip(model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)
    plain, _ = trained("sgd", fast=fast, use_ema=False)
    assert not np.allclose(model.get_weights()[0], plain.get_weights()[0], atol=1e-3)


def test_callbacks_find_the_averages_in_the_model():
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            seen.append((loss_of(self.model), logs["val_loss"]))

    trained("sgd", fast=True, callbacks=[Watch()])
    assert len(seen) == 6
    for own, logged in seen:
        assert own == pytest.approx(logged, rel=1e-5)


def test_averages_are_not_exchanged_if_a_callback_does_it():
    model = network(optimizer=lambda: OPTIMIZERS["sgd"](True))
    model.optimizer.build(model.trainable_variables)
    assert averages_of(model)
    assert averages_of(model, [keras.callbacks.SwapEMAWeights()]) == []


def test_weights_are_exchanged_twice_without_a_change():
    model, _ = trained("sgd", fast=True)
    averages = averages_of(model)
    before = model.get_weights()
    exchange(averages)
    exchange(averages)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_estimator_that_stops_early_has_averaged_weights():
    def fitted(*, use_ema):
        optimizer = keras.optimizers.SGD(0.3, use_ema=use_ema, ema_momentum=0.8)
        return tk.KerasClassifier(
            units=6, optimizer=optimizer, epochs=8, early_stopping=True, random_state=0
        ).fit(X, y)

    averaged, plain = fitted(use_ema=True), fitted(use_ema=False)
    assert not averaged.history_["val_loss"].equals(plain.history_["val_loss"])
    assert not np.allclose(averaged.predict_proba(X), plain.predict_proba(X), atol=1e-3)


def test_an_optimizer_without_weights_has_no_averages():
    inner = keras.optimizers.OptimizerMap(
        keras.optimizers.SGD(use_ema=True), {".*": keras.optimizers.SGD(0.1)}
    )
    model = network(optimizer=lambda: keras.optimizers.MultiOptimizer(inner))
    run(model, fast=False, epochs=1)
    assert averages_of(model) == []


@pytest.mark.parametrize("fast", [True, False])
def test_an_interrupted_training_leaves_the_weights_of_the_last_step(fast):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    plain, _ = trained("sgd", fast=fast, use_ema=False, epochs=2)
    model = network(optimizer=lambda: OPTIMIZERS["sgd"](True))
    with pytest.raises(KeyboardInterrupt):
        run(model, fast=fast, monitored=VALIDATION, callbacks=[Stop()], epochs=4)
    for mine, theirs in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("fast", [True, False])
def test_a_continued_training_starts_with_the_restored_weights(fast):
    stop = keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True)
    model, _ = trained("sgd", fast=fast, callbacks=[stop], epochs=40)
    for weight, average in averages_of(model):
        np.testing.assert_array_equal(np.array(weight), np.array(average))
