"""What an engine provides: algorithms that draw configurations, and what is known of each."""

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
    """Draws configurations of a space. Subclasses need :meth:`draw` only."""

    @abstractmethod
    def draw(self, study: Study, trial: FrozenTrial, /) -> dict[str, Any]:
        """Return the values of all active leaves, by their names."""

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:  # noqa: B027 - optional
        """Take note that a trial begins."""

    def after_trial(  # noqa: B027 - optional
        self, study: Study, trial: FrozenTrial, state: Any, values: Any
    ) -> None:
        """Take note that a trial ended."""

    def is_exhausted(self, seen: set[str]) -> bool:  # noqa: ARG002 - of finite algorithms
        """Return whether every configuration of a finite algorithm is in ``seen``, by its key."""
        return False


@dataclass(frozen=True)
class AlgorithmInfo:
    """An algorithm as its engine describes it.

    Attributes
    ----------
    name : str
        Name that the user gives.
    make : callable
        Takes a space and a seed, and returns the :class:`Algorithm`.
    learns : bool
        Whether it learns from finished trials. Such an algorithm avoids configurations that
        fail; the others cover the space as it is.
    finite : bool
        Whether it proposes each configuration once and then ends.
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
        Name that the user gives.
    algorithms : tuple of AlgorithmInfo
        The first is the default.
    takes_samplers : bool
        Whether the user may pass an Optuna sampler in place of an algorithm's name.
    """

    name: str
    algorithms: tuple[AlgorithmInfo, ...]
    takes_samplers: bool = False

    @property
    def default(self) -> AlgorithmInfo:
        """The algorithm that is used when none is named."""
        return self.algorithms[0]

    @property
    def several_objectives(self) -> bool:
        """Whether one of its algorithms can optimize several objectives."""
        return any(each.several_objectives for each in self.algorithms)

    def algorithm(self, name: str) -> AlgorithmInfo | None:
        """Return the algorithm of this name; None if the engine does not have it."""
        return next((each for each in self.algorithms if each.name == name), None)
