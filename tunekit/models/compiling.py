"""Turns the names of an optimizer, a loss and metrics into what Keras compiles a model with."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tunekit.core.keras_attributes import is_keras
from tunekit.core.keras_objects import copy_of, refusal
from tunekit.core.runtime import load_keras
from tunekit.exceptions import ParameterError, did_you_mean
from tunekit.models.architectures.base import Task
from tunekit.models.metric_validation import Setting, check_metric
from tunekit.models.training.signatures import excludes_weights

_NO_NAMES = {
    "optimizers": {"LossScaleOptimizer", "MultiOptimizer", "Optimizer", "OptimizerMap"},
    "losses": {"CTC", "Circle", "Loss"},
    "metrics": {"Mean", "MeanMetricWrapper", "Metric", "Sum"},
    "initializers": {"Constant", "Initializer", "STFT", "STFTInitializer"},
}
_SHORT = {
    "bce": "BinaryCrossentropy",
    "huber_loss": "Huber",
    "kld": "KLDivergence",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "mse": "MeanSquaredError",
    "msle": "MeanSquaredLogarithmicError",
    "rmse": "RootMeanSquaredError",
}
_DEFAULT_LOSS = {
    "binary": "BinaryCrossentropy",
    "multiclass": "SparseCategoricalCrossentropy",
    "multilabel": "BinaryCrossentropy",
    "regression": "MeanSquaredError",
}
_ON_SCORES = {"CategoricalHinge", "Hinge", "SquaredHinge"}  # beside those that take logits
# Losses of several classes whose targets are the numbers of the classes, by how they begin.
_ON_NUMBERS = ("sparse", "categorical_generalized_cross_entropy", "circle")
#: Names of the share of right labels, of any task.
ACCURACY = ("accuracy", "acc", "Accuracy")


@dataclass(frozen=True)
class CompiledLoss:
    """What a network is trained for.

    Attributes
    ----------
    loss : keras.losses.Loss or callable
    metrics : tuple of keras.metrics.Metric
    probabilities : bool
        Whether the loss and the metrics are measured on probabilities, else on logits.
    one_hot : bool
        Whether the targets of several classes are one-hot, else numbers of classes.
    """

    loss: Any
    metrics: tuple[Any, ...]
    probabilities: bool
    one_hot: bool


@functools.cache
def names(module: str) -> Mapping[str, str]:
    """Return the names that a module of Keras's classes is asked by, and the class of each.

    Parameters
    ----------
    module : {"optimizers", "losses", "metrics", "initializers"}

    Returns
    -------
    dict of str to str
        ``{"adam": "Adam", "mean_squared_error": "MeanSquaredError", ...}``
    """
    kinds = [
        name
        for name, kind in vars(getattr(load_keras(), module)).items()
        if inspect.isclass(kind)
        and not {name, kind.__name__} & _NO_NAMES[module]
        and not _needs_more(kind)
    ]
    known = {name: name for name in kinds}
    known |= {name.lower(): name for name in kinds} | {_snake(name): name for name in kinds}
    return known | {short: name for short, name in _SHORT.items() if name in kinds}


def _needs_more(kind: Any) -> bool:
    """Tell whether a class cannot be made without arguments."""
    _, *parameters = inspect.signature(kind.__init__).parameters.values()
    return any(
        each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD
        for each in parameters
    )


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def column_of(kind: str) -> str:
    """Return the name of the column that a class of Keras's metrics has by default.

    Examples
    --------
    >>> column_of("MeanSquaredError")
    'mean_squared_error'
    """
    return _snake(kind)


def find(module: str, name: Any, place: str) -> Any:
    """Return Keras's class of this name.

    Raises
    ------
    ParameterError
        When there is none; the message names the nearest.
    """
    known = names(module)
    if not isinstance(name, str) or name not in known:
        # Keras calls its optimizers "rmsprop", and other things "f1_score".
        say = str.lower if module == "optimizers" else _snake
        spoken = {say(kind) for kind in known.values()}
        raise ParameterError(f"{place} {name!r} is not known.{did_you_mean(name, spoken)}")
    return getattr(getattr(load_keras(), module), known[name])


def make_optimizer(
    optimizer: Any, *, learning_rate: float, momentum: float, clipnorm: float | None
) -> Any:
    """Return a new optimizer.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer
        A name, or an optimizer to copy the settings of; a copy keeps its own learning rate.
    learning_rate : float
        Step size, above 0.
    momentum : float
        For those that have one, from 0 to below 1.
    clipnorm : float or None
        Largest norm of a weight's gradient, above 0.

    Returns
    -------
    keras.optimizers.Optimizer
    """
    if not isinstance(optimizer, str):
        return _copy_of(optimizer)
    kind = find("optimizers", optimizer, "optimizer")
    # Keras would count its optimizers; each new name of a variable costs TensorFlow 0.6 ms.
    settings = {"learning_rate": float(learning_rate), "name": _snake(kind.__name__)}
    if clipnorm is not None:
        settings["clipnorm"] = float(clipnorm)
    if "momentum" in inspect.signature(kind.__init__).parameters:
        settings["momentum"] = float(momentum)
    return kind(**settings)


def _copy_of(optimizer: Any) -> Any:
    if excludes_weights(optimizer):
        raise ParameterError(
            f"optimizer {optimizer.name!r} leaves weights out of its decay, which its "
            f"configuration does not hold: compile the model in an architecture of your own."
        )
    return _copy(optimizer, "optimizer")


def _copy(given: Any, place: str, **changed: Any) -> Any:
    """Return a new object like one of the user's, which stays as it is."""
    if is_keras(type(given)):
        return copy_of(given, place, **changed)
    try:
        config = given.get_config()
    except (NotImplementedError, TypeError) as error:
        raise refusal(given, place, error) from None
    parameters = inspect.signature(type(given).__init__).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    named = {each.name for each in parameters if each.kind in kinds}
    # A dtype is given by whoever makes it; Keras's own losses do not return theirs either.
    if lost := sorted(named - set(config) - {"self", "dtype"}):
        raise ParameterError(
            f"{place} {type(given).__name__}: its get_config() must return {', '.join(lost)}, too: "
            f"by it Keras copies it, and sends it to other processes."
        )
    return copy_of(given, place)


def make_goal(
    task: Task,
    loss: Any,
    metrics: Sequence[Any],
    *,
    units: int,
    dtype: str,
    probabilities: bool | None = None,
    taken: Sequence[str] = (),
) -> CompiledLoss:
    """Return loss and metrics for a network.

    Parameters
    ----------
    task : {"binary", "multiclass", "multilabel", "regression"}
    loss : str, keras.losses.Loss, callable or None
        None for the task's own.
    metrics : sequence of str, keras.metrics.Metric or callable
        ``"accuracy"`` is the task's own.
    units : int
        Outputs of the network.
    dtype : str
        What loss and metrics are computed in.
    probabilities : bool or None, default=None
        Whether the network ends in probabilities; None where it can be made to.
    taken : sequence of str, default=()
        Names of columns that other metrics have.

    Returns
    -------
    Goal

    Raises
    ------
    ParameterError
        When a name is not known, or a loss is for other tasks.
    """
    others = [each for each in metrics if each not in ACCURACY]
    sparse = all("sparse" in _name(each).lower() for each in others)
    kind = _loss_kind(task, loss, sparse=sparse)
    # The losses and metrics that cannot take logits decide.
    wanted = [(kind, loss), *((metric_kind(each), each) for each in others)]
    if probabilities is None:
        probabilities = task != "regression" and not all(_takes_scores(*each) for each in wanted)
    _check_own(wanted, probabilities=probabilities)
    one_hot = task == "multiclass" and not takes_numbers(kind)
    setting = Setting(task, units, probabilities, one_hot)
    for metric, given in wanted[1:]:
        check_metric(_snake(_name(metric)), metric, given, setting)
    made = _make(kind, loss, probabilities=probabilities, dtype=dtype)
    measured = [
        _accuracy(task, probabilities=probabilities, one_hot=one_hot, dtype=dtype)
        if each in ACCURACY
        else _make(metric_kind(each), each, probabilities=probabilities, dtype=dtype)
        for each in metrics
    ]
    called = [*taken] + [str(getattr(each, "name", _name(each))) for each in measured]
    if twice := sorted({name for name in called if called.count(name) > 1}):
        raise ParameterError(f"metrics: {twice[0]!r} is there twice.")
    return CompiledLoss(made, tuple(measured), probabilities, one_hot)


def _name(thing: Any) -> str:
    return (
        thing if isinstance(thing, str) else str(getattr(thing, "__name__", type(thing).__name__))
    )


def takes_numbers(loss: Any) -> bool:
    """Tell whether a loss of several classes takes their numbers, else one-hot targets.

    Parameters
    ----------
    loss : str, type, keras.losses.Loss or callable
    """
    name = _snake(_name(loss))
    return name.startswith(_ON_NUMBERS) or "sparse" in name


def _loss_kind(task: Task, loss: Any, *, sparse: bool) -> Any:
    """Return Keras's class of a loss, or a custom loss unchanged."""
    if loss is None:
        name = _DEFAULT_LOSS[task]
        return find("losses", name if sparse else name.removeprefix("Sparse"), "loss")
    kind = _kind("losses", loss, "loss")
    for prefix, tasks in (
        ("Sparse", ("multiclass",)),
        ("Categorical", ("multiclass",)),
        ("Binary", ("binary", "multilabel")),
    ):
        if _name(kind).startswith(prefix) and task not in tasks:
            raise ParameterError(
                f"loss {loss!r} is for {' and '.join(tasks)} targets, these are {task}: leave "
                f"loss=None, which takes {_snake(_DEFAULT_LOSS[task])}."
            )
    return kind


def metric_kind(metric: Any) -> Any:
    """Return Keras's class of a metric, or a custom metric unchanged.

    Raises
    ------
    ParameterError
        When the name is not known, or a class was given.
    """
    return _kind("metrics", metric, "metrics:")


def _kind(module: str, given: Any, place: str) -> Any:
    """Return Keras's class of what was given by name or as an object, else what was given."""
    if inspect.isclass(given):
        raise ParameterError(
            f"{place} {given.__name__} is a class: give its name, or an object, {given.__name__}()."
        )
    if isinstance(given, str) or not callable(given):
        return find(module, given, place)
    if inspect.isfunction(given) and is_keras(given) and given.__name__ in names(module):
        return find(module, given.__name__, place)
    return type(given) if is_keras(type(given)) else given


def _takes_scores(kind: Any, given: Any) -> bool:
    """Tell whether a loss or a metric can be measured before softmax or sigmoid."""
    if not inspect.isclass(kind):
        return bool(getattr(given, "from_logits", False))
    return (
        kind.__name__ in _ON_SCORES
        or "TopK" in kind.__name__
        or "from_logits" in inspect.signature(kind.__init__).parameters
    )


def _check_own(wanted: Sequence[tuple[Any, Any]], *, probabilities: bool) -> None:
    for kind, given in wanted:
        if probabilities and not inspect.isclass(kind) and _takes_scores(kind, given):
            raise ParameterError(
                f"{_name(given)} is made with from_logits=True, but the network ends in "
                f"probabilities, as another loss or metric or the architecture wants it: make it "
                f"with from_logits=False."
            )


def _make(kind: Any, given: Any, *, probabilities: bool, dtype: str) -> Any:
    """Return a new loss or metric that takes what the network gives."""
    if not inspect.isclass(kind):
        return _copy(given, "loss or metric") if hasattr(given, "get_config") else given
    keras_class: Any = kind
    takes = inspect.signature(keras_class.__init__).parameters
    settings: dict[str, Any] = {"dtype": dtype} if "dtype" in takes else {}
    if "from_logits" in takes:
        settings["from_logits"] = not probabilities
    if hasattr(given, "get_config"):
        return _copy(given, "loss or metric", **settings)
    name = {"name": _snake(kind.__name__)} if "name" in takes else {}
    return keras_class(**settings, **name)


def _accuracy(task: Task, *, probabilities: bool, one_hot: bool, dtype: str) -> Any:
    keras = load_keras().metrics
    if task == "regression":
        raise ParameterError("metrics: 'accuracy' is for classes; take 'mae' or 'r2_score'.")
    if task in ("binary", "multilabel"):
        threshold = 0.5 if probabilities else 0.0
        return keras.BinaryAccuracy(name="accuracy", threshold=threshold, dtype=dtype)
    kind = keras.CategoricalAccuracy if one_hot else keras.SparseCategoricalAccuracy
    return kind(name="accuracy", dtype=dtype)
