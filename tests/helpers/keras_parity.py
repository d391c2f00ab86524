"""Trains equal networks both ways, in traced programs and by ``model.fit``, and compares them."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from tunekit.models.training.loop import TrainingRun, train
from tunekit.models.training.programs import Arrays

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


def run(model, *, fast, weight=None, epochs=3, watched=None, callbacks=(), data=None):
    history = []
    train(
        model,
        TrainingRun(
            data or Arrays(X, y, weight), watched or {}, 32, epochs, np.random.RandomState(0)
        ),
        callbacks=callbacks,
        after_epoch=lambda _, logs: history.append(dict(logs)),
        fast=fast,
    )
    return history


def the_same(
    make,
    *,
    times=1,
    weight=None,
    epochs=3,
    watched=None,
    callbacks=lambda: (),
    tolerance=1e-4,
    data=None,
):
    """Train equal models both ways, and compare all there is to compare.

    In programs as many times as asked for, after the first time in a program that is there.
    """
    how = {"weight": weight, "epochs": epochs, "watched": watched, "data": data}
    slow = None
    for _ in range(times):
        quick = _built(make)
        ours = run(quick, fast=True, callbacks=callbacks(), **how)
        if slow is None:
            slow = _built(make)
            theirs = run(slow, fast=False, callbacks=callbacks(), **how)
        _compare(quick, ours, slow, theirs, tolerance)
        rows = X if data is None else data.x
        np.testing.assert_allclose(quick(rows), slow(rows), rtol=tolerance, atol=tolerance)
    return quick, ours


def _built(make):
    model = make()
    model.optimizer.build(model.trainable_variables)
    return model


def _compare(quick, ours, slow, theirs, tolerance):
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
