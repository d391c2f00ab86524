"""Validation of the data, and splits into training and validation rows."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
    check_cv,
)
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import _num_samples

from tunekit.core.copying import copied
from tunekit.core.targets import check_complete
from tunekit.exceptions import DataError, ParameterError
from tunekit.models.labels import check_indicator

_FOLDS = 5  # as scikit-learn for None
_PAIR = 2

TOGETHER = ", groups kept together"

#: Positions of the training rows and of the validation rows.
Split = tuple[NDArray[np.int64], NDArray[np.int64]]


def check_data(X: Any, y: Any, groups: Any = None) -> None:
    """Check that X, y and groups have the same number of rows and that y is complete.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
    groups : array-like of shape (n_samples,) or None, default=None

    Raises
    ------
    DataError
        If they do not, or if y has missing values.

    Examples
    --------
    >>> check_data([[1.0], [2.0]], [0, 1, 1])
    Traceback (most recent call last):
    ...
    tunekit.exceptions.DataError: X has 2 rows and y has 3: pass one target per row of X.
    """
    for name, part in (("X", X), ("y", y)):
        if part is None:
            raise DataError(f"{name} is None: pass X, and y with one target per row of X.")
    if hasattr(y, "toarray"):
        raise DataError("y is a sparse matrix: pass y.toarray().")
    rows = [int(part.shape[0]) if hasattr(part, "shape") else len(part) for part in (X, y)]
    if rows[0] != rows[1]:
        raise DataError(f"X has {rows[0]} rows and y has {rows[1]}: pass one target per row of X.")
    if rows[0] == 0:
        raise DataError("X has no rows: pass at least one row.")
    if groups is not None:
        _check_groups(groups, rows[0])
    check_complete(y)


def _check_groups(groups: Any, n_rows: int) -> None:
    shape = np.shape(groups)
    if len(shape) != 1:
        got = f"an array of shape {shape}" if shape else repr(groups)
        raise DataError(f"groups must be one-dimensional, with one group per row of X, got {got}.")
    if shape[0] != n_rows:
        raise DataError(
            f"groups has {shape[0]} entries and X has {n_rows} rows: pass one group per row of X."
        )
    check_complete(groups, "groups", "give each of these rows a group of its own, or drop them")


def check_classes(estimator: Any, y: Any) -> None:
    """Check that the targets of a classifier have two or more classes, or are an indicator matrix.

    Parameters
    ----------
    estimator : estimator
        Regressors are not checked.
    y : array-like of shape (n_samples,)

    Raises
    ------
    DataError
        If there is a single class, or the labels of several columns are not 0 and 1.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> check_classes(GaussianNB(), ["no", "no"])
    Traceback (most recent call last):
    ...
    tunekit.exceptions.DataError: y has a single class, 'no': classifiers need two or more.
    """
    labels = np.asarray(y)
    if has_classes(estimator, y) and (labels == labels.flat[0]).all():
        label = labels.reshape(-1)[:1].tolist()[0]
        raise DataError(f"y has a single class, {label!r}: classifiers need two or more.")
    if is_classifier(estimator) and labels.ndim > 1:
        check_indicator(labels)


def has_classes(estimator: Any, y: Any) -> bool:
    """Return whether each row has one class label, so that splits can be stratified.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> has_classes(GaussianNB(), ["a", "b"]), has_classes(GaussianNB(), [[0, 1], [1, 1]])
    (True, False)
    """
    return is_classifier(estimator) and type_of_target(y) in ("binary", "multiclass")


def make_splits(
    cv: Any, X: Any, y: Any, *, estimator: Any, groups: Any = None, random_state: int | None
) -> list[Split]:
    """Return the splits that every trial of a study is evaluated on.

    Parameters
    ----------
    cv : int, float, cross-validation generator or iterable
        A value that scikit-learn accepts; or a float between 0 and 1, the fraction of validation
        rows of a single split, stratified for classifiers, with groups kept together.
    X, y : array-like
        The data.
    estimator : estimator
        Classifiers get stratified splits.
    groups : array-like of shape (n_samples,) or None, default=None
        Rows of one group stay together; with a splitter, only if it uses groups.
    random_state : int or None
        Seed of the hold-out split, and of a splitter that shuffles and has no seed.

    Returns
    -------
    list of (ndarray, ndarray)
        Positions of the training and of the validation rows, one pair per split.

    Raises
    ------
    ParameterError
        If ``cv`` is a float that is not between 0 and 1, or a value that scikit-learn does not
        accept.
    DataError
        If the data cannot be split, for example because a class has too few rows.
    """
    splitter = make_splitter(cv, y, estimator=estimator, groups=groups, random_state=random_state)
    if random_state is not None and getattr(splitter, "random_state", random_state) is None:
        splitter.random_state = random_state
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # a class with fewer rows than folds
            given = list(splitter.split(X, y, groups))
    except (ValueError, UserWarning) as error:
        shown, step = " ".join(repr(cv).split()), ""
        if "groups parameter is ignored" in str(error):
            step = ". Use one that respects groups, such as GroupKFold(5), or set cv to a number"
        raise DataError(f"the data cannot be split with cv={shown}: {error}{step}") from error
    if not given:
        raise DataError("cv produced no splits; a generator can be used only once, so pass a list.")
    return [_checked(number, split, _num_samples(X)) for number, split in enumerate(given)]


def make_splitter(cv: Any, y: Any, *, estimator: Any, groups: Any, random_state: int | None) -> Any:
    """Return the splitter that :func:`make_splits` uses for the same parameters.

    A splitter is copied: its ``random_state`` may be a generator, which splitting advances.

    Raises
    ------
    ParameterError
        If ``cv`` is a float that is not between 0 and 1, a value that scikit-learn does not
        accept, or cannot be copied.
    """
    if isinstance(cv, type):
        raise ParameterError(
            f"cv is the class {cv.__name__}: pass an object, such as {cv.__name__}()."
        )
    grouped, stratified = groups is not None, has_classes(estimator, y)
    if isinstance(cv, float):
        if not 0 < cv < 1:
            raise ParameterError(
                f"cv as a float is the fraction of validation rows, above 0 and below 1, got {cv}."
            )
        return hold_out(cv, random_state or 0, grouped=grouped, stratified=stratified)
    own_cv = copied(cv, "cv") if hasattr(cv, "split") else _listed(cv)
    try:
        if grouped and (cv is None or isinstance(cv, int)):
            kind = kind_of_folds(grouped=grouped, stratified=stratified)
            return kind(n_splits=_FOLDS if cv is None else cv)
        return check_cv(own_cv, y, classifier=is_classifier(estimator))
    except ValueError as error:
        raise ParameterError(
            f"cv must be a value that scikit-learn accepts, or a float: {error}"
        ) from error


def kind_of_folds(*, grouped: bool, stratified: bool) -> Any:
    """Return the class of K-fold splitters for grouped or stratified data."""
    if grouped:
        return StratifiedGroupKFold if stratified else GroupKFold
    return StratifiedKFold if stratified else KFold


def shuffles(splitter: Any) -> bool:
    """Return whether a splitter is random, so that another seed gives other validation rows.

    Examples
    --------
    >>> from sklearn.model_selection import LeaveOneOut
    >>> [shuffles(each) for each in (KFold(5), KFold(5, shuffle=True), ShuffleSplit(5))]
    [False, True, True]
    >>> shuffles(LeaveOneOut())
    False
    """
    if hasattr(splitter, "shuffle"):
        return bool(splitter.shuffle)
    return hasattr(splitter, "random_state")


def hold_out(share: float, random_state: int, *, grouped: bool, stratified: bool) -> Any:
    """Return a splitter with one split; groups take precedence over stratification."""
    kind = StratifiedShuffleSplit if stratified else ShuffleSplit
    kind = GroupShuffleSplit if grouped else kind
    return kind(1, test_size=share, random_state=random_state)


def _listed(cv: Any) -> Any:
    """Return pairs of rows as a list, and anything else unchanged.

    Raises
    ------
    DataError
        If an iterable does not contain pairs.
    """
    if isinstance(cv, str) or not isinstance(cv, Iterable):
        return cv
    splits = [tuple(split) if isinstance(split, Iterable) else (split,) for split in cv]
    for number, split in enumerate(splits):
        if len(split) != _PAIR:
            raise DataError(
                f"cv: split {number} must be a pair of training and validation rows, got "
                f"{len(split)} parts."
            )
    return splits


def _checked(number: int, split: tuple[Any, Any], n_rows: int) -> Split:
    """Return the training and validation positions of a split.

    Raises
    ------
    DataError
        If there are none of one kind, or they are not positions.
    """
    train, test = (
        _rows(part, f"the {which} rows of split {number}", n_rows)
        for which, part in zip(("training", "validation"), split, strict=True)
    )
    return train, test


def _rows(chosen: Any, which: str, n_rows: int) -> NDArray[np.int64]:
    """Return positions of rows from positions or a boolean mask."""
    chosen = np.asarray(chosen)
    if not chosen.size or (chosen.dtype == bool and not chosen.any()):
        raise DataError(f"cv: {which} are empty: each split needs training and validation rows.")
    if chosen.dtype == bool:
        if len(chosen) != n_rows:
            raise DataError(f"cv: the mask for {which} has {len(chosen)} entries, X {n_rows} rows.")
        return np.flatnonzero(chosen)
    if chosen.dtype.kind not in "iu" or chosen.ndim != 1:
        raise DataError(
            f"cv: {which} must be one-dimensional positions (integers) or a mask (booleans), got "
            f"an array of {chosen.dtype} of shape {chosen.shape}."
        )
    if chosen.max() >= n_rows or chosen.min() < -n_rows:
        out = next(each for each in chosen.tolist() if not -n_rows <= each < n_rows)
        raise DataError(f"cv: {which} contain position {out}, but X has {n_rows} rows.")
    return np.asarray(chosen % n_rows, dtype=np.int64)


def describe_splits(cv: Any, splits: Sequence[Split], *, grouped: bool = False) -> str:
    """Return a description of splits.

    Parameters
    ----------
    cv : int, float, cross-validation generator or iterable
        The value from which the splits were made.
    splits : sequence of (ndarray, ndarray)
    grouped : bool, default=False
        Whether the rows of a group are kept together.

    Examples
    --------
    >>> describe_splits(0.25, [([0, 1, 2], [3])])
    'one hold-out split of 25%'
    >>> describe_splits(5, [([0, 1, 2], [3])] * 5, grouped=True)
    '5 folds, groups kept together'
    """
    words = f"one hold-out split of {cv:.0%}" if isinstance(cv, float) else f"{len(splits)} folds"
    return words + TOGETHER * grouped
