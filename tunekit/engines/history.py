"""Data of earlier trials that engines read from the Optuna study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optuna.trial import FrozenTrial

from tunekit.space.adapters.optuna import from_optuna
from tunekit.space.space import Space

#: User attribute of an interrupted trial. Its state is FAIL, since Optuna has no other.
INTERRUPTED = "tunekit.interrupted"


#: User attribute with the evaluation, as plain data.
EVALUATION = "tunekit.evaluation"


def values_of(params: Mapping[str, Any], space: Space) -> dict[str, Any]:
    """Convert the parameters of a stored trial to leaf names and values."""
    leaves = {leaf.name: leaf for leaf in space.leaves}
    return {
        name: from_optuna(leaves[name], value) for name, value in params.items() if name in leaves
    }


def was_interrupted(trial: FrozenTrial) -> bool:
    """Return whether the user stopped a trial; its failure is then unrelated to its parameters."""
    return bool(trial.user_attrs.get(INTERRUPTED))
