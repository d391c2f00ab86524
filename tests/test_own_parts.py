"""Losses, metrics and optimizers of one's own, and Keras's as objects."""

from __future__ import annotations

import copy
import functools
import pickle

import cloudpickle
import keras
import numpy as np
import optuna
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import scale

import tunekit as tk
from tunekit.core.fingerprints import identity
from tunekit.core.keras_objects import code_of
from tunekit.evaluation.estimator_code import estimator_code

X, y = load_iris(return_X_y=True)
X = scale(X)


def quick(**params):
    return tk.KerasClassifier(**{"units": 4, "epochs": 3, "random_state": 0, **params})


class Scaled(keras.losses.Loss):
    """A loss with a setting that its configuration holds."""

    def __init__(self, factor=1.0, **settings):
        super().__init__(**settings)
        self.factor = factor

    def call(self, y_true, y_pred):
        return self.factor * keras.losses.categorical_crossentropy(y_true, y_pred)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


class Forgetful(Scaled):
    """The same, whose configuration does not hold it."""

    def __init__(self, factor=1.0):
        super().__init__(factor)

    def get_config(self):
        return {"name": "forgetful"}


class Largest(keras.metrics.Mean):
    """A metric of one's own."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        return super().update_state(keras.ops.max(y_pred, axis=-1), sample_weight)


class Plain(Largest):
    """The same, which takes less than its configuration holds."""

    def __init__(self, name="plain"):
        super().__init__(name=name)


class Simple(keras.losses.Loss):
    """A loss without settings."""

    def call(self, y_true, y_pred):
        return keras.losses.categorical_crossentropy(y_true, y_pred)


class F1Score(Largest):
    """A metric with the name of one of Keras's."""


def test_a_loss_gets_probabilities_and_keeps_its_settings():
    usual = quick(epochs=1).fit(X, y).loss_curve_[0]
    assert quick(epochs=1, loss=Scaled()).fit(X, y).loss_curve_[0] == pytest.approx(usual, rel=1e-4)
    thousand = quick(epochs=1, loss=Scaled(1000.0), learning_rate=1e-9).fit(X, y).loss_curve_[0]
    one = quick(epochs=1, loss=Scaled(), learning_rate=1e-9).fit(X, y).loss_curve_[0]
    assert thousand == pytest.approx(1000 * one, rel=1e-4)


def test_a_function_as_a_loss_gets_probabilities():
    def loss(y_true, y_pred):
        return keras.losses.categorical_crossentropy(y_true, y_pred)

    usual = quick(epochs=1).fit(X, y).loss_curve_[0]
    for given in (loss, keras.losses.categorical_crossentropy):
        found = quick(epochs=1, loss=given).fit(X, y).loss_curve_[0]
        assert found == pytest.approx(usual, rel=1e-4)


def test_a_loss_that_wants_logits_gets_them():
    class Logits(Scaled):
        from_logits = True

        def call(self, y_true, y_pred):
            return keras.losses.categorical_crossentropy(y_true, y_pred, from_logits=True)

    usual = quick(epochs=1).fit(X, y).loss_curve_[0]
    assert quick(epochs=1, loss=Logits()).fit(X, y).loss_curve_[0] == pytest.approx(usual, rel=1e-4)
    with pytest.raises(tk.ParameterError, match="from_logits=True, but the network ends in prob"):
        quick(loss=Logits(), metrics=["mse"]).fit(X, y)


def test_what_its_configuration_does_not_hold_is_refused():
    with pytest.raises(tk.ParameterError, match="Forgetful: its get_config.. must return factor"):
        quick(loss=Forgetful(3.0)).fit(X, y)

    def first(_y_true, y_pred):
        return y_pred[:, 0]

    # Keras reads the name as the function.
    wrapped = keras.metrics.MeanMetricWrapper(first, name="first")
    with pytest.raises(tk.ParameterError, match="Could not locate function 'first'"):
        quick(metrics=[wrapped]).fit(X, y)
    wrapped = keras.metrics.MeanMetricWrapper(first, name="first_output")
    assert "first_output" in quick(metrics=[wrapped]).fit(X, y).history_


@pytest.mark.parametrize(
    "loss",
    [
        Simple(),
        functools.partial(keras.losses.categorical_crossentropy, label_smoothing=0.0),
        keras.losses.sparse_categorical_crossentropy,
    ],
)
def test_losses_of_every_kind(loss):
    usual = quick(epochs=1).fit(X, y).loss_curve_[0]
    assert quick(epochs=1, loss=loss).fit(X, y).loss_curve_[0] == pytest.approx(usual, rel=1e-4)


@pytest.mark.parametrize("metric", [Plain(), F1Score(name="own")])
def test_metrics_of_every_kind(metric):
    assert metric.name in quick(metrics=[metric]).fit(X, y).history_


def test_own_parts_go_into_pickles_and_to_other_processes():
    model = quick(loss=Scaled(2.0), metrics=["accuracy", Largest(name="largest")]).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert again.loss.factor == 2.0
    assert again.model_.loss.factor == 2.0
    np.testing.assert_allclose(again.predict_proba(X), model.predict_proba(X), rtol=1e-6)
    assert again.partial_fit(X, y).n_iter_ == 4
    space = tk.Space(units=tk.Int(2, 4))
    settings = {"n_trials": 2, "n_jobs": 2, "cv": 0.3, "tracking": False, "random_state": 0}
    tuner = tk.Tuner(quick(loss=Scaled(2.0)), space, **settings).fit(X, y)
    assert list(tuner.trials_["state"]) == ["complete", "complete"]


def test_a_metric_of_ones_own_is_measured_anew_in_each_fit():
    model = quick(metrics=[Largest(name="largest")])
    first = model.fit(X, y).history_["largest"].tolist()
    assert model.fit(X, y).history_["largest"].tolist() == pytest.approx(first)
    assert 1 / 3 <= first[0] <= 1


def test_a_copy_keeps_what_is_not_registered_with_keras():
    model = quick(loss=Scaled(2.0), metrics=[Largest(name="largest")])
    assert clone(model).loss.factor == 2.0
    assert np.isfinite(cross_val_score(model, X, y, cv=2)).all()


def test_a_class_instead_of_an_object_is_refused():
    with pytest.raises(tk.ParameterError, match=r"loss Huber is a class: .* object, Huber\(\)"):
        quick(loss=keras.losses.Huber).fit(X, y)
    with pytest.raises(tk.ParameterError, match="metrics: AUC is a class"):
        quick(metrics=[keras.metrics.AUC]).fit(X, y)


def test_an_optimizer_is_copied_for_each_fit():
    given = keras.optimizers.AdamW(0.01, weight_decay=0.3)
    model = quick(optimizer=given).fit(X, y)
    assert model.model_.optimizer is not given
    assert model.model_.optimizer.weight_decay == 0.3
    assert not given.built
    assert clone(model).optimizer is given


@pytest.mark.parametrize("how", [{"var_names": ["bias"]}, {"var_list": []}])
def test_weights_that_decay_leaves_out_are_not_forgotten(how):
    given = keras.optimizers.AdamW(0.01, weight_decay=0.3)
    if "var_list" in how:
        how = {"var_list": [keras.Variable(np.zeros(2))]}
    given.exclude_from_weight_decay(**how)
    with pytest.raises(tk.ParameterError, match="leaves weights out of its decay"):
        quick(optimizer=given).fit(X, y)

    def architecture(meta):
        model = keras.Sequential([keras.Input(meta.input_shape), keras.layers.Dense(3)])
        rule = keras.optimizers.SGD(0.1, weight_decay=0.5)
        rule.exclude_from_weight_decay(var_names=["bias"])
        model.layers[0].bias.assign([1e6, 1e6, 1e6])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(rule, loss)
        return model

    bias = tk.KerasClassifier(architecture, epochs=2).fit(X, y).model_.layers[0].bias
    np.testing.assert_allclose(bias, 1e6, rtol=0.01)


@pytest.mark.parametrize("params", [{"momentum": 0}, {"learning_rate": 1}, {"clipnorm": 1},
                                    {"learning_rate": np.float32(0.1)}])  # fmt: skip
def test_whole_numbers_are_numbers(params):
    quick(optimizer="sgd", **params).fit(X, y)


class Nameless:
    """Something that can be called, as Keras takes it, and that has no name."""

    def __call__(self, target, given):
        return keras.ops.max(given, axis=-1)


def test_a_metric_without_a_name_is_called_as_its_class():
    assert "nameless" in quick(metrics=[Nameless()]).fit(X, y).history_


class Slowing(keras.optimizers.schedules.LearningRateSchedule):
    """A custom schedule that is not registered with Keras."""

    def __init__(self, rate):
        self.rate = rate

    def __call__(self, step):
        return self.rate / (1 + keras.ops.cast(step, "float32"))

    def get_config(self):
        return {"rate": self.rate}


class Silent(Slowing):
    """The same, which does not tell its settings."""

    def get_config(self):
        raise NotImplementedError


def test_parts_of_ones_own_within_those_of_keras_are_copied(tmp_path):
    model = quick(optimizer=keras.optimizers.SGD(Slowing(0.1))).fit(X, y)
    path = model.save(tmp_path / "model")
    own = {"Slowing": Slowing}
    for again in (
        clone(model),
        copy.deepcopy(model),
        pickle.loads(pickle.dumps(model)),
        cloudpickle.loads(cloudpickle.dumps(model)),
        tk.KerasClassifier.load(path, custom_objects=own),
    ):
        assert again.fit(X, y).loss_curve_ == pytest.approx(model.loss_curve_, rel=1e-4)


def test_a_part_that_cannot_be_told_is_refused():
    message = "^KerasClassifier: optimizer SGD cannot be copied by its get_config"
    with pytest.raises(tk.ParameterError, match=message):
        quick(optimizer=keras.optimizers.SGD(Silent(0.1))).fit(X, y)


class Helper:
    def __init__(self, by):
        self.by = by


class Untold(keras.regularizers.Regularizer):
    """A penalty without a get_config, which Keras calls optional."""

    def __init__(self, by):
        self.helper = Helper(by)

    def __call__(self, x):
        return self.helper.by * keras.ops.sum(keras.ops.abs(x))


class Wrapping(keras.layers.Layer):
    """A layer with an argument that Keras cannot write."""

    def __init__(self, helper):
        super().__init__()
        self.helper = helper

    def call(self, x):
        return self.helper.by * x


UNTOLD = {
    "penalty": Untold,
    "within": lambda by: keras.layers.Dense(2, kernel_regularizer=Untold(by)),
    "layer": lambda by: Wrapping(Helper(by)),
    "network": lambda by: keras.Sequential([keras.Input((4,)), Wrapping(Helper(by))]),
    "schedule": lambda by: keras.optimizers.SGD(Silent(by)),
}


@pytest.mark.parametrize("kind", UNTOLD)
def test_parts_without_a_configuration_are_told_apart(kind):
    make = UNTOLD[kind]
    assert identity(make(0.1)) == identity(make(0.1)) != identity(make(0.2))
    assert " at 0x" not in identity(make(0.1))
    assert estimator_code(tk.KerasRegressor(make(0.1))).left_out == ("KerasRegressor.architecture",)


def penalised(penalty):
    def net(meta):
        last = keras.layers.Dense(3, kernel_regularizer=penalty)
        return keras.Sequential([keras.Input(meta.input_shape), last])

    return net


def test_a_comparison_and_a_stored_study_take_parts_without_a_configuration():
    model = tk.KerasClassifier(penalised(Untold(0.1)), epochs=1, random_state=0)
    how = {"cv": 2, "tracking": False}
    found = tk.compare({"net": model, "mean": DummyClassifier()}, X, y, progress=False, **how)
    assert set(found.scores()) >= {"net", "mean"}
    storage = optuna.storages.InMemoryStorage()

    def search(by):
        model = tk.KerasClassifier(penalised(Untold(by)), random_state=0)
        space = tk.Space(epochs=tk.Int(1, 2))
        tuner = tk.Tuner(model, space, name="kept", n_trials=1, storage=storage, **how)
        return tuner.fit(X, y)

    assert len(search(0.1).trials_) == 1
    with pytest.raises(tk.TunekitError, match=r"estimator.architecture is .* there and .* here"):
        search(0.2)


def embedded(table):
    """An architecture that looks each row up in a table that is made elsewhere."""

    def net(meta):
        rows = keras.Input(meta.input_shape)
        return keras.Model(rows, keras.layers.Dense(1)(keras.layers.Flatten()(table(rows))))

    return net


def test_layers_that_another_fit_has_trained_are_refused():
    """The rows of the second fold are known to a table that learned them in the first."""
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


def test_a_search_says_which_layers_it_cannot_train_anew(engine):
    rows, noise = np.arange(40.0)[:, None], np.random.RandomState(0).randint(0, 2, 40)
    tuner = tk.Tuner(
        tk.KerasClassifier(embedded(keras.layers.Embedding(40, 4)), epochs=1, random_state=0),
        tk.Space(learning_rate=tk.Float(0.01, 0.1)),
        engine=engine, cv=2, n_trials=2, tracking=False, random_state=0,
    )  # fmt: skip
    with pytest.raises(tk.StudyError, match="layers that an earlier fit has trained"):
        tuner.fit(rows, noise)


class Stretched(keras.losses.Huber):
    """A custom loss that passes settings on to its base class, as in Keras's guide."""

    def __init__(self, factor=1.0, **settings):
        super().__init__(**settings)
        self.factor = factor

    def call(self, y_true, y_pred):
        return self.factor * super().call(y_true, y_pred)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


def stretched_huber(model, delta):
    """The loss of the data by its definition, in float64."""
    errors = np.abs(TARGETS - model.predict(X).ravel().astype(np.float64))
    near = errors**2 / 2
    return 2 * np.where(errors <= delta, near, delta * errors - delta**2 / 2).mean()


TARGETS = 50 * X @ [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("delta", [1.0, 100.0])
@pytest.mark.parametrize("place", ["parameter", "compiled"])
def test_settings_that_a_class_of_ones_own_passes_on_are_kept(delta, place, tmp_path):
    loss = Stretched(factor=2.0, delta=delta)

    def compiled(meta):
        model = keras.Sequential([keras.Input(meta.input_shape), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(1e-9), loss)
        return model

    settings = {"epochs": 1, "random_state": 0}
    model = (
        tk.KerasRegressor(loss=loss, learning_rate=1e-9, **settings)
        if place == "parameter"
        else tk.KerasRegressor(compiled, **settings)
    ).fit(X, TARGETS)
    path = model.save(tmp_path / "model")
    loaded = tk.KerasRegressor.load(
        path, architecture=compiled, custom_objects={"Stretched": Stretched}
    )
    for each in (
        model,
        clone(model).fit(X, TARGETS),
        cloudpickle.loads(cloudpickle.dumps(model)).fit(X, TARGETS),
        copy.deepcopy(clone(model)).fit(X, TARGETS),
        loaded.fit(X, TARGETS),
    ):
        assert each.loss_curve_[0] == pytest.approx(stretched_huber(each, delta), rel=1e-5)


def test_deltas_of_a_class_of_ones_own_are_told_apart():
    one, other = (Stretched(delta=delta) for delta in (1.0, 100.0))
    assert code_of(one) == "Stretched()"
    assert code_of(other) == "Stretched(delta=100.0)"
    assert identity(one) != identity(other)


def test_what_the_class_of_keras_loses_is_refused_for_ones_own_too():
    class Fixed(Stretched):
        """Its copies have another delta."""

        @classmethod
        def from_config(cls, config):
            return cls(factor=config["factor"])

    with pytest.raises(tk.ParameterError, match="Fixed: a copy would lose delta"):
        tk.KerasRegressor(loss=Fixed(delta=9.0), epochs=1).fit(X, TARGETS)


def test_a_model_that_a_function_holds_keeps_the_settings_of_its_loss():
    base = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    base.compile("sgd", keras.losses.Huber(delta=100.0))
    for each in (cloudpickle.loads(cloudpickle.dumps(base)), copy.deepcopy(base)):
        assert each.loss._fn_kwargs == {"delta": 100.0}
        np.testing.assert_array_equal(each.predict(X, verbose=0), base.predict(X, verbose=0))
        assert each.evaluate(X, TARGETS, verbose=0) == pytest.approx(
            base.evaluate(X, TARGETS, verbose=0)
        )

    def net(_meta):
        model = keras.models.clone_model(base)
        model.compile(keras.optimizers.SGD(1e-9), base.loss)
        return model

    model = tk.KerasRegressor(net, epochs=1, random_state=0)
    other = cloudpickle.loads(cloudpickle.dumps(model))
    assert other.fit(X, TARGETS).loss_curve_ == model.fit(X, TARGETS).loss_curve_
