"""The data loss and the penalty of regularizers are separate numbers everywhere."""

from __future__ import annotations

import keras
import numpy as np
import pandas as pd
import pytest
from keras_parity import CLASSES, COLUMNS, X, assert_same_training, y
from report_parser import Page
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import Ridge
from sklearn.metrics import log_loss
from sklearn.preprocessing import scale

import tunekit as tk
from tunekit.analysis.learning.diagnosis import diagnose
from tunekit.models.training.data_loss import separate_data_loss
from tunekit.models.training.programs import _CACHE, Arrays

IRIS, SPECIES = load_iris(return_X_y=True)
IRIS = scale(IRIS)


class Batches(keras.callbacks.Callback):
    """Has a batch hook, which requires training with ``model.fit``."""

    def on_train_batch_end(self, batch, logs=None):
        pass


def classifier(**params):
    """All rows form one batch, so each epoch reports the loss before its update."""
    return tk.KerasClassifier(
        units=8, epochs=4, batch_size=150, learning_rate=0.01, random_state=0
    ).set_params(**params)


@pytest.mark.slow
@pytest.mark.parametrize("callbacks", [[], [Batches()]], ids=["traced", "model.fit"])
def test_the_loss_is_the_data_loss_and_the_penalty_is_separate(callbacks):
    model = classifier(l1=0.003, l2=0.02, dtype="float64", callbacks=callbacks)
    losses, penalties = [], []

    def look(_epoch):
        losses.append(log_loss(SPECIES, model.predict_proba(IRIS)))
        kernels = [w.numpy() for w in model.model_.trainable_weights if w.name == "kernel"]
        penalties.append(sum(0.003 * np.abs(w).sum() + 0.02 * (w**2).sum() for w in kernels))

    model.fit(IRIS, SPECIES, held_out=(IRIS, SPECIES), on_epoch=look)
    history = model.history_
    assert set(history) == {"loss", "accuracy", "penalty", "held_out_loss", "held_out_accuracy"}
    np.testing.assert_allclose(history["held_out_loss"], losses, rtol=1e-6)
    np.testing.assert_allclose(history["loss"][1:], losses[:-1], rtol=1e-6)
    np.testing.assert_allclose(history["penalty"][1:], penalties[:-1], rtol=1e-5)
    assert model.loss_curve_ == history["loss"].tolist()


@pytest.mark.slow
@pytest.mark.parametrize("callbacks", [[], [Batches()]], ids=["traced", "model.fit"])
def test_the_penalty_is_exact_for_a_large_loss(callbacks):
    """float32 numbers near 1e8 differ by 8, and the penalty is about 2."""
    targets = 10_000 + IRIS[:, 0]
    model = tk.KerasRegressor(
        l2=0.1, epochs=2, learning_rate=1e-12, callbacks=callbacks, batch_size=40, random_state=0
    ).fit(IRIS, targets, validation_data=(IRIS, targets))
    kernels = [w.numpy() for w in model.model_.trainable_weights if w.name == "kernel"]
    expected = sum(0.1 * (w.astype(np.float64) ** 2).sum() for w in kernels)
    np.testing.assert_allclose(model.history_["penalty"], expected, rtol=1e-5)
    assert set(model.history_) == {"loss", "penalty", "val_loss"}


def test_their_sum_is_keras_loss_and_the_weights_are_those_of_keras():
    model = classifier(l2=0.02, batch_size=40)
    ours = model.fit(IRIS, SPECIES).history_
    plain = classifier(l2=0.02, batch_size=40, epochs=1).fit(IRIS, SPECIES)
    logs = plain.model_.evaluate(IRIS.astype("float32"), SPECIES, verbose=0, return_dict=True)
    assert set(logs) == {"loss", "accuracy"}  # the model itself is not changed
    after_one = log_loss(SPECIES, plain.predict_proba(IRIS))
    kernels = [w.numpy() for w in plain.model_.trainable_weights if w.name == "kernel"]
    assert logs["loss"] == pytest.approx(after_one + 0.02 * sum((w**2).sum() for w in kernels))
    assert (ours["penalty"] > 0).all()


def regularised(layers, **compiling):
    def make():
        inputs = keras.Input((COLUMNS,))
        hidden = inputs
        for layer in layers():
            hidden = layer(hidden)
        kernel = keras.initializers.GlorotUniform(seed=9)
        model = keras.Model(inputs, keras.layers.Dense(CLASSES, kernel_initializer=kernel)(hidden))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        settings = {"loss": loss, "weighted_metrics": ["accuracy"], **compiling}
        model.compile(optimizer="adam", jit_compile=False, **settings)
        return model

    return make


@keras.saving.register_keras_serializable("tests")
class Pulling(keras.layers.Layer):
    """Adds a loss in its call, without a regularizer."""

    def call(self, inputs):
        self.add_loss(0.5 * keras.ops.mean(keras.ops.square(inputs)))
        return inputs


def dense(**settings):
    seed = keras.initializers.GlorotUniform(seed=1)
    return keras.layers.Dense(7, kernel_initializer=seed, **settings)


@pytest.mark.slow
@pytest.mark.parametrize(
    "layers",
    [
        lambda: [dense(kernel_regularizer=keras.regularizers.L2(0.1))],
        lambda: [dense(activity_regularizer=keras.regularizers.L1(0.1))],
        lambda: [dense(), keras.layers.ActivityRegularization(0.1, 0.2)],
        lambda: [dense(kernel_regularizer="orthogonal_regularizer")],
        lambda: [dense(), Pulling()],
        lambda: [keras.Sequential([dense(bias_regularizer=keras.regularizers.L1(0.1))])],
    ],
    ids=["kernel", "activity", "layer", "orthogonal", "custom layer", "inside"],
)
def test_every_penalty_is_separate_in_both_loops(layers):
    watched = {"val_": Arrays(X[:20], y[:20]), "held_out_": Arrays(X[20:50], y[20:50])}
    model, history = assert_same_training(regularised(layers), monitored=watched)
    assert all("penalty" in epoch for epoch in history)
    logits = model.predict(X[:20], verbose=0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(y[:20], logits)
    assert history[-1]["val_loss"] == pytest.approx(float(loss), rel=1e-5)
    assert not any("of_the_data" in name for name in history[-1])


@pytest.mark.slow
def test_a_summed_loss_is_reported_as_keras_reports_it():
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum")
    layers = lambda: [dense(kernel_regularizer=keras.regularizers.L2(1e-9))]  # noqa: E731
    _, history = assert_same_training(regularised(layers, loss=loss))
    _, plain = assert_same_training(regularised(lambda: [dense()], loss=loss))
    assert history[0]["loss"] == pytest.approx(plain[0]["loss"], rel=1e-4)


@pytest.mark.parametrize("class_weight", [None, {0: 1.0, 1: 9.0, 2: 1.0}])
def test_without_a_penalty_there_is_no_penalty_column(class_weight):
    assert "penalty" not in classifier(class_weight=class_weight).fit(IRIS, SPECIES).history_


@pytest.mark.parametrize("callbacks", [[], [Batches()]], ids=["traced", "model.fit"])
def test_class_weights_do_not_count_as_penalties(callbacks):
    weights = {0: 1.0, 1: 9.0, 2: 1.0}
    model = classifier(l2=0.02, class_weight=weights, callbacks=callbacks).fit(IRIS, SPECIES)
    kernels = [w.numpy() for w in model.model_.trainable_weights if w.name == "kernel"]
    after = 0.02 * sum((w**2).sum() for w in kernels)
    assert model.history_["penalty"].iloc[-1] == pytest.approx(after, rel=0.05)


@pytest.mark.parametrize("setting", ["l2", "class_weight"])
def test_networks_with_other_penalties_and_class_weights_share_a_program(setting):
    values = {"l2": [0.01, 0.02], "class_weight": [{0: 1.0, 1: w, 2: 1.0} for w in (2.0, 3.0)]}
    shape = {"units": 9, "activation": "softsign" if setting == "l2" else "softplus"}
    before = set(_CACHE._idle)
    for value in values[setting]:
        classifier(**shape, **{setting: value}).fit(IRIS, SPECIES)
        assert len(set(_CACHE._idle) - before) == 1


def test_a_model_is_restored():
    model = regularised(lambda: [dense(kernel_regularizer="l2")])()
    before = model._compile_loss, model._compile_metrics, model.metrics
    with separate_data_loss(model, separate_weights=False):
        assert model._compile_loss is not before[0]
    assert (model._compile_loss, model._compile_metrics) == before[:2]
    assert [each.name for each in model.metrics] == [each.name for each in before[2]]


# All decisions that depend on a loss use the data loss.


def test_early_stopping_restores_the_epoch_with_the_best_data_loss():
    # The penalty decreases in each epoch, so by the sum the last epoch would be the best.
    model = classifier(l2=1.0, epochs=60, learning_rate=0.05, early_stopping=True, patience=5)
    model.fit(IRIS, SPECIES, validation_data=(IRIS, SPECIES))
    history = model.history_
    best = history["val_loss"].idxmin()
    assert (history["val_loss"] + history["penalty"]).idxmin() > best
    assert model.n_iter_ == best + 1 + 5
    kept = log_loss(SPECIES, model.predict_proba(IRIS))
    assert kept == pytest.approx(history["val_loss"][best], rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("also", [[], [Batches()]], ids=["traced", "model.fit"])
def test_callbacks_and_the_plateau_schedule_use_the_data_loss(also):
    class Seen(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.logs = []

        def on_epoch_end(self, epoch, logs=None):
            self.logs.append(dict(logs))

    model = classifier(l2=0.5, lr_schedule="plateau", callbacks=[Seen(), *also])
    model.fit(IRIS, SPECIES, validation_data=(IRIS, SPECIES))
    seen = pd.DataFrame(model.callbacks_[0].logs)
    pd.testing.assert_frame_equal(seen, model.history_, check_like=True, check_names=False)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["hyperopt"])
def test_a_network_that_improves_only_its_penalty_is_underfitted(engine, folder):
    X, y = load_diabetes(return_X_y=True)
    y = scale(y)
    network = tk.KerasRegressor(epochs=40, learning_rate=0.01, random_state=0)
    space = tk.Space(l2=tk.Float(2.9, 3.1))
    tuner = tk.Tuner(network, space, engine=engine, n_trials=2, cv=2, name="strong", random_state=0)
    tuner.fit(X, y)
    assert tuner.best_estimator_.score(X, y) < 0.05  # no better than the mean
    study = tk.load_study("strong")
    curves = study.history(engine, 0)
    assert "penalty" in curves
    page = tk.report(tuner, folder / "strong.html").read_text()
    assert "These curves show no problem" not in page
    assert "Underfitting" in page
    assert "penalty of " in page  # a separate curve


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["optuna"])
def test_comparisons_and_finalists_report_it_too(engine, folder):
    """Training starts at a loss of 9, far from the targets, and ends at their variance, 1."""
    inputs, targets = load_diabetes(return_X_y=True)
    targets = 3 + scale(targets)
    network = tk.KerasRegressor(l2=3.0, epochs=60, learning_rate=0.01, random_state=0)
    found = tk.compare({"network": network, "ridge": Ridge()}, inputs, targets, cv=2, name="both")
    page = Page(tk.report(found, folder / "both.html", sections=["learning"]))
    assert "Underfitting" in page.text("learning")
    space = tk.Space(l2=tk.Float(2.9, 3.1))
    tuner = tk.Tuner(network, space, engine=engine, n_trials=1, cv=2, name="one", random_state=0)
    tuner.fit(inputs, targets).finalists(k=1, seeds=1)
    page = Page(tk.report(tuner, folder / "one.html", sections=["learning"]))
    assert page.text("learning").count("Underfitting") == 2, "the search and its finalists"
    assert "These curves show no problem" not in page.text("learning")


@pytest.mark.slow
def test_a_comparison_records_that_the_best_weights_were_restored(folder):
    inputs = np.random.RandomState(0).randn(60, 20)
    targets = np.random.RandomState(1).randn(60)
    network = tk.KerasRegressor(units=64, epochs=60, learning_rate=0.02, random_state=0)
    stopped = clone(network).set_params(early_stopping=True, patience=50)
    for name, model, harm in (("on", network, True), ("stopped", stopped, False)):
        found = tk.compare({name: model}, inputs, targets, cv=2, name=name)
        page = Page(tk.report(found, folder / f"{name}.html", sections=["learning"]))
        assert ("the training loss continued to fall" in page.text("learning")) is harm


def test_the_baseline_of_a_regressor_is_the_mean_of_the_targets():
    # The loss starts at 100, far from the targets, and ends at their variance.
    loss = (100.0, 50.0, 10.0, 4.0, 4.0, 4.0)
    curve = {"loss": loss, "val_loss": loss}
    assert diagnose([curve]).verdicts == ()
    assert diagnose([curve], baseline=4.0).verdicts == ("underfitting",)
    assert diagnose([curve], baseline=4.0).learned == 0.0
    assert diagnose([curve], baseline=8.0).learned == 0.5


@pytest.mark.slow
def test_overfitting_is_detected_despite_a_penalty():
    rng = np.random.RandomState(0)
    X, y = rng.randn(40, 30), rng.randn(40)
    model = tk.KerasRegressor(units=64, l2=0.001, epochs=150, learning_rate=0.01, random_state=0)
    model.fit(X[:20], y[:20], held_out=(X[20:], y[20:]))
    curve = {name.replace("held_out_", "val_"): model.history_[name] for name in model.history_}
    found = diagnose([curve])
    assert "overfitting" in found.verdicts
    training, other = (model.predict(rows) for rows in (X[:20], X[20:]))
    times = np.mean((other - y[20:]) ** 2) / np.mean((training - y[:20]) ** 2)
    assert found.times == pytest.approx(times, rel=0.2)


def test_a_penalty_that_diverges_stops_the_training():
    model = tk.KerasRegressor(l2=1e30, learning_rate=1.0, optimizer="sgd", epochs=9, random_state=0)
    with pytest.raises(tk.TrainingDiverged):
        model.fit(IRIS, IRIS[:, 0])


def test_a_saved_network_is_a_plain_keras_model(tmp_path):
    model = classifier(l2=0.02).fit(IRIS, SPECIES)
    again = tk.KerasClassifier.load(model.save(tmp_path / "model"))
    assert "minimised_loss_of_the_data" not in [metric.name for metric in again.model_.metrics]
    more = again.set_params(warm_start=True).fit(IRIS, SPECIES).history_
    assert len(more) == 8
    assert more["penalty"].notna().all()


@pytest.mark.parametrize("dtype", ["float64", "float16", "bfloat16", "mixed_float16"])
def test_a_penalty_works_with_every_dtype(dtype):
    # Keras itself does not add a penalty in another dtype than float32 to the loss.
    model = classifier(l2=0.01, dtype=dtype).fit(IRIS, SPECIES)
    kernels = [w.numpy() for w in model.model_.trainable_weights if w.name == "kernel"]
    after = 0.01 * sum((w.astype("float64") ** 2).sum() for w in kernels)
    assert model.history_["penalty"].iloc[-1] == pytest.approx(after, rel=0.05)
