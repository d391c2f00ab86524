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

from tunekit.exceptions import ParameterError, did_you_mean
from tunekit.runtime import load_keras

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


def mlp(  # noqa: PLR0913 - hyperparameters are flat
    meta: Meta,
    *,
    layers: int,
    units: tuple[int, ...],
    activation: str,
    dropout: tuple[float, ...],
    input_dropout: float,
    batch_normalization: bool,
    batch_normalization_momentum: float | Literal["auto"],
    kernel_initializer: str,
    l1: float,
    l2: float,
    max_norm: float | None,
) -> Any:
    """Return a multilayer perceptron that ends in logits, or in numbers for regression.

    A hidden layer is dense, normalised where wanted (which makes up for its bias), active, dropped.

    Parameters
    ----------
    meta : Meta
        Inputs of more than one dimension are flattened.
    layers, units, ..., max_norm
        As in :class:`tunekit.KerasClassifier`; units and dropout have a value for each layer.

    Returns
    -------
    keras.Model
        Built, with shapes ``(n, *input_shape) -> (n, n_outputs)``.
    """
    keras = load_keras()

    def dense(width: int, name: str, function: str | None = None, *, hidden: bool = False) -> Any:
        return keras.layers.Dense(
            width,
            activation=function,
            use_bias=not (hidden and batch_normalization),
            kernel_initializer=_initializer(kernel_initializer, meta.seed),
            kernel_regularizer=keras.regularizers.L1L2(l1, l2) if l1 or l2 else None,
            kernel_constraint=keras.constraints.MaxNorm(max_norm) if max_norm and hidden else None,
            dtype=None if hidden or "mixed" not in meta.dtype else "float32",  # for the loss
            name=name,
        )

    momentum = batch_normalization_momentum
    if momentum == "auto":
        momentum = momentum_for(meta.steps)
    inputs = keras.Input(meta.input_shape, name="inputs")
    x = keras.layers.Flatten(name="flat")(inputs) if len(meta.input_shape) > 1 else inputs
    if input_dropout:
        x = keras.layers.Dropout(input_dropout, seed=meta.seed(), name="input_dropout")(x)
    gated = activation == "glu"  # which makes one output of two
    inside = None if batch_normalization or gated else activation
    for i in range(layers):
        x = dense(units[i] * (1 + gated), f"hidden_{i}", inside, hidden=True)(x)
        if batch_normalization:
            x = keras.layers.BatchNormalization(momentum=momentum, name=f"normalization_{i}")(x)
        if gated:
            x = keras.ops.glu(x)
        elif batch_normalization:
            x = keras.layers.Activation(activation, name=f"activation_{i}")(x)
        if dropout[i]:
            x = keras.layers.Dropout(dropout[i], seed=meta.seed(), name=f"dropout_{i}")(x)
    return keras.Model(inputs, dense(meta.n_outputs, "outputs")(x), name="mlp")


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


def _initializer(name: str, seed: Callable[[], int]) -> Any:
    keras = load_keras()
    initializer = keras.initializers.get(name)
    takes_seed = "seed" in inspect.signature(type(initializer).__init__).parameters
    return type(initializer)(seed=seed()) if takes_seed else initializer


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
            f"architecture must be 'mlp' or a function (meta, **hyperparameters) that returns a "
            f"keras.Model, got {architecture!r}.{did_you_mean(architecture, ['mlp'])}"
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
