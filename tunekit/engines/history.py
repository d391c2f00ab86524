"""What engines read of earlier trials in the Optuna study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optuna.trial import FrozenTrial

from tunekit.space.adapters.optuna import from_optuna
from tunekit.space.space import Space

#: User attribute of a trial that was stopped; its state is FAIL, as Optuna has no other.
INTERRUPTED = "tunekit.interrupted"


#: User attribute with what was measured, as plain data.
EVALUATION = "tunekit.evaluation"


def values_of(params: Mapping[str, Any], space: Space) -> dict[str, Any]:
    """Return leaf names and values of what a stored trial holds."""
    leaves = {leaf.name: leaf for leaf in space.leaves}
    return {
        name: from_optuna(leaves[name], value) for name, value in params.items() if name in leaves
    }


def was_interrupted(trial: FrozenTrial) -> bool:
    """Return whether a trial was stopped by the user, which says nothing about its parameters."""
    return bool(trial.user_attrs.get(INTERRUPTED))
