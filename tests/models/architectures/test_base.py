"""Custom architectures: functions that return a ``keras.Model``."""

from __future__ import annotations

import pickle
import random

import cloudpickle
import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.preprocessing import scale

import tunekit as tk

X, y = load_iris(return_X_y=True)
X = scale(X)


def quick(architecture, **params):
    defaults = {"epochs": 15, "learning_rate": 0.03, "random_state": 0}
    return tk.KerasClassifier(architecture, **{**defaults, **params})


def bottleneck(meta, *, width=8, narrow=3, activation):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(meta.input_shape),
            layers.Dense(width, activation),
            layers.Dense(narrow, activation),
            layers.Dense(meta.n_outputs),
        ]
    )


@pytest.mark.slow
def test_keywords_are_hyperparameters():
    model = quick(bottleneck, narrow=4)
    params = model.get_params()
    assert (params["width"], params["narrow"], params["activation"]) == (8, 4, "relu")
    model.set_params(width=16, activation="tanh")
    copy = clone(model).fit(X, y)
    assert [layer.units for layer in copy.model_.layers[:-1]] == [16, 4, 3]
    assert copy.model_.layers[0].activation.__name__ == "tanh"
    assert copy.score(X, y) > 0.8
    assert "narrow=4" in repr(copy)


@pytest.mark.slow
def test_keywords_can_be_tuned(engine):
    search = GridSearchCV(quick(bottleneck, epochs=3), {"width": [4, 8]}, cv=2).fit(X, y)
    assert search.best_params_["width"] in (4, 8)
    tuner = tk.Tuner(
        quick(bottleneck, epochs=3),
        tk.Space(width=tk.Int(4, 8), activation=tk.Categorical(["relu", "tanh"])),
        engine=engine,
        n_trials=3,
        cv=2,
        tracking=False,
        random_state=0,
    ).fit(X, y)
    assert set(tuner.best_params_) == {"width", "activation"}


@pytest.mark.slow
def test_meta_describes_the_data():
    seen = []

    def look(meta):
        seen.append(meta)
        return keras.Sequential([keras.Input(meta.input_shape), keras.layers.Dense(meta.n_outputs)])

    quick(look, epochs=1).fit(X, np.array(["a", "b", "c"])[y])
    quick(look, epochs=1, dtype="float64").fit(X, y == 1)
    quick(look, epochs=1).fit(X, np.column_stack([y == 0, y > 0, y > 1]).astype(int))
    tk.KerasRegressor(look, epochs=1).fit(X, X[:, :2])
    assert [(each.task, each.n_outputs, each.classes, each.dtype) for each in seen] == [
        ("multiclass", 3, ("a", "b", "c"), "float32"),
        ("binary", 1, (False, True), "float64"),
        ("multilabel", 3, (0, 1, 2), "float32"),
        ("regression", 2, (), "float32"),
    ]
    assert {each.input_shape for each in seen} == {(4,)}
    assert len({seen[0].seed() for _ in range(3)}) == 3


def ends(last):
    def build(meta):
        units = 2 if last == "two" else meta.n_outputs
        activation = {"two": "softmax", "probabilities": "sigmoid"}.get(last)
        return keras.Sequential(
            [
                keras.Input(meta.input_shape),
                keras.layers.Dense(8, "relu"),
                keras.layers.Dense(units, activation),
            ]
        )

    return build


@pytest.mark.slow
@pytest.mark.parametrize("last", ["logits", "probabilities", "two"])
def test_outputs_may_be_logits_or_probabilities(last):
    Z, target = load_breast_cancer(return_X_y=True)
    model = quick(ends(last), metrics=["accuracy", "AUC"]).fit(scale(Z), target)
    assert model.score(scale(Z), target) > 0.95
    outputs = model.model_.predict(scale(Z), verbose=0)
    proba = model.predict_proba(scale(Z))[:, 1]
    np.testing.assert_allclose(outputs[:, -1], proba, atol=1e-5)
    assert model.history_["auc"].iloc[-1] > 0.98
    assert model.history_["accuracy"].iloc[-1] == pytest.approx(
        model.score(scale(Z), target), abs=0.02
    )


def compiled(meta, *, units):
    model = keras.Sequential(
        [
            keras.Input(meta.input_shape),
            keras.layers.Dense(units, "relu"),
            keras.layers.Dense(meta.n_outputs, "softmax"),
        ]
    )
    model.compile(keras.optimizers.SGD(0.5), "categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.slow
def test_an_architecture_may_compile_its_model():
    model = tk.KerasClassifier(compiled, units=8, epochs=20, random_state=0).fit(X, y)
    assert type(model.model_.optimizer).__name__ == "SGD"
    assert model.score(X, y) > 0.8
    with pytest.raises(
        tk.ParameterError, match="learning_rate=0.1 would have no effect: architecture"
    ):
        tk.KerasClassifier(compiled, units=8, learning_rate=0.1).fit(X, y)
    late = tk.KerasClassifier(compiled, units=8, epochs=1).fit(X, y).set_params(learning_rate=0.1)
    with pytest.raises(tk.ParameterError, match="learning_rate=0.1 would have no effect"):
        late.partial_fit(X, y)


def test_the_architecture_cannot_change_in_further_training():
    def other(meta):
        return keras.Sequential([keras.Input(meta.input_shape), keras.layers.Dense(3)])

    def another(meta):
        return keras.Sequential([keras.Input(meta.input_shape), keras.layers.Dense(3, "softmax")])

    model = quick(other, epochs=1, warm_start=True).fit(X, y)
    with pytest.raises(tk.ParameterError, match="was built with architecture='other' and cannot"):
        model.set_params(architecture=another).fit(X, y)


@pytest.mark.slow
def test_unseeded_parts_are_seeded_without_changing_the_global_state():
    def unseeded(meta):
        layers = keras.layers
        return keras.Sequential(
            [
                keras.Input(meta.input_shape),
                layers.Dense(8, "relu"),
                layers.Dropout(0.3),
                layers.Dense(3),
            ]
        )

    random.seed(1)
    before = random.getstate()
    one, two = (quick(unseeded).fit(X, y).predict_proba(X) for _ in range(2))
    assert random.getstate() == before
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, quick(unseeded, random_state=1).fit(X, y).predict_proba(X))


def two_outputs(meta):
    return keras.Sequential([keras.Input(meta.input_shape), keras.layers.Dense(meta.n_outputs + 1)])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: quick("mpl"), "architecture 'mpl' is not known. Did you mean 'mlp'"),
        (lambda: quick(bottleneck, widht=3), "no hyperparameter 'widht'. Did you mean 'width'"),
        (lambda: quick(lambda: None), r"must take meta first .* signature is \(\)"),
        (lambda: quick(lambda meta: 3), "must return a keras.Model, got 3"),
        (lambda: quick(two_outputs), r"two_outputs must end in 3 units .* has shape \(None, 4\)"),
        (
            lambda: quick(bottleneck, layers=3),
            "layers=3 would have no effect: architecture bottleneck",
        ),
        (
            lambda: quick(lambda meta, units=7: None),
            "units defaults to 7 in architecture .* to 64 in the",
        ),
        (lambda: quick(lambda meta, width: None), "requires width: pass width=..."),
        (lambda: quick("mlp", width=3), "has no hyperparameter 'width'"),
    ],
)
def test_invalid_architectures_are_rejected(make, message):
    with pytest.raises(tk.ParameterError, match=message):
        make().fit(X, y)


def test_a_function_may_accept_any_keyword():
    def free(meta, **widths):
        hidden = [keras.layers.Dense(width, "relu") for width in widths.values()]
        return keras.Sequential([keras.Input(meta.input_shape), *hidden, keras.layers.Dense(3)])

    model = clone(quick(free, first=8, second=4))
    assert model.get_params()["second"] == 4
    assert [layer.units for layer in model.fit(X, y).model_.layers[:-1]] == [8, 4, 3]


def free(meta, **hyperparameters):
    width = hyperparameters.get("width", 3)
    return keras.Sequential(
        [
            keras.Input(meta.input_shape),
            keras.layers.Dense(width),
            keras.layers.Dense(meta.n_outputs),
        ]
    )


@pytest.mark.slow
def test_any_keyword_can_be_set_and_tuned(engine):
    model = quick(free, epochs=1).set_params(width=5)
    assert model.get_params()["width"] == 5
    assert clone(model).fit(X, y).model_.layers[0].units == 5
    space, settings = tk.Space(width=tk.Int(6, 7)), {"n_trials": 2, "cv": 0.3, "tracking": False}
    tuner = tk.Tuner(model, space, engine=engine, **settings).fit(X, y)
    assert tuner.best_estimator_.model_.layers[0].units in (6, 7)


def test_an_array_without_effect_is_rejected():
    with pytest.raises(tk.ParameterError, match=r"units=array.* would have no effect"):
        quick(bottleneck, units=np.array([3, 3])).fit(X, y)


def embedded(table):
    """Return an architecture that uses an embedding table created outside of it."""

    def net(meta):
        rows = keras.Input(meta.input_shape)
        return keras.Model(rows, keras.layers.Dense(1)(keras.layers.Flatten()(table(rows))))

    return net


@pytest.mark.slow
def test_layers_trained_by_another_fit_are_rejected():
    """Otherwise the table would leak rows of the first fold into the second."""
    rows, noise = np.arange(40.0)[:, None], np.random.RandomState(0).randint(0, 2, 40)
    table = keras.layers.Embedding(40, 4)
    model = tk.KerasClassifier(embedded(table), epochs=2, random_state=0)
    first = clone(model).fit(rows, noise)
    assert pickle.loads(cloudpickle.dumps(first)).predict(rows).shape == (40,)
    first.set_params(warm_start=True).fit(rows, noise)
    message = r"net returns layers that an earlier fit has trained, such as 'embedding.*embeddings'"
    with pytest.raises(tk.ParameterError, match=message):
        clone(model).fit(rows, noise)
    table.trainable = False
    before = table.get_weights()[0]
    scores = cross_val_score(model, rows, noise, cv=2)
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(table.get_weights()[0], before)


def test_a_study_reports_layers_trained_by_another_fit(engine):
    rows, noise = np.arange(40.0)[:, None], np.random.RandomState(0).randint(0, 2, 40)
    tuner = tk.Tuner(
        tk.KerasClassifier(embedded(keras.layers.Embedding(40, 4)), epochs=1, random_state=0),
        tk.Space(learning_rate=tk.Float(0.01, 0.1)),
        engine=engine, cv=2, n_trials=2, tracking=False, random_state=0,
    )  # fmt: skip
    with pytest.raises(tk.StudyError, match="layers that an earlier fit has trained"):
        tuner.fit(rows, noise)
