"""Splits in time order: validation rows come after the training rows."""

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
    """Splits rows in time order: every validation row comes after all training rows.

    Attributes
    ----------
    n_splits : int
        2 or more; 1 if ``share`` is given.
    share : float or None
        Fraction of validation rows of a single split; None makes ``n_splits`` splits, as
        ``TimeSeriesSplit`` does.
    gap : int
        Number of rows omitted between training and validation rows.
    max_train_size : int or None
        Maximum number of training rows.
    test_size : int or None
        Number of validation rows of each split, if there are enough rows; None uses the largest
        possible number.
    """

    n_splits: int = 5
    share: float | None = None
    gap: int = 0
    max_train_size: int | None = None
    test_size: int | None = None

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Split]:  # noqa: ARG002 - scikit-learn's
        """Yield the rows of each split; no group is in both parts."""
        for train, test in self._splits(_num_samples(X)):
            if groups is not None:
                shared = np.isin(_of(groups, train), _of(groups, test))
                yield train[~shared], test
            else:
                yield train, test

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:  # noqa: ARG002 - scikit-learn's
        """Return the number of splits."""
        return self.n_splits

    def _splits(self, n_rows: int) -> Iterator[Split]:
        if self.share is not None:
            cut = n_rows - max(1, round(self.share * n_rows))
            yield np.arange(max(0, cut - self.gap)), np.arange(cut, n_rows)
            return
        largest = max(1, (n_rows - self.gap) // (self.n_splits + 1))
        yield from TimeSeriesSplit(
            self.n_splits,
            gap=self.gap,
            max_train_size=self.max_train_size,
            test_size=min(self.test_size or largest, largest),
        ).split(np.arange(n_rows))


def follow_time(cv: Any, splits: Sequence[Split]) -> bool:
    """Return whether all splits are in time order: validation rows come after training rows.

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
    # A single split may be a validation set that was appended to the training set.
    return len(splits) > 1 and not any(looks_ahead(split) for split in splits)


def looks_ahead(split: Split) -> bool:
    """Return whether a split has a training row that comes after a validation row."""
    train, test = split
    return bool(len(train) and len(test) and np.max(train) > np.min(test))


def learning_in_order(estimator: Any) -> Any:
    """Set ``validation_rows`` to ``"last"`` if it is None, for early stopping in time order.

    Parameters
    ----------
    estimator : estimator
        It may contain a network, as a pipeline does. It is changed and returned.
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
