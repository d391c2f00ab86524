"""Every Keras class with a changed setting, in all operations of an estimator.

The reference is always ``model.fit``. One setting, another one and the first one again are trained
in the same process, so that a wrong signature would share a traced program.
"""

from __future__ import annotations

from pathlib import Path

import cloudpickle
import keras
import numpy as np
import pytest
from keras_models import OUTSIDE, ROWS, X, chosen, data, maker, targets
from keras_parity import assert_same_training
from keras_parts import classes, settings
from sklearn.base import clone
from sklearn.metrics import get_scorer

import tunekit as tk

# Warnings about layers without gradients.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Gradients do not exist"),
    pytest.mark.filterwarnings(r"ignore:(.|\n)*softmax over axis 0"),
    pytest.mark.filterwarnings(r"ignore:(.|\n)*destroy the mask"),
]

ALL = [name for name in classes() if name not in OUTSIDE]
# Classes whose configuration omits settings, and one class of each type.
FEW = [
    "losses.Huber", "losses.CosineSimilarity", "losses.SparseCategoricalCrossentropy",
    "metrics.CosineSimilarity", "metrics.AUC", "optimizers.Adam",
    "optimizers.schedules.ExponentialDecay", "initializers.Identity",
    "regularizers.OrthogonalRegularizer", "constraints.MaxNorm", "layers.SimpleRNN",
    "layers.RandomGrayscale", "layers.MultiHeadAttention", "layers.RandomShear",
]  # fmt: skip
# Networks that estimators reject, because their outputs are not numbers per row.
NO_ESTIMATOR = {"losses.CTC": "must end in 3 units"}
UNSAVED = {
    "layers.RandomShear changed": "RandomShear cannot be copied",
    "layers.Lambda": "cannot be read", "layers.JaxLayer": "cannot be read",
    "layers.TFSMLayer": "cannot be read", "metrics.MeanMetricWrapper changed": "cannot be read",
}  # fmt: skip


def trained_both_ways(name):
    for setting in (None, chosen(name), None):
        assert_same_training(maker(name, setting), data=data(name), epochs=2)


@pytest.mark.slow
@pytest.mark.parametrize("name", FEW)
def test_training_with_each_setting_equals_keras(name):
    trained_both_ways(name)


@pytest.mark.soak
@pytest.mark.parametrize("name", [name for name in ALL if name not in FEW])
def test_training_with_each_setting_of_all_classes_equals_keras(name):
    trained_both_ways(name)


class Watching(keras.callbacks.Callback):
    """Has a batch hook, which requires training with ``model.fit``."""

    def on_train_batch_end(self, batch, logs=None):
        self.seen = batch


def estimator(name, setting, **params):
    """Return an estimator of a network with an object, as usual or with a changed setting."""
    changes = {"usual": None, "changed": setting}

    def architecture(meta, *, which):
        return maker(name, changes[which])()

    kind = tk.KerasClassifier if targets(name).ndim == 1 else tk.KerasRegressor
    given = {"which": "usual", "epochs": 2, "batch_size": ROWS, "random_state": 0}
    return kind(architecture, **{**given, **params})


def weights(model):
    return [np.asarray(each) for each in model.model_.get_weights()]


def assert_same_results(one, other):
    for a, b in zip(weights(one), weights(other), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)
    assert set(one.history_) == set(other.history_)
    np.testing.assert_allclose(
        one.history_[list(other.history_)], other.history_, rtol=1e-4, atol=1e-5
    )


def through_all(name, engine, folder: Path):
    y, setting = targets(name), chosen(name)
    whichever = ("usual", "changed") if setting else ("usual",)
    by_keras = {
        which: estimator(name, setting, which=which, callbacks=[Watching()]).fit(X, y)
        for which in whichever
    }
    for which in (*whichever, "usual"):
        model = estimator(name, setting, which=which).fit(X, y)
        assert_same_results(model, by_keras[which])
        assert_same_results(model.fit(X, y), by_keras[which])
        assert_same_results(clone(model).fit(X, y), by_keras[which])
        further = cloudpickle.loads(cloudpickle.dumps(model)).partial_fit(X, y)
        assert_same_results(model.partial_fit(X, y), further)
        saved_and_loaded(f"{name} {which}", model, folder)
    searched(name, setting, whichever, engine)


def saved_and_loaded(place, model, folder):
    def load():
        path = model.save(folder / "network")
        return type(model).load(path, architecture=model.architecture)

    name = place.split()[0]
    if message := UNSAVED.get(name) or UNSAVED.get(place):
        with pytest.raises(tk.ParameterError, match=message):
            load()
        return
    again = load()
    np.testing.assert_allclose(again.predict(X), model.predict(X), rtol=1e-5, atol=1e-6)
    if "seed" not in settings(name):  # the order of rows starts again, so masks differ
        y = targets(name)
        assert_same_results(again.partial_fit(X, y), model.partial_fit(X, y))


def searched(name, setting, whichever, engine):
    """Check that each trial of a study has the score of ``model.fit`` with its setting."""
    y, half = targets(name), np.arange(ROWS) < ROWS // 2
    scoring = "neg_log_loss" if y.ndim == 1 else "neg_mean_squared_error"
    split = [(np.flatnonzero(half), np.flatnonzero(~half))]
    space = tk.Space(which=tk.Categorical(list(whichever)))
    how = {"engine": engine, "n_trials": 6, "algorithm": "random", "tracking": False, "cv": split}
    tuner = tk.Tuner(
        estimator(name, setting), space, scoring=scoring, refit=False, random_state=1, **how
    ).fit(X, y)
    found = tuner.trials_.drop_duplicates("which")
    assert set(found["which"]) == set(whichever)
    for _, trial in found.iterrows():
        watched = estimator(name, setting, which=trial["which"], callbacks=[Watching()])
        rows = X[~half], y[~half]
        fitted = watched.fit(
            X[half], y[half], held_out=rows
        )  # some layers draw for these rows, too
        right = get_scorer(scoring)(fitted, *rows)
        assert trial["score"] == pytest.approx(right, rel=1e-4, abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["losses.Huber", "metrics.CosineSimilarity"])
@pytest.mark.parametrize("engine", ["hyperopt"])
def test_settings_are_kept_in_all_operations(name, engine, tmp_path):
    through_all(name, engine, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("name", [name for name in ALL if name not in NO_ESTIMATOR])
def test_settings_of_all_classes_are_kept_in_all_operations(name, tmp_path):
    engine = ("optuna", "hyperopt")[ALL.index(name) % 2]
    through_all(name, engine, tmp_path)


@pytest.mark.parametrize("name", NO_ESTIMATOR)
def test_unsupported_networks_are_rejected(name):
    with pytest.raises(tk.ParameterError, match=NO_ESTIMATOR[name]):
        estimator(name, None).fit(X, targets("losses.MeanSquaredError"))
