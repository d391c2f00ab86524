"""Batch normalization uses moving averages that suit the number of steps."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import tunekit as tk
from tunekit.models.architectures.base import momentum_for
from tunekit.models.training.programs import _CACHE


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return train_test_split(X / 16, y, test_size=0.3, stratify=y, random_state=0)


def network(**params):
    return tk.KerasClassifier(
        layers=2, batch_normalization=True, batch_size=512, epochs=15, random_state=0
    ).set_params(**params)


def momenta(model):
    layers = model.model_.layers
    return [layer.momentum for layer in layers if layer.name.startswith("normalization")]


@pytest.mark.slow
def test_few_steps_are_sufficient(digits):
    X, X_test, y, y_test = digits
    default = network().fit(X, y)  # 45 steps
    keras_own = network(batch_normalization_momentum=0.99).fit(X, y)
    assert default.history_["accuracy"].iloc[-1] > 0.9
    assert default.score(X_test, y_test) > keras_own.score(X_test, y_test) + 0.1
    # The moving averages are close to the means over the training rows.
    inside = keras_inputs(default, X)
    layer = default.model_.get_layer("normalization_0")
    spread = inside.std(axis=0)
    np.testing.assert_array_less(np.abs(layer.moving_mean.numpy() - inside.mean(axis=0)), spread)
    assert np.median(layer.moving_variance.numpy() / spread**2) == pytest.approx(1, abs=0.2)


def keras_inputs(model, X):
    """Return the inputs of the first batch normalization."""
    return np.asarray(model.model_.get_layer("hidden_0")(X.astype("float32")))


@pytest.mark.slow
def test_the_momentum_depends_on_the_steps_of_the_fit(digits):
    X, _, y, _ = digits
    assert [momentum_for(steps) for steps in (1, 25, 40, 50, 10**6)] == [0.8, 0.8, 0.875, 0.9, 0.9]
    model = network(epochs=2, batch_size=128).fit(X[:1000], y[:1000])  # 16 steps
    assert momenta(model) == [0.8, 0.8]
    # 10% of the rows are validation rows, so the steps are those of the other 90%.
    model.set_params(early_stopping=True, epochs=5, batch_size=113).fit(X[:1000], y[:1000])
    assert momenta(model) == pytest.approx([0.875, 0.875])
    assert momenta(network(epochs=1).partial_fit(X, y)) == [0.9, 0.9]


@pytest.mark.slow
def test_a_pickle_and_a_file_keep_the_momentum(digits, tmp_path):
    X, _, y, _ = digits
    model = network(epochs=2).fit(X, y)
    loaded = tk.KerasClassifier.load(model.save(tmp_path / "model"))
    for again in (
        pickle.loads(pickle.dumps(model)),
        loaded,
        pickle.loads(pickle.dumps(loaded)),
        tk.KerasClassifier.load(loaded.save(tmp_path / "again")),
    ):
        assert momenta(again) == momenta(model) == [0.8, 0.8]
        np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


@pytest.mark.slow
def test_a_fit_that_continues_keeps_the_momentum_of_the_first(digits):
    X, _, y, _ = digits
    model = network(epochs=2, warm_start=True).fit(X, y)
    model.set_params(epochs=100, learning_rate=0.01, batch_size=256)
    with_more = pickle.loads(pickle.dumps(model))
    model.set_params(epochs=1).fit(X, y)
    assert momenta(model) == momenta(pickle.loads(pickle.dumps(model))) == [0.8, 0.8]
    with_more.set_params(epochs=1).fit(X, y)
    np.testing.assert_array_equal(with_more.predict_proba(X), model.predict_proba(X))


def test_networks_with_different_momenta_share_a_program(digits):
    X, _, y, _ = digits

    network(epochs=1, units=7, batch_normalization_momentum=0.7).fit(X, y)
    before = set(_CACHE._idle)
    a, b = (
        network(epochs=1, units=7, batch_normalization_momentum=momentum).fit(X, y)
        for momentum in (0.5, 0.99)
    )
    assert set(_CACHE._idle) == before
    one, other = (model.model_.get_layer("normalization_0") for model in (a, b))
    # After three steps from 0, the averages are 1 - 0.5**3 and 1 - 0.99**3 of the means.
    ratio = one.moving_mean.numpy() / other.moving_mean.numpy()
    assert np.median(ratio) == pytest.approx((1 - 0.5**3) / (1 - 0.99**3), rel=0.1)


def test_the_momentum_is_a_hyperparameter(digits, engine):
    X, _, y, _ = digits
    space = tk.Space(batch_normalization_momentum=tk.Float(0.5, 0.99))
    tuner = tk.Tuner(network(epochs=1), space, engine=engine, n_trials=2, cv=0.5, tracking=False)
    tuner.fit(X, y)
    chosen = tuner.best_params_["batch_normalization_momentum"]
    assert momenta(tuner.best_estimator_) == [chosen, chosen]


@pytest.mark.parametrize(
    ("momentum", "message"),
    [
        (1.0, "batch_normalization_momentum must be a finite number, at least 0 and below 1, got"),
        ("Auto", "'Auto' is not known. Did you mean 'auto'? Or pass a number from 0 to below 1"),
    ],
)
def test_invalid_momenta_are_rejected(digits, momentum, message):
    X, _, y, _ = digits
    with pytest.raises(tk.ParameterError, match=message.replace("?", r"\?")):
        network(batch_normalization_momentum=momentum).fit(X, y)
