"""Keras objects are accepted by name, and a wrong name leads to a suggestion."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris

import tunekit as tk
from tunekit.models.compiling import names
from tunekit.models.param_validation import activations

X, y = load_iris(return_X_y=True)
X = ((X - X.mean(axis=0)) / X.std(axis=0)).astype("float32")
X_numbers, target = load_diabetes(return_X_y=True)
target = (target - target.mean()) / target.std()


def classifier(**params):
    return tk.KerasClassifier(**{"units": 4, "epochs": 2, "random_state": 0, **params})


def regressor(**params):
    return tk.KerasRegressor(**{"units": 4, "epochs": 2, "random_state": 0, **params})


@pytest.mark.slow
@pytest.mark.parametrize("name", activations())
def test_every_activation(name):
    model = classifier(activation=name).fit(X, y)
    if name != "glu":  # an operation after the layer
        assert model.model_.layers[1].activation is getattr(keras.activations, name)
    assert model.model_.layers[-2].kernel.shape == (4, 3)
    assert np.isfinite(model.predict_proba(X)).all()


@pytest.mark.slow
@pytest.mark.parametrize("batch_normalization", [False, True])
def test_a_gated_layer_has_as_many_outputs_as_it_has_units(batch_normalization, tmp_path):
    model = classifier(
        layers=2, units=(6, 5), activation="glu", batch_normalization=batch_normalization
    ).fit(X, y)
    assert [each.shape for each in model.model_.weights if "kernel" in each.path] == [
        (4, 12), (6, 10), (5, 3)
    ]  # fmt: skip
    loaded = tk.KerasClassifier.load(model.save(tmp_path / "gated"))
    np.testing.assert_allclose(loaded.predict_proba(X), model.predict_proba(X), rtol=1e-5)


@pytest.mark.slow
def test_every_initializer():
    kinds = set(names("initializers").values())
    assert {"GlorotUniform", "HeNormal", "LecunUniform", "Orthogonal", "Zeros"} <= kinds
    for name, kind in names("initializers").items():
        model = classifier(kernel_initializer=name, epochs=1).fit(X, y)
        used = model.model_.layers[1].kernel_initializer
        assert type(used) is getattr(keras.initializers, kind), name


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(names("optimizers").values())))
def test_every_optimizer_takes_the_learning_rate(name):
    for spelling in {spelled for spelled, kind in names("optimizers").items() if kind == name}:
        model = classifier(optimizer=spelling, learning_rate=0.015625).fit(X, y)
        assert type(model.model_.optimizer).__name__ == name
        assert float(model.model_.optimizer.learning_rate) == 0.015625


def test_the_momentum_is_passed_to_optimizers_that_have_one():
    for name in ("sgd", "rmsprop"):
        assert classifier(optimizer=name, momentum=0.5).fit(X, y).model_.optimizer.momentum == 0.5


CLASSES_ONLY = ("binary", "categorical", "sparse", "dice", "tversky", "hinge", "kl", "poisson")


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(names("losses").values())))
def test_every_loss_trains_its_task_and_is_rejected_for_others(name):
    if name.startswith("Binary"):
        model = classifier(loss=name).fit(X, y > 0)
    elif name.lower().startswith(CLASSES_ONLY) or "Hinge" in name:
        model = classifier(loss=name).fit(X, y)
    else:  # the logarithmic error is for numbers of at least 0
        model = regressor(loss=name).fit(X_numbers, np.abs(target))
    assert np.isfinite(model.loss_curve_).all()
    if name.startswith(("Binary", "Categorical", "Sparse")):
        with pytest.raises(tk.ParameterError, match=f"loss '{name}' is for .* targets, these are"):
            regressor(loss=name).fit(X_numbers, target)


@pytest.mark.parametrize("name", ["mse", "mae", "msle", "mean_squared_error"])
def test_short_names_of_losses_and_metrics(name):
    model = regressor(loss=name, metrics=[name]).fit(X_numbers, np.abs(target))
    assert len(model.history_.columns) == 2


def test_a_loss_by_name_equals_its_class():
    model = regressor(loss="huber", epochs=1, batch_size=len(target), learning_rate=1e-9)
    predicted = model.fit(X_numbers, target).predict(X_numbers)
    expected = float(keras.losses.Huber()(target, predicted))
    assert model.loss_curve_[0] == pytest.approx(expected, rel=1e-4)


def test_a_metric_with_one_number_per_class_is_rejected():
    with pytest.raises(tk.ParameterError, match="'f1_score' returns one number per class"):
        classifier(metrics=[keras.metrics.F1Score()]).fit(X, y)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"activation": "threshold"},
            "activation 'threshold' is not known",
        ),  # it has a required setting
        ({"kernel_initializer": "he_norml"}, "'he_norml' is not known. Did you mean 'he_normal'"),
        ({"loss": "categorical_crossentopy"}, "Did you mean 'categorical_crossentropy'"),
        ({"metrics": ["f1_scor"]}, "metrics: 'f1_scor' is not known. Did you mean 'f1_score'"),
        ({"optimizer": "adamm"}, "optimizer 'adamm' is not known. Did you mean 'adam'"),
        ({"lr_schedule": "cosin"}, "lr_schedule 'cosin' is not known. Did you mean 'cosine'"),
        ({"dtype": "float23"}, "dtype 'float23' is not known. Did you mean 'float32'"),
    ],
)
def test_a_similar_name_is_suggested(params, message):
    with pytest.raises(tk.ParameterError, match=message):
        classifier(**params).fit(X, y)
