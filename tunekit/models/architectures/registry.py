"""The architectures that can be selected by name. To add one, add it to ``ARCHITECTURES``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tunekit.models.architectures.base import Architecture, keywords
from tunekit.models.architectures.mlp import check_mlp, mlp
from tunekit.models.param_validation import Check


@dataclass(frozen=True)
class NamedArchitecture:
    """An architecture that the estimators accept by name.

    Attributes
    ----------
    build : callable
        ``(meta, **hyperparameters) -> keras.Model``. Its hyperparameters are parameters of the
        estimators.
    check : callable
        Takes the estimator's parameters and a :class:`Check`, and returns the hyperparameters to
        call ``build`` with; raises ParameterError if one is invalid.
    """

    build: Architecture
    check: Callable[[Mapping[str, Any], Check], dict[str, Any]]


#: Every named architecture by its name.
ARCHITECTURES: Mapping[str, NamedArchitecture] = {"mlp": NamedArchitecture(mlp, check_mlp)}

#: Name of the default architecture of the estimators.
DEFAULT = "mlp"


def named_hyperparameters() -> list[str]:
    """Return the hyperparameters of all named architectures."""
    return list(
        dict.fromkeys(name for each in ARCHITECTURES.values() for name in keywords(each.build))
    )


def named(function: Architecture) -> NamedArchitecture | None:
    """Return the named architecture with the given function; None for a custom function."""
    return next((each for each in ARCHITECTURES.values() if each.build is function), None)
