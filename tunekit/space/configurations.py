"""Conversion of configurations to leaf values, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tunekit.core.json_values import is_among, plain
from tunekit.exceptions import SpaceError, did_you_mean
from tunekit.space.formats import describe
from tunekit.space.leaves import Leaf
from tunekit.space.parameters import Float, Int, Parameter, conditions_hold


def gather(
    names: Iterable[str],
    parameters: Mapping[str, Parameter],
    known: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the configuration for leaf values and constants; repeated parameters are tuples."""
    config: dict[str, Any] = {}
    for name in names:
        parameter = parameters.get(name)
        if parameter is None or parameter.repeated is None:
            if name in known:
                config[name] = plain(known[name])
        elif parameter.repeated in known and conditions_hold(parameter.conditions, known):
            values = (known[f"{name}[{i}]"] for i in range(known[parameter.repeated]))
            config[name] = tuple(map(plain, values))
    return config


def spread(
    config: Mapping[str, Any],
    parameters: Mapping[str, Parameter],
    constants: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the leaf names and values of a configuration, with repeated parameters expanded.

    Raises
    ------
    SpaceError
        If a name is unknown, a constant has another value, or a repeated parameter is not a
        sequence.
    """
    values: dict[str, Any] = {}
    for name, given in config.items():
        value = plain(given)
        if name in constants:
            if not is_among(value, (constants[name],)):
                raise SpaceError(
                    f"{name!r} must be the constant {constants[name]!r}, got {value!r}."
                )
        elif name not in parameters:
            hint = did_you_mean(name, [*parameters, *constants])
            raise SpaceError(f"{name!r} is not a parameter of the space.{hint}")
        elif parameters[name].repeated is None:
            values[name] = value
        elif isinstance(value, tuple):
            values |= {f"{name}[{i}]": each for i, each in enumerate(value)}
        else:
            raise SpaceError(
                f"{name!r} must be a tuple of length {parameters[name].repeated!r}, got {value!r}."
            )
    return values


def complete_counts(
    config: Mapping[str, Any],
    parameters: Mapping[str, Parameter],
    constants: Mapping[str, Any],
) -> dict[str, Any]:
    """Return a partial configuration with consistent counts and repeated parameters.

    The length of a tuple sets the count if the count is missing. A single value is used for all
    repetitions.
    """
    full = dict(config)
    repeated = {name: each for name, each in parameters.items() if each.repeated is not None}
    for name, parameter in repeated.items():
        value = plain(config.get(name))
        if isinstance(value, tuple) and isinstance(parameters.get(str(parameter.repeated)), Int):
            full.setdefault(str(parameter.repeated), len(value))
    for name, parameter in repeated.items():
        if name in config and not isinstance(plain(config[name]), tuple):
            count = parameters.get(str(parameter.repeated))
            most = count.high if isinstance(count, Int) else constants[str(parameter.repeated)]
            n = full.get(str(parameter.repeated), most)
            full[name] = (config[name],) * (n if isinstance(n, int) else 0)
    return full


def check_together(leaves: Sequence[Leaf], values: Mapping[str, Any]) -> None:
    """Check that the values of some leaves are valid and do not exclude each other.

    Raises
    ------
    SpaceError
        If a value is invalid, or its leaf is not active given the other values.
    """
    names = {leaf.name for leaf in leaves}
    for name in values:
        if name not in names:
            raise SpaceError(f"{name!r} exceeds the count of the repeated parameter.")
    for leaf in leaves:
        if leaf.name not in values:
            continue
        checked(leaf, values)
        for parent, allowed in leaf.conditions:
            if parent in values and not conditions_hold(((parent, allowed),), values):
                raise SpaceError(
                    f"{leaf.name!r} is not active when {parent!r} is {values[parent]!r}."
                )


def checked(leaf: Leaf, values: Mapping[str, Any]) -> Any:
    """Return a leaf's value.

    Raises
    ------
    SpaceError
        If the leaf has no value, or an invalid one.
    """
    if leaf.name not in values:
        raise SpaceError(f"{leaf.name!r} is active but has no value; add one.")
    value = values[leaf.name]
    if value not in leaf.domain:
        raise SpaceError(f"{leaf.name!r} must lie in {describe(leaf.domain)}, got {value!r}.")
    # Clip to the step, since the value may be off by rounding.
    return leaf.domain.clip(value) if isinstance(leaf.domain, Float) else value
