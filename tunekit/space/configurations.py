"""Conversion of configurations to leaf values, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tunekit.core.json_values import is_among, plain
from tunekit.core.object_names import named
from tunekit.exceptions import SpaceError, did_you_mean
from tunekit.space.cases import Declared, cases_of
from tunekit.space.categorical import Categorical
from tunekit.space.conditions import conditions_hold
from tunekit.space.formats import describe
from tunekit.space.leaves import Leaf
from tunekit.space.parameters import Float, Int


def gather(
    names: Iterable[str],
    parameters: Mapping[str, Declared],
    leaves: Iterable[Leaf],
    known: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the configuration for leaf values and constants; repeated parameters are tuples."""
    config: dict[str, Any] = {}
    for leaf in leaves:
        if leaf.name in known and leaf.index is None:
            config[leaf.parameter] = known[leaf.name]
        elif leaf.name in known:
            config[leaf.parameter] = (*config.get(leaf.parameter, ()), known[leaf.name])
    for name in names:
        if name not in parameters:
            config[name] = known[name]
        elif name not in config and _is_empty(parameters[name], known):
            config[name] = ()
    return {name: config[name] for name in names if name in config}


def _is_empty(declared: Declared, known: Mapping[str, Any]) -> bool:
    """Return whether a parameter is active and repeated 0 times."""
    active = (conditions_hold(each.conditions, known) for each in cases_of(declared))
    return known.get(str(declared.repeated)) == 0 and any(active)


def spread(
    config: Mapping[str, Any],
    parameters: Mapping[str, Declared],
    constants: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the values of a configuration by place, with repeated parameters expanded.

    Raises
    ------
    SpaceError
        If a name is unknown, a constant has another value, or a repeated parameter is not a
        sequence.
    """
    values: dict[str, Any] = {}
    for name, value in config.items():
        if name in constants:
            if not is_among(named(value), (constants[name],)):
                raise SpaceError(
                    f"{name!r} must be the constant {constants[name]!r}, got {value!r}."
                )
        elif name not in parameters:
            hint = did_you_mean(name, [*parameters, *constants])
            raise SpaceError(f"{name!r} is not a parameter of the space.{hint}")
        elif parameters[name].repeated is None:
            values[name] = value
        elif _is_sequence(value):
            values |= {f"{name}[{i}]": each for i, each in enumerate(value)}
        else:
            raise SpaceError(
                f"{name!r} must be a tuple of length {parameters[name].repeated!r}, got {value!r}."
            )
    return values


def complete_counts(
    config: Mapping[str, Any],
    parameters: Mapping[str, Declared],
    constants: Mapping[str, Any],
) -> dict[str, Any]:
    """Return a partial configuration with consistent counts and repeated parameters.

    The length of a tuple sets the count if the count is missing. A single value is used for all
    repetitions.
    """
    full = dict(config)
    repeated = {name: each.repeated for name, each in parameters.items() if each.repeated}
    for name, count_name in repeated.items():
        is_count = isinstance(parameters.get(count_name), Int)
        if is_count and _is_sequence(config.get(name)):
            full.setdefault(count_name, len(config[name]))
    for name, count_name in repeated.items():
        if name in config and not _is_sequence(config[name]):
            count = parameters.get(count_name)
            most = count.high if isinstance(count, Int) else constants[count_name]
            n = full.get(count_name, most)
            full[name] = (config[name],) * (n if isinstance(n, int) else 0)
    return full


def fitting(leaves: Sequence[Leaf], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the leaf names and values for some values by place.

    A value is that of each case that can take it, so that the conditions decide.

    Raises
    ------
    SpaceError
        If a value is invalid, or its leaf is not active given the other values.
    """
    by_place: dict[str, list[Leaf]] = {}
    for leaf in leaves:
        by_place.setdefault(leaf.place, []).append(leaf)
    for place in values:
        if place not in by_place:
            raise SpaceError(f"{place!r} exceeds the count of the repeated parameter.")
    found: dict[str, Any] = {}
    for place, several in by_place.items():
        if place not in values:
            continue
        active = [leaf for leaf in several if not _exclusion(leaf, values)]
        if not active:
            raise SpaceError(_exclusion(several[0], values))
        fits = [leaf for leaf in active if len(several) == 1 or _holds(leaf, values[place])]
        if not fits:
            ranges = " or ".join(describe(leaf.domain) for leaf in active)
            raise SpaceError(f"{place!r} must lie in {ranges}, got {values[place]!r}.")
        found |= {leaf.name: checked(leaf, values, place) for leaf in fits}
    return found


def _exclusion(leaf: Leaf, values: Mapping[str, Any]) -> str:
    """Return why a leaf is not active given some values; empty if it may be."""
    for parent, allowed in leaf.conditions:
        known = {parent: named(values[parent])} if parent in values else {}
        if known and not conditions_hold(((parent, allowed),), known):
            return f"{leaf.place!r} is not active when {parent!r} is {known[parent]!r}."
    return ""


def checked(leaf: Leaf, values: Mapping[str, Any], place: str) -> Any:
    """Return a leaf's value.

    Parameters
    ----------
    leaf : Leaf
    values : mapping
    place : str
        Where ``values`` has it.

    Raises
    ------
    SpaceError
        If the leaf has no value, or an invalid one.
    """
    if place not in values:
        raise SpaceError(f"{place!r} is active but has no value; add one.")
    value = values[place]
    if not _holds(leaf, value):
        raise SpaceError(f"{place!r} must lie in {describe(leaf.domain)}, got {plain(value)!r}.")
    domain = leaf.domain
    if isinstance(domain, Categorical):
        return domain.value_at(domain.index(value))
    # Clip to the step, since the value may be off by rounding.
    return domain.clip(plain(value)) if isinstance(domain, Float) else plain(value)


def _holds(leaf: Leaf, value: Any) -> bool:
    return (value if isinstance(leaf.domain, Categorical) else plain(value)) in leaf.domain


def _is_sequence(value: Any) -> bool:
    return isinstance(value, (list, tuple, range)) or isinstance(plain(value), tuple)
