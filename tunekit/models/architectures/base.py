"""Architectures: functions that take a description of the data and return a ``keras.Model``."""

from __future__ import annotations

import inspect
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from tunekit.core.runtime import load_keras
from tunekit.exceptions import ParameterError

Task = Literal["binary", "multiclass", "multilabel", "regression"]

#: A function ``(meta, **hyperparameters) -> keras.Model``.
Architecture = Callable[..., Any]

_STEPS_AVERAGED = (5, 10)  # by the moving averages of batch normalization: fewest and most


@dataclass(frozen=True)
class Meta:
    """Description of the data for an architecture.

    Attributes
    ----------
    input_shape : tuple of int
        Shape of one row: ``(n_features,)`` for tables, ``(height, width)`` or ``(height, width,
        channels)`` for images.
    n_outputs : int
        Number of units of the last layer: 1 for two classes, else the number of classes, labels
        or targets.
    task : {"binary", "multiclass", "multilabel", "regression"}
        Type of the targets.
    classes : tuple
        Labels in the order of the outputs; empty for regression.
    dtype : str
        Name of the Keras dtype policy. It is active while the function runs.
    seed : callable
        Takes no argument and returns a new integer seed on each call, for initializers and
        dropout. Parts without a seed are seeded as well.
    steps : int or None
        Number of weight updates in the fit, one per batch, unless it stops early; None if unknown,
        as in ``partial_fit``.
    """

    input_shape: tuple[int, ...]
    n_outputs: int
    task: Task
    classes: tuple[Any, ...] = ()
    dtype: str = "float32"
    seed: Callable[[], int] = field(default=lambda: 0, compare=False, repr=False)
    steps: int | None = field(default=None, compare=False)


# See findings/keras-batch-normalization-lags-behind-short-training.sh.
def momentum_for(steps: int | None) -> float:
    """Return the momentum of the moving averages in batch normalization.

    The averages cover one fifth of the steps of the fit, at least five and at most ten. Keras's
    default of 0.99 covers a hundred steps: until a fit has made several hundred, validation rows
    are normalized with a mixture of the initial values and the averages.
    See ``docs/decisions/0018-momentum-of-batch-normalization.md``.

    Parameters
    ----------
    steps : int or None
        Number of weight updates in the fit, 1 or more; None if unknown.

    Returns
    -------
    float
        0.8 for up to 25 steps, 0.9 for 50 steps or more and if unknown, and in between otherwise.

    Examples
    --------
    >>> momentum_for(15), momentum_for(1000)
    (0.8, 0.9)
    """
    low, high = _STEPS_AVERAGED
    averaged = high if steps is None else min(max(steps / 5, low), high)
    return 1 - 1 / averaged


def keywords(architecture: Architecture) -> dict[str, Any]:
    """Return the hyperparameters of an architecture with their defaults.

    Returns
    -------
    dict
        A parameter without a default has ``inspect.Parameter.empty``.

    Raises
    ------
    ParameterError
        When it is not a function of ``meta`` and keyword arguments.
    """
    try:
        parameters = list(inspect.signature(architecture).parameters.values())
    except (TypeError, ValueError):
        raise ParameterError(
            f"architecture must be a function (meta, **hyperparameters) that returns a "
            f"keras.Model, got {architecture!r}, which has no signature."
        ) from None
    kinds = [each.kind for each in parameters]
    if (
        not parameters
        or inspect.Parameter.VAR_POSITIONAL in kinds
        or kinds[0]
        not in (
            inspect.Parameter.POSITIONAL_ONLY,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
        )
    ):
        raise ParameterError(
            f"architecture {name_of(architecture)} must take meta first and then keyword "
            f"arguments; its signature is {inspect.signature(architecture)}."
        )
    return {each.name: each.default for each in parameters[1:] if each.kind != each.VAR_KEYWORD}


def accepts_any(architecture: Architecture) -> bool:
    """Return whether an architecture has a parameter ``**hyperparameters``."""
    parameters = inspect.signature(architecture).parameters.values()
    return any(each.kind == each.VAR_KEYWORD for each in parameters)


def build(
    architecture: Architecture,
    meta: Meta,
    hyperparameters: Mapping[str, Any],
    rng: np.random.RandomState,
) -> Any:
    """Return the network that an architecture builds, without changing the global state.

    Parameters
    ----------
    architecture : callable
    meta : Meta
    hyperparameters : mapping
    rng : numpy.random.RandomState
        Source of the seeds that the function does not set.

    Returns
    -------
    keras.Model
        Built; compiled or not.

    Raises
    ------
    ParameterError
        When the function does not return a model, or its outputs do not match the targets.
    """
    keras = load_keras()
    with seeded(rng), policy(meta.dtype):
        try:
            model = architecture(meta, **hyperparameters)
        except Exception as error:
            error.add_note(
                f"In architecture {name_of(architecture)}, for rows of shape {meta.input_shape}, "
                f"with {dict(hyperparameters)}."
            )
            raise
        if not isinstance(model, keras.Model):
            raise ParameterError(
                f"architecture {name_of(architecture)} must return a keras.Model, got {model!r}."
            )
        if isinstance(model, keras.Sequential) and not model.built:
            model.build((None, *meta.input_shape))
        _check_outputs(architecture, model, meta)
    return model


def output_shape(model: Any, meta: Meta) -> tuple[int | None, ...]:
    """Return the shape of the outputs of a network.

    Parameters
    ----------
    model : keras.Model
        A model of a custom class is called to find the shape, which also builds it.
    meta : Meta
    """
    if hasattr(model, "outputs"):
        return tuple(model.outputs[0].shape)
    row = np.zeros((1, *meta.input_shape), plain_dtype(meta.dtype))
    return tuple(model(row, training=False).shape)


def plain_dtype(policy: str) -> str:
    """Return the dtype of computations outside the layers, such as the loss."""
    return "float64" if policy == "float64" else "float32"


def _check_outputs(architecture: Architecture, model: Any, meta: Meta) -> None:
    if (n := len(getattr(model, "outputs", [None]))) != 1:
        raise ParameterError(
            f"architecture {name_of(architecture)} must return a keras.Model with one output, got "
            f"{n} outputs."
        )
    shape = output_shape(model, meta)
    widths = {meta.n_outputs, len(meta.classes)} if meta.task == "binary" else {meta.n_outputs}
    if len(shape) != 2 or shape[1] not in widths:  # noqa: PLR2004 - rows and outputs
        expected = " or ".join(str(width) for width in sorted(widths))
        raise ParameterError(
            f"architecture {name_of(architecture)} must end in {expected} units (meta.n_outputs) "
            f"for this {meta.task} problem; its output has shape {shape}."
        )


def name_of(architecture: Any) -> str:
    """Return the name of an architecture."""
    return str(getattr(architecture, "__name__", architecture))


# Keras draws seeds from a generator that all threads share.
_SEED_LOCK = threading.RLock()


@contextmanager
def seeded(rng: np.random.RandomState) -> Iterator[None]:
    """Seed the generator that Keras draws seeds from, and restore its state afterwards."""
    with _SEED_LOCK:
        state = random.getstate()
        random.seed(int(rng.randint(2**31 - 1)))
        try:
            yield
        finally:
            random.setstate(state)


@contextmanager
def policy(name: str) -> Iterator[None]:
    """Set the dtype policy of new layers and models in the block."""
    policies = load_keras().config
    before = policies.dtype_policy()
    policies.set_dtype_policy(name)
    try:
        yield
    finally:
        policies.set_dtype_policy(before)
