"""What a study tries first: configurations that its user names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tunekit.engines.optuna import to_optuna
from tunekit.exceptions import SpaceError
from tunekit.parameters import conditions_hold
from tunekit.space import Space
from tunekit.values import plain

_DEFAULT = "default"


def initial_configs(initial: Any, estimator: Any, space: Space) -> list[dict[str, Any]]:
    """Return what is to be evaluated first, as Optuna holds it.

    Parameters
    ----------
    initial : sequence of mapping or "default"
        Configurations, whole or partial; ``"default"`` stands for the estimator's own.
    estimator : estimator
    space : Space

    Raises
    ------
    SpaceError
        When one does not lie in the space.
    """
    if initial == _DEFAULT:
        initial = [_DEFAULT]
    if isinstance(initial, (str, Mapping)) or not isinstance(initial, Sequence):
        raise SpaceError(f"initial must be a list of configurations, got {initial!r}.")
    leaves = {leaf.name: leaf for leaf in space.leaves}
    configs = []
    for place, given in enumerate(initial):
        config = _own_parameters(estimator, space) if given == _DEFAULT else given
        if not isinstance(config, Mapping):
            raise SpaceError(
                f"initial[{place}] must be a configuration or 'default', got {config!r}."
            )
        try:
            values = space.flatten_partial(config)
        except SpaceError as error:
            raise SpaceError(f"initial[{place}]: {error}") from error
        configs.append({name: to_optuna(leaves[name], value) for name, value in values.items()})
    return configs


def _own_parameters(estimator: Any, space: Space) -> dict[str, Any]:
    """Return the estimator's own values of those parameters of a space that are then active."""
    own = estimator.get_params(deep=True)
    config = {name: own[name] for name in space.parameters if name in own}
    known = {**space.constants, **{name: plain(value) for name, value in config.items()}}
    return {
        name: value
        for name, value in config.items()
        if conditions_hold(space.parameters[name].conditions, known)
    }
