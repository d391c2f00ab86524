"""Callbacks and schedules behave equally in traced programs and in ``model.fit``."""

from __future__ import annotations

import math
import os
import pickle
import threading

import keras
import numpy as np
import pytest
from keras_parity import X, assert_same_training, network, run, y
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import cross_validate
from sklearn.preprocessing import scale

import tunekit as tk
from tunekit.models.training.programs import Arrays
from tunekit.models.training.schedules import schedule

WATCHED = {"val_": Arrays(X[:20], y[:20])}


class HookRecorder(keras.callbacks.Callback):
    """Records the calls of hooks with their arguments."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def on_train_begin(self, logs=None):
        self.calls.append("begin")
        self.calls.append(sorted(self.params.items()))

    def on_epoch_begin(self, epoch, logs=None):
        self.calls.append(("epoch", epoch, int(self.model.optimizer.iterations)))

    def on_epoch_end(self, epoch, logs=None):
        norm = round(float(np.abs(self.model.get_weights()[0]).sum()), 3)
        self.calls.append(("end", epoch, int(self.model.optimizer.iterations), norm, sorted(logs)))

    def on_train_end(self, logs=None):
        self.calls.append("end")


@pytest.mark.slow
def test_every_hook_of_an_epoch_is_called_with_the_latest_weights():
    recorders = []

    def callbacks():
        recorders.append(HookRecorder())
        return [recorders[-1]]

    assert_same_training(network, monitored=WATCHED, callbacks=callbacks)
    fast, slow = (recorder.calls for recorder in recorders)
    assert fast == slow
    assert fast[0] == "begin"
    assert [page[2] for page in fast if page[0] == "end" and len(page) > 3] == [3, 6, 9]
    assert fast[1] == [("epochs", 3), ("steps", 3), ("verbose", 0)]


class Doubling(keras.callbacks.Callback):
    """Changes weights between epochs."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 0:
            self.model.set_weights([2 * each for each in self.model.get_weights()])


@pytest.mark.slow
def test_a_callback_may_change_the_weights():
    changed, _ = assert_same_training(network, callbacks=lambda: [Doubling()])
    plain, _ = assert_same_training(network)
    assert not np.allclose(changed.get_weights()[0], plain.get_weights()[0], rtol=0.3)


@pytest.mark.slow
def test_keras_callbacks():
    def callbacks():
        return [
            keras.callbacks.EarlyStopping(
                "val_loss", patience=2, restore_best_weights=True, min_delta=10.0
            ),
            keras.callbacks.LearningRateScheduler(lambda epoch, _: 0.1 / (1 + epoch)),
            keras.callbacks.CSVLogger(os.devnull),
        ]

    _, history = assert_same_training(network, monitored=WATCHED, callbacks=callbacks, epochs=9)
    assert len(history) == 3
    assert [each["learning_rate"] for each in history] == pytest.approx([0.1, 0.05, 0.1 / 3])


@pytest.mark.slow
def test_the_learning_rate_decreases_if_the_loss_does_not():
    def callbacks():
        return [
            keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=1, min_delta=10.0)
        ]

    _, history = assert_same_training(network, monitored=WATCHED, callbacks=callbacks, epochs=5)
    rates = [each["learning_rate"] for each in history]
    assert rates[-1] < rates[0] / 4


class Batches(keras.callbacks.Callback):
    """Counts batches, which requires training with ``model.fit``."""

    n = 0

    def on_train_batch_end(self, batch, logs=None):
        self.n += 1


@pytest.mark.slow
def test_a_callback_with_batch_hooks_receives_every_batch():
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


def test_schedules_start_at_the_learning_rate_and_decrease():
    cosine = [0.005 * (1 + math.cos(math.pi * epoch / 5)) for epoch in range(5)]
    assert rates(lr_schedule="cosine") == pytest.approx(cosine)
    exponential = [0.01 * 0.01 ** (epoch / 5) for epoch in range(5)]
    assert rates(lr_schedule="exponential") == pytest.approx(exponential)


def test_the_plateau_schedule_halves_down_to_one_hundredth():
    found = rates(lr_schedule="plateau", patience=2, learning_rate=1e-9, epochs=12)
    halves = [1e-9 * 0.5**i for i in range(7)]
    assert found == pytest.approx([1e-9, *halves, *[1e-11] * 4], rel=1e-5)


@pytest.mark.parametrize("unit", [1e-6, 0.01, 1.0, 1e6])
def test_the_plateau_schedule_does_not_depend_on_the_unit_of_the_loss(unit):
    (callback,) = schedule(
        "plateau", optimizer="sgd", learning_rate=1.0, epochs=9, patience=4, monitor="loss"
    )
    model = network(optimizer=lambda: keras.optimizers.SGD(1.0))
    callback.set_model(model)
    callback.on_train_begin()
    found = []
    # It decreases by 0.1% twice, by 0.0001% four times, increases, and decreases again.
    for loss in (1.0, 0.999, 0.998, 0.997999, 0.997998, 0.997997, 0.997996, 1.1, 1.2, 0.9):
        logs = {"loss": unit * loss}
        callback.on_epoch_end(0, logs)
        found.append(logs["learning_rate"])
    assert found == [1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.125]


@pytest.mark.slow
def test_the_plateau_schedule_waits_while_a_small_loss_decreases():
    X, y = load_diabetes(return_X_y=True)
    small = 0.001 * (y - y.mean()) / y.std()
    model = tk.KerasRegressor(epochs=40, random_state=1)
    constant = model.fit(scale(X), small).history_
    ours = model.set_params(lr_schedule="plateau").fit(scale(X), small).history_
    assert ours["learning_rate"].nunique() == 1
    np.testing.assert_allclose(ours["loss"], constant["loss"], rtol=1e-4)
    # Keras's callback requires an improvement by 1e-4, and the loss is hardly larger by then.
    theirs = keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=5)
    model.set_params(lr_schedule=None, callbacks=[theirs]).fit(scale(X), small)
    assert model.history_["learning_rate"].nunique() == 2
    assert model.history_["loss"].iloc[-1] > 1.01 * ours["loss"].iloc[-1]


def test_a_schedule_starts_at_the_learning_rate_of_an_optimizer_object():
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
def test_settings_of_an_optimizer_object_are_rejected_as_parameters(iris, params, name):
    model = tk.KerasClassifier(optimizer=keras.optimizers.SGD(0.3), epochs=1, **params)
    message = f"{name} would have no effect: optimizer is an object with its own settings"
    with pytest.raises(tk.ParameterError, match=message):
        model.fit(*iris)


def test_two_schedules_are_rejected(iris):
    decay = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.9)
    model = tk.KerasClassifier(optimizer=keras.optimizers.SGD(decay), lr_schedule="cosine")
    with pytest.raises(tk.ParameterError, match="lr_schedule='cosine' would have no effect"):
        model.fit(*iris)


def test_callbacks_of_an_estimator_are_called_and_released(iris):
    recorder = HookRecorder()
    model = tk.KerasClassifier(units=4, epochs=2, callbacks=[recorder], random_state=0).fit(*iris)
    (used,) = model.callbacks_
    assert len(used.calls) == 7
    assert used.model is None
    assert model.get_params()["callbacks"] == [recorder]
    assert recorder.calls == []  # the original is not changed


def checkpoint(folder):
    return keras.callbacks.ModelCheckpoint(
        folder / "{epoch}.weights.h5", monitor="loss", save_best_only=True, save_weights_only=True
    )


@pytest.mark.slow
def test_every_fit_saves_its_own_best_weights(iris, tmp_path):
    model = tk.KerasClassifier(units=4, epochs=2, callbacks=[checkpoint(tmp_path)], random_state=0)
    model.set_params(learning_rate=0.01).fit(*iris)
    for file in tmp_path.iterdir():
        file.unlink()
    # Almost no training, so every epoch is worse than the first fit.
    model.set_params(learning_rate=1e-9).fit(*iris)
    assert (tmp_path / "1.weights.h5").exists()


@pytest.mark.slow
def test_every_fold_has_separate_best_weights(iris, tmp_path):
    class Named(keras.callbacks.Callback):
        """Records the best loss so far, as a checkpoint does."""

        best = math.inf
        first = None

        def on_epoch_end(self, epoch, logs=None):
            self.first = logs["loss"] if self.first is None else self.first
            self.best = min(self.best, logs["loss"])

    model = tk.KerasClassifier(
        units=4, epochs=3, callbacks=[Named(), checkpoint(tmp_path)], random_state=0
    )
    fits = cross_validate(model.fit(*iris), *iris, cv=3, return_estimator=True)["estimator"]
    for fitted in fits:
        noted, saved = fitted.callbacks_
        assert noted.first == fitted.history_["loss"].iloc[0]
        assert noted.best == pytest.approx(saved.best)
    assert clone(fits[0]).callbacks[1].best is None


def test_a_study_does_not_change_its_callbacks(iris, engine):
    note = HookRecorder()
    network = tk.KerasClassifier(units=4, epochs=2, callbacks=[note])
    space = tk.Space(learning_rate=tk.Float(0.01, 0.1))
    tuner = tk.Tuner(network, space, engine=engine, n_trials=2, cv=2, tracking=False).fit(*iris)
    assert note.calls == []
    assert len(tuner.best_estimator_.callbacks_[0].calls) == 7


class Follower(HookRecorder):
    def __init__(self, other):
        super().__init__()
        self.other = other


def test_copies_of_callbacks_refer_to_each_other(iris):
    first = HookRecorder()
    model = tk.KerasClassifier(units=4, epochs=1, callbacks=[first, Follower(first)])
    folds = cross_validate(model, *iris, cv=2, return_estimator=True)["estimator"]
    for fitted in (model.fit(*iris), clone(model).fit(*iris), *folds):
        one, other = fitted.callbacks_
        assert other.other is one is not first
        assert len(one.calls) == 5
    assert first.calls == []


@pytest.mark.slow
def test_the_previous_model_of_a_callback_is_not_copied(iris):
    recorder = HookRecorder()
    before = network()
    before.fit(X, y, callbacks=[recorder], verbose=0)
    model = tk.KerasClassifier(units=4, epochs=1, callbacks=[recorder]).fit(*iris)
    assert recorder.model is before
    assert model.callbacks_[0].model is None


def test_an_estimator_with_an_open_file_in_a_callback_can_be_pickled(iris, tmp_path):
    logger = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    model = tk.KerasClassifier(units=4, epochs=2, callbacks=[logger], random_state=0).fit(*iris)
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 3
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(iris[0]), model.predict(iris[0]))


def test_a_callback_that_cannot_be_copied_is_rejected(iris):
    recorder = HookRecorder()
    recorder.lock = threading.Lock()
    message = "KerasClassifier: callbacks cannot be copied, .* remove locks .* from HookRecorder"
    with pytest.raises(tk.ParameterError, match=message):
        tk.KerasClassifier(callbacks=[recorder]).fit(*iris)


def test_objects_other_than_callbacks_are_rejected(iris):
    with pytest.raises(tk.ParameterError, match="must be None or a list of keras.callbacks"):
        tk.KerasClassifier(callbacks=[print]).fit(*iris)


def test_a_callback_that_restores_another_fit_is_rejected(iris, tmp_path):
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    message = (
        "BackupAndRestore would start a fit with the weights that another fit left in .*backup"
    )
    with pytest.raises(tk.ParameterError, match=message):
        tk.KerasClassifier(units=4, epochs=2, callbacks=[backup]).fit(*iris)
    assert not list(tmp_path.iterdir())
