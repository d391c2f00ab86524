"""Hyperparameters that ``fit`` of a KerasTuner ``HyperModel`` declares."""

from __future__ import annotations

import keras
import pytest

import tunekit as tk

TRAINING = {
    "batch_size": tk.Categorical([16, 32], ordered=True),
    "epochs": tk.Int(2, 20),
    "learning_rate": tk.Float(1e-4, 1e-1, log=True),
}


def trained(kt, fit, build=None):
    """Return a HyperModel with one hyperparameter in ``build``, and its own ``fit``."""

    def built(self, hp):
        layer = keras.layers.Dense(hp.Int("units", 2, 8))
        model = keras.Sequential([keras.layers.Input((3,)), layer, keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    return type("Trained", (kt.HyperModel,), {"build": build or built, "fit": fit})()


def by_star(self, hp, model, *args, **kwargs):
    model.optimizer.learning_rate = hp.Float("learning_rate", 1e-4, 1e-1, sampling="log")
    size = hp.Choice("batch_size", [16, 32])
    return model.fit(*args, batch_size=size, epochs=hp.Int("epochs", 2, 20), **kwargs)


def by_name(self, hp, model, x, y, validation_data=None, callbacks=None):
    size, epochs = hp.Choice("batch_size", [16, 32]), hp.Int("epochs", 2, 20)
    model.optimizer.learning_rate = hp.Float("learning_rate", 1e-4, 1e-1, sampling="log")
    history = model.fit(x / x.max(initial=1), y, batch_size=size, epochs=epochs)
    return min(history.history["val_loss"])


@pytest.mark.parametrize("fit", [by_star, by_name])
def test_hyperparameters_of_fit_are_part_of_the_space(kt, fit):
    space = tk.Space.from_keras_tuner(trained(kt, fit))
    assert space == tk.Space(units=tk.Int(2, 8), **TRAINING)


def test_hyperparameters_of_fit_may_depend_on_those_of_build(kt):
    def fit(self, hp, model, *args, **kwargs):
        if hp.get("units") == 2:
            hp.Int("epochs", 2, 20)

    def build(self, hp):
        hp.Int("units", 2, 3)

    space = tk.Space.from_keras_tuner(trained(kt, fit, build))
    assert space == tk.Space(units=tk.Int(2, 3), epochs=tk.Int(2, 20).when(units=2))


def test_fit_of_a_hypermodel_trains_nothing(kt):
    given = []

    def fit(self, hp, model, x, y, **kwargs):
        given.append((x.shape, y.shape, sorted(kwargs)))
        hp.Int("epochs", 10**6, 10**7)
        return model.fit(x, y, epochs=10**6, **kwargs)

    assert "epochs" in tk.Space.from_keras_tuner(trained(kt, fit)).parameters
    assert set(map(repr, given)) == {"((2, 3), (2, 1), ['callbacks', 'validation_data'])"}


def test_a_fit_that_needs_real_data_is_refused_and_not_ignored(kt):
    def fit(self, hp, model, x, y, class_names):
        hp.Int("epochs", 2, 20)

    message = (
        r"^Space.from_keras_tuner: fit of Trained declares hyperparameters, but fails for zeros as "
        r"data \(TypeError: .*class_names.*\); declare them in build, or write the space by hand\.$"
    )
    with pytest.raises(tk.SpaceError, match=message):
        tk.Space.from_keras_tuner(trained(kt, fit))
