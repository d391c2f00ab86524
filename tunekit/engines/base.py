"""Interfaces of engines and their algorithms."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunekit.space.space import Space

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial


class Algorithm(ABC):
    """Base class of search algorithms. Subclasses must implement :meth:`draw` only."""

    @abstractmethod
    def draw(self, study: Study, trial: FrozenTrial, /) -> dict[str, Any]:
        """Return the values of all active leaves by name."""

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:  # noqa: B027 - optional
        """Handle the start of a trial."""

    def after_trial(  # noqa: B027 - optional
        self, study: Study, trial: FrozenTrial, state: Any, values: Any
    ) -> None:
        """Handle the end of a trial."""

    def is_exhausted(self, seen: set[str]) -> bool:  # noqa: ARG002 - for finite algorithms
        """Return whether ``seen``, a set of keys, contains all configurations it can propose."""
        return False


@dataclass(frozen=True)
class AlgorithmInfo:
    """Description of an algorithm of an engine.

    Attributes
    ----------
    name : str
        Name of the algorithm in the public API.
    make : callable
        Takes a space and a seed, and returns the :class:`Algorithm`.
    learns : bool
        Whether it learns from finished trials. Configurations that are likely to fail are then
        avoided; other algorithms cover the whole space.
    finite : bool
        Whether it proposes each configuration once and then stops.
    several_objectives : bool
        Whether it can optimize several objectives at once.
    """

    name: str
    make: Callable[[Space, int], Algorithm]
    learns: bool = True
    finite: bool = False
    several_objectives: bool = True


@dataclass(frozen=True)
class Engine:
    """A library that proposes configurations.

    Attributes
    ----------
    name : str
        Name of the engine in the public API.
    algorithms : tuple of AlgorithmInfo
        The first is the default.
    takes_samplers : bool
        Whether the user may pass an Optuna sampler instead of an algorithm's name.
    """

    name: str
    algorithms: tuple[AlgorithmInfo, ...]
    takes_samplers: bool = False

    @property
    def default(self) -> AlgorithmInfo:
        """The default algorithm."""
        return self.algorithms[0]

    @property
    def several_objectives(self) -> bool:
        """Whether one of its algorithms can optimize several objectives."""
        return any(each.several_objectives for each in self.algorithms)

    def algorithm(self, name: str) -> AlgorithmInfo | None:
        """Return the algorithm with this name; None if the engine does not have it."""
        return next((each for each in self.algorithms if each.name == name), None)
