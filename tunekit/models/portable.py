"""Puts Keras's losses, metrics and optimizers into pickles, and copies of them into architectures.

Keras pickles such an object by a configuration that leaves settings out, and one of a user's own
class by a name that has to be registered first; here it is its class and all of its settings, as
for any other object.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tunekit.exceptions import ParameterError
from tunekit.parts import code_of, config_of, copy_of, is_kept_whole, is_part, rebuild


@dataclass(frozen=True)
class Portable:
    """What stands in a pickle for an object.

    Attributes
    ----------
    kind : type
    config : mapping
        All its settings.
    """

    kind: type
    config: Mapping[str, Any]


def holds_part(value: Any) -> bool:
    """Tell whether a value is a loss, a metric or an optimizer, or a list with one."""
    return any(map(holds_part, value)) if isinstance(value, (list, tuple)) else is_part(value)


def pack(value: Any) -> Any:
    """Return what a pickle can hold in place of a value.

    Raises
    ------
    ParameterError
        When a pickle would hold something else than the value.
    """
    if isinstance(value, (list, tuple)):
        return type(value)(map(pack, value)) if holds_part(value) else value
    if is_part(value):
        return Portable(type(value), config_of(value))
    for each in _inside(value):
        if not is_kept_whole(each):
            raise ParameterError(
                f"{code_of(each)} inside {_called(value)} would lose settings in a pickle, and so "
                f"in other processes: give it to the architecture as a keyword, or make it there."
            )
    return value


def unpack(value: Any) -> Any:
    """Return what was packed."""
    if isinstance(value, (list, tuple)) and any(isinstance(each, Portable) for each in value):
        return type(value)(map(unpack, value))
    return rebuild(value.kind, value.config) if isinstance(value, Portable) else value


def renewed(value: Any) -> Any:
    """Return a value for one use, so that what the user gave stays as it is."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(renewed, value)) if holds_part(value) else value
    return copy_of(value, "hyperparameter") if is_part(value) else value


def _called(value: Any) -> str:
    return str(getattr(value, "__qualname__", type(value).__name__))


def _inside(value: Any) -> Iterator[Any]:
    """Go through the values that a pickle of a function, or of an object of one's own, holds."""
    if isinstance(value, functools.partial):
        yield from (value.func, *value.args, *value.keywords.values())
    elif hasattr(value, "__code__"):
        yield from (each.cell_contents for each in value.__closure__ or () if _is_filled(each))
    elif callable(value) and not isinstance(value, type):
        yield from getattr(value, "__dict__", {}).values()


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - it raises where there is none yet
    except ValueError:
        return False
    return True
