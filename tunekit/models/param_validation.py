"""Validation of an estimator's hyperparameters in ``fit``, with one-line error messages."""

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
_FULL_BATCH = 64  # maximum number of rows for which "auto" uses a single batch
_DEFAULT_BATCH = 32


@dataclass(frozen=True)
class Check:
    """Validates the parameters of one estimator.

    Attributes
    ----------
    owner : str
        Name of the estimator, for messages.
    """

    owner: str

    @contextlib.contextmanager
    def named(self) -> Iterator[None]:
        """Prefix the messages of errors raised in the block with the estimator's name."""
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
        """Reject a value that is not a number within the bounds."""
        if optional and value is None:
            return
        kind = (int, np.integer) if whole else (int, float, np.integer, np.floating)
        is_number = isinstance(value, kind) and not isinstance(value, (bool, np.bool_))
        if is_number and low <= value < below and (value > above):
            return
        bounds = [f"at least {low:g}"] if low > -math.inf else []
        bounds += [f"above {above:g}"] if above > -math.inf else []
        bounds += [f"below {below:g}"] if below < math.inf else []
        expected = "a whole number" if whole else "a finite number"
        none = "None or " if optional else ""
        raise ParameterError(
            f"{self.owner}: {name} must be {none}{expected}, {' and '.join(bounds)}, got {value!r}."
        )

    def one_of(self, name: str, value: Any, options: Iterable[str], *, also: str = "") -> None:
        """Reject a value that is not among the options; ``also`` names other valid values."""
        known = list(options)
        if not isinstance(value, str) or value not in known:
            hint = did_you_mean(value, known)
            text = "" if isinstance(value, str) else " It must be a string."
            raise ParameterError(f"{self.owner}: {name} {value!r} is not known.{text}{hint}{also}")

    def boolean(self, name: str, value: Any) -> None:
        """Reject a value that is neither True nor False."""
        if not isinstance(value, (bool, np.bool_)):
            raise ParameterError(f"{self.owner}: {name} must be True or False, got {value!r}.")

    def per_layer(self, name: str, value: Any, layers: int) -> tuple[Any, ...]:
        """Return one value per layer."""
        if not isinstance(value, (tuple, list, np.ndarray)):
            return (value,) * layers
        if len(value) != layers:
            raise ParameterError(
                f"{self.owner}: {name} must be one value or one per layer: "
                f"got {len(value)} values, {tuple(value)!r}, for layers={layers}."
            )
        return tuple(value)


def check_training(params: Mapping[str, Any], check: Check) -> None:
    """Check the hyperparameters of training.

    Parameters
    ----------
    params : mapping
        All parameters of the estimator.
    check : Check

    Raises
    ------
    ParameterError
        When one has the wrong type or is out of range.
    """
    check.number("epochs", params["epochs"], low=1, whole=True)
    check.number("patience", params["patience"], low=1, whole=True)
    check.number("learning_rate", params["learning_rate"], above=0.0)
    check.number("momentum", params["momentum"], low=0, below=1)
    check.number("clipnorm", params["clipnorm"], above=0, optional=True)
    check.number("validation_fraction", params["validation_fraction"], above=0, below=1)
    if params["validation_rows"] is not None:
        check.one_of("validation_rows", params["validation_rows"], ["random", "last"])
    if not isinstance(params["verbose"], (bool, np.bool_)):
        check.number("verbose", params["verbose"], low=0)
    if isinstance(params["batch_size"], str):
        check.one_of(
            "batch_size", params["batch_size"], ["auto"], also=" Or pass a number of rows."
        )
    else:
        check.number("batch_size", params["batch_size"], low=1, whole=True)
    for name in ("early_stopping", "warm_start"):
        check.boolean(name, params[name])
    check.one_of("dtype", params["dtype"], DTYPES)
    if params["dtype"] == "float64" and not _has_float64():
        raise ParameterError(
            f"{check.owner}: dtype 'float64' needs the environment variable JAX_ENABLE_X64=1; "
            f"otherwise JAX computes in float32."
        )
    if params["lr_schedule"] is not None:
        check.one_of(
            "lr_schedule", params["lr_schedule"], SCHEDULES, also=" None keeps the rate constant."
        )
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
    limit = 2**32  # of NumPy
    if random_state is None or (
        isinstance(random_state, (int, np.integer)) and 0 <= random_state < limit
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
    listed = [] if callbacks is None else callbacks
    if not isinstance(listed, Sequence) or not all(
        isinstance(each, kinds.Callback) for each in listed
    ):
        raise ParameterError(
            f"{check.owner}: callbacks must be None or a list of keras.callbacks.Callback, "
            f"got {callbacks!r}."
        )
    for each in listed:
        # Keras deletes the folder only after a complete fit, not after one that was pruned, failed
        # or diverged, and processes share the folder.
        # See findings/keras-backup-and-restore-passes-weights-to-the-next-trial.sh.
        if isinstance(each, kinds.BackupAndRestore):
            raise ParameterError(
                f"{check.owner}: callbacks: {type(each).__name__} would start a fit with the "
                f"weights that another fit left in {str(each.backup_dir)!r}: save weights with "
                f"ModelCheckpoint, and resume an interrupted study with Tuner(storage=...)."
            )


@functools.cache
def activations() -> tuple[str, ...]:
    """Return the names of the Keras activations that have no required settings."""
    functions = vars(load_keras().activations)
    utilities = {"deserialize", "get", "serialize"}
    return tuple(
        name
        for name, each in functions.items()
        if callable(each) and name.islower() and name not in utilities and _takes_one(each)
    )


def _takes_one(function: Any) -> bool:
    parameters = inspect.signature(function).parameters.values()
    return sum(each.default is each.empty for each in parameters) == 1


def is_same(one: Any, other: Any) -> bool:
    """Return whether two values are equal; they may be arrays or Keras objects."""
    if type(one) is type(other) and isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(is_same, one, other))
    if is_of_keras(one) and is_of_keras(other):
        return one is other or code_of(one) == code_of(other)
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return bool(np.array_equal(one, other))
    return one is other or bool(one == other)


def resolve_batch_size(batch_size: Any, n: int) -> int:
    """Return the number of rows per batch; ``"auto"`` is all of up to 64 rows, else 32."""
    if batch_size == "auto":
        return n if n <= _FULL_BATCH else _DEFAULT_BATCH
    return min(int(batch_size), n)


def n_batches(batch_size: Any, n: int) -> int:
    """Return the number of batches per epoch of ``n`` rows."""
    return math.ceil(n / resolve_batch_size(batch_size, n))
