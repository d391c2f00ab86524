"""Engines: each turns a :class:`~tunekit.space.Space` into an Optuna sampler.

One Optuna study stands behind every engine, so that storage, resuming, pruning and everything
else that works for one works for all.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from tunekit.copying import copied
from tunekit.exceptions import ParameterError, did_you_mean
from tunekit.space import Space

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

#: The algorithms of every engine; the first is the default.
ALGORITHMS: dict[str, tuple[str, ...]] = {
    "hyperopt": ("tpe", "anneal", "random", "atpe"),
    "optuna": ("tpe", "gp", "cmaes", "random", "qmc", "grid"),
}

# Algorithms that learn, and so have to be told what fails; the others cover the space as it is.
_LEARNING = {"anneal", "atpe", "cmaes", "gp", "tpe"}


def check_engine(engine: object, algorithm: object = None) -> str:
    """Return ``engine`` if there is one of that name, and it has the algorithm.

    Parameters
    ----------
    engine : object
        What must be the name of an engine.
    algorithm : object, default=None
        What must be the name of one of its algorithms, or a sampler for the engine
        ``"optuna"``, or None for the default.

    Raises
    ------
    ParameterError
        When there is none.

    Examples
    --------
    >>> check_engine("optunna")
    Traceback (most recent call last):
    ...
    tunekit.exceptions.ParameterError: engine must be 'hyperopt' or 'optuna', got 'optunna'. \
Did you mean 'optuna'?
    """
    if not isinstance(engine, str) or engine not in ALGORITHMS:
        engines = " or ".join(map(repr, ALGORITHMS))
        hint = did_you_mean(engine, ALGORITHMS)
        raise ParameterError(f"engine must be {engines}, got {engine!r}.{hint}")
    if algorithm is None or algorithm in ALGORITHMS[engine]:
        return engine
    if not isinstance(algorithm, str):
        from optuna.samplers import BaseSampler

        if engine == "optuna" and isinstance(algorithm, BaseSampler):
            return engine
    known = ", ".join(map(repr, ALGORITHMS[engine]))
    known += " or an Optuna sampler" if engine == "optuna" else ""
    hint = did_you_mean(algorithm, ALGORITHMS[engine]) if isinstance(algorithm, str) else ""
    for other, names in ALGORITHMS.items():
        if algorithm in names:
            hint = f" Engine {other!r} has it."
    raise ParameterError(
        f"algorithm of engine {engine!r} must be {known}, got {algorithm!r}.{hint}"
    )


def make_sampler(
    engine: str, space: Space, *, algorithm: Any = None, seed: int | None
) -> BaseSampler:
    """Return the sampler with which an engine searches a space.

    Parameters
    ----------
    engine : {"hyperopt", "optuna"}
        Name of the engine.
    space : Space
        What may be tried.
    algorithm : str, optuna.samplers.BaseSampler or None, default=None
        Name of one of its algorithms; None takes ``"tpe"``. Of a sampler a copy is used.
    seed : int or None
        The same seed gives the same suggestions; None gives different ones each time.

    Returns
    -------
    optuna.samplers.BaseSampler

    Raises
    ------
    ParameterError
        When there is no such engine or algorithm, a package that it needs is missing, or the
        sampler cannot be copied.
    """
    check_engine(engine, algorithm)
    name = algorithm or ALGORITHMS[engine][0]
    if not isinstance(name, str):
        own: BaseSampler = copied(name, "algorithm")
        return own
    from tunekit.engines.sampler import SpaceSampler

    number = secrets.randbelow(2**31) if seed is None else int(seed)
    return SpaceSampler(
        space,
        _algorithm(engine, name, space, number),
        seed=number,
        steered=name in _LEARNING,
    )


def _algorithm(engine: str, name: str, space: Space, seed: int) -> Any:
    if engine == "hyperopt":
        from tunekit.engines.hyperopt import HyperoptAlgorithm

        return HyperoptAlgorithm(space, name, seed)
    if name == "grid":
        from tunekit.engines.grid import GridAlgorithm

        return GridAlgorithm(space, seed)
    if name == "qmc":
        from tunekit.engines.qmc import QmcAlgorithm

        return QmcAlgorithm(space, seed)
    from tunekit.engines.optuna import OptunaAlgorithm

    return OptunaAlgorithm(space, name, seed)
