"""Sample weights and class weights: effects on training, and on losses and metrics."""

from __future__ import annotations

import keras
import keras_parity
import numpy as np
import pytest
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import accuracy_score, log_loss, precision_score, roc_auc_score

import tunekit as tk
from tunekit.models.sample_weights import Scale, row_weights
from tunekit.models.training.programs import Arrays

ZEROS = np.zeros((20, 2))


def constant(**params):
    """A network that learns only its bias, and so predicts the weighted class frequencies."""
    return tk.KerasClassifier(layers=0, learning_rate=0.05, random_state=0).set_params(**params)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["sample_weight", "class_weight"])
def test_weights_have_an_effect_between_calls_of_partial_fit(how):
    weights = {0: 1.0, 1: 9.0}
    model = constant(class_weight=weights if how == "class_weight" else None)
    reference = SGDClassifier(
        "log_loss", alpha=1e-9, learning_rate="constant", eta0=0.01, random_state=0
    )
    for _ in range(90):
        for label in (0, 1):
            y = np.full(20, label)
            given = np.full(20, weights[label]) if how == "sample_weight" else None
            model.partial_fit(ZEROS, y, classes=[0, 1], sample_weight=given)
            by_row = np.full(20, weights[label])
            reference.partial_fit(ZEROS, y, classes=[0, 1], sample_weight=by_row)
    assert reference.predict_proba(ZEROS)[0, 1] == pytest.approx(0.9, abs=0.02)
    assert model.predict_proba(ZEROS)[0, 1] == pytest.approx(0.9, abs=0.02)


@pytest.mark.slow
def test_weights_have_an_effect_between_calls_of_partial_fit_of_a_regressor():
    model = tk.KerasRegressor(layers=0, learning_rate=0.02, random_state=0)
    for _ in range(60):
        model.partial_fit(ZEROS, np.zeros(20), sample_weight=np.full(20, 1.0))
        model.partial_fit(ZEROS, np.ones(20), sample_weight=np.full(20, 3.0))
    assert model.predict(ZEROS)[0] == pytest.approx(0.75, abs=0.05)


@pytest.mark.slow
def test_large_weights_in_the_first_call_do_not_scale_later_calls():
    one = constant().partial_fit(ZEROS, np.ones(20), classes=[0, 1], sample_weight=np.full(20, 5.0))
    other = constant(optimizer="sgd", learning_rate=1e-3)
    other.partial_fit(ZEROS, np.ones(20), classes=[0, 1], sample_weight=np.full(20, 5.0))
    # A step of gradient descent is the learning rate times the weight times the gradient.
    bias = other.model_.layers[-2].bias.numpy()[0]
    assert bias == pytest.approx(1e-3 * 5.0 * 0.5, rel=1e-5)
    assert one.history_["loss"].iloc[0] == pytest.approx(5 * np.log(2), rel=1e-5)


@pytest.mark.slow
def test_validation_rows_have_the_scale_of_the_training_rows():
    rows = np.random.RandomState(0).normal(size=(40, 2))
    targets, given = rows @ [1.0, 2.0], np.where(np.arange(40) < 20, 5.0, 15.0)
    model = tk.KerasRegressor(epochs=2, learning_rate=1e-9, random_state=0)
    data = (rows, targets, given)
    history = model.fit(rows, targets, sample_weight=given, validation_data=data).history_
    squares = (targets - model.predict(rows)) ** 2
    expected = np.mean(given / given.mean() * squares)
    np.testing.assert_allclose(history[["loss", "val_loss"]], expected, rtol=1e-5)
    raw = model.fit(rows, targets, validation_data=data).history_["val_loss"].iloc[-1]
    squares = (targets - model.predict(rows)) ** 2
    assert raw == pytest.approx(np.mean(given * squares), rel=1e-5), "as Keras does"


@pytest.mark.parametrize("way", ["partial_fit", "warm_start", "saved"])
def test_later_rows_have_the_scale_of_the_first_fit(way, tmp_path):
    model = constant(optimizer="sgd", learning_rate=1e-3, epochs=1, warm_start=True)
    y = np.arange(20) % 2
    model.fit(ZEROS, y, sample_weight=np.full(20, 10.0))  # the mean weight is scaled to 1
    before = model.model_.layers[-2].bias.numpy()[0]
    if way == "saved":
        model = tk.KerasClassifier.load(model.save(tmp_path / "model"))
    fit = model.fit if way == "warm_start" else model.partial_fit
    y[0] = 1
    fit(ZEROS, y, sample_weight=np.full(20, 20.0))  # twice the weight
    step = model.model_.layers[-2].bias.numpy()[0] - before
    assert step == pytest.approx(1e-3 * 2.0 * (11 / 20 - 0.5), rel=0.01)


def test_a_fit_from_scratch_has_a_new_scale():
    y = np.arange(20) % 2
    model = constant(epochs=2)
    first = model.fit(ZEROS, y, sample_weight=np.full(20, 10.0)).history_
    second = model.fit(ZEROS, y, sample_weight=np.full(20, 1.0)).history_
    np.testing.assert_array_equal(first, second)


# Class weights affect training only, not the reported losses and metrics.


def imbalanced(n=200):
    rng = np.random.RandomState(0)
    y = (rng.rand(n) < 0.1).astype(int)
    return rng.randn(n, 3) + y[:, None], y


class Batches(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("callbacks", [[], [Batches()]], ids=["traced", "model.fit"])
@pytest.mark.parametrize("weighted", [False, True], ids=["equal rows", "weighted rows"])
def test_losses_and_metrics_exclude_class_weights(callbacks, weighted):
    X, y = imbalanced()
    rows = np.linspace(0.2, 1.8, len(y)) if weighted else None
    model = tk.KerasClassifier(
        units=4, epochs=4, batch_size=200, learning_rate=0.05, class_weight="balanced",
        callbacks=callbacks, random_state=0,
    )  # fmt: skip
    expected = []

    def look(_epoch):
        probabilities = model.predict_proba(X)
        loss = log_loss(y, probabilities, sample_weight=rows)
        right = accuracy_score(y, probabilities.argmax(axis=1), sample_weight=rows)
        expected.append((loss, right))

    model.fit(X, y, sample_weight=rows, on_epoch=look)
    # All rows form one batch, so an epoch reports the loss before its update.
    found = model.history_[["loss", "accuracy"]].to_numpy()[1:]
    np.testing.assert_allclose(found, expected[:-1], rtol=1e-4)
    # Class weights do affect training: the rare class is predicted more often.
    plain = tk.KerasClassifier(
        units=4, epochs=4, batch_size=200, learning_rate=0.05, random_state=0
    ).fit(X, y)
    assert model.predict(X).mean() > plain.predict(X).mean()


@pytest.mark.parametrize("weighted", [False, True], ids=["equal rows", "weighted rows"])
def test_epoch_metrics_exclude_class_weights(weighted):
    X, y = imbalanced()
    rows = np.linspace(0.2, 1.8, len(y)) if weighted else None
    model = tk.KerasClassifier(
        units=4, epochs=2, class_weight="balanced", metrics=["auc", "precision"], random_state=0
    ).fit(X, y, sample_weight=rows)
    last = model.history_.iloc[-1]
    area = roc_auc_score(y, model.predict_proba(X)[:, 1], sample_weight=rows)
    assert last["auc"] == pytest.approx(area, rel=1e-6)
    precision = precision_score(y, model.predict(X), sample_weight=rows, zero_division=0)
    assert last["precision"] == pytest.approx(precision, rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("callbacks", [[], [Batches()]], ids=["traced", "model.fit"])
def test_class_weights_train_as_equal_row_weights(callbacks):
    X, y = imbalanced()
    settings = {"units": 4, "epochs": 3, "random_state": 0, "callbacks": callbacks}
    by_class = tk.KerasClassifier(class_weight={0: 1.0, 1: 7.0}, **settings).fit(X, y)
    by_row = tk.KerasClassifier(**settings).fit(X, y, sample_weight=np.where(y == 1, 7.0, 1.0))
    for one, other in zip(by_class.model_.weights, by_row.model_.weights, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_validation_losses_exclude_class_weights():
    X, y = imbalanced()
    model = tk.KerasClassifier(
        units=4, epochs=30, early_stopping=True, patience=3, class_weight={0: 1.0, 1: 50.0},
        learning_rate=0.05, random_state=0,
    ).fit(X, y)  # fmt: skip
    again = tk.KerasClassifier(
        units=4, epochs=1, early_stopping=True, learning_rate=1e-9, random_state=0
    ).fit(X, y)  # the same validation rows, almost no training
    assert again.history_["val_loss"][0] < 1.5
    assert model.history_["val_loss"].min() < 1.5


@pytest.mark.slow
def test_both_loops_support_two_weights_per_row():
    X, y, n = keras_parity.X, keras_parity.y, keras_parity.ROWS
    weight = np.column_stack([np.linspace(0.1, 1.9, n), np.linspace(1.5, 0.5, n)])
    weight = weight.astype("float32")
    keras_parity.assert_same_training(
        lambda: keras_parity.network(l2=0.01),
        weight=weight,
        monitored={"val_": Arrays(X[:20], y[:20], weight[:20, 1])},
    )


class Stepping(keras.Model):
    """A model with a custom step, which supports one weight per row."""

    def __init__(self, n_outputs, **settings):
        super().__init__(**settings)
        self.dense = keras.layers.Dense(n_outputs)

    def call(self, inputs):
        return self.dense(inputs)

    def train_step(self, data):
        assert data[2].shape.rank == 1
        return super().train_step(data)


def test_a_model_with_a_custom_step_receives_one_weight_per_row():
    X, y = imbalanced()
    model = tk.KerasClassifier(
        lambda meta: Stepping(meta.n_outputs), epochs=1, class_weight="balanced"
    ).fit(X, y)
    assert np.isfinite(model.history_["loss"]).all()


def test_weights_have_a_mean_of_one_over_the_rows_with_positive_weight():
    found = row_weights([0.0, 1.0, 3.0], np.array([1.0, 2.0, 2.0]), np.zeros((3, 1)), scale=None)
    np.testing.assert_allclose(found.training, [0.0, 0.5, 1.5])
    np.testing.assert_allclose(found.evaluation, [0.0, 0.5, 1.5])
    later = row_weights([4.0], None, np.zeros((1, 1)), scale=found.scale)
    assert found.scale == Scale(4.0, 2.0)
    assert (later.training[0], later.evaluation[0]) == (1.0, 2.0)
    assert row_weights(None, None, np.zeros((3, 1)), scale=None).column() is None
    assert row_weights(7.0, None, np.zeros((3, 1)), scale=None).column() is None
