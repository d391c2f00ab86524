"""Creates the optimizer, loss and metrics that a Keras model is compiled with."""

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

# Classes that cannot be chosen by name.
_NOT_BY_NAME = {
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
# Losses that take logits without a parameter from_logits.
_ON_LOGITS = {"CategoricalHinge", "Hinge", "SquaredHinge"}
# Prefixes of multiclass losses whose targets are class indices.
_ON_CLASS_INDICES = ("sparse", "categorical_generalized_cross_entropy", "circle")
# Losses of the logarithm of the prediction.
_OF_LOGARITHMS = {"poisson", "mean_squared_logarithmic_error"}
#: Names of the accuracy, for any task.
ACCURACY = ("accuracy", "acc", "Accuracy")


@dataclass(frozen=True)
class CompiledLoss:
    """The loss and the metrics that a network is compiled with.

    Attributes
    ----------
    loss : keras.losses.Loss or callable
    metrics : tuple of keras.metrics.Metric
    probabilities : bool
        Whether the loss and the metrics take probabilities; otherwise they take logits.
    one_hot : bool
        Whether multiclass targets are one-hot; otherwise they are class indices.
    """

    loss: Any
    metrics: tuple[Any, ...]
    probabilities: bool
    one_hot: bool


@functools.cache
def names(module: str) -> Mapping[str, str]:
    """Return the accepted names of the classes in a Keras module, with the class of each name.

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
        and not {name, kind.__name__} & _NOT_BY_NAME[module]
        and not _needs_more(kind)
    ]
    known = {name: name for name in kinds}
    known |= {name.lower(): name for name in kinds} | {_snake(name): name for name in kinds}
    return known | {short: name for short, name in _SHORT.items() if name in kinds}


def _needs_more(kind: Any) -> bool:
    """Return whether a class has required arguments."""
    _, *parameters = inspect.signature(kind.__init__).parameters.values()
    return any(
        each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD
        for each in parameters
    )


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def column_of(kind: str) -> str:
    """Return the default column name of a Keras metric class.

    Examples
    --------
    >>> column_of("MeanSquaredError")
    'mean_squared_error'
    """
    return _snake(kind)


def find(module: str, name: Any, place: str) -> Any:
    """Return the Keras class with the given name.

    Raises
    ------
    ParameterError
        When there is none; the message suggests a similar name.
    """
    known = names(module)
    if not isinstance(name, str) or name not in known:
        # Keras writes names of optimizers as "rmsprop", and other names as "f1_score".
        usual = str.lower if module == "optimizers" else _snake
        usual_names = {usual(kind) for kind in known.values()}
        raise ParameterError(f"{place} {name!r} is not known.{did_you_mean(name, usual_names)}")
    return getattr(getattr(load_keras(), module), known[name])


def make_optimizer(
    optimizer: Any, *, learning_rate: float, momentum: float, clipnorm: float | None
) -> Any:
    """Return a new optimizer.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer
        A name, or an optimizer to copy; the copy keeps its learning rate.
    learning_rate : float
        Step size, above 0.
    momentum : float
        Momentum of optimizers that have one, from 0 to below 1.
    clipnorm : float or None
        Maximum norm of the gradient of each weight matrix, above 0.

    Returns
    -------
    keras.optimizers.Optimizer
    """
    if not isinstance(optimizer, str):
        return _copy_optimizer(optimizer)
    kind = find("optimizers", optimizer, "optimizer")
    # Keras would number its optimizers, and each new variable name costs TensorFlow 0.6 ms.
    settings = {"learning_rate": float(learning_rate), "name": _snake(kind.__name__)}
    if clipnorm is not None:
        settings["clipnorm"] = float(clipnorm)
    if "momentum" in inspect.signature(kind.__init__).parameters:
        settings["momentum"] = float(momentum)
    return kind(**settings)


def _copy_optimizer(optimizer: Any) -> Any:
    if excludes_weights(optimizer):
        raise ParameterError(
            f"optimizer {optimizer.name!r} excludes weights from its decay, which its "
            f"configuration does not contain: compile the model in a custom architecture."
        )
    return _copy(optimizer, "optimizer")


def _copy(given: Any, place: str, **changed: Any) -> Any:
    """Return a copy of an object of the user."""
    if is_keras(type(given)):
        return copy_of(given, place, **changed)
    try:
        config = given.get_config()
    except (NotImplementedError, TypeError) as error:
        raise refusal(given, place, error) from None
    parameters = inspect.signature(type(given).__init__).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    named = {each.name for each in parameters if each.kind in kinds}
    # The dtype is set for each copy; the losses of Keras do not return theirs either.
    if missing := sorted(named - set(config) - {"self", "dtype"}):
        raise ParameterError(
            f"{place} {type(given).__name__}: its get_config() must also return "
            f"{', '.join(missing)}, because copies and other processes receive only these values."
        )
    return copy_of(given, place)


def make_compiled_loss(
    task: Task,
    loss: Any,
    metrics: Sequence[Any],
    *,
    units: int,
    dtype: str,
    probabilities: bool | None = None,
    taken: Sequence[str] = (),
) -> CompiledLoss:
    """Return the loss and the metrics for a network.

    Parameters
    ----------
    task : {"binary", "multiclass", "multilabel", "regression"}
    loss : str, keras.losses.Loss, callable or None
        None for the default of the task.
    metrics : sequence of str, keras.metrics.Metric or callable
        ``"accuracy"`` is the accuracy for the task.
    units : int
        Number of outputs of the network.
    dtype : str
        Dtype in which the loss and the metrics are computed.
    probabilities : bool or None, default=None
        Whether the network ends in probabilities; None if a final activation can be added.
    taken : sequence of str, default=()
        Column names of other metrics.

    Returns
    -------
    CompiledLoss

    Raises
    ------
    ParameterError
        When a name is unknown, or a loss is for other tasks.
    """
    others = [each for each in metrics if each not in ACCURACY]
    sparse = all("sparse" in _name(each).lower() for each in others)
    kind = _loss_kind(task, loss, sparse=sparse)
    # One loss or metric that cannot take logits is enough to require probabilities.
    pairs = [(kind, loss), *((metric_kind(each), each) for each in others)]
    if probabilities is None:
        probabilities = task != "regression" and not all(_takes_logits(*each) for each in pairs)
    _check_custom(pairs, probabilities=probabilities)
    one_hot = task == "multiclass" and not takes_class_indices(kind)
    setting = Setting(task, units, probabilities, one_hot)
    for metric, given in pairs[1:]:
        check_metric(_snake(_name(metric)), metric, given, setting)
    loss_object = _make(kind, loss, probabilities=probabilities, dtype=dtype)
    metric_objects = [
        _accuracy(task, probabilities=probabilities, one_hot=one_hot, dtype=dtype)
        if each in ACCURACY
        else _make(metric_kind(each), each, probabilities=probabilities, dtype=dtype)
        for each in metrics
    ]
    columns = [*taken] + [str(getattr(each, "name", _name(each))) for each in metric_objects]
    if duplicates := sorted({name for name in columns if columns.count(name) > 1}):
        raise ParameterError(f"metrics: {duplicates[0]!r} is given twice.")
    return CompiledLoss(loss_object, tuple(metric_objects), probabilities, one_hot)


def _name(thing: Any) -> str:
    return (
        thing if isinstance(thing, str) else str(getattr(thing, "__name__", type(thing).__name__))
    )


def takes_class_indices(loss: Any) -> bool:
    """Return whether a multiclass loss takes class indices; otherwise it takes one-hot targets.

    Parameters
    ----------
    loss : str, type, keras.losses.Loss or callable
    """
    name = _snake(_name(loss))
    return name.startswith(_ON_CLASS_INDICES) or "sparse" in name


def predicts_counts(loss: Any) -> bool:
    """Return whether a loss needs targets of at least 0 and predictions above 0.

    Parameters
    ----------
    loss : str, keras.losses.Loss, callable or None

    Examples
    --------
    >>> predicts_counts("poisson"), predicts_counts("msle"), predicts_counts("mse")
    (True, True, False)
    """
    name = _name(loss)
    return _snake(_SHORT.get(name, name)) in _OF_LOGARITHMS


def _loss_kind(task: Task, loss: Any, *, sparse: bool) -> Any:
    """Return the class of a Keras loss, or a custom loss unchanged."""
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
                f"loss {loss!r} is for {' and '.join(tasks)} targets, these are {task}: use "
                f"loss=None, which selects {_snake(_DEFAULT_LOSS[task])}."
            )
    return kind


def metric_kind(metric: Any) -> Any:
    """Return the class of a Keras metric, or a custom metric unchanged.

    Raises
    ------
    ParameterError
        When the name is unknown, or a class was passed.
    """
    return _kind("metrics", metric, "metrics:")


def _kind(module: str, given: Any, place: str) -> Any:
    """Return the Keras class of a name or an object, or a custom object unchanged."""
    if inspect.isclass(given):
        raise ParameterError(
            f"{place} {given.__name__} is a class: pass its name, or an object, {given.__name__}()."
        )
    if isinstance(given, str) or not callable(given):
        return find(module, given, place)
    if inspect.isfunction(given) and is_keras(given) and given.__name__ in names(module):
        return find(module, given.__name__, place)
    return type(given) if is_keras(type(given)) else given


def _takes_logits(kind: Any, given: Any) -> bool:
    """Return whether a loss or a metric can be computed from logits."""
    if not inspect.isclass(kind):
        return bool(getattr(given, "from_logits", False))
    return (
        kind.__name__ in _ON_LOGITS
        or "TopK" in kind.__name__
        or "from_logits" in inspect.signature(kind.__init__).parameters
    )


def takes_only_logits(loss: Any, metrics: Sequence[Any]) -> bool:
    """Return whether a loss or one of several metrics cannot be computed from probabilities.

    Examples
    --------
    >>> takes_only_logits("hinge", []), takes_only_logits(None, ["accuracy"])
    (True, False)
    """
    others = [each for each in metrics if each not in ACCURACY]
    pairs = [(metric_kind(each), each) for each in others]
    pairs += [] if loss is None else [(_kind("losses", loss, "loss"), loss)]
    return any(
        kind.__name__ in _ON_LOGITS if inspect.isclass(kind) else _takes_logits(kind, given)
        for kind, given in pairs
    )


def _check_custom(pairs: Sequence[tuple[Any, Any]], *, probabilities: bool) -> None:
    for kind, given in pairs:
        if probabilities and not inspect.isclass(kind) and _takes_logits(kind, given):
            raise ParameterError(
                f"{_name(given)} has from_logits=True, but the network ends in probabilities, "
                f"which another loss or metric or the architecture requires: use "
                f"from_logits=False."
            )


def _make(kind: Any, given: Any, *, probabilities: bool, dtype: str) -> Any:
    """Return a new loss or metric that takes the outputs of the network."""
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
        raise ParameterError("metrics: 'accuracy' is for classes; use 'mae' or 'r2_score'.")
    if task in ("binary", "multilabel"):
        # See findings/keras-accuracy-of-logits-cuts-at-one-half.sh.
        threshold = 0.5 if probabilities else 0.0
        return keras.BinaryAccuracy(name="accuracy", threshold=threshold, dtype=dtype)
    kind = keras.CategoricalAccuracy if one_hot else keras.SparseCategoricalAccuracy
    return kind(name="accuracy", dtype=dtype)
