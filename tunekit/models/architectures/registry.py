"""The architectures that have a name. To add one, add a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tunekit.models.architectures.base import Architecture, keywords
from tunekit.models.architectures.mlp import check_mlp, mlp
from tunekit.models.param_validation import Check


@dataclass(frozen=True)
class NamedArchitecture:
    """An architecture of tunekit.

    Attributes
    ----------
    build : callable
        ``(meta, **hyperparameters) -> keras.Model``. The estimators have its hyperparameters as
        their own.
    check : callable
        Takes the estimator's parameters and a :class:`Check`, and returns the hyperparameters
        that ``build`` is called with; raises ParameterError when one is wrong.
    """

    build: Architecture
    check: Callable[[Mapping[str, Any], Check], dict[str, Any]]


#: Every named architecture by its name.
ARCHITECTURES: Mapping[str, NamedArchitecture] = {"mlp": NamedArchitecture(mlp, check_mlp)}

#: Name of the architecture that the estimators have by default.
DEFAULT = "mlp"


def named_hyperparameters() -> list[str]:
    """Return the hyperparameters of all named architectures."""
    return list(
        dict.fromkeys(name for each in ARCHITECTURES.values() for name in keywords(each.build))
    )


def named(function: Architecture) -> NamedArchitecture | None:
    """Return the named architecture that a function is; None for a custom one."""
    return next((each for each in ARCHITECTURES.values() if each.build is function), None)
