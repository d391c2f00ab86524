"""Callbacks that monitor a metric find its direction, as in ``model.fit``."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.metrics import get_scorer_names
from sklearn.preprocessing import StandardScaler

import tunekit as tk
from tunekit.models.compiling import column_of, names
from tunekit.models.metric_directions import monitored_metrics

EarlyStopping = keras.callbacks.EarlyStopping
ReduceLROnPlateau = keras.callbacks.ReduceLROnPlateau
ModelCheckpoint = keras.callbacks.ModelCheckpoint


def scaled(load):
    X, y = load(return_X_y=True)
    chosen = np.random.default_rng(0).permutation(len(y))[:120]
    return StandardScaler().fit_transform(X[chosen]), y[chosen]


DATA = {
    "binary": scaled(load_breast_cancer),
    "multiclass": scaled(load_iris),
    "regression": scaled(load_diabetes),
}


def network(task, **settings):
    kind = tk.KerasRegressor if task == "regression" else tk.KerasClassifier
    return kind(**{"epochs": 2, "early_stopping": True, "random_state": 0, **settings})


def accepted(task, metric):
    """Return whether a network takes a metric for a task."""
    X, y = DATA[task]
    try:
        network(task, metrics=[metric], epochs=1).fit(X, y)
    except tk.ParameterError:
        return False
    return True


def callbacks(monitor, folder):
    return [
        EarlyStopping(monitor=monitor, patience=9),
        ReduceLROnPlateau(monitor=monitor, patience=9),
        ModelCheckpoint(str(folder / "best.keras"), monitor=monitor, save_best_only=True),
    ]


USUAL = {
    "binary": ["accuracy", "auc", "precision", "recall", "f1_score", "mse", "roc_auc"],
    "multiclass": ["accuracy", "f1_score", "roc_auc_ovr", "neg_log_loss"],
    "regression": ["mae", "mse", "rmse", "r2_score", "pearson_correlation", "r2"],
}


def directions(estimator):
    """Return whether each callback takes greater for better, by the column it monitors."""
    return {each.monitor: each.monitor_op is keras.ops.greater for each in estimator.callbacks_}


@pytest.mark.slow
@pytest.mark.parametrize("task", DATA)
@pytest.mark.parametrize("prefix", ["val_", ""])
def test_every_usual_metric_can_be_monitored(task, prefix, tmp_path):
    X, y = DATA[task]
    monitors = [f"{prefix}{name}" for name in [*USUAL[task], "loss"]]
    given = [each for monitor in monitors for each in callbacks(monitor, tmp_path)]
    model = network(task, metrics=USUAL[task], callbacks=given).fit(X, y)
    greater = directions(model)
    assert set(greater) <= set(model.history_)
    for column, is_greater in greater.items():
        error = ("loss", "mean_", "root_")
        assert is_greater != column.removeprefix("val_").startswith(error), column


@pytest.mark.soak
@pytest.mark.parametrize("task", DATA)
def test_every_metric_of_keras_and_scikit_learn_can_be_monitored(task, tmp_path):
    X, y = DATA[task]
    every = {*map(column_of, names("metrics").values()), *get_scorer_names()}
    metrics = sorted(each for each in every if accepted(task, each))
    known = monitored_metrics(metrics)
    monitors = [f"val_{name}" for name in metrics if known[name].mode]
    assert len(monitors) > 15
    # Hinges take logits, and sparse metrics class indices, which others do not.
    kinds = ("hinge", "sparse")
    for kind in (*kinds, ""):
        own = [each for each in metrics if kind and kind in each]
        some = own if kind else [each for each in metrics if not any(k in each for k in kinds)]
        given = [
            each for name in some if known[name].mode for each in callbacks(f"val_{name}", tmp_path)
        ]
        model = network(task, metrics=some, callbacks=given).fit(X, y)
        assert set(directions(model)) <= set(model.history_)
    for name in metrics:
        if known[name].mode is None:  # as in Keras
            stop = EarlyStopping(monitor=f"val_{name}")
            with pytest.raises(ValueError, match="isn't able to automatically determine"):
                network(task, metrics=[name], callbacks=[stop]).fit(X, y)


@pytest.mark.parametrize(("given", "column"), [("acc", "accuracy"), ("mse", "mean_squared_error")])
def test_a_metric_is_monitored_under_the_name_that_keras_gives_it(given, column):
    X, y = DATA["binary"]
    stop = EarlyStopping(monitor=f"val_{given}", patience=9)
    model = network("binary", metrics=[given], callbacks=[stop]).fit(X, y)
    assert model.callbacks_[0].monitor == f"val_{column}"
    assert stop.monitor == f"val_{given}", "the original is unchanged"


def test_the_direction_is_used():
    X, y = DATA["binary"]
    histories = [
        network(
            "binary",
            epochs=30,
            early_stopping=False,
            learning_rate=0.05,
            callbacks=[EarlyStopping(monitor="accuracy", mode=mode, patience=2)],
        )
        .fit(X, y)
        .history_
        for mode in ("auto", "max")
    ]
    np.testing.assert_array_equal(*histories)
    assert len(histories[0]) < 30


def compiled(meta):
    layers = [keras.layers.Input(meta.input_shape), keras.layers.Dense(1, activation="sigmoid")]
    model = keras.Sequential(layers)
    model.compile(
        "adam", "binary_crossentropy", metrics=["acc", "AUC", keras.metrics.Recall(name="hits")]
    )
    return model


@pytest.mark.slow
@pytest.mark.parametrize("monitor", ["val_acc", "val_AUC", "AUC", "val_hits", "val_loss"])
def test_metrics_of_a_model_that_the_user_compiled_can_be_monitored(monitor, tmp_path):
    X, y = DATA["binary"]
    model = network("binary", architecture=compiled, callbacks=callbacks(monitor, tmp_path))
    greater = directions(model.fit(X, y))
    assert greater == {monitor: monitor != "val_loss"}


def test_a_metric_without_a_direction_needs_one_as_in_keras():
    X, y = DATA["binary"]
    settings = {"metrics": ["true_positives"], "early_stopping": True}
    stop = EarlyStopping(monitor="val_true_positives")
    with pytest.raises(ValueError, match="isn't able to automatically determine"):
        network("binary", callbacks=[stop], **settings).fit(X, y)
    stop = EarlyStopping(monitor="val_true_positives", mode="max")
    assert len(network("binary", callbacks=[stop], **settings).fit(X, y).history_)
