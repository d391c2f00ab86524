"""The network of a fitted classifier ends in probabilities, in memory, in files and exports."""

from __future__ import annotations

import pickle

import cloudpickle
import keras
import numpy as np
import pytest
import tensorflow as tf

import tunekit as tk

X = np.random.RandomState(0).randn(60, 5).astype("float32")
TARGETS = {
    "binary": np.array(["no", "yes"])[(X[:, 0] > 0).astype(int)],
    "multiclass": np.digitize(X[:, 0], [-0.5, 0.5]),
    "multilabel": (X[:, :3] > 0).astype(int),
}


def sequential(meta):
    layers = [keras.layers.Dense(4, "relu"), keras.layers.Dense(meta.n_outputs)]
    return keras.Sequential([keras.Input(meta.input_shape), *layers])


def two_units(meta):
    return keras.Sequential([keras.Input(meta.input_shape), keras.layers.Dense(2)])


def compiled(meta):
    model = sequential(meta)
    model.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    return model


def fitted(task, architecture="mlp", **params):
    settings = {"epochs": 1, "random_state": 0, **params}
    return tk.KerasClassifier(architecture, **settings).fit(X, TARGETS[task])


def exported(model, folder):
    """Return what a model returns that was exported without a call."""
    model.export(folder, verbose=False)
    loaded = tf.saved_model.load(folder)
    return loaded.serve(X).numpy()


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["mlp", sequential], ids=["mlp", "sequential"])
@pytest.mark.parametrize("task", TARGETS)
def test_keras_alone_reads_probabilities(task, architecture, tmp_path):
    model = fitted(task, architecture)
    right = model.predict_proba(X)[:, -1:] if task == "binary" else model.predict_proba(X)
    by_keras = keras.models.load_model(model.save(tmp_path / "model"))
    np.testing.assert_allclose(exported(model.model_, str(tmp_path / "net")), right, atol=1e-6)
    for network in (model.model_, by_keras):
        np.testing.assert_allclose(network.predict(X, verbose=0), right, atol=1e-6)
        codes = model._encode(TARGETS[task])
        loss = network.evaluate(X, codes, verbose=0, return_dict=True)["loss"]
        chosen = right if task != "binary" else np.hstack([1 - right, right])
        if task == "multilabel":
            expected = -np.log(np.where(codes > 0, right, 1 - right)).mean()
        else:
            expected = -np.log(chosen[np.arange(len(X)), codes.ravel().astype(int)]).mean()
        assert loss == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("task", TARGETS)
def test_copies_train_the_logits_further(task, tmp_path):
    model, path = fitted(task), tmp_path / "model"
    model.save(path)
    right, outputs = model.predict_proba(X), model.model_.predict(X, verbose=0)
    whole = tk.KerasClassifier.load(path)
    copies = [pickle.loads(pickle.dumps(model)), whole, pickle.loads(cloudpickle.dumps(whole))]
    for each in copies:
        np.testing.assert_array_equal(each.predict_proba(X), right)
        np.testing.assert_array_equal(each.model_.predict(X, verbose=0), outputs)
        each._rng = np.random.RandomState(1)
        each.partial_fit(X, TARGETS[task])
        assert int(each.model_.optimizer.iterations) == 2
        np.testing.assert_allclose(each.predict_proba(X), copies[0].predict_proba(X), rtol=1e-6)
    assert exported(whole.model_, str(tmp_path / "net")).shape == outputs.shape


@pytest.mark.slow
def test_a_network_without_its_architecture_is_copied_with_probabilities(tmp_path):
    model = fitted("multiclass", sequential)
    whole = tk.KerasClassifier.load(model.save(tmp_path / "model"))
    for each in (whole, pickle.loads(cloudpickle.dumps(whole))):
        np.testing.assert_array_equal(each.predict_proba(X), model.predict_proba(X))
        outputs = each.model_.predict(X, verbose=0)
        np.testing.assert_allclose(outputs, model.predict_proba(X), atol=1e-6)


def test_two_units_for_two_classes_end_in_a_softmax():
    model = fitted("binary", two_units)
    np.testing.assert_allclose(
        model.model_.predict(X, verbose=0), model.predict_proba(X), atol=1e-6
    )


def test_the_network_is_trained_after_it_was_used():
    used, unused = fitted("multiclass", warm_start=True), fitted("multiclass", warm_start=True)
    assert used.model_.layers[-1].name == "probabilities"
    for each in (used, unused):
        each.fit(X, TARGETS["multiclass"])
    np.testing.assert_array_equal(used.predict_proba(X), unused.predict_proba(X))
    outputs = used.model_.predict(X, verbose=0)
    np.testing.assert_allclose(outputs, used.predict_proba(X), atol=1e-6)


def test_a_loss_of_logits_is_left_out_of_the_compiled_network(tmp_path):
    model = fitted("binary", loss="hinge")
    right = model.predict_proba(X)[:, 1:]
    network = keras.models.load_model(model.save(tmp_path / "model"))
    np.testing.assert_allclose(network.predict(X, verbose=0), right, atol=1e-6)
    assert network.loss is None
    assert int(network.optimizer.iterations) == 1


def test_a_network_that_its_architecture_compiled_is_unchanged():
    model = fitted("binary", compiled)
    logits = model.model_.predict(X, verbose=0)
    np.testing.assert_allclose(logits[:, 0], model.decision_function(X), atol=1e-5)


def test_the_network_of_a_regressor_is_exported_without_a_call(tmp_path):
    model = tk.KerasRegressor(units=4, epochs=1, loss="poisson").fit(X, X[:, 0] ** 2)
    outputs = exported(model.model_, str(tmp_path / "net"))
    np.testing.assert_allclose(outputs[:, 0], model.predict(X), rtol=1e-5)


@pytest.mark.slow
@pytest.mark.filterwarnings("error")
def test_fits_copies_and_files_cause_no_warnings_of_libraries(tmp_path):
    average = keras.optimizers.SGD(use_ema=True)
    model = fitted("multiclass", dtype="mixed_bfloat16", dropout=0.1, optimizer=average)
    pickle.loads(pickle.dumps(model)).predict_proba(X)
    tk.KerasClassifier.load(model.save(tmp_path / "model")).partial_fit(X, TARGETS["multiclass"])
