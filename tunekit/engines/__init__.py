"""Engines: each turns a :class:`~tunekit.space.Space` into an Optuna sampler.

One Optuna study stands behind every engine, so that storage, resuming and everything else that
works for one works for all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tunekit.exceptions import ParameterError, did_you_mean
from tunekit.space import Space

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

#: Makes a sampler of a space and a seed.
MakeSampler = Callable[[Space, int | None], "BaseSampler"]


def _optuna(space: Space, seed: int | None) -> BaseSampler:
    from tunekit.engines.optuna import make_sampler

    return make_sampler(space, seed)


def _hyperopt(space: Space, seed: int | None) -> BaseSampler:
    from tunekit.engines.hyperopt import HyperoptSampler

    return HyperoptSampler(space, seed=seed)


#: Every engine by its name.
ENGINES: dict[str, MakeSampler] = {"hyperopt": _hyperopt, "optuna": _optuna}


def check_engine(engine: object) -> str:
    """Return ``engine`` if there is one of that name.

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
    if isinstance(engine, str) and engine in ENGINES:
        return engine
    names = " or ".join(map(repr, ENGINES))
    raise ParameterError(f"engine must be {names}, got {engine!r}.{did_you_mean(engine, ENGINES)}")


def make_sampler(engine: str, space: Space, *, seed: int | None) -> BaseSampler:
    """Return the sampler with which an engine searches a space.

    Parameters
    ----------
    engine : {"hyperopt", "optuna"}
        Name of the engine.
    space : Space
        What may be tried.
    seed : int or None
        The same seed gives the same suggestions; None gives different ones each time.

    Returns
    -------
    optuna.samplers.BaseSampler

    Raises
    ------
    ParameterError
        When there is no such engine.
    """
    return ENGINES[check_engine(engine)](space, seed)
