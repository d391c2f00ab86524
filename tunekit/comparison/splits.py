"""Splits of a comparison: training, validation and test rows."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import PredefinedSplit
from sklearn.utils import _safe_indexing

from tunekit.comparison.nested_splits import SplitKind, kind_of
from tunekit.evaluation.splits import (
    TOGETHER,
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


@dataclass(frozen=True)
class ComparisonSplits:
    """Splits of a comparison.

    Attributes
    ----------
    splits : tuple of (ndarray, ndarray)
        Positions of training and validation rows in the data, without the test split.
    test : (ndarray, ndarray) or None
        Training rows of the test split, which are all other rows (in a time series, except the
        gap), and its test rows.
    words : str
        Description of the splits.
    overlapping : bool
        Whether the splits share training rows.
    kind : SplitKind
        Kind of the inner splits of nested tuners.
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

    def with_test(self, n_rows: int, n_test: int) -> ComparisonSplits:
        """Return these splits with a test split of rows that follow the others."""
        return replace(self, test=(np.arange(n_rows), np.arange(n_rows, n_rows + n_test)))


def make_comparison_splits(
    estimator: Any, X: Any, y: Any, *, cv: Any, groups: Any, test_size: float | None, seed: int
) -> ComparisonSplits:
    """Return the splits for all candidates.

    Parameters
    ----------
    estimator : estimator
        One of the candidates. For a classifier, splits are stratified.
    X, y : array-like
        Validated data.
    cv : int, float, cross-validation generator, iterable or None
        None means 5 shuffled folds, repeated twice; fewer folds if a class has fewer rows.
    groups : array-like of shape (n_samples,) or None
        Rows of a group are kept together.
    test_size : float or None
        Fraction of the rows in the test split, above 0 and below 1. In a time series, it contains
        the last rows.
    seed : int

    Raises
    ------
    ParameterError
        When ``cv`` or ``test_size`` is invalid.
    DataError
        When the data cannot be split.
    """
    every = np.arange(len(np.asarray(y)))
    cv = list(cv) if isinstance(cv, Iterator) else cv  # an iterator can be used only once
    stratified = has_classes(estimator, y)
    kind = kind_of(cv, X, y, groups, estimator=estimator, stratified=stratified)
    test = None
    if test_size is not None:
        _check_fraction(test_size)
        _check_no_positions(cv)
        test = _test_split(every, y, groups, test_size, seed, kind)
    rows = every if test is None else test[0]
    X_in, y_in = _safe_indexing(X, rows), _safe_indexing(y, rows)
    groups_in = None if groups is None else _safe_indexing(groups, rows)
    if cv is None:
        splits, words = _repeated(
            X_in, y_in, groups_in, seed, stratified=stratified, test_size=test_size
        )
    else:
        splits = make_splits(
            cv, X_in, y_in, estimator=estimator, groups=groups_in, random_state=seed
        )
        words = describe_splits(cv, splits, grouped=groups is not None)
    return ComparisonSplits(
        splits=tuple((rows[train], rows[validation]) for train, validation in splits),
        test=test,
        words=words,
        overlapping=len(splits) > 1,
        kind=kind,
    )


def _repeated(
    X: Any, y: Any, groups: Any, seed: int, *, stratified: bool, test_size: float | None
) -> tuple[list[Split], str]:
    """Return repeated shuffled folds of the kind that suits the data, and their description."""
    n_folds = _n_folds(y, groups, stratified=stratified, test_size=test_size)
    splits: list[Split] = []
    for repeat in range(_REPEATS):
        kind = kind_of_folds(grouped=groups is not None, stratified=stratified)
        splitter = kind(n_splits=n_folds, shuffle=True, random_state=seed + repeat)
        try:
            with warnings.catch_warnings():
                # With groups, a rare class may be missing in a fold.
                warnings.filterwarnings("ignore", "The least populated class", UserWarning)
                splits += list(splitter.split(X, y, groups))
        except ValueError as error:
            raise DataError(f"the data cannot be split into {n_folds} folds: {error}") from error
    words = f"{n_folds} folds, {_REPEATS} times"
    words += ", stratified" if stratified else ""
    return splits, words + (TOGETHER if groups is not None else "")


def _n_folds(y: Any, groups: Any, *, stratified: bool, test_size: float | None) -> int:
    """Return 5, or fewer if there are fewer groups, rows of the rarest class, or pairs of rows."""
    n_rows = len(np.asarray(y))
    outside = "" if test_size is None else f" outside the test split (test_size={test_size:g})"
    smaller = "" if test_size is None else ", or decrease test_size"
    if n_rows < _FEWEST:
        raise DataError(
            f"the data have only one row{outside}, but a split needs at least two: add "
            f"rows{smaller}."
        )
    # R² is undefined for one row.
    most = max(_FEWEST, n_rows // 2) if groups is None else len(np.unique(np.asarray(groups)))
    if stratified and groups is None:
        labels, counts = np.unique(np.asarray(y), return_counts=True)
        most = int(counts.min())
        if most < _FEWEST:
            label = labels[counts.argmin()]
            raise DataError(
                f"class {label!s} has only one row{outside}, so it cannot be in both training "
                f"and validation rows: add rows of this class, or remove it{smaller}."
            )
    if most < _FEWEST:
        raise DataError(
            "there is only one group, so it cannot be kept together in folds: set cv to a number."
        )
    return min(_FOLDS, most)


def _test_split(
    every: NDArray[np.int64],
    y: Any,
    groups: Any,
    fraction: float,
    seed: int,
    kind: SplitKind,
) -> Split:
    if kind.ordered:
        cut = len(every) - max(1, round(fraction * len(every)))
        if cut <= kind.gap:
            raise DataError(
                f"test_size={fraction} and the gap of {kind.gap} rows leave no training rows of "
                f"{len(every)}: use a smaller test_size."
            )
        return every[: cut - kind.gap], every[cut:]
    splitter = hold_out(fraction, seed, grouped=kind.grouped, stratified=kind.stratified)
    try:
        train, test = next(splitter.split(every, y, groups))
    except ValueError as error:
        raise DataError(f"the data cannot be split with test_size={fraction}: {error}") from error
    return every[train], every[test]


def _check_no_positions(cv: Any) -> None:
    """Reject a ``cv`` that lists rows of all data, some of which are in the test split."""
    splits_any_rows = cv is None or isinstance(cv, (int, float)) or hasattr(cv, "split")
    if not splits_any_rows or isinstance(cv, PredefinedSplit):
        raise ParameterError(
            "cv lists the rows of each split, and test_size would remove some of them: use "
            "test_size=None, or a cv that splits any data, such as 5."
        )


def _check_fraction(test_size: Any) -> None:
    if not isinstance(test_size, float) or not 0 < test_size < 1:
        raise ParameterError(
            f"test_size must be None or a fraction of the rows, above 0 and below 1, got "
            f"{test_size!r}."
        )
