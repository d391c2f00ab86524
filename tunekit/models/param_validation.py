"""Checks an estimator's hyperparameters when it is fitted, and says what is wrong in one line."""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any

import numpy as np

from tunekit.core.keras_attributes import is_of_keras
from tunekit.core.keras_objects import code_of
from tunekit.core.runtime import load_keras
from tunekit.exceptions import ParameterError, did_you_mean
from tunekit.models import compiling

SCHEDULES = ("cosine", "exponential", "plateau")
DTYPES = ("bfloat16", "float16", "float32", "float64", "mixed_bfloat16", "mixed_float16")
_FULL_BATCH = 64  # rows up to which "auto" takes them all at once
_USUAL_BATCH = 32


@dataclass(frozen=True)
class Check:
    """Checks the values of one estimator.

    Attributes
    ----------
    owner : str
        Name of the estimator, for messages.
    """

    owner: str

    @contextlib.contextmanager
    def owned(self) -> Iterator[None]:
        """Put the estimator's name before messages that come from deeper down."""
        try:
            yield
        except ParameterError as error:
            if str(error).startswith(f"{self.owner}:"):
                raise
            raise ParameterError(f"{self.owner}: {error}") from error.__cause__

    def number(
        self,
        name: str,
        value: Any,
        *,
        low: float = -math.inf,
        above: float = -math.inf,
        below: float = math.inf,
        whole: bool = False,
        optional: bool = False,
    ) -> None:
        """Refuse what is no number in its range."""
        if optional and value is None:
            return
        kind = (int, np.integer) if whole else (int, float, np.integer, np.floating)
        right = isinstance(value, kind) and not isinstance(value, (bool, np.bool_))
        if right and low <= value < below and (value > above):
            return
        bounds = [f"at least {low:g}"] if low > -math.inf else []
        bounds += [f"above {above:g}"] if above > -math.inf else []
        bounds += [f"below {below:g}"] if below < math.inf else []
        what = "a whole number" if whole else "a finite number"
        none = "None or " if optional else ""
        raise ParameterError(
            f"{self.owner}: {name} must be {none}{what}, {' and '.join(bounds)}, got {value!r}."
        )

    def known(self, name: str, value: Any, known: Iterable[str], *, also: str = "") -> None:
        """Refuse a name that is not among those known; ``also`` says what else would do."""
        words = list(known)
        if not isinstance(value, str) or value not in words:
            hint = did_you_mean(value, words)
            text = "" if isinstance(value, str) else " It must be a text."
            raise ParameterError(f"{self.owner}: {name} {value!r} is not known.{text}{hint}{also}")

    def yes_or_no(self, name: str, value: Any) -> None:
        """Refuse what is neither True nor False."""
        if not isinstance(value, (bool, np.bool_)):
            raise ParameterError(f"{self.owner}: {name} must be True or False, got {value!r}.")

    def per_layer(self, name: str, value: Any, layers: int) -> tuple[Any, ...]:
        """Return one value a layer."""
        if not isinstance(value, (tuple, list, np.ndarray)):
            return (value,) * layers
        if len(value) != layers:
            raise ParameterError(
                f"{self.owner}: {name} must be one value or one a layer: "
                f"got {len(value)} values, {tuple(value)!r}, for layers={layers}."
            )
        return tuple(value)


def check_training(params: Mapping[str, Any], check: Check) -> None:
    """Check what says how a network is trained.

    Parameters
    ----------
    params : mapping
        All parameters of the estimator.
    check : Check

    Raises
    ------
    ParameterError
        When one is of the wrong kind or out of its range.
    """
    check.number("epochs", params["epochs"], low=1, whole=True)
    check.number("patience", params["patience"], low=1, whole=True)
    check.number("learning_rate", params["learning_rate"], above=0.0)
    check.number("momentum", params["momentum"], low=0, below=1)
    check.number("clipnorm", params["clipnorm"], above=0, optional=True)
    check.number("validation_fraction", params["validation_fraction"], above=0, below=1)
    if params["validation_rows"] is not None:
        check.known("validation_rows", params["validation_rows"], ["random", "last"])
    if not isinstance(params["verbose"], (bool, np.bool_)):
        check.number("verbose", params["verbose"], low=0)
    if isinstance(params["batch_size"], str):
        check.known("batch_size", params["batch_size"], ["auto"], also=" Or give a number of rows.")
    else:
        check.number("batch_size", params["batch_size"], low=1, whole=True)
    for name in ("early_stopping", "warm_start"):
        check.yes_or_no(name, params[name])
    check.known("dtype", params["dtype"], DTYPES)
    if params["dtype"] == "float64" and not _has_float64():
        raise ParameterError(
            f"{check.owner}: dtype 'float64' needs JAX_ENABLE_X64=1 in the environment, without "
            f"which JAX computes in float32."
        )
    if params["lr_schedule"] is not None:
        check.known("lr_schedule", params["lr_schedule"], SCHEDULES, also=" None for none.")
    if not isinstance(params["optimizer"], load_keras().optimizers.Optimizer):
        compiling.find("optimizers", params["optimizer"], f"{check.owner}: optimizer")
    _check_callbacks(params["callbacks"], check)
    metrics = params["metrics"]
    if isinstance(metrics, str) or not isinstance(metrics, (Sequence, NoneType)):
        raise ParameterError(
            f"{check.owner}: metrics must be None or a list of names and keras.metrics.Metric, "
            f"got {metrics!r}."
        )
    _check_seed(params["random_state"], check)


def _check_seed(random_state: Any, check: Check) -> None:
    if isinstance(random_state, np.random.RandomState):
        return
    top = 2**32  # NumPy's
    if random_state is None or (
        isinstance(random_state, (int, np.integer)) and 0 <= random_state < top
    ):
        return
    raise ParameterError(
        f"{check.owner}: random_state must be None, a whole number from 0 to 2**32 - 1 or a "
        f"numpy.random.RandomState, got {random_state!r}."
    )


def _has_float64() -> bool:
    if load_keras().backend.backend() != "jax":
        return True
    return bool(importlib.import_module("jax").config.jax_enable_x64)


def _check_callbacks(callbacks: Any, check: Check) -> None:
    kinds = load_keras().callbacks
    given = [] if callbacks is None else callbacks
    if not isinstance(given, Sequence) or not all(
        isinstance(each, kinds.Callback) for each in given
    ):
        raise ParameterError(
            f"{check.owner}: callbacks must be None or a list of keras.callbacks.Callback, "
            f"got {callbacks!r}."
        )
    for each in given:
        # Keras deletes its folder only after a fit that was not pruned, stopped by an error or
        # diverged, and processes share the folder.
        if isinstance(each, kinds.BackupAndRestore):
            raise ParameterError(
                f"{check.owner}: callbacks: {type(each).__name__} would begin a fit with the "
                f"weights that another one left in {str(each.backup_dir)!r}: save weights by a "
                f"ModelCheckpoint, and resume an interrupted search by Tuner(storage=...)."
            )


@functools.cache
def activations() -> tuple[str, ...]:
    """Return the names of Keras's activations that need nothing but their inputs."""
    functions = vars(load_keras().activations)
    tools = {"deserialize", "get", "serialize"}
    return tuple(
        name
        for name, each in functions.items()
        if callable(each) and name.islower() and name not in tools and _takes_one(each)
    )


def _takes_one(function: Any) -> bool:
    parameters = inspect.signature(function).parameters.values()
    return sum(each.default is each.empty for each in parameters) == 1


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same; they may be arrays, or parts of Keras."""
    if type(one) is type(other) and isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if is_of_keras(one) and is_of_keras(other):
        return one is other or code_of(one) == code_of(other)
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return bool(np.array_equal(one, other))
    return one is other or bool(one == other)


def rows_of_a_batch(batch_size: Any, n: int) -> int:
    """Return how many rows a batch has; ``"auto"`` is all of up to 64 rows, else 32."""
    if batch_size == "auto":
        return n if n <= _FULL_BATCH else _USUAL_BATCH
    return min(int(batch_size), n)


def batches_of(batch_size: Any, n: int) -> int:
    """Return how many batches an epoch of ``n`` rows has."""
    return math.ceil(n / rows_of_a_batch(batch_size, n))
