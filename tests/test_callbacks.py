"""Callbacks and schedules see and do the same, whichever way a network is trained."""

from __future__ import annotations

import math
import os

import keras
import numpy as np
import pytest
from both_ways import X, network, run, the_same, y
from sklearn.datasets import load_iris

import tunekit as tk
from tunekit.models.programs import Arrays

WATCHED = {"val_": Arrays(X[:20], y[:20])}


class Diary(keras.callbacks.Callback):
    """Notes which hooks are called, and what they see."""

    def __init__(self):
        super().__init__()
        self.pages = []

    def on_train_begin(self, logs=None):
        self.pages.append("begin")
        self.pages.append(sorted(self.params.items()))

    def on_epoch_begin(self, epoch, logs=None):
        self.pages.append(("epoch", epoch, int(self.model.optimizer.iterations)))

    def on_epoch_end(self, epoch, logs=None):
        norm = round(float(np.abs(self.model.get_weights()[0]).sum()), 3)
        self.pages.append(("end", epoch, int(self.model.optimizer.iterations), norm, sorted(logs)))

    def on_train_end(self, logs=None):
        self.pages.append("end")


def test_every_hook_of_an_epoch_is_called_with_the_latest_weights():
    diaries = []

    def callbacks():
        diaries.append(Diary())
        return [diaries[-1]]

    the_same(network, watched=WATCHED, callbacks=callbacks)
    fast, slow = (diary.pages for diary in diaries)
    assert fast == slow
    assert fast[0] == "begin"
    assert [page[2] for page in fast if page[0] == "end" and len(page) > 3] == [3, 6, 9]
    assert fast[1] == [("epochs", 3), ("steps", 3), ("verbose", 0)]


class Doubling(keras.callbacks.Callback):
    """Changes weights between two epochs."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 0:
            self.model.set_weights([2 * each for each in self.model.get_weights()])


def test_a_callback_may_change_the_weights():
    changed, _ = the_same(network, callbacks=lambda: [Doubling()])
    plain, _ = the_same(network)
    assert not np.allclose(changed.get_weights()[0], plain.get_weights()[0], rtol=0.3)


def test_keras_callbacks():
    def callbacks():
        return [
            keras.callbacks.EarlyStopping(
                "val_loss", patience=2, restore_best_weights=True, min_delta=10.0
            ),
            keras.callbacks.LearningRateScheduler(lambda epoch, _: 0.1 / (1 + epoch)),
            keras.callbacks.CSVLogger(os.devnull),
        ]

    _, history = the_same(network, watched=WATCHED, callbacks=callbacks, epochs=9)
    assert len(history) == 3
    assert [each["learning_rate"] for each in history] == pytest.approx([0.1, 0.05, 0.1 / 3])


def test_the_learning_rate_falls_where_the_loss_does_not():
    def callbacks():
        return [
            keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=1, min_delta=10.0)
        ]

    _, history = the_same(network, watched=WATCHED, callbacks=callbacks, epochs=5)
    rates = [each["learning_rate"] for each in history]
    assert rates[-1] < rates[0] / 4


class Batches(keras.callbacks.Callback):
    """Counts batches, for which training has to come back to Python."""

    n = 0

    def on_train_batch_end(self, batch, logs=None):
        self.n += 1


def test_a_callback_for_batches_sees_each():
    callback = Batches()
    run(network(), fast=True, epochs=2, callbacks=[callback])
    assert callback.n == 2 * math.ceil(len(X) / 32)


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


def rates(**params):
    iris = load_iris(return_X_y=True)
    model = tk.KerasClassifier(units=4, epochs=5, learning_rate=0.01, random_state=0)
    return model.set_params(**params).fit(*iris).history_["learning_rate"].tolist()


def test_schedules_begin_with_the_learning_rate_and_fall():
    cosine = [0.005 * (1 + math.cos(math.pi * epoch / 5)) for epoch in range(5)]
    assert rates(lr_schedule="cosine") == pytest.approx(cosine)
    exponential = [0.01 * 0.01 ** (epoch / 5) for epoch in range(5)]
    assert rates(lr_schedule="exponential") == pytest.approx(exponential)


def test_the_schedule_on_plateau_halves():
    found = rates(lr_schedule="plateau", patience=2, learning_rate=1e-9)
    assert found == pytest.approx([1e-9, 1e-9, 5e-10, 2.5e-10, 1.25e-10], rel=1e-5)


def test_a_schedule_begins_with_the_rate_of_an_optimizer_that_was_given():
    found = rates(lr_schedule="cosine", optimizer=keras.optimizers.SGD(0.3), learning_rate=1e-3)
    assert found[0] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"learning_rate": 0.1}, "learning_rate=0.1"),
        ({"momentum": 0.5}, "momentum=0.5"),
        ({"clipnorm": 1.0}, "clipnorm=1.0"),
    ],
)
def test_settings_beside_an_optimizer_that_has_its_own_are_refused(iris, params, name):
    model = tk.KerasClassifier(optimizer=keras.optimizers.SGD(0.3), epochs=1, **params)
    message = f"{name} would have no effect: optimizer is an object, which has its own"
    with pytest.raises(tk.ParameterError, match=message):
        model.fit(*iris)


def test_two_schedules_at_once_are_refused(iris):
    falling = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.9)
    model = tk.KerasClassifier(optimizer=keras.optimizers.SGD(falling), lr_schedule="cosine")
    with pytest.raises(tk.ParameterError, match="lr_schedule='cosine' would have no effect"):
        model.fit(*iris)


def test_callbacks_of_an_estimator_are_called_and_let_go(iris):
    diary = Diary()
    model = tk.KerasClassifier(units=4, epochs=2, callbacks=[diary], random_state=0).fit(*iris)
    assert len(diary.pages) == 7
    assert model.get_params()["callbacks"] == [diary]


def test_what_is_no_callback_is_refused(iris):
    with pytest.raises(tk.ParameterError, match="must be None or a list of keras.callbacks"):
        tk.KerasClassifier(callbacks=[print]).fit(*iris)
