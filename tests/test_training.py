"""The fast loop: the same weights as ``model.fit``, one program for many models, flat memory."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from tunekit.models.programs import Arrays
from tunekit.models.training import Course, train

ROWS, COLUMNS, CLASSES = 70, 6, 3
_rng = np.random.RandomState(0)
X = _rng.randn(ROWS, COLUMNS).astype("float32")
y = _rng.randint(CLASSES, size=ROWS).astype("int32")
WEIGHT = np.linspace(0.5, 1.5, ROWS).astype("float32")


def network(
    units=(8, 5),
    activation="relu",
    dropout=0.0,
    l2=0.0,
    max_norm=None,
    *,
    normalize=False,
    optimizer=None,
    dtype="float32",
    **compiling,
):
    """A small network, the same one for the same arguments."""
    layers = keras.layers

    def dense(width, seed):
        return layers.Dense(
            width,
            kernel_initializer=keras.initializers.GlorotUniform(seed=seed),
            kernel_regularizer=keras.regularizers.L1L2(l2 / 10, l2) if l2 else None,
            kernel_constraint=keras.constraints.MaxNorm(max_norm) if max_norm else None,
            dtype=dtype,
        )

    inputs = hidden = keras.Input((COLUMNS,))
    for i, width in enumerate(units):
        hidden = dense(width, i)(hidden)
        if normalize:
            hidden = layers.BatchNormalization()(hidden)
        hidden = layers.Activation(activation)(hidden)
        if dropout:
            hidden = layers.Dropout(dropout, seed=i)(hidden)
    model = keras.Model(inputs, dense(CLASSES, 99)(hidden))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        optimizer=optimizer() if optimizer else "adam",
        **{"loss": loss, "weighted_metrics": ["accuracy"], "jit_compile": False, **compiling},
    )
    return model


def run(model, *, fast, weight=None, epochs=3, watched=None, callbacks=()):
    history = []
    train(
        model,
        Course(Arrays(X, y, weight), watched or {}, 32, epochs, np.random.RandomState(0)),
        callbacks=callbacks,
        after_epoch=lambda _, logs: history.append(dict(logs)),
        fast=fast,
    )
    return history


def the_same(make, *, weight=None, epochs=3, watched=None, callbacks=lambda: (), tolerance=1e-4):
    """Train two equal models both ways, and compare all there is to compare."""
    quick, slow = make(), make()
    for model in (quick, slow):
        model.optimizer.build(model.trainable_variables)
    ours = run(
        quick, fast=True, weight=weight, epochs=epochs, watched=watched, callbacks=callbacks()
    )
    theirs = run(
        slow, fast=False, weight=weight, epochs=epochs, watched=watched, callbacks=callbacks()
    )
    assert len(ours) == len(theirs)
    for epoch, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        assert set(a) == set(b)
        for name, value in b.items():
            assert a[name] == pytest.approx(value, rel=tolerance, abs=tolerance), (epoch, name)
    for kind in ("variables", "optimizer.variables"):
        a, b = (
            model.variables if kind == "variables" else model.optimizer.variables
            for model in (quick, slow)
        )
        for mine, yours in zip(a, b, strict=True):
            close = np.allclose(mine.numpy(), yours.numpy(), rtol=tolerance, atol=tolerance)
            assert close, f"{kind}: {yours.path}"
    np.testing.assert_allclose(quick(X), slow(X), rtol=tolerance, atol=tolerance)
    return quick, ours


SGD = {"optimizer": lambda: keras.optimizers.SGD(0.1, momentum=0.7)}
SETTINGS = {
    "plain": {},
    "dropout": {"dropout": 0.3},
    "l1 and l2": {"l2": 0.05},
    "max norm": {"max_norm": 0.5},
    "batch normalization": {"normalize": True, **SGD},
    "everything": {"dropout": 0.2, "l2": 0.02, "max_norm": 1.0, "normalize": True, **SGD},
    "rmsprop": {"optimizer": lambda: keras.optimizers.RMSprop(0.01, momentum=0.5)},
    "clipnorm": {"optimizer": lambda: keras.optimizers.Adam(0.01, clipnorm=0.1)},
    "moving average": {"optimizer": lambda: keras.optimizers.SGD(0.1, use_ema=True)},
    "decay": {
        "optimizer": lambda: keras.optimizers.SGD(
            keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.9)
        )
    },
    "float64": {"dtype": "float64"},
    "linear": {"units": ()},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_both_ways_of_training_end_at_the_same_weights(name):
    the_same(lambda: network(**SETTINGS[name]))
    # Now the program is there already, and another model gets it.
    wider = {"units": (13, 4)} if name != "linear" else {}
    stronger = {"dropout": 0.1, "l2": 0.1, "max_norm": 0.8}
    other = {key: stronger.get(key, value) for key, value in SETTINGS[name].items()}
    if SETTINGS[name].get("optimizer") is SGD["optimizer"]:
        other["optimizer"] = lambda: keras.optimizers.SGD(0.05, momentum=0.2)
    the_same(lambda: network(**{**other, **wider}))


@pytest.mark.parametrize(
    "name", ["Adadelta", "Adagrad", "AdamW", "Adamax", "Ftrl", "Lamb", "Lion", "Muon", "Nadam"]
)
def test_every_optimizer_ends_at_the_same_weights(name):
    make = getattr(keras.optimizers, name)
    the_same(lambda: network(optimizer=lambda: make(0.01)))
    the_same(lambda: network((6, 9), optimizer=lambda: make(0.03)))


def test_weights_and_watched_rows_are_measured_alike():
    watched = {"val_": Arrays(X[:20], y[:20], WEIGHT[:20]), "held_out_": Arrays(X[20:50], y[20:50])}
    _, history = the_same(network, weight=WEIGHT, watched=watched)
    assert {"val_loss", "held_out_accuracy"} <= set(history[0])
