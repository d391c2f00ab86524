"""Traced programs: TensorFlow functions that each run a whole epoch of training.

With a small model, ``model.fit`` spends most of its time between batches. A traced program copies
the data to the device once and runs an epoch in one ``tf.function``: shuffle, gather, and a loop
over ``model.train_step``. Loss, metrics, regularization and optimizer are those of the compiled
model.

Tracing takes as long as training a small model. A program is therefore cached and used again for
every model with the same signature: other folds, other seeds and, for networks of dense layers,
other widths.
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
from tunekit.models.training.data_loss import data_loss_options
from tunekit.models.training.memory import discard_gradients
from tunekit.models.training.optimizer_updates import use_single_operations
from tunekit.models.training.signatures import Signature, signature
from tunekit.models.training.templates import LiftedScalar, make_template, make_template_optimizer
from tunekit.models.variables import values_of

_MAX_PROGRAMS = 32
_MAX_OPTIMIZERS = 12  # per program
_MAX_BYTES = 256 * 2**20  # variables of all programs
# Multiplications per batch below which operations are so small that distributing them over threads
# takes longer than running them on one (measured: benchmarks/PROFILE.md).
_SMALL = 15_000_000
_BYTES_PER_VALUE = 4  # approximately


@dataclass(frozen=True)
class Arrays:
    """Inputs, targets and weights of the same length.

    Attributes
    ----------
    x : ndarray of shape (n, ...)
    y : ndarray of shape (n, ...)
    weight : ndarray of shape (n,) or (n, 2), or None
        Weights of the rows. Of two columns, the first has the training weights and the second the
        evaluation weights; see :mod:`tunekit.models.training.data_loss`.
    """

    x: NDArray[Any]
    y: NDArray[Any]
    weight: NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: NDArray[Any]) -> Arrays:
        """Return the selected rows."""
        weight = None if self.weight is None else self.weight[rows]
        return Arrays(self.x[rows], self.y[rows], weight)

    @property
    def has_separate_weights(self) -> bool:
        """Whether training weights and evaluation weights differ."""
        return self.weight is not None and self.weight.ndim > 1

    def with_training_weights(self) -> Arrays:
        """Return the rows with their training weights only."""
        return self._with_column(0)

    def with_evaluation_weights(self) -> Arrays:
        """Return the rows with their evaluation weights only."""
        return self._with_column(1)

    def _with_column(self, index: int) -> Arrays:
        if self.weight is None or not self.has_separate_weights:
            return self
        column = self.weight[:, index]
        return Arrays(self.x, self.y, None if (column == 1).all() else column)

    @property
    def parts(self) -> tuple[NDArray[Any], ...]:
        """The arrays x, y and, if not None, weight."""
        return (self.x, self.y) if self.weight is None else (self.x, self.y, self.weight)


class TracedOptimizer:
    """An optimizer with the training epochs that were traced with it.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Built for the program's model.
    lifts : sequence of LiftedScalar, default=()
        Numbers that may differ between optimizers with the same signature.

    Attributes
    ----------
    epochs : dict of int to callable
        Traced functions, by the number of arrays among x, y and weight that they take.
    n_bytes : int
        Approximate memory of the variables.
    """

    def __init__(self, optimizer: Any, lifts: Sequence[LiftedScalar] = ()) -> None:
        self.optimizer = optimizer
        self.lifts = lifts
        self.epochs: dict[int, Any] = {}
        self.n_bytes = 0


class Program:
    """Traced functions that train and evaluate a model for an epoch.

    Parameters
    ----------
    model : keras.Model
        Built and compiled, with all variables created.
    optimizer : TracedOptimizer
        The optimizer to train with.
    lifts : sequence of LiftedScalar, default=()
        Numbers that may differ between models with the same signature.
    one_thread : bool, default=False
        Whether to run operations one after the other.

    Attributes
    ----------
    optimizers : dict of str to TracedOptimizer
        The optimizers that the program was traced with, by signature.
    """

    def __init__(
        self,
        model: Any,
        optimizer: TracedOptimizer,
        lifts: Sequence[LiftedScalar] = (),
        *,
        one_thread: bool = False,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.optimizers: dict[str, TracedOptimizer] = {}
        self.one_thread = one_thread
        self._lifts = lifts
        self._tests: dict[int, Any] = {}
        self._n_bytes = 0

    @property
    def n_bytes(self) -> int:
        """Approximate memory of the variables."""
        return self._n_bytes + sum(each.n_bytes for each in self.optimizers.values())

    def use_optimizer(self, name: str, make: Callable[[], TracedOptimizer]) -> None:
        """Select the optimizer with the given signature; make it if there is none."""
        self.optimizer = self.optimizers.pop(name) if name in self.optimizers else make()
        self.optimizers[name] = self.optimizer  # the most recently used is last
        if len(self.optimizers) > _MAX_OPTIMIZERS:
            del self.optimizers[next(iter(self.optimizers))]

    def load(self, model: Any) -> None:
        """Copy weights, optimizer state and lifted numbers from a model with the same signature."""
        if model is self.model:
            return
        _copy(model.variables, self.model.variables)
        _copy(model.optimizer.variables, self.optimizer.optimizer.variables)
        self._n_bytes = _size(model.variables)
        self.optimizer.n_bytes = _size(model.optimizer.variables)
        for lift in (*self._lifts, *self.optimizer.lifts):
            lift.variable.assign(lift.read(model))

    def store(self, model: Any, *, optimizer: bool) -> None:
        """Copy the weights and, with ``optimizer``, the state of the optimizer to a model."""
        if model is self.model:
            return
        _copy(self.model.variables, model.variables)
        if optimizer:
            _copy(self.optimizer.optimizer.variables, model.optimizer.variables)

    def train(
        self, tensors: Sequence[Any], order: NDArray[Any], batch_size: int
    ) -> dict[str, float]:
        """Train for one epoch and return its metrics."""
        return self._run(self.optimizer.epochs, tensors, order, batch_size)

    def test(self, tensors: Sequence[Any], batch_size: int) -> dict[str, float]:
        """Return the metrics on some rows, without training on them."""
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
                with discard_gradients():
                    traced[len(tensors)] = self._trace(tensors, training=traced is not self._tests)
            logs = traced[len(tensors)](
                *tensors, tf.constant(order, tf.int32), tf.constant(batch_size, tf.int32)
            )
        return {name: float(value) for name, value in logs.items()}

    def _trace(self, tensors: Sequence[Any], *, training: bool) -> Any:
        """Return a function (x, y, [weight], order of rows, batch size) -> metrics of an epoch."""
        tf, model = load_tensorflow(), self.model
        model.optimizer = self.optimizer.optimizer
        step = model.train_step if training else model.test_step

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
        # There is nothing for AutoGraph to convert, and tracing is faster without it.
        return tf.function(run, autograph=False).get_concrete_function(
            *specs, tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.int32)
        )


def _copy(sources: Sequence[Any], targets: Sequence[Any]) -> None:
    for source, target in zip(sources, targets, strict=True):
        target.value.assign(source.value)


def _size(variables: Sequence[Any]) -> int:
    n_values: int = sum(math.prod(variable.shape) for variable in variables)
    return _BYTES_PER_VALUE * n_values


def create_variables(model: Any, data: Arrays) -> None:
    """Create all variables of the loss and the metrics, because a traced program cannot."""
    # The call may draw random numbers, or change the state of a custom layer.
    variables = model.non_trainable_variables
    states = values_of(variables)
    parts = [part[:1] for part in data.parts]
    outputs = model(parts[0], training=False)
    model.compute_loss(parts[0], parts[1], outputs)
    model.compute_metrics(parts[0], parts[1], outputs)
    for variable, state in zip(variables, states, strict=True):
        variable.assign(state)


class _ProgramCache:
    """Cache of the programs that are not in use, the most recently used last."""

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
            while self._is_too_large():
                self._idle.popitem(last=False)

    def _is_too_large(self) -> bool:
        programs = [each for group in self._idle.values() for each in group]
        return len(programs) > _MAX_PROGRAMS or sum(each.n_bytes for each in programs) > _MAX_BYTES


_CACHE = _ProgramCache()


@contextmanager
def program_for(model: Any, data: Arrays, batch_size: int) -> Iterator[Program]:
    """Provide a program that can train a model, from the cache if possible.

    Parameters
    ----------
    model : keras.Model
        Built and compiled.
    data : Arrays
        Training rows.
    batch_size : int
        Rows per batch.

    Yields
    ------
    Program
        Call its ``load`` with the model before training or evaluating.
    """
    program, key = _cached_or_new(model, data, batch_size)
    try:
        yield program
    finally:
        if key is not None:
            _CACHE.put(key, program)


def _cached_or_new(
    model: Any, data: Arrays, batch_size: int
) -> tuple[Program, tuple[Any, ...] | None]:
    """Return a program and its key in the cache; None if no other model can use the program."""
    if not model.optimizer.built:  # some optimizers create their variables again if built twice
        model.optimizer.build(model.trainable_variables)
    shared = signature(model)
    if shared is not None:
        # Branches and loops inside a step can deadlock on one thread.
        small = shared.any_width and _is_small(model, batch_size)
        columns = tuple((part.dtype.str, part.shape[1:]) for part in data.parts)
        key = (shared.network, shared.any_width, small, columns, data_loss_options(model))
        program = _CACHE.take(key) or _program(model, data, shared, small=small)
        if program is not None:
            program.use_optimizer(
                shared.optimizer,
                lambda: _traced_optimizer(model, program, any_width=shared.any_width),
            )
            return program, key
    create_variables(model, data)
    return Program(model, TracedOptimizer(model.optimizer)), None


def _program(model: Any, data: Arrays, shared: Signature, *, small: bool) -> Program | None:
    template_and_lifts = make_template(model, any_width=shared.any_width)
    if template_and_lifts is None:
        return None
    template, lifts = template_and_lifts
    create_variables(template, data)
    return Program(template, TracedOptimizer(template.optimizer), lifts, one_thread=small)


def _traced_optimizer(model: Any, program: Program, *, any_width: bool) -> TracedOptimizer:
    optimizer, lifts = make_template_optimizer(model, program.model, any_width=any_width)
    use_single_operations(optimizer, small=program.one_thread and _n_threads() > 1)
    return TracedOptimizer(optimizer, lifts)


def _is_small(model: Any, batch_size: int) -> bool:
    return _n_threads() == 1 or model.count_params() * batch_size < _SMALL


def _n_threads() -> int:
    """Return the number of threads for one operation."""
    threads = load_tensorflow().config.threading.get_intra_op_parallelism_threads()
    threads = threads or int(os.environ.get("TF_NUM_INTRAOP_THREADS", "0"))
    return threads or os.cpu_count() or 1
