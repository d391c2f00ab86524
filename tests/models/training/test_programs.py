"""Traced programs are shared where they may be, one user at a time, and not kept for ever."""

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
from tunekit.models.training.data_loss import measured_apart
from tunekit.models.training.programs import Arrays, program_for
from tunekit.models.training.signatures import signature

DATA = Arrays(X, y)


def lent(model, data=DATA, batch_size=32):
    with program_for(model, data, batch_size) as program:
        return program


ALIKE = {
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


@pytest.mark.parametrize("name", ALIKE)
def test_a_program_serves_models_that_differ_in_numbers(name):
    assert lent(network(**{**BASE, **ALIKE[name]})) is lent(network(**BASE))


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_program_does_not_serve_models_that_compute_something_else(name):
    assert lent(network(**{**BASE, **DIFFERENT[name]})) is not lent(network(**BASE))


def test_a_program_that_measures_the_penalty_apart_is_another():
    model = network(**BASE)
    with measured_apart(model, weighs_apart=False):
        apart = lent(model)
        assert lent(model) is apart
    assert lent(network(**BASE)) is not apart


def test_rules_of_one_program_are_told_apart():
    settings = [
        lambda: keras.optimizers.Adam(0.1),
        lambda: keras.optimizers.Adam(0.1, beta_1=0.5),
        lambda: keras.optimizers.Adam(0.1, amsgrad=True),
        lambda: keras.optimizers.SGD(0.1),
        lambda: keras.optimizers.SGD(0.1, momentum=0.5),
        lambda: keras.optimizers.SGD(0.1, clipnorm=1.0),
    ]
    rules = [lent(network(optimizer=each)).rule for each in settings]
    assert len({id(rule) for rule in rules}) == len(rules)
    assert lent(network(optimizer=lambda: keras.optimizers.SGD(0.7, momentum=0.9))).rule is rules[4]


def test_other_data_and_larger_networks_have_programs_of_their_own():
    small = lent(network())
    assert lent(network(), Arrays(X.astype("float64"), y)) is not small
    assert lent(network(), Arrays(X, y, WEIGHT)) is not small
    assert lent(network(dtype="float64")) is not small
    large = network(units=(5000, 5000))
    assert small.one_thread
    assert lent(large).one_thread is (os.environ.get("OMP_NUM_THREADS") == "1")


def test_an_operation_on_open_widths_is_no_reason_to_share():
    inputs = keras.Input((6,))
    hidden = keras.ops.glu(keras.layers.Dense(8)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(3)(hidden))
    model.compile("sgd", "mse")
    assert not signature(model).any_width


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


def test_a_program_is_given_back_where_a_training_fails():
    before = lent(network())
    with pytest.raises(KeyboardInterrupt), program_for(network(), DATA, 32):
        raise KeyboardInterrupt
    assert lent(network()) is before


def test_only_so_many_programs_are_kept_the_latest():
    shelf = programs._Shelf()
    rule = programs.Rule(None)
    many = [programs.Program(None, rule) for _ in range(programs._KEPT + 5)]
    for number, program in enumerate(many):
        shelf.put((number,), program)
    assert [shelf.take((number,)) for number in range(5)] == [None] * 5
    assert shelf.take((5,)) is many[5]


def test_only_so_many_rules_are_kept_the_latest():
    first = lent(network(optimizer=lambda: keras.optimizers.SGD(0.1, clipnorm=1.0)))
    for number in range(programs._RULES + 3):
        clip = 2.0 + number
        program = lent(
            network(optimizer=lambda clip=clip: keras.optimizers.SGD(0.1, clipnorm=clip))
        )
        assert program is first
    assert len(program.rules) == programs._RULES
    assert program.rule is list(program.rules.values())[-1]


def test_programs_of_large_networks_are_not_kept():
    shelf = programs._Shelf()
    for number in range(3):
        program = programs.Program(None, programs.Rule(None))
        program.rules["large"] = program.rule
        program.rule.n_bytes = programs._KEPT_BYTES // 2
        shelf.put((number,), program)
    assert shelf.take((0,)) is None
    assert shelf.take((2,)) is not None


THREADS = """
import json, sys
sys.path[:0] = sys.argv[1:]
from tunekit.core.runtime import load_keras
load_keras()
import keras
from keras_parity import WEIGHT, network, run, the_same
from test_programs import DATA, lent

used = {}
for name in ("Adam", "AdamW", "RMSprop", "SGD"):
    make = getattr(keras.optimizers, name)
    settings = {"dropout": 0.2, "l2": 0.02} if name == "Adam" else {}
    the_same(lambda: network(optimizer=lambda: make(0.01), **settings), weight=WEIGHT)
    the_same(lambda: network((9, 4), optimizer=lambda: make(0.02), **settings), weight=WEIGHT)
    run(network(optimizer=lambda: make(0.01)), fast=True)
    (traced,) = lent(network(optimizer=lambda: make(0.01))).rule.epochs.values()
    functions = traced.graph.as_graph_def().library.function
    found = {node.op for function in functions for node in function.node_def}
    used[name] = sorted(op for op in found if op.startswith("ResourceApply"))
print(json.dumps(used))
"""


@pytest.mark.interpreter
def test_where_operations_have_several_threads_the_weights_are_the_same():
    several = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), "2")
    here = Path(__file__).parent
    folders = [str(here), str(here.parents[1] / "helpers")]
    ran = subprocess.run(
        [sys.executable, "-c", THREADS, *folders],
        capture_output=True, text=True, env={**os.environ, **several},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout.splitlines()[-1]) == {
        "Adam": ["ResourceApplyAdamWithAmsgrad"],  # the other wakes a thread for each weight
        "AdamW": ["ResourceApplyAdamWithAmsgrad"],
        "RMSprop": ["ResourceApplyRMSProp"],
        "SGD": ["ResourceApplyGradientDescent"],
    }


@pytest.mark.slow
def test_memory_stays_flat_over_different_models():
    """Without emptying the cache of kernels each of these would cost 0.8 MB."""
    process = psutil.Process()
    sizes = []
    for number in range(60):
        tk.KerasClassifier(
            layers=1 + number % 3, units=8 + number, epochs=1, dropout=0.01 * (number % 7)
        ).fit(X, y)
        sizes.append(process.memory_info().rss / 2**20)
    assert sizes[-1] - sizes[19] < 20


@pytest.mark.slow
def test_memory_stays_flat_where_no_program_can_be_shared():
    process = psutil.Process()
    sizes = []
    for number in range(30):

        class Own(keras.layers.Dense):
            """Code of one's own, each time another."""

        def architecture(meta, kind=Own, width=4 + number):
            return keras.Sequential(
                [keras.Input(meta.input_shape), kind(width), kind(meta.n_outputs)]
            )

        tk.KerasClassifier(architecture, epochs=1).fit(X, y)
        sizes.append(process.memory_info().rss / 2**20)
    assert sizes[-1] - sizes[9] < 45
