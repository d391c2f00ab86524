"""All Keras classes, with arguments to create an object and to change any one setting.

If a new version of Keras adds a class or a setting for which the tables have no value,
``LookupError`` is raised and the tests that use them fail.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable
from typing import Any

import keras
from keras_settings import (
    NEEDED,
    NEEDED_BY_NAME,
    OTHER,
    OTHER_BY_ENDING,
    OTHER_BY_NAME,
    PASSED,
)

#: Modules of the classes.
MODULES = (
    "losses", "metrics", "optimizers", "optimizers.schedules", "initializers", "regularizers",
    "constraints", "layers",
)  # fmt: skip
# Abstract base classes.
_BASES = {
    "losses.Loss", "metrics.Metric", "optimizers.Optimizer", "initializers.Initializer",
    "optimizers.schedules.LearningRateSchedule", "regularizers.Regularizer",
    "constraints.Constraint", "layers.Layer", "layers.InputSpec",
}  # fmt: skip
#: Settings of the base class of all layers.
INHERITED = {"activity_regularizer", "autocast", "dtype", "trainable"}
#: Classes that need another library or backend, with the reason.
ELSEWHERE = {
    "layers.FlaxLayer": "needs Flax",
    "layers.TorchModuleWrapper": "needs PyTorch",
}


def classes(*modules: str) -> dict[str, type]:
    """Return the classes of the modules, by module and name; of all modules by default."""
    found: dict[str, type] = {}
    for module in modules or MODULES:
        place = keras
        for part in module.split("."):
            place = getattr(place, part)
        for kind in vars(place).values():
            name = f"{module}.{getattr(kind, '__name__', '')}"
            if inspect.isclass(kind) and name not in _BASES | set(ELSEWHERE):
                found[name] = kind
    return found


def settings(name: str) -> dict[str, inspect.Parameter]:
    """Return the parameters of a class and those that it passes to its base classes."""
    found: dict[str, inspect.Parameter] = {}
    for kind in classes(name.rpartition(".")[0])[name].__mro__[:-1]:
        if "__init__" not in vars(kind):
            continue
        _, *parameters = inspect.signature(kind.__init__).parameters.values()
        kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        found = {each.name: each for each in parameters if each.kind in kinds} | found
        if not any(each.kind is each.VAR_KEYWORD for each in parameters):
            break
    return found


def made(name: str, arguments: Callable[[], dict[str, Any]]) -> Any:
    """Return an object of a class, with a fixed seed."""
    random.seed(0)
    return classes(name.rpartition(".")[0])[name](**arguments())


def usual(name: str) -> dict[str, Any]:
    """Return arguments to create an object of a class."""
    needed = {
        each: NEEDED_BY_NAME[each]
        for each, parameter in settings(name).items()
        if each in NEEDED_BY_NAME and parameter.default is parameter.empty
    }
    return needed | (NEEDED[name]() if name in NEEDED else {})


def changed(name: str, setting: str) -> dict[str, Any]:
    """Return arguments with one setting changed."""
    before = usual(name)
    default = settings(name)[setting].default if setting in settings(name) else None
    value = _other(name, setting, before.get(setting, default))
    return before | (value if isinstance(value, dict) and setting in value else {setting: value})


def _other(name: str, setting: str, value: Any) -> Any:
    known = OTHER.get(f"{name}.{setting}") or OTHER_BY_NAME.get(setting)
    known = known or OTHER_BY_ENDING.get(setting.rpartition("_")[2])
    if known:
        other = known()
        return "nearest" if other == "bilinear" == value else other
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value / 2 + 0.17
    if isinstance(value, (tuple, list)):
        return type(value)(_other(name, "", each) for each in value)
    raise LookupError(f"{name}: the table has no other value for {setting}={value!r}")


def is_passed(name: str, setting: str) -> bool:
    """Return whether a setting of a base class cannot be passed to the class."""
    own = inspect.signature(classes(name.rpartition(".")[0])[name].__init__).parameters
    if f"{name}.{setting}" in PASSED:
        return True
    given = settings(name)[setting].default is inspect.Parameter.empty
    refused = name == "optimizers.LossScaleOptimizer" or setting in ("factor", "pool_mode")
    return setting not in own and (given or refused)
