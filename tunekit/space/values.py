"""Which objects can be a choice or a constant of a space."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tunekit.core.json_values import is_json
from tunekit.core.named import Named, real
from tunekit.exceptions import SpaceError
from tunekit.space.conditions import ParameterBase

_SHOWN = 10  # values in a message

# Modules of other libraries with ranges, and their names.
_OTHERS = {
    "hyperopt.pyll": "Hyperopt",
    "optuna.distributions": "Optuna",
    "scipy.stats": "SciPy",
    "skopt.space": "scikit-optimize",
}


def value_problem(value: Any) -> str | None:
    """Return why a value cannot be a choice or a constant, or None."""
    given = value.value if isinstance(value, Named) else value
    for part in _parts(given):
        problem = _range_problem(part)
        if problem:
            return problem
    if not isinstance(value, Named) and not is_json(value):
        return (
            f"{type(value).__name__} cannot be recognized in another process: give its class a "
            f"__repr__ without an address, or make it picklable"
        )
    try:
        real(value)
    except SpaceError as error:
        return str(error).rstrip(".")
    return None


def constant_problem(given: Any, constant: Any) -> str | None:
    """Return why an argument of a space is neither a parameter nor a constant, or None.

    Parameters
    ----------
    given : object
        The argument.
    constant : object
        The argument as a space stores it.
    """
    values = given.tolist() if hasattr(given, "tolist") and not isinstance(given, type) else given
    if isinstance(values, (list, set, frozenset, range)) and len(values) > 0:
        return _both_meanings(given, values)
    kind = type(given).__module__
    for module, library in _OTHERS.items():
        if kind.startswith(module):
            return (
                f"is a range of {library}, {type(given).__name__}: write a Float, an Int or a "
                f"Categorical"
            )
    problem = value_problem(constant)
    return problem and f"must be a Float, an Int, a Categorical or a constant, but {problem}"


def _both_meanings(given: Any, values: Any) -> str:
    """Return the two things that several values for one parameter can mean."""
    if isinstance(values, range) or len(values) > _SHOWN:
        searched = one = "…"
    else:
        searched, one = ", ".join(map(repr, values)), repr(tuple(values))
    return (
        f"is a {type(given).__name__}, which can mean two things: write Categorical([{searched}]) "
        f"to search over its values, or the tuple {one} for one value, as with one number per layer"
    )


def _parts(value: Any) -> Iterable[Any]:
    yield value
    inside = value.values() if isinstance(value, dict) else value
    if isinstance(inside, (list, tuple, set, frozenset, type({}.values()))):
        for each in inside:
            yield from _parts(each)


def _range_problem(value: Any) -> str | None:
    """Return why a range is no value; None if a value is none."""
    kind = value if isinstance(value, type) else type(value)
    if issubclass(kind, ParameterBase):
        return (
            f"{kind.__name__} is a range: for different ranges under different conditions, write "
            f"a list, [Float(…).when(…), Categorical(…).when(…)]"
        )
    return None
