"""Splits in order of time: validation rows come after the training rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import TimeSeriesSplit
from sklearn.utils.validation import _num_samples

from tunekit.evaluation.splits import Split


@dataclass(frozen=True)
class TimeOrdered:
    """Splits rows in order of time: every validation row comes after all training rows.

    Attributes
    ----------
    n_splits : int
        2 or more; 1 where a share is given.
    share : float or None
        Share of the rows that one split holds out; None makes ``n_splits``, as ``TimeSeriesSplit``.
    gap : int
        Number of rows left out between training and validation rows.
    max_train_size : int or None
        Largest number of training rows.
    test_size : int or None
        Number of validation rows of each split, if there is room for so many; None takes as
        many as there is room for.
    """

    n_splits: int = 5
    share: float | None = None
    gap: int = 0
    max_train_size: int | None = None
    test_size: int | None = None

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Split]:  # noqa: ARG002 - scikit-learn's
        """Yield the rows of each split; no group is in both parts."""
        for fit, test in self._splits(_num_samples(X)):
            own = fit if groups is None else fit[~np.isin(_of(groups, fit), _of(groups, test))]
            yield own, test

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:  # noqa: ARG002 - scikit-learn's
        """Return how many splits there are."""
        return self.n_splits

    def _splits(self, n_rows: int) -> Iterator[Split]:
        if self.share is not None:
            cut = n_rows - max(1, round(self.share * n_rows))
            yield np.arange(max(0, cut - self.gap)), np.arange(cut, n_rows)
            return
        room = max(1, (n_rows - self.gap) // (self.n_splits + 1))
        yield from TimeSeriesSplit(
            self.n_splits,
            gap=self.gap,
            max_train_size=self.max_train_size,
            test_size=min(self.test_size or room, room),
        ).split(np.arange(n_rows))


def follow_time(cv: Any, splits: Sequence[Split]) -> bool:
    """Return whether splits follow time: validation rows come after training rows in each.

    Parameters
    ----------
    cv : int, float, cross-validation generator or iterable
        The ``cv`` from which the splits were made.
    splits : sequence of (ndarray, ndarray)

    Examples
    --------
    >>> rows = np.arange(6)
    >>> follow_time(None, [(rows[:2], rows[2:4]), (rows[:4], rows[4:])])
    True
    >>> follow_time(None, [(rows[2:], rows[:2]), (rows[:4], rows[4:])])
    False
    """
    if isinstance(cv, (TimeSeriesSplit, TimeOrdered)):
        return True
    # One split may be a validation set that somebody put behind the training set.
    return len(splits) > 1 and not any(looks_ahead(split) for split in splits)


def looks_ahead(split: Split) -> bool:
    """Return whether a split has a training row that comes after a validation row."""
    fit, test = split
    return bool(len(fit) and len(test) and np.max(fit) > np.min(test))


def learning_in_order(estimator: Any) -> Any:
    """Let an estimator stop early by its last rows, where ``validation_rows`` is None.

    Parameters
    ----------
    estimator : estimator
        May contain a network, as a pipeline does. It is changed and returned.
    """
    unset = {
        name: "last"
        for name, value in estimator.get_params(deep=True).items()
        if value is None and name.rpartition("__")[2] == "validation_rows"
    }
    return estimator.set_params(**unset)


def _of(groups: Any, rows: NDArray[np.int64]) -> NDArray[Any]:
    chosen: NDArray[Any] = np.asarray(groups)[rows]
    return chosen
