"""Which rows the candidates of a comparison are fitted on, and which they are judged on."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import PredefinedSplit
from sklearn.utils import _safe_indexing

from tunekit.comparison.nested_splits import SplitKind, kind_of
from tunekit.evaluation.splits import (
    Split,
    describe_splits,
    has_classes,
    hold_out,
    kind_of_folds,
    make_splits,
)
from tunekit.exceptions import DataError, ParameterError

_FOLDS, _REPEATS = 5, 2
_FEWEST = 2
_TOGETHER = ", groups kept together"


@dataclass(frozen=True)
class ComparisonSplits:
    """The rows of a comparison.

    Attributes
    ----------
    splits : tuple of (ndarray, ndarray)
        Positions in the data to fit on and to judge on; none of them in the test split.
    test : (ndarray, ndarray) or None
        All rows but the test split (of a time series without the gap before it), and the test
        split.
    words : str
        What they are, for people.
    overlapping : bool
        Whether the splits share rows that are fitted on.
    kind : SplitKind
        What those inside a training part have to be like.
    """

    splits: tuple[Split, ...]
    test: Split | None
    words: str
    overlapping: bool
    kind: SplitKind

    @property
    def ordered(self) -> bool:
        """Whether the splits follow time."""
        return self.kind.ordered


def make_comparison_splits(
    estimator: Any, X: Any, y: Any, *, cv: Any, groups: Any, test_size: float | None, seed: int
) -> ComparisonSplits:
    """Return the same rows for all candidates.

    Parameters
    ----------
    estimator : estimator
        One of the candidates: a classifier has its classes spread evenly.
    X, y : array-like
        The data, checked.
    cv : int, float, cross-validation generator, iterable or None
        None is 5 folds, twice, shuffled; fewer where a class has fewer rows.
    groups : array-like of shape (n_samples,) or None
        Rows of one group stay together.
    test_size : float or None
        Share of the rows that no fold sees, above 0 and below 1; of a time series the last ones.
    seed : int

    Raises
    ------
    ParameterError
        When ``cv`` or ``test_size`` is wrong.
    DataError
        When the data cannot be split so.
    """
    every = np.arange(len(np.asarray(y)))
    cv = list(cv) if isinstance(cv, Iterator) else cv  # it is used up once
    stratified = has_classes(estimator, y)
    kind = kind_of(cv, X, y, groups, estimator=estimator, stratified=stratified)
    test = None
    if test_size is not None:
        _check_share(test_size)
        _check_no_positions(cv)
        test = _held_back(every, y, groups, test_size, seed, kind)
    rows = every if test is None else test[0]
    X_in, y_in = _safe_indexing(X, rows), _safe_indexing(y, rows)
    groups_in = None if groups is None else _safe_indexing(groups, rows)
    if cv is None:
        splits, words = _repeated(X_in, y_in, groups_in, seed, stratified=stratified)
    else:
        splits = make_splits(
            cv, X_in, y_in, estimator=estimator, groups=groups_in, random_state=seed
        )
        words = describe_splits(cv, splits) + (_TOGETHER if groups is not None else "")
    for number, (fit, judge) in enumerate(splits):
        if not len(fit) or not len(judge):
            raise DataError(f"split {number} has no rows to fit on, or none to judge on.")
    return ComparisonSplits(
        splits=tuple((rows[fit], rows[judge]) for fit, judge in splits),
        test=test,
        words=words,
        overlapping=len(splits) > 1,
        kind=kind,
    )


def _repeated(
    X: Any, y: Any, groups: Any, seed: int, *, stratified: bool
) -> tuple[list[Split], str]:
    """Return folds, shuffled anew each time, of the kind that fits the data."""
    n_folds = _n_folds(y, groups, stratified=stratified)
    splits: list[Split] = []
    for repeat in range(_REPEATS):
        kind = kind_of_folds(grouped=groups is not None, stratified=stratified)
        splitter = kind(n_splits=n_folds, shuffle=True, random_state=seed + repeat)
        try:
            with warnings.catch_warnings():
                # With groups a rare class may be missing from a fold.
                warnings.filterwarnings("ignore", "The least populated class", UserWarning)
                splits += list(splitter.split(X, y, groups))
        except ValueError as error:
            raise DataError(f"the data cannot be split into {n_folds} folds: {error}") from error
    words = f"{n_folds} folds, {_REPEATS} times"
    words += ", stratified" if stratified else ""
    return splits, words + (_TOGETHER if groups is not None else "")


def _n_folds(y: Any, groups: Any, *, stratified: bool) -> int:
    """Return five, or as many as there are groups, rows of the rarest class, or pairs of rows."""
    n_rows = len(np.asarray(y))
    if n_rows < _FEWEST:
        raise DataError("there is one row, so no fold can leave it out: give more.")
    # Of one row R² is not defined.
    most = max(_FEWEST, n_rows // 2) if groups is None else len(np.unique(np.asarray(groups)))
    if stratified and groups is None:
        labels, counts = np.unique(np.asarray(y), return_counts=True)
        most = int(counts.min())
        if most < _FEWEST:
            label = labels[counts.argmin()]
            raise DataError(
                f"class {label!s} has one row, so no fold can hold it both to fit on and to "
                f"judge on: give it more rows, or leave it out."
            )
    if most < _FEWEST:
        raise DataError("there is one group, so no fold can leave it out: give cv a number.")
    return min(_FOLDS, most)


def _held_back(
    every: NDArray[np.int64],
    y: Any,
    groups: Any,
    share: float,
    seed: int,
    kind: SplitKind,
) -> Split:
    if kind.ordered:
        cut = len(every) - max(1, round(share * len(every)))
        if cut <= kind.gap:
            raise DataError(
                f"test_size={share} and the gap of {kind.gap} rows leave none of {len(every)} rows "
                f"to fit on: take a smaller test_size."
            )
        return every[: cut - kind.gap], every[cut:]
    splitter = hold_out(share, seed, grouped=kind.grouped, stratified=kind.stratified)
    try:
        fit, test = next(splitter.split(every, y, groups))
    except ValueError as error:
        raise DataError(f"the data cannot be split with test_size={share}: {error}") from error
    return every[fit], every[test]


def _check_no_positions(cv: Any) -> None:
    """Refuse splits that name rows of all data, where some of these are kept back."""
    made = cv is None or isinstance(cv, (int, float)) or hasattr(cv, "split")
    if not made or isinstance(cv, PredefinedSplit):
        raise ParameterError(
            "cv names the rows of each split, and test_size would take some of these away: leave "
            "test_size out, or give a cv that splits what it is given, such as 5."
        )


def _check_share(test_size: Any) -> None:
    if not isinstance(test_size, float) or not 0 < test_size < 1:
        raise ParameterError(
            f"test_size is the share of rows that no fold sees, above 0 and below 1, got "
            f"{test_size!r}."
        )
