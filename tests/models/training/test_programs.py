"""Traced programs are shared by similar models, used by one model at a time, and cached."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import psutil
import pytest
from keras_parity import WEIGHT, X, network, y

import tunekit as tk
from tunekit.models.training import programs
from tunekit.models.training.data_loss import separate_data_loss
from tunekit.models.training.programs import Arrays, program_for
from tunekit.models.training.signatures import signature

DATA = Arrays(X, y)


def cached(model, data=DATA, batch_size=32):
    with program_for(model, data, batch_size) as program:
        return program


SHARED = {
    "width": {"units": (11, 3)},
    "strength of dropout": {"dropout": 0.4},
    "strength of l2": {"l2": 0.3},
    "learning rate": {"optimizer": lambda: keras.optimizers.Adam(0.5)},
    "optimizer": {"optimizer": keras.optimizers.SGD},
}
DIFFERENT = {
    "depth": {"units": (8, 5, 3)},
    "activation": {"activation": "tanh"},
    "normalization": {"normalize": True},
    "no dropout": {"dropout": 0.0},
    "no l2": {"l2": 0.0},
    "loss": {"loss": "mse"},
    "metrics": {"weighted_metrics": ["mae"]},
}
BASE = {"dropout": 0.2, "l2": 0.1}


@pytest.mark.parametrize("name", SHARED)
def test_models_that_differ_only_in_numbers_share_a_program(name):
    assert cached(network(**{**BASE, **SHARED[name]})) is cached(network(**BASE))


@pytest.mark.parametrize("name", DIFFERENT)
def test_models_with_other_computations_do_not_share_a_program(name):
    assert cached(network(**{**BASE, **DIFFERENT[name]})) is not cached(network(**BASE))


def test_a_program_with_a_separate_penalty_is_another_program():
    model = network(**BASE)
    with separate_data_loss(model, separate_weights=False):
        program = cached(model)
        assert cached(model) is program
    assert cached(network(**BASE)) is not program


def test_a_program_distinguishes_optimizers():
    settings = [
        lambda: keras.optimizers.Adam(0.1),
        lambda: keras.optimizers.Adam(0.1, beta_1=0.5),
        lambda: keras.optimizers.Adam(0.1, amsgrad=True),
        lambda: keras.optimizers.SGD(0.1),
        lambda: keras.optimizers.SGD(0.1, momentum=0.5),
        lambda: keras.optimizers.SGD(0.1, clipnorm=1.0),
    ]
    traced = [cached(network(optimizer=each)).optimizer for each in settings]
    assert len({id(each) for each in traced}) == len(traced)
    other_momentum = network(optimizer=lambda: keras.optimizers.SGD(0.7, momentum=0.9))
    assert cached(other_momentum).optimizer is traced[4]


@pytest.mark.slow
def test_other_data_and_larger_networks_have_separate_programs():
    small = cached(network())
    assert cached(network(), Arrays(X.astype("float64"), y)) is not small
    assert cached(network(), Arrays(X, y, WEIGHT)) is not small
    assert cached(network(dtype="float64")) is not small
    large = network(units=(5000, 5000))
    assert small.one_thread
    assert cached(large).one_thread is (os.environ.get("OMP_NUM_THREADS") == "1")


def test_an_operation_that_depends_on_the_width_prevents_sharing():
    inputs = keras.Input((6,))
    hidden = keras.ops.glu(keras.layers.Dense(8)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(3)(hidden))
    model.compile("sgd", "mse")
    assert not signature(model).any_width


@pytest.mark.slow
def test_two_threads_never_share_a_program():
    with program_for(network(), DATA, 32) as one, program_for(network(), DATA, 32) as other:
        assert one is not other
    models = [
        tk.KerasClassifier(units=6, epochs=15, random_state=seed, learning_rate=0.01)
        for seed in (0, 1, 2, 3) * 2
    ]
    with ThreadPoolExecutor(4) as pool:
        scores = list(pool.map(lambda model: model.fit(X, y).predict_proba(X), models))
    for seed in range(4):
        np.testing.assert_allclose(scores[seed], scores[seed + 4], rtol=1e-5)


def test_a_program_returns_to_the_cache_if_training_fails():
    before = cached(network())
    with pytest.raises(KeyboardInterrupt), program_for(network(), DATA, 32):
        raise KeyboardInterrupt
    assert cached(network()) is before


def test_the_cache_has_a_limited_number_of_programs():
    cache = programs._ProgramCache()
    optimizer = programs.TracedOptimizer(None)
    many = [programs.Program(None, optimizer) for _ in range(programs._MAX_PROGRAMS + 5)]
    for number, program in enumerate(many):
        cache.put((number,), program)
    assert [cache.take((number,)) for number in range(5)] == [None] * 5
    assert cache.take((5,)) is many[5]


def test_a_program_has_a_limited_number_of_optimizers():
    first = cached(network(optimizer=lambda: keras.optimizers.SGD(0.1, clipnorm=1.0)))
    for number in range(programs._MAX_OPTIMIZERS + 3):
        clip = 2.0 + number
        program = cached(
            network(optimizer=lambda clip=clip: keras.optimizers.SGD(0.1, clipnorm=clip))
        )
        assert program is first
    assert len(program.optimizers) == programs._MAX_OPTIMIZERS
    assert program.optimizer is list(program.optimizers.values())[-1]


def test_the_cache_has_a_limited_size():
    cache = programs._ProgramCache()
    for number in range(3):
        program = programs.Program(None, programs.TracedOptimizer(None))
        program.optimizers["large"] = program.optimizer
        program.optimizer.n_bytes = programs._MAX_BYTES // 2
        cache.put((number,), program)
    assert cache.take((0,)) is None
    assert cache.take((2,)) is not None


THREADS = """
import json, sys
sys.path[:0] = sys.argv[1:]
from tunekit.core.runtime import load_keras
load_keras()
import keras
from keras_parity import WEIGHT, network, run, assert_same_training
from test_programs import DATA, cached

operations = {}
for name in ("Adam", "AdamW", "RMSprop", "SGD"):
    make = getattr(keras.optimizers, name)
    settings = {"dropout": 0.2, "l2": 0.02} if name == "Adam" else {}
    for units, rate in ((8, 5), 0.01), ((9, 4), 0.02):
        assert_same_training(
            lambda: network(units, optimizer=lambda: make(rate), **settings), weight=WEIGHT
        )
    run(network(optimizer=lambda: make(0.01)), fast=True)
    (traced,) = cached(network(optimizer=lambda: make(0.01))).optimizer.epochs.values()
    functions = traced.graph.as_graph_def().library.function
    found = {node.op for function in functions for node in function.node_def}
    operations[name] = sorted(op for op in found if op.startswith("ResourceApply"))
print(json.dumps(operations))
"""


@pytest.mark.interpreter
def test_the_weights_are_the_same_with_several_threads_per_operation():
    several = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), "2")
    here = Path(__file__).parent
    folders = [str(here), str(here.parents[1] / "helpers")]
    completed = subprocess.run(
        [sys.executable, "-c", THREADS, *folders],
        capture_output=True, text=True, env={**os.environ, **several},
    )  # fmt: skip
    assert completed.returncode == 0, completed.stderr
    assert json.loads(completed.stdout.splitlines()[-1]) == {
        "Adam": ["ResourceApplyAdamWithAmsgrad"],  # ResourceApplyAdam wakes all threads
        "AdamW": ["ResourceApplyAdamWithAmsgrad"],
        "RMSprop": ["ResourceApplyRMSProp"],
        "SGD": ["ResourceApplyGradientDescent"],
    }


@pytest.mark.slow
def test_memory_does_not_grow_with_different_models():
    """If the kernel cache were not cleared, each model would take 0.8 MB."""
    process = psutil.Process()
    sizes = []
    for number in range(60):
        tk.KerasClassifier(
            layers=1 + number % 3, units=8 + number, epochs=1, dropout=0.01 * (number % 7)
        ).fit(X, y)
        sizes.append(process.memory_info().rss / 2**20)
    assert sizes[-1] - sizes[19] < 20


@pytest.mark.slow
def test_memory_does_not_grow_if_programs_cannot_be_shared():
    process = psutil.Process()
    sizes = []
    for number in range(30):

        class CustomDense(keras.layers.Dense):
            """A custom layer, a new class each time."""

        def architecture(meta, kind=CustomDense, width=4 + number):
            return keras.Sequential(
                [keras.Input(meta.input_shape), kind(width), kind(meta.n_outputs)]
            )

        tk.KerasClassifier(architecture, epochs=1).fit(X, y)
        sizes.append(process.memory_info().rss / 2**20)
    assert sizes[-1] - sizes[9] < 45
