"""Architectures: functions that take what there is to learn, and return a ``keras.Model``."""

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


_REACH = (5, 10)  # steps that the averages of batch normalisation reach over


@dataclass(frozen=True)
class Meta:
    """What an architecture is told of the data.

    Attributes
    ----------
    input_shape : tuple of int
        Shape of one row: ``(n_features,)`` for tables, ``(height, width)`` or ``(height, width,
        channels)`` for images.
    n_outputs : int
        Units that the last layer must have: 1 for two classes, else the number of classes,
        labels or targets.
    task : {"binary", "multiclass", "multilabel", "regression"}
        What is learned.
    classes : tuple
        Labels in the order of the outputs; empty for regression.
    dtype : str
        Name of the Keras dtype policy, which is in force while the function runs.
    seed : callable
        Takes nothing and returns a new seed, a whole number, each time; for initializers and
        dropout. What is not given a seed gets one all the same.
    steps : int or None
        Updates of the weights in the fit, one per batch, unless it stops early; None where they
        are not known, as in ``partial_fit``.
    """

    input_shape: tuple[int, ...]
    n_outputs: int
    task: Task
    classes: tuple[Any, ...] = ()
    dtype: str = "float32"
    seed: Callable[[], int] = field(default=lambda: 0, compare=False, repr=False)
    steps: int | None = field(default=None, compare=False)


def momentum_for(steps: int | None) -> float:
    """Return the momentum of the moving averages in batch normalisation.

    The averages reach over a fifth of the fit's steps, over five at least and ten at most.
    Keras's momentum of 0.99 reaches over a hundred: before a fit has made several hundred steps,
    validation rows are normalised with something between the initial values and the averages.
    See ``docs/decisions/0018-momentum-of-batch-normalization.md``.

    Parameters
    ----------
    steps : int or None
        Updates of the weights in a fit, 1 or more; None where they are not known.

    Returns
    -------
    float
        From 0.8, up to 25 steps, to 0.9, from 50 steps on and where they are not known.

    Examples
    --------
    >>> momentum_for(15), momentum_for(1000)
    (0.8, 0.9)
    """
    low, high = _REACH
    reach = high if steps is None else min(max(steps / 5, low), high)
    return 1 - 1 / reach


def keywords(architecture: Architecture) -> dict[str, Any]:
    """Return the hyperparameters of an architecture with their defaults.

    Returns
    -------
    dict
        A parameter without a default has ``inspect.Parameter.empty``.

    Raises
    ------
    ParameterError
        When it is no function of ``meta`` and keyword arguments.
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
            f"arguments, it takes {inspect.signature(architecture)}."
        )
    return {each.name: each.default for each in parameters[1:] if each.kind != each.VAR_KEYWORD}


def takes_any(architecture: Architecture) -> bool:
    """Tell whether an architecture takes hyperparameters that its signature does not name."""
    parameters = inspect.signature(architecture).parameters.values()
    return any(each.kind == each.VAR_KEYWORD for each in parameters)


def build(
    architecture: Architecture,
    meta: Meta,
    hyperparameters: Mapping[str, Any],
    rng: np.random.RandomState,
) -> Any:
    """Return the network that an architecture makes, and leave the global state as it was.

    Parameters
    ----------
    architecture : callable
    meta : Meta
    hyperparameters : mapping
    rng : numpy.random.RandomState
        Where seeds come from that the function does not give itself.

    Returns
    -------
    keras.Model
        Built; compiled or not.

    Raises
    ------
    ParameterError
        When the function returns something else, or a model with other outputs than the data
        asks for.
    """
    keras = load_keras()
    with seeded(rng), policy(meta.dtype):
        try:
            model = architecture(meta, **hyperparameters)
        except Exception as error:
            error.add_note(
                f"In architecture {name_of(architecture)}, for rows of the shape "
                f"{meta.input_shape}, with {dict(hyperparameters)}."
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
    """Return the shape of what a network gives.

    Parameters
    ----------
    model : keras.Model
        One of a class of one's own, which does not tell, is asked; that builds it, too.
    meta : Meta
    """
    if hasattr(model, "outputs"):
        return tuple(model.outputs[0].shape)
    row = np.zeros((1, *meta.input_shape), plain_dtype(meta.dtype))
    return tuple(model(row, training=False).shape)


def plain_dtype(policy: str) -> str:
    """Return what is computed in outside the layers."""
    return "float64" if policy == "float64" else "float32"


def _check_outputs(architecture: Architecture, model: Any, meta: Meta) -> None:
    if (n := len(getattr(model, "outputs", [None]))) != 1:
        raise ParameterError(
            f"architecture {name_of(architecture)} must return a keras.Model with one output, it "
            f"has {n}."
        )
    shape = output_shape(model, meta)
    widths = {meta.n_outputs, len(meta.classes)} if meta.task == "binary" else {meta.n_outputs}
    if len(shape) != 2 or shape[1] not in widths:  # noqa: PLR2004 - rows and outputs
        wanted = " or ".join(str(width) for width in sorted(widths))
        raise ParameterError(
            f"architecture {name_of(architecture)} must end in {wanted} units (meta.n_outputs) for "
            f"this {meta.task} problem, its output has the shape {shape}."
        )


def name_of(architecture: Any) -> str:
    """Return what an architecture is called."""
    return str(getattr(architecture, "__name__", architecture))


# Keras draws seeds from the one generator that all threads share.
_SEEDING = threading.RLock()


@contextmanager
def seeded(rng: np.random.RandomState) -> Iterator[None]:
    """Seed what Keras draws seeds from, and give the user's own state back."""
    with _SEEDING:
        state = random.getstate()
        random.seed(int(rng.randint(2**31 - 1)))
        try:
            yield
        finally:
            random.setstate(state)


@contextmanager
def policy(name: str) -> Iterator[None]:
    """Let new layers and models have a dtype policy."""
    policies = load_keras().config
    before = policies.dtype_policy()
    policies.set_dtype_policy(name)
    try:
        yield
    finally:
        policies.set_dtype_policy(before)
