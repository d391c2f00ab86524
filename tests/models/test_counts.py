"""Losses of counts get outputs above 0."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from dummy_estimators import study
from sklearn.linear_model import PoissonRegressor
from sklearn.metrics import mean_poisson_deviance

import tunekit as tk

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 4))
MEAN = np.exp(X @ [0.5, -0.3, 0.2, 0.0])
COUNTS = {1: RNG.poisson(MEAN), 100: RNG.poisson(100 * MEAN)}
SETTINGS = {"epochs": 40, "learning_rate": 0.01, "random_state": 0}


def named(name):
    return {
        "poisson": keras.losses.Poisson(),
        "msle": keras.losses.MeanSquaredLogarithmicError(),
    }[name]


@pytest.mark.parametrize("scale", COUNTS)
@pytest.mark.parametrize("loss", ["poisson", "msle"])
def test_counts_of_any_size_are_learned(loss, scale):
    model = tk.KerasRegressor(loss=loss, **SETTINGS).fit(X, COUNTS[scale])
    predicted = model.predict(X)
    assert (predicted > 0).all()
    mean = np.full(len(X), COUNTS[scale].mean())
    deviance = mean_poisson_deviance(scale * MEAN, predicted)
    assert deviance < 0.5 * mean_poisson_deviance(scale * MEAN, mean)


def test_predictions_are_near_those_of_a_poisson_regression():
    model = tk.KerasRegressor(loss="poisson", **SETTINGS, layers=1, units=32).fit(X, COUNTS[100])
    expected = PoissonRegressor(alpha=0).fit(X, COUNTS[100]).predict(X)
    assert np.median(np.abs(model.predict(X) / expected - 1)) < 0.05


@pytest.mark.parametrize("loss", ["poisson", "msle"])
def test_the_loss_may_be_an_object_and_the_network_saved(loss, tmp_path):
    model = tk.KerasRegressor(loss=named(loss), epochs=2, random_state=0).fit(X, COUNTS[1])
    other = tk.KerasRegressor(loss=loss, epochs=2, random_state=0).fit(X, COUNTS[1])
    np.testing.assert_allclose(model.predict(X), other.predict(X), rtol=1e-5)
    model.save(tmp_path / "counts")
    loaded = tk.KerasRegressor.load(tmp_path / "counts")
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


@pytest.mark.parametrize(("activation", "last"), [("softplus", "softplus"), (None, "exponential")])
def test_an_architecture_keeps_its_own_positive_outputs(activation, last):
    def architecture(meta):
        output = keras.layers.Dense(1, activation=activation)
        return keras.Sequential([keras.layers.Input(meta.input_shape), output])

    model = tk.KerasRegressor(loss="poisson", architecture=architecture, epochs=1)
    model.fit(X, COUNTS[1])
    assert model.model_.layers[-1].activation.__name__ == last
    assert (model.predict(X) > 0).all()


@pytest.mark.parametrize("loss", ["mse", "mae", "huber", None])
def test_other_losses_keep_linear_outputs(loss):
    model = tk.KerasRegressor(loss=loss, epochs=1, random_state=0).fit(X, COUNTS[1] - 3)
    assert (model.predict(X) < 0).any()


@pytest.mark.parametrize("loss", ["poisson", "msle", "mean_squared_logarithmic_error"])
def test_negative_targets_are_refused_in_one_sentence(loss):
    y = COUNTS[1].astype(float)
    y[7] = -2
    message = (
        rf"^KerasRegressor: loss '{loss}' needs targets of at least 0, got -2 in row 7: use "
        rf"another loss, such as 'mse'\.$"
    )
    model = tk.KerasRegressor(loss=loss, epochs=1)
    with pytest.raises(tk.DataError, match=message):
        model.fit(X, y)
    with pytest.raises(tk.DataError, match=message):
        model.fit(X, COUNTS[1], validation_data=(X, y))
    with pytest.raises(tk.DataError, match=message):
        model.fit(X, COUNTS[1]).partial_fit(X, y)


@pytest.mark.slow
def test_a_search_over_losses_of_counts(engine):
    space = tk.Space(loss=tk.Categorical(["poisson", "mse", "msle"]))
    network = tk.KerasRegressor(epochs=2)
    settings = {"n_trials": 3, "cv": 2, "scoring": "neg_mean_absolute_error"}
    tuner = study(space, engine, estimator=network, algorithm="random", **settings)
    assert set(tuner.fit(X, COUNTS[1]).trials_["state"]) == {"complete"}
