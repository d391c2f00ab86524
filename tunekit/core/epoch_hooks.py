"""How an evaluation follows the epochs of a network that other estimators contain."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class EpochHooks:
    """What the evaluation that follows a fit passes to it.

    Attributes
    ----------
    held_out : (X, y), (X, y, sample_weight) or None
        Rows to evaluate after each epoch.
    on_epoch : callable or None
        Takes the number of an epoch, from 0.
    on_metrics : callable or None
        Takes the number of an epoch and its metrics.
    """

    held_out: tuple[Any, ...] | None = None
    on_epoch: Callable[[int], None] | None = None
    on_metrics: Callable[[int, Mapping[str, float]], None] | None = None

    def completed(self, other: EpochHooks) -> EpochHooks:
        """Return these hooks, with those of another evaluation where there are none."""
        return EpochHooks(
            self.held_out or other.held_out,
            self.on_epoch or other.on_epoch,
            self.on_metrics or other.on_metrics,
        )


#: Takes an estimator that is being fitted, its training rows X and y, and whether it has weights.
Follow = Callable[[Any, Any, Any, bool], EpochHooks]

# Wrappers such as CalibratedClassifierCV pass no keyword arguments on to the fits of their copies.
_follow: ContextVar[Follow | None] = ContextVar("follow", default=None)


@contextlib.contextmanager
def followed_by(follow: Follow) -> Iterator[None]:
    """Let a function follow all fits of this thread until the block ends.

    Parameters
    ----------
    follow : callable
        Takes an estimator and its training rows, and returns EpochHooks.
    """
    token = _follow.set(follow)
    try:
        yield
    finally:
        _follow.reset(token)


def epoch_hooks(estimator: Any, X: Any, y: Any, *, weighted: bool = False) -> EpochHooks:
    """Return the hooks of the evaluation that follows this fit; empty if there is none.

    Parameters
    ----------
    estimator : estimator
        It is being fitted.
    X, y : array-like
        Its training rows.
    weighted : bool, default=False
        Whether these have weights.
    """
    follow = _follow.get()
    return EpochHooks() if follow is None else follow(estimator, X, y, weighted)
