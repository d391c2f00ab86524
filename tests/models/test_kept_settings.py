"""Settings that Keras configurations omit are kept in all operations of an estimator."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import cloudpickle
import keras
import mlflow
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import tunekit as tk
from tunekit.core.fingerprints import fingerprint
from tunekit.evaluation.estimator_code import estimator_code, in_short

_rng = np.random.RandomState(0)
X = _rng.randn(40, 3).astype("float32")
y = (X @ [1.0, 2.0, 3.0] * 4).astype("float32")
DELTAS = [0.01, 1.0, 100.0]
Huber = keras.losses.Huber
STILL = 1e-12  # a learning rate without effect


def linear(meta):
    start = keras.initializers.GlorotUniform(seed=1)
    return keras.Sequential(
        [keras.Input(meta.input_shape), keras.layers.Dense(1, kernel_initializer=start)]
    )


def regressor(delta=None, architecture=linear, **params):
    given = {} if delta is None else {"loss": Huber(delta=delta)}
    how = {"epochs": 1, "random_state": 0, "learning_rate": STILL, **given, **params}
    return tk.KerasRegressor(architecture, **how)


def huber(model, delta):
    """Return the loss of a model by its formula, in float64."""
    error = np.abs(y.astype(np.float64) - model.predict(X).astype(np.float64))
    return np.where(error <= delta, error**2 / 2, delta * error - delta**2 / 2).mean()


def lost(model):
    """Return the loss that the model reports in another epoch."""
    return model.partial_fit(X, y).loss_curve_[-1]


@pytest.mark.slow
@pytest.mark.parametrize("delta", DELTAS)
def test_a_loss_trains_with_its_delta_after_other_losses(delta):
    for other in (1.0, delta):
        model = regressor(other).fit(X, y)
        assert model.loss_curve_[0] == pytest.approx(huber(model, other), rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("delta", DELTAS)
def test_a_copy_of_an_estimator_trains_with_the_same_delta(delta, tmp_path):
    model = regressor(delta).fit(X, y)
    copies = [
        clone(model).fit(X, y),
        pickle.loads(pickle.dumps(model)),
        cloudpickle.loads(cloudpickle.dumps(model)),
        pickle.loads(pickle.dumps(regressor(delta))).fit(X, y),
        tk.KerasRegressor.load(model.save(tmp_path / "model"), architecture=linear),
        tk.KerasRegressor.load(tmp_path / "model", architecture=linear).fit(X, y),
    ]
    for each in copies:
        assert lost(each) == pytest.approx(huber(model, delta), rel=1e-5)
    by_keras = keras.models.load_model(tmp_path / "model.keras")
    measured = by_keras.evaluate(X, y, verbose=0, return_dict=True)["loss"]
    assert measured == pytest.approx(huber(model, delta), rel=1e-5)


def compiled(meta, *, delta):
    model = linear(meta)
    model.compile(keras.optimizers.SGD(0.01), Huber(delta))
    return model


def scores_by_keras(delta, splits):
    scores = []
    for train, test in splits:
        model = linear(tk_meta())
        model.compile(keras.optimizers.SGD(0.01), Huber(delta))
        model.fit(X[train], y[train], batch_size=len(train), epochs=5, verbose=0)
        error = model.predict(X[test], verbose=0).ravel() - y[test]
        scores.append(-float(np.mean(error.astype(np.float64) ** 2)))
    return float(np.mean(scores))


def tk_meta():
    return type("Meta", (), {"input_shape": (3,)})


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["optuna"])
def test_each_trial_of_a_search_trains_with_its_delta(engine):
    half = np.arange(40) < 20
    splits = [(np.flatnonzero(each), np.flatnonzero(~each)) for each in (half, ~half)]
    estimator = tk.KerasRegressor(compiled, delta=1.0, epochs=5, batch_size=20, random_state=0)
    space = tk.Space(delta=tk.Float(0.01, 10.0, log=True))
    how = {"n_trials": 4, "cv": splits, "scoring": "neg_mean_squared_error", "refit": False}
    tuner = tk.Tuner(estimator, space, engine=engine, tracking=False, random_state=0, **how)
    trials = tuner.fit(X, y).trials_
    for delta, score in zip(trials["delta"], trials["score"], strict=True):
        assert score == pytest.approx(scores_by_keras(delta, splits), rel=1e-4)
    assert trials["score"].nunique() == 4


@pytest.mark.slow
def test_processes_and_grids_train_with_each_delta():
    losses = [Huber(delta=each) for each in DELTAS]
    how = {"cv": [(np.arange(40), np.arange(40))], "refit": False, "error_score": "raise"}

    def scorer(estimator, _X, _y):
        return estimator.loss_curve_[0]

    for n_jobs in (None, 2):
        search = GridSearchCV(regressor(), {"loss": losses}, scoring=scorer, n_jobs=n_jobs, **how)
        scores = search.fit(X, y).cv_results_["mean_test_score"]
        right = [huber(regressor(each).fit(X, y), each) for each in DELTAS]
        np.testing.assert_allclose(scores, right, rtol=1e-5)


def test_a_pickle_continues_the_training():
    rule = keras.optimizers.Adam(0.1)
    model = regressor(0.5, warm_start=True, optimizer=rule, learning_rate=1e-3).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert int(again.model_.optimizer.iterations) == 1
    again.fit(X, y)
    assert int(again.model_.optimizer.iterations) == 2
    np.testing.assert_allclose(again.predict(X), model.fit(X, y).predict(X), rtol=1e-5)


KINDS = {
    "loss": lambda value: {"loss": Huber(delta=value)},
    "metrics": lambda value: {"metrics": [keras.metrics.TopKCategoricalAccuracy(k=int(value + 2))]},
    "optimizer": lambda value: {"optimizer": keras.optimizers.Adam(beta_1=0.9 / (1 + value))},
    "schedule": lambda value: {
        "optimizer": keras.optimizers.SGD(
            keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.9 / (1 + value))
        )
    },
}


@pytest.mark.parametrize("kind", KINDS)
def test_three_settings_have_different_descriptions(kind):
    estimators = [tk.KerasRegressor(**KINDS[kind](value)) for value in DELTAS]
    again = [tk.KerasRegressor(**KINDS[kind](value)) for value in DELTAS]
    for describe in (
        lambda each: str([fingerprint(value) for value in each.get_params().values()]),
        lambda each: estimator_code(each).expression,
        lambda each: in_short(each, 500),
    ):
        texts = [describe(each) for each in estimators]
        assert len(set(texts)) == 3
        assert texts == [describe(each) for each in again]
        assert " at 0x" not in "".join(texts)


def test_generated_code_creates_equal_objects():
    model = regressor(
        0.25,
        metrics=["mae", keras.metrics.CosineSimilarity(axis=0, name="near")],
        optimizer=keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.9)),
        architecture="mlp",
        learning_rate=1e-3,
    )
    code = estimator_code(model)
    assert code.left_out == ()
    assert "from keras.losses import Huber" in code.imports
    names = {}
    exec("\n".join(code.imports), names)  # noqa: S102 - code generated above
    assert estimator_code(eval(code.expression, names)) == code


def factory(delta):
    def architecture(meta):
        model = linear(meta)
        model.compile("sgd", Huber(delta))
        return model

    return architecture


def holding(loss):
    def architecture(meta):
        model = linear(meta)
        model.compile("sgd", loss)
        return model

    return architecture


def test_functions_are_distinguished_by_their_closures():
    assert len({fingerprint(factory(each)) for each in DELTAS}) == 3
    assert fingerprint(factory(1.0)) == fingerprint(factory(1.0))
    assert len({fingerprint(holding(Huber(each))) for each in DELTAS}) == 3
    assert fingerprint(holding(Huber(3.0))) == fingerprint(holding(Huber(3.0)))


def test_objects_in_closures_keep_their_settings_in_other_processes():
    model = tk.KerasRegressor(holding(Huber(100.0)), epochs=1, random_state=0)
    again = cloudpickle.loads(cloudpickle.dumps(model)).fit(X, y)
    assert again.loss_curve_ == pytest.approx(model.fit(X, y).loss_curve_, rel=1e-6)
    assert again.model_.loss._fn_kwargs == {"delta": 100.0}


def test_copies_of_objects_keep_their_settings_and_state():
    tk.KerasRegressor()
    metric = keras.metrics.CosineSimilarity(axis=0)
    metric.update_state(X, 2 * X)
    layer = keras.layers.Dense(2, autocast=False)
    layer.build((None, 3))
    for copied in (copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))):
        assert copied(Huber(3.0))._fn_kwargs == {"delta": 3.0}
        again = copied(metric)
        assert again._fn_kwargs == {"axis": 0}
        assert float(again.result()) == pytest.approx(float(metric.result()))
        assert copied(layer).autocast is False
        np.testing.assert_array_equal(copied(layer)(X), layer(X))
        assert copied(keras.layers.SimpleRNN(2, seed=5)).cell.seed == 5


@pytest.mark.interpreter
def test_a_pickled_object_can_be_loaded_without_tunekit():
    tk.KerasRegressor()
    program = (
        "import pickle, sys; part = pickle.loads(bytes.fromhex(sys.argv[1]));"
        "assert part._fn_kwargs == {'delta': 3.0} and 'tunekit' not in sys.modules"
    )
    sent = pickle.dumps(Huber(3.0)).hex()
    subprocess.run([sys.executable, "-c", program, sent], check=True)


def given_parts(meta, *, rule, measure):
    model = linear(meta)
    model.compile(rule, "mse", weighted_metrics=[measure])
    return model


def test_objects_as_hyperparameters_are_copied_in_each_fit():
    rule, measure = keras.optimizers.SGD(0.01), keras.metrics.CosineSimilarity(axis=0, name="near")
    model = tk.KerasRegressor(given_parts, rule=rule, measure=measure, epochs=2, random_state=0)
    first = model.fit(X, y).history_
    assert not rule.built
    np.testing.assert_allclose(model.fit(X, y).history_, first, rtol=1e-5)
    again = pickle.loads(pickle.dumps(model))
    assert again.measure._fn_kwargs == {"axis": 0}
    np.testing.assert_allclose(again.fit(X, y).history_, first, rtol=1e-5)


@pytest.mark.slow
def test_resuming_a_study_with_another_delta_is_rejected(folder):
    space = tk.Space(learning_rate=tk.Float(1e-3, 1e-1))

    def search(delta):
        estimator = regressor(delta, architecture="mlp", learning_rate=1e-3)
        how = {"n_trials": 1, "cv": 0.3, "name": "deltas", "storage": "sqlite:///trials.db"}
        return tk.Tuner(estimator, space, random_state=0, **how).fit(X, y)

    search(0.5)
    with pytest.raises(tk.TunekitError, match=r"estimator.loss is .*delta=0.5.* and .*delta=2.0"):
        search(2.0)


@pytest.mark.slow
def test_the_champion_keeps_its_delta(folder):
    space = tk.Space(epochs=tk.Int(1, 2))
    how = {"n_trials": 1, "cv": 0.3, "name": "champions", "random_state": 0}
    tk.Tuner(regressor(0.5, architecture="mlp"), space, **how).fit(X, y)
    loaded = mlflow.sklearn.load_model("models:/champions@champion")
    assert loaded.loss._fn_kwargs == {"delta": 0.5}
    assert lost(loaded) == pytest.approx(huber(loaded, 0.5), rel=1e-4)


def uncast(meta, *, autocast):
    inputs = keras.Input(meta.input_shape)
    start = keras.initializers.GlorotUniform(seed=1)
    dense = keras.layers.Dense(1, kernel_initializer=start, autocast=autocast)
    return keras.Model(inputs, dense(keras.layers.Rescaling(1.0, dtype="float32")(inputs)))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "float32"])
def test_the_autocast_setting_of_a_layer_is_saved(dtype, tmp_path):
    for autocast in (True, False, True):
        model = regressor(architecture=uncast, autocast=autocast, dtype=dtype).fit(X, y)
        loaded = tk.KerasRegressor.load(model.save(tmp_path / "network"))
        for again in (
            loaded,
            pickle.loads(pickle.dumps(loaded)),
            pickle.loads(pickle.dumps(model)),
        ):
            assert again.model_.layers[-1].autocast is autocast
            np.testing.assert_array_equal(again.predict(X), model.predict(X))


class Adapting(keras.callbacks.Callback):
    """Adapts a layer to the scale of the rows when training begins."""

    def on_train_begin(self, logs=None):
        self.model.layers[0].adapt(3 * X + 5)


@pytest.mark.slow
def test_the_adapted_state_of_a_layer_is_kept(tmp_path):
    def normalized(meta):
        layers = [keras.layers.Normalization(), keras.layers.Dense(1)]
        return keras.Sequential([keras.Input(meta.input_shape), *layers])

    model = regressor(architecture=normalized, callbacks=[Adapting()]).fit(X, y)
    loaded = tk.KerasRegressor.load(model.save(tmp_path / "network"))
    for again in (cloudpickle.loads(cloudpickle.dumps(model)), loaded):
        np.testing.assert_allclose(again.predict(X), model.predict(X), rtol=1e-5)


def test_a_layer_that_keras_cannot_restore_is_not_saved(tmp_path):
    def sheared(meta):
        images = keras.layers.Reshape((1, 3, 1))(inputs := keras.Input(meta.input_shape))
        shear = keras.layers.RandomShear(0.5, 0.5, seed=1)
        flat = keras.layers.Flatten()(shear(images))
        return keras.Model(inputs, keras.layers.Dense(1)(flat))

    model = regressor(architecture=sheared).fit(X, y)
    with pytest.raises(tk.ParameterError, match="pickle the estimator instead: layer RandomShear"):
        model.save(tmp_path / "network")
    assert not list(tmp_path.iterdir())
