"""Values of a space that JSON cannot represent: their name, and the copies that trials get."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tunekit.exceptions import SpaceError

#: Key of the JSON form of such a value.
PYTHON = "__python__"


@dataclass(frozen=True, repr=False)
class Named:
    """A Python object among the values of a space, such as a scaler, a function or a class.

    Two are equal if their digests are.

    Attributes
    ----------
    name : str
        Short Python code or name, for tables and figures.
    digest : str
        Identifies the type and the content of the object, also in another process.
    value : object
        The object. None if it was read from a file or a store, which contain the name only.
    literal : str
        Python literal that recreates the object, such as ``"{0: 1, 1: 5}"``; empty if there is
        none.
    """

    name: str = field(compare=False)
    digest: str
    value: Any = field(default=None, compare=False)
    literal: str = field(default="", compare=False)

    def __repr__(self) -> str:
        return self.name

    @property
    def form(self) -> dict[str, str]:
        """The object as a JSON value: its literal, or its name and its digest."""
        if self.literal:
            return {PYTHON: self.literal}
        return {PYTHON: self.name, "digest": self.digest}


def real(value: Any) -> Any:
    """Return a value with a copy of each named object in its place.

    An object of which only the name is known stays as it is.

    Parameters
    ----------
    value : object
        A value of a space, a tuple of them, or a dictionary of both.

    Raises
    ------
    SpaceError
        If an object cannot be copied.
    """
    if isinstance(value, dict):
        return {name: real(each) for name, each in value.items()}
    if type(value) is tuple:
        return tuple(map(real, value))
    return value if not isinstance(value, Named) or value.value is None else _copy(value)


def by_name(value: Any) -> Any:
    """Return a value of a parameter for a table: objects as their name."""
    if type(value) is tuple:
        return tuple(map(by_name, value))
    return value.name if isinstance(value, Named) else value


def _copied(value: Any) -> Any:
    """Return a copy: of an estimator unfitted, of an object of Keras with all settings."""
    from sklearn.base import clone

    from tunekit.core.keras_objects import copy_of, is_part

    if type(value) in (list, tuple):
        return type(value)(map(_copied, value))
    if type(value) is dict:
        return {name: _copied(each) for name, each in value.items()}
    return copy_of(value, "choice") if is_part(value) else clone(value, safe=False)


def _copy(named: Named) -> Any:
    try:
        return _copied(named.value)
    except Exception as error:
        raise SpaceError(
            f"{named.name} cannot be copied, which every trial requires: "
            f"{' '.join(str(error).split())}; pass a class or a function that creates it."
        ) from error
