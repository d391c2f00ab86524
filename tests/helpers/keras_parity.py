"""Trains equal networks in traced programs and with ``model.fit``, and compares the results."""

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
    """Return a small network; equal arguments give equal networks."""
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


def run(model, *, fast, weight=None, epochs=3, monitored=None, callbacks=(), data=None):
    history = []
    train(
        model,
        TrainingRun(
            data or Arrays(X, y, weight), monitored or {}, 32, epochs, np.random.RandomState(0)
        ),
        callbacks=callbacks,
        after_epoch=lambda _, logs: history.append(dict(logs)),
        fast=fast,
    )
    return history


def assert_same_training(
    make,
    *,
    times=1,
    weight=None,
    epochs=3,
    monitored=None,
    callbacks=lambda: (),
    tolerance=1e-4,
    data=None,
):
    """Train equal models in both loops, and compare histories, weights and outputs.

    The traced loop trains ``times`` models; those after the first reuse its program.
    """
    how = {"weight": weight, "epochs": epochs, "monitored": monitored, "data": data}
    reference = None
    for _ in range(times):
        traced = _built(make)
        ours = run(traced, fast=True, callbacks=callbacks(), **how)
        if reference is None:
            reference = _built(make)
            theirs = run(reference, fast=False, callbacks=callbacks(), **how)
        _compare(traced, ours, reference, theirs, tolerance)
        rows = X if data is None else data.x
        np.testing.assert_allclose(traced(rows), reference(rows), rtol=tolerance, atol=tolerance)
    return traced, ours


def _built(make):
    model = make()
    model.optimizer.build(model.trainable_variables)
    return model


def _compare(traced, ours, reference, theirs, tolerance):
    assert len(ours) == len(theirs)
    for epoch, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        assert set(a) == set(b)
        for name, value in b.items():
            assert a[name] == pytest.approx(value, rel=tolerance, abs=tolerance), (epoch, name)
    for kind in ("variables", "optimizer.variables"):
        a, b = (
            model.variables if kind == "variables" else model.optimizer.variables
            for model in (traced, reference)
        )
        for mine, yours in zip(a, b, strict=True):
            close = np.allclose(mine.numpy(), yours.numpy(), rtol=tolerance, atol=tolerance)
            assert close, f"{kind}: {yours.path}"
