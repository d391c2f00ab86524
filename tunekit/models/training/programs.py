"""Traced programs: whole epochs of training inside one TensorFlow function.

``model.fit`` spends most of a small model's time between the batches. Here the data is put on
the device once, and one ``tf.function`` runs an epoch: shuffle, gather, and a loop over
``model.train_step``. Loss, metrics, regularisation and the optimizer are the compiled ones.

Tracing takes as long as training a small model, so a program is kept and used again for every
model with the same signature: other folds, other seeds and, for networks of dense layers, other
widths.
"""

from __future__ import annotations

import math
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunekit.core.runtime import load_tensorflow
from tunekit.models.training.data_loss import measured_as
from tunekit.models.training.memory import forgetting
from tunekit.models.training.optimizer_updates import use_single_operations
from tunekit.models.training.signatures import Signature, signature
from tunekit.models.training.templates import LiftedScalar, make_rule, make_template

_KEPT = 32  # programs
_RULES = 12  # of each
_KEPT_BYTES = 256 * 2**20  # of their variables
# Multiplications of a batch below which ops are so small that handing them to other threads
# costs more than it brings (measured: benchmarks/PROFILE.md).
_SMALL = 15_000_000
_BYTES = 4  # of a number, about


@dataclass(frozen=True)
class Arrays:
    """Inputs, targets and weights of the same length.

    Attributes
    ----------
    x : ndarray of shape (n, ...)
    y : ndarray of shape (n, ...)
    weight : ndarray of shape (n,) or (n, 2), or None
        How much each row counts. The first of two columns is for training, the second for what
        is measured; see :mod:`tunekit.models.training.data_loss`.
    """

    x: NDArray[Any]
    y: NDArray[Any]
    weight: NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: NDArray[Any]) -> Arrays:
        """Return some of the rows."""
        weight = None if self.weight is None else self.weight[rows]
        return Arrays(self.x[rows], self.y[rows], weight)

    @property
    def weighs_apart(self) -> bool:
        """Whether rows have different weights in training and in measured losses."""
        return self.weight is not None and self.weight.ndim > 1

    def learned(self) -> Arrays:
        """Return the same rows with the weights that they are learned with."""
        return self._with_column(0)

    def measured(self) -> Arrays:
        """Return the same rows with the weights that they are measured with."""
        return self._with_column(1)

    def _with_column(self, place: int) -> Arrays:
        if self.weight is None or not self.weighs_apart:
            return self
        column = self.weight[:, place]
        return Arrays(self.x, self.y, None if (column == 1).all() else column)

    @property
    def parts(self) -> tuple[NDArray[Any], ...]:
        """What there is of x, y and weight."""
        return (self.x, self.y) if self.weight is None else (self.x, self.y, self.weight)


class TracedOptimizer:
    """How weights are updated: an optimizer, and the traced epochs of training with it.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Built for the program's model.
    lifts : sequence of LiftedScalar, default=()
        Numbers that other optimizers with the same signature may have differently.

    Attributes
    ----------
    epochs : dict of int to callable
        Traced functions, by how many of x, y and weight they take.
    n_bytes : int
        Memory of the variables, about.
    """

    def __init__(self, optimizer: Any, lifts: Sequence[LiftedScalar] = ()) -> None:
        self.optimizer = optimizer
        self.lifts = lifts
        self.epochs: dict[int, Any] = {}
        self.n_bytes = 0


class Program:
    """Epochs of training and of measuring a model, traced.

    Parameters
    ----------
    model : keras.Model
        Built and compiled, with all variables created.
    rule : TracedOptimizer
        How it is trained.
    lifts : sequence of LiftedScalar, default=()
        Numbers that other models with the same signature may have differently.
    one_thread : bool, default=False
        Whether to run one operation after the other.

    Attributes
    ----------
    rules : dict of str to Rule
        Those that the program has, by signature.
    """

    def __init__(
        self,
        model: Any,
        rule: TracedOptimizer,
        lifts: Sequence[LiftedScalar] = (),
        *,
        one_thread: bool = False,
    ) -> None:
        self.model = model
        self.rule = rule
        self.rules: dict[str, TracedOptimizer] = {}
        self.one_thread = one_thread
        self._lifts = lifts
        self._tests: dict[int, Any] = {}
        self._n_bytes = 0

    @property
    def n_bytes(self) -> int:
        """Memory of the variables, about."""
        return self._n_bytes + sum(rule.n_bytes for rule in self.rules.values())

    def use(self, name: str, make: Callable[[], TracedOptimizer]) -> None:
        """Train by a rule from now on: the one of this name, or where there is none a new one."""
        self.rule = self.rules.pop(name) if name in self.rules else make()
        self.rules[name] = self.rule  # the latest is the last
        if len(self.rules) > _RULES:
            del self.rules[next(iter(self.rules))]

    def load(self, model: Any) -> None:
        """Take over weights, optimizer and lifted numbers of a model with the same signature."""
        if model is self.model:
            return
        _copy(model.variables, self.model.variables)
        _copy(model.optimizer.variables, self.rule.optimizer.variables)
        self._n_bytes = _size(model.variables)
        self.rule.n_bytes = _size(model.optimizer.variables)
        for lift in (*self._lifts, *self.rule.lifts):
            lift.variable.assign(lift.read(model))

    def store(self, model: Any, *, optimizer: bool) -> None:
        """Give the weights, and on request the optimizer's state, to a model."""
        if model is self.model:
            return
        _copy(self.model.variables, model.variables)
        if optimizer:
            _copy(self.rule.optimizer.variables, model.optimizer.variables)

    def train(
        self, tensors: Sequence[Any], order: NDArray[Any], batch_size: int
    ) -> dict[str, float]:
        """Train an epoch and return its metrics."""
        return self._run(self.rule.epochs, tensors, order, batch_size)

    def test(self, tensors: Sequence[Any], batch_size: int) -> dict[str, float]:
        """Return the metrics on some rows; the model does not learn from them."""
        n = int(tensors[0].shape[0])
        return self._run(self._tests, tensors, np.arange(n), batch_size)

    def _run(
        self,
        traced: dict[int, Any],
        tensors: Sequence[Any],
        order: NDArray[Any],
        batch_size: int,
    ) -> dict[str, float]:
        tf = load_tensorflow()
        executor = "SINGLE_THREADED_EXECUTOR" if self.one_thread else ""
        with tf.experimental.function_executor_type(executor):
            if len(tensors) not in traced:
                with forgetting():
                    traced[len(tensors)] = self._trace(tensors, learn=traced is not self._tests)
            logs = traced[len(tensors)](
                *tensors, tf.constant(order, tf.int32), tf.constant(batch_size, tf.int32)
            )
        return {name: float(value) for name, value in logs.items()}

    def _trace(self, tensors: Sequence[Any], *, learn: bool) -> Any:
        """Return a function (x, y, [weight], order of rows, batch size) -> metrics of an epoch."""
        tf, model = load_tensorflow(), self.model
        model.optimizer = self.rule.optimizer
        step = model.train_step if learn else model.test_step

        def run(*inputs: Any) -> dict[str, Any]:
            *data, order, batch_size = inputs
            model.reset_metrics()
            n = tf.shape(order)[0]

            def body(start: Any) -> tuple[Any]:
                rows = order[start : start + batch_size]
                step(tuple(tf.gather(part, rows) for part in data))
                return (start + batch_size,)

            tf.while_loop(lambda start: start < n, body, (tf.constant(0),))
            return dict(model.get_metrics_result())

        specs = [tf.TensorSpec([None, *part.shape[1:]], part.dtype) for part in tensors]
        # AutoGraph has nothing to convert here; without it tracing takes less time.
        return tf.function(run, autograph=False).get_concrete_function(
            *specs, tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.int32)
        )


def _copy(sources: Sequence[Any], targets: Sequence[Any]) -> None:
    for source, target in zip(sources, targets, strict=True):
        target.value.assign(source.value)


def _size(variables: Sequence[Any]) -> int:
    n_values: int = sum(math.prod(variable.shape) for variable in variables)
    return _BYTES * n_values


def create_variables(model: Any, data: Arrays) -> None:
    """Create every variable of loss and metrics, which a traced program must not."""
    parts = [part[:1] for part in data.parts]
    outputs = model(parts[0], training=False)
    model.compute_loss(parts[0], parts[1], outputs)
    model.compute_metrics(parts[0], parts[1], outputs)


class _ProgramCache:
    """Programs that nobody uses at the moment, the most recently used last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: OrderedDict[tuple[Any, ...], list[Program]] = OrderedDict()

    def take(self, key: tuple[Any, ...]) -> Program | None:
        with self._lock:
            programs = self._idle.get(key)
            if not programs:
                return None
            program = programs.pop()
            if not programs:
                del self._idle[key]
            return program

    def put(self, key: tuple[Any, ...], program: Program) -> None:
        with self._lock:
            self._idle.setdefault(key, []).append(program)
            self._idle.move_to_end(key)
            while self._too_much():
                self._idle.popitem(last=False)

    def _too_much(self) -> bool:
        programs = [each for group in self._idle.values() for each in group]
        return len(programs) > _KEPT or sum(each.n_bytes for each in programs) > _KEPT_BYTES


_SHELF = _ProgramCache()


@contextmanager
def program_for(model: Any, data: Arrays, batch_size: int) -> Iterator[Program]:
    """Lend a program that trains this model: one from before where there is one.

    Parameters
    ----------
    model : keras.Model
        Built and compiled.
    data : Arrays
        What it will be trained on.
    batch_size : int
        Rows of a batch.

    Yields
    ------
    Program
        To be loaded with the model's weights before it trains or measures.
    """
    program, key = _borrow(model, data, batch_size)
    try:
        yield program
    finally:
        if key is not None:
            _SHELF.put(key, program)


def _borrow(model: Any, data: Arrays, batch_size: int) -> tuple[Program, tuple[Any, ...] | None]:
    """Return a program and where it is put back, None for one that only this model can have."""
    if not model.optimizer.built:  # building some twice makes their variables anew
        model.optimizer.build(model.trainable_variables)
    shared = signature(model)
    if shared is not None:
        # Branches and loops inside a step can wait for each other for ever on one thread.
        small = shared.any_width and _is_small(model, batch_size)
        columns = tuple((part.dtype.str, part.shape[1:]) for part in data.parts)
        key = (shared.network, shared.any_width, small, columns, measured_as(model))
        program = _SHELF.take(key) or _program(model, data, shared, small=small)
        if program is not None:
            program.use(shared.rule, lambda: _rule(model, program, any_width=shared.any_width))
            return program, key
    create_variables(model, data)
    return Program(model, TracedOptimizer(model.optimizer)), None


def _program(model: Any, data: Arrays, shared: Signature, *, small: bool) -> Program | None:
    made = make_template(model, any_width=shared.any_width)
    if made is None:
        return None
    template, lifts = made
    create_variables(template, data)
    return Program(template, TracedOptimizer(template.optimizer), lifts, one_thread=small)


def _rule(model: Any, program: Program, *, any_width: bool) -> TracedOptimizer:
    optimizer, lifts = make_rule(model, program.model, any_width=any_width)
    use_single_operations(optimizer, small=program.one_thread and _n_threads() > 1)
    return TracedOptimizer(optimizer, lifts)


def _is_small(model: Any, batch_size: int) -> bool:
    return _n_threads() == 1 or model.count_params() * batch_size < _SMALL


def _n_threads() -> int:
    """Return how many threads share an operation."""
    threads = load_tensorflow().config.threading.get_intra_op_parallelism_threads()
    threads = threads or int(os.environ.get("TF_NUM_INTRAOP_THREADS", "0"))
    return threads or os.cpu_count() or 1
