"""The summary of a network has the layers that Keras reports."""

from __future__ import annotations

import keras
import pytest
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

from tunekit.models.summary import summarize
from tunekit.tracking.artifacts import read_json
from tunekit.tracking.store import open_store
from tunekit.tracking.study_reader import read_execution

X, Y = load_iris(return_X_y=True)


@pytest.fixture
def tracked(tuner, uri):
    return read_execution(open_store(uri, create=False), tuner.run_id_)


def test_layers_are_those_of_the_keras_model(tuner, tracked):
    described = read_json(open_store(tracked.uri, create=False), tuner.run_id_, "architecture.json")
    network, model = described["network"], tuner.best_estimator_.model_
    assert described["kind"] == "network"
    assert network["n_params"] == model.count_params()
    assert network["n_layers"] == len(model.layers)
    for described, layer in zip(network["layers"], model.layers, strict=True):
        assert described["name"] == layer.name
        assert described["kind"] == type(layer).__name__
        assert described["n_params"] == layer.count_params()
        assert described["shape"] == list(layer.output.shape[1:])
    assert network["layers"][1]["activation"] == "relu"
    assert network["training"]["epochs"] == network["training"]["n_iter_"] == 3


def test_frozen_weights_rates_and_nested_networks_are_listed():
    class Holder:
        model_ = keras.Sequential(
            [
                keras.Input((8, 8, 1)),
                keras.layers.Conv2D(4, 3, trainable=False, name="frozen"),
                keras.layers.BatchNormalization(),
                keras.layers.Dropout(0.25),
                keras.Sequential([keras.Input((6, 6, 4)), keras.layers.Flatten()], name="inner"),
                keras.layers.Dense(2, activation="softmax"),
            ]
        )

    found = summarize(Holder())
    by_kind = {each["kind"]: each for each in found["layers"]}
    assert by_kind["Conv2D"]["n_params"] == 4 * 9 + 4
    assert by_kind["Conv2D"]["n_trainable"] == 0
    assert (by_kind["BatchNormalization"]["n_params"], found["n_trainable"]) == (16, 8 + 290)
    assert by_kind["Dropout"]["rate"] == 0.25
    assert by_kind["Sequential"]["n_layers"] == 1
    assert by_kind["Dense"]["activation"] == "softmax"
    assert summarize(DecisionTreeClassifier().fit(X, Y)) is None


def test_layers_without_a_single_shape_and_operations_are_listed():
    inputs = keras.Input((4, 2))
    outputs, state = keras.layers.GRU(3, return_state=True, name="memory")(inputs)

    class Holder:
        model_ = keras.Model(inputs, keras.ops.add(outputs, state))

    layers = {each["name"]: each for each in summarize(Holder())["layers"]}
    assert layers["memory"]["shape"] is None
    assert layers["memory"]["n_params"] == Holder.model_.count_params()
    assert "Add" in {each["kind"] for each in layers.values()}
