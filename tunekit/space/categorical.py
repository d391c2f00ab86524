"""A choice between values."""

from __future__ import annotations

import copy
import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from tunekit.core.json_values import key, plain
from tunekit.core.named import Named
from tunekit.core.object_names import all_named, named
from tunekit.exceptions import SpaceError
from tunekit.space.conditions import MOST_VALUES, ParameterBase, switch_problem
from tunekit.space.values import value_problem


@dataclass(frozen=True)
class Categorical(ParameterBase):
    """One of several values.

    Parameters
    ----------
    choices : sequence
        At least one value, without duplicates: any Python object that the estimator takes, such as
        a string, None, a dictionary, a function, a class or an estimator. Each trial gets a copy.
    ordered : bool, default=False
        Whether adjacent choices are similar, as in ``["small", "medium", "large"]``; engines
        then take the order into account.

    Notes
    -----
    An object that JSON cannot represent has a short name, which tables show, and a digest of its
    type and content, by which a stored study recognizes it. See
    :class:`tunekit.core.named.Named`.

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> from tunekit import Space
    >>> Space(activation=Categorical(["relu", "tanh"])).sample(1, random_state=0)
    [{'activation': 'tanh'}]
    >>> Space(scaler=Categorical([StandardScaler(), "passthrough"]))
    Space(scaler=Categorical([StandardScaler(), 'passthrough']))
    """

    choices: Sequence[Any]
    ordered: bool = field(default=False, kw_only=True)

    def __new__(cls, *args: Any, **_fields: Any) -> Self:
        """Explain choices that are not given as one list."""
        if len(args) > 1:
            raise SpaceError(f"Categorical: give the choices as one list, Categorical({[*args]}).")
        return super().__new__(cls)

    def __post_init__(self) -> None:
        """Convert the choices to a tuple, in which objects have names."""
        given: Any = self.choices
        if hasattr(given, "tolist") and not isinstance(given, type):
            given = plain(given)
        if isinstance(given, (list, tuple, range)) and len(given) <= MOST_VALUES:
            object.__setattr__(self, "choices", all_named(given))
        object.__setattr__(self, "ordered", plain(self.ordered))

    def problem(self) -> str | None:
        """Return why the choices are invalid, or None."""
        if isinstance(self.choices, Sequence) and len(self.choices) > MOST_VALUES:
            n = len(self.choices)
            return f"choices must be at most {MOST_VALUES:,}, got {n:,}; use an Int or a Float"
        if not isinstance(self.choices, tuple):
            return f"choices must be a list, got {self.choices!r}"
        if not self.choices:
            return "choices must not be empty; give at least one value"
        problems = (value_problem(choice) for choice in self.choices)
        problem = next((each for each in problems if each), None)
        if problem:
            return f"a choice must be a value, but {problem}"
        if len(self._indices) < len(self.choices):
            keys = list(map(key, self.choices))
            twice = next(c for c, k in zip(self.choices, keys, strict=True) if keys.count(k) > 1)
            alike = (
                "; their parameters or their code are the same" if isinstance(twice, Named) else ""
            )
            return f"choices must be unique, got {twice!r} twice{alike}"
        return switch_problem("ordered", self.ordered)

    @property
    def size(self) -> int:
        """Number of choices."""
        return len(self.choices)

    @functools.cached_property
    def _indices(self) -> dict[str, int]:
        return {key(choice): i for i, choice in enumerate(self.choices)}

    def value_at(self, index: int) -> Any:
        """Return the choice at an index."""
        choice = self.choices[index]
        return copy.deepcopy(choice) if isinstance(choice, (list, tuple, dict)) else choice

    def index(self, value: object) -> int:
        """Return the index of a choice."""
        return self._indices[key(named(value))]

    def draw(self, uniform: float) -> Any:
        """Return the choice at ``uniform`` (0 to 1) of the way through the list."""
        return self.value_at(min(int(uniform * self.size), self.size - 1))

    def __contains__(self, value: object) -> bool:
        try:
            return key(named(value)) in self._indices
        except (TypeError, ValueError):  # nothing identifies it
            return False
