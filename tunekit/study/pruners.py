"""Pruners, which stop unpromising trials early."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tunekit.core.copying import copied
from tunekit.exceptions import ParameterError, did_you_mean

if TYPE_CHECKING:
    from optuna.pruners import BasePruner


def make_pruner(pruner: Any) -> BasePruner:
    """Return the Optuna pruner for the parameter ``pruner`` of a tuner.

    Parameters
    ----------
    pruner : {"asha", "hyperband", "median", "wilcoxon"}, optuna.pruners.BasePruner or None
        None never stops a trial. A pruner is copied.

    Raises
    ------
    ParameterError
        When it is unknown, or cannot be copied.

    Examples
    --------
    >>> make_pruner("medain")
    Traceback (most recent call last):
    ...
    tunekit.exceptions.ParameterError: pruner must be 'asha', 'hyperband', 'median', 'wilcoxon', \
an Optuna pruner or None, got 'medain'. Did you mean 'median'?
    """
    from optuna import pruners

    known: dict[str, Callable[[], BasePruner]] = {
        "asha": pruners.SuccessiveHalvingPruner,
        "hyperband": pruners.HyperbandPruner,
        "median": pruners.MedianPruner,
        "wilcoxon": _wilcoxon,
    }
    if pruner is None:
        return pruners.NopPruner()
    if isinstance(pruner, str) and pruner in known:
        return known[pruner]()
    if isinstance(pruner, pruners.BasePruner):
        copy: BasePruner = copied(pruner, "pruner")
        return copy
    names = ", ".join(map(repr, known))
    hint = did_you_mean(pruner, known) if isinstance(pruner, str) else ""
    raise ParameterError(f"pruner must be {names}, an Optuna pruner or None, got {pruner!r}.{hint}")


def _wilcoxon() -> BasePruner:
    import optuna

    with warnings.catch_warnings():  # it is experimental in Optuna
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.pruners.WilcoxonPruner()


def compares_splits(pruner: BasePruner) -> bool:
    """Return whether a pruner compares trials split by split, so that it needs each split's score.

    The Wilcoxon signed-rank test pairs the scores of two trials on the same rows. Running means
    are not independent, and would make its p-values too small.
    """
    from optuna.pruners import PatientPruner, WilcoxonPruner

    while isinstance(pruner, PatientPruner) and pruner._wrapped_pruner is not None:  # noqa: SLF001
        pruner = pruner._wrapped_pruner  # noqa: SLF001 - there is no public attribute
    return isinstance(pruner, WilcoxonPruner)
