"""All engines and their algorithms. To add one, add a line here.

The libraries are imported when an algorithm is created.
"""

from __future__ import annotations

import functools
import secrets
from typing import TYPE_CHECKING, Any

from tunekit.core.copying import copied
from tunekit.engines.base import Algorithm, AlgorithmInfo, Engine
from tunekit.exceptions import ParameterError, did_you_mean
from tunekit.space.space import Space

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


def _optuna(space: Space, seed: int, *, name: str) -> Algorithm:
    from tunekit.engines.optuna import OptunaAlgorithm

    return OptunaAlgorithm(space, name, seed)


def _qmc(space: Space, seed: int) -> Algorithm:
    from tunekit.engines.qmc import QmcAlgorithm

    return QmcAlgorithm(space, seed)


def _grid(space: Space, seed: int) -> Algorithm:
    from tunekit.engines.grid import GridAlgorithm

    return GridAlgorithm(space, seed)


def _hyperopt(space: Space, seed: int, *, name: str) -> Algorithm:
    from tunekit.engines.hyperopt import HyperoptAlgorithm

    return HyperoptAlgorithm(space, name, seed)


def _of_optuna(name: str, *, learns: bool = True, several: bool = True) -> AlgorithmInfo:
    make = functools.partial(_optuna, name=name)
    return AlgorithmInfo(name, make, learns=learns, several_objectives=several)


def _of_hyperopt(name: str, *, learns: bool = True) -> AlgorithmInfo:
    make = functools.partial(_hyperopt, name=name)
    return AlgorithmInfo(name, make, learns=learns, several_objectives=False)


#: All engines by name.
ENGINES: dict[str, Engine] = {
    engine.name: engine
    for engine in (
        Engine(
            "hyperopt",
            (
                _of_hyperopt("tpe"),
                _of_hyperopt("anneal"),
                _of_hyperopt("random", learns=False),
                _of_hyperopt("atpe"),
            ),
        ),
        Engine(
            "optuna",
            (
                _of_optuna("tpe"),
                _of_optuna("gp"),
                _of_optuna("cmaes", several=False),
                _of_optuna("random", learns=False),
                AlgorithmInfo("qmc", _qmc, learns=False),
                AlgorithmInfo("grid", _grid, learns=False, finite=True),
            ),
            takes_samplers=True,
        ),
    )
}

# Optuna samplers that optimize a single objective only, by class name.
_SINGLE_OBJECTIVE_SAMPLERS = {"CmaEsSampler": "cmaes"}


def find_engine(engine: object, algorithm: object = None) -> Engine:
    """Return the engine with a name, and check that it has the algorithm.

    Parameters
    ----------
    engine : object
        Name of an engine.
    algorithm : object, default=None
        Name of one of its algorithms, an Optuna sampler if the engine accepts one, or None for
        the default.

    Raises
    ------
    ParameterError
        If the engine or the algorithm does not exist.

    Examples
    --------
    >>> find_engine("optunna")
    Traceback (most recent call last):
    ...
    tunekit.exceptions.ParameterError: engine must be 'hyperopt' or 'optuna', got 'optunna'. \
Did you mean 'optuna'?
    """
    if not isinstance(engine, str) or engine not in ENGINES:
        engines = " or ".join(map(repr, ENGINES))
        hint = did_you_mean(engine, ENGINES)
        raise ParameterError(f"engine must be {engines}, got {engine!r}.{hint}")
    known_engine = ENGINES[engine]
    if algorithm is None or (isinstance(algorithm, str) and known_engine.algorithm(algorithm)):
        return known_engine
    if not isinstance(algorithm, str) and known_engine.takes_samplers:
        from optuna.samplers import BaseSampler

        if isinstance(algorithm, BaseSampler):
            return known_engine
    raise ParameterError(_unknown_algorithm(known_engine, algorithm))


def check_several_objectives(engine: str, algorithm: object) -> None:
    """Check that an engine and its algorithm can optimize several objectives at once.

    Parameters
    ----------
    engine : str
        Name of an engine.
    algorithm : str, optuna.samplers.BaseSampler or None
        Algorithm, already checked by :func:`find_engine`.

    Raises
    ------
    ParameterError
        If they support a single objective only.
    """
    known_engine = ENGINES[engine]
    if not known_engine.several_objectives:
        others = " or ".join(
            f"engine={each.name!r}" for each in ENGINES.values() if each.several_objectives
        )
        raise ParameterError(
            f"engine {engine!r} optimizes a single objective only: pass one scorer, or use "
            f"{others} for several."
        )
    name = algorithm
    if not isinstance(algorithm, str):
        name = _SINGLE_OBJECTIVE_SAMPLERS.get(type(algorithm).__name__, known_engine.default.name)
    info = known_engine.algorithm(str(name))
    if info is not None and not info.several_objectives:
        names = [repr(each.name) for each in known_engine.algorithms if each.several_objectives]
        raise ParameterError(
            f"algorithm {name!r} optimizes a single objective only: use "
            f"{', '.join(names[:-1])} or {names[-1]} for several."
        )


def make_sampler(
    engine: str, space: Space, *, algorithm: Any = None, seed: int | None
) -> BaseSampler:
    """Return the sampler of an engine for a space.

    Parameters
    ----------
    engine : str
        Name of an engine in :data:`ENGINES`.
    space : Space
        The search space.
    algorithm : str, optuna.samplers.BaseSampler or None, default=None
        Name of one of its algorithms; None uses the engine's default. A sampler is copied.
    seed : int or None
        The same seed gives the same proposals; None gives different ones in each run.

    Returns
    -------
    optuna.samplers.BaseSampler

    Raises
    ------
    ParameterError
        If the engine or the algorithm does not exist, a required package is missing, or the
        sampler cannot be copied.
    """
    known_engine = find_engine(engine, algorithm)
    info = known_engine.default
    if isinstance(algorithm, str):
        info = known_engine.algorithm(algorithm) or info
    elif algorithm is not None:
        sampler: BaseSampler = copied(algorithm, "algorithm")
        return sampler
    from tunekit.engines.sampler import SpaceSampler

    used_seed = secrets.randbelow(2**31) if seed is None else int(seed)
    return SpaceSampler(
        space, info.make(space, used_seed), seed=used_seed, avoids_failures=info.learns
    )


def _unknown_algorithm(engine: Engine, algorithm: object) -> str:
    names = [each.name for each in engine.algorithms]
    allowed = ", ".join(map(repr, names))
    allowed += " or an Optuna sampler" if engine.takes_samplers else ""
    hint = did_you_mean(algorithm, names) if isinstance(algorithm, str) else ""
    for other in ENGINES.values():
        if isinstance(algorithm, str) and other.algorithm(algorithm):
            hint = f" Engine {other.name!r} has it."
    return f"algorithm of engine {engine.name!r} must be {allowed}, got {algorithm!r}.{hint}"
