"""Inner splits of nested tuners, of the same kind as the outer splits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import NoneType
from typing import Any

import numpy as np
from sklearn.model_selection import LeaveOneOut, LeavePOut, TimeSeriesSplit

from tunekit.core.estimators import is_tuner, parts_of
from tunekit.evaluation.fold import takes_groups
from tunekit.evaluation.splits import (
    Split,
    has_classes,
    kind_of_folds,
    make_splits,
    make_splitter,
    shuffles,
)
from tunekit.evaluation.time_order import TimeOrdered, follow_time, learning_in_order, looks_ahead
from tunekit.exceptions import DataError, ParameterError, warn_user

_FOLDS = 5  # if cv is None
_FEWEST = 2
_LONGEST = 200  # characters of the repr of a splitter


@dataclass(frozen=True)
class SplitKind:
    """The kind of splits that a comparison uses.

    Attributes
    ----------
    ordered : bool
        Whether they follow time: validation rows come after the training rows.
    shuffled : bool
        Whether rows are shuffled.
    grouped : bool
        Whether rows of one group stay together.
    stratified : bool
        Whether the splits are stratified by class.
    gap : int
        In a time series, number of rows left out between training and validation rows.
    max_train_size, test_size : int or None
        In a time series, the largest number of training rows, and the number of validation rows.
    """

    ordered: bool = False
    shuffled: bool = False
    grouped: bool = False
    stratified: bool = False
    gap: int = 0
    max_train_size: int | None = None
    test_size: int | None = None

    def inside(self, cv: Any) -> Any:
        """Return the ``cv`` of a tuner inside a training part.

        Parameters
        ----------
        cv : int, float, cross-validation generator, iterable or None
            ``cv`` of the tuner. None, a number of splits and a fraction get the kind of the
            comparison's splits; anything else is returned unchanged.
        """
        if isinstance(cv, bool) or not isinstance(cv, (int, float, NoneType)):
            return cv
        if isinstance(cv, float):
            return TimeOrdered(1, cv, gap=self.gap) if self.ordered and 0 < cv < 1 else cv
        n_splits = _FOLDS if cv is None else cv
        if n_splits < _FEWEST:
            return cv  # the tuner raises the error
        if self.ordered:
            sizes = {"max_train_size": self.max_train_size, "test_size": self.test_size}
            return TimeOrdered(n_splits, gap=self.gap, **sizes)
        if self.shuffled:
            kind = kind_of_folds(grouped=self.grouped, stratified=self.stratified)
            return kind(n_splits=n_splits, shuffle=True)
        return cv


def kind_of(cv: Any, X: Any, y: Any, groups: Any, *, estimator: Any, stratified: bool) -> SplitKind:
    """Return the kind of a comparison's splits.

    Parameters
    ----------
    cv : int, float, cross-validation generator, iterable or None
        ``cv`` of the comparison; None means shuffled folds.
    X, y : array-like
        The data, checked.
    groups : array-like of shape (n_samples,) or None
    estimator : estimator
        One of the candidates.
    stratified : bool
        Whether each row is of one class.

    Raises
    ------
    ParameterError
        When ``cv`` is wrong.
    """
    grouped = groups is not None
    if cv is None or isinstance(cv, (int, float)):
        shuffled = cv is None or isinstance(cv, float)
        return SplitKind(shuffled=shuffled, grouped=grouped, stratified=stratified)
    splitter = make_splitter(cv, y, estimator=estimator, groups=groups, random_state=0)
    if isinstance(splitter, TimeSeriesSplit):
        sizes = {"max_train_size": splitter.max_train_size, "test_size": splitter.test_size}
        return SplitKind(ordered=True, grouped=grouped, gap=splitter.gap, **sizes)
    # With leave-one-out, each row is predicted from all others.
    shuffled = shuffles(splitter) or isinstance(splitter, (LeaveOneOut, LeavePOut))
    gap = None if shuffled else _gap(splitter, X, y, groups, estimator=estimator)
    kind = SplitKind(shuffled=shuffled, grouped=grouped, stratified=stratified)
    return kind if gap is None else replace(kind, ordered=True, gap=gap)


def _gap(splitter: Any, X: Any, y: Any, groups: Any, *, estimator: Any) -> int | None:
    """Return the smallest gap of splits that follow time; None if they do not.

    With groups it is 0, because rows of excluded groups are not a gap in time.
    """
    try:
        splits = make_splits(splitter, X, y, estimator=estimator, groups=groups, random_state=0)
    except DataError:
        return None  # making the splits raises the error
    if not follow_time(splitter, splits):
        return None
    if groups is not None:
        return 0
    return min(int(np.min(test) - np.max(train)) - 1 for train, test in splits)


def nested(candidate: Any, kind: SplitKind) -> Any:
    """Set the inner splits of a candidate to the kind of the outer splits, and return it."""
    for part in _every_part(candidate):
        if is_tuner(part):
            inner = replace(kind, grouped=kind.grouped and takes_groups(candidate, part))
            cv = inner.inside(part.get_params(deep=False)["cv"])
            part.set_params(cv=cv, sanity_check=False)  # the outer check fits it
    return learning_in_order(candidate) if kind.ordered else candidate


def nested_in_tuner(
    estimator: Any, cv: Any, splits: Sequence[Split], X: Any, y: Any, groups: Any
) -> Any:
    """Set the inner splits of the estimator of a tuner to the kind of the tuner's, and return it.

    Warn of inner splits that cannot be changed.

    Parameters
    ----------
    estimator : estimator
        A copy, which is modified.
    cv : int, float, cross-validation generator, iterable or None
        ``cv`` of the tuner.
    splits : sequence of (ndarray, ndarray)
        Splits of the tuner.
    X, y : array-like
        The data of the search.
    groups : array-like of shape (n_samples,) or None
    """
    if cv is None:
        cv = _FOLDS  # like GridSearchCV, a tuner does not shuffle
    elif not isinstance(cv, (int, float)) and not hasattr(cv, "split"):
        cv = list(splits)  # a generator can be used only once
    stratified = has_classes(estimator, y)
    kind = kind_of(cv, X, y, groups, estimator=estimator, stratified=stratified)
    estimator = nested(estimator, kind)
    if groups is not None:
        warn_of_ungrouped("the tuner", estimator)
    if kind.ordered:
        warn_of_later_rows("the tuner", estimator, X, y, groups=groups)
    return estimator


def warn_of_ungrouped(whose: str, candidate: Any) -> None:
    """Warn of tuners inside a candidate that do not receive the groups of the rows.

    Parameters
    ----------
    whose : str
        What the candidate is, such as ``"candidate 'a'"``.
    candidate : estimator
    """
    for part in _every_part(candidate):
        if is_tuner(part) and not takes_groups(candidate, part):
            outer = type(candidate).__name__
            warn_user(
                f"{whose}: the groups are not passed to the {type(part).__name__} inside "
                f"{outer}, so its training and validation rows may share groups; put the "
                f"{outer} inside the tuner instead.",
                UserWarning,
            )


def warn_of_later_rows(whose: str, estimator: Any, X: Any, y: Any, *, groups: Any) -> None:
    """Warn of parts of an estimator whose splits do not follow time.

    Parameters
    ----------
    whose : str
        What the estimator is, such as ``"candidate 'a'"``.
    estimator : estimator
        Its parts are examined as well: tuners with a splitter, and the ``…CV`` of scikit-learn.
    X, y : array-like
        Training rows.
    groups : array-like of shape (n_samples,) or None
    """
    for part in _every_part(estimator):
        cv = getattr(part, "cv", None)
        plain = cv is None or isinstance(cv, (int, float))
        if is_tuner(part):
            ahead = not plain and _looks_ahead(part, cv, X, y, groups)
            step = "use cv=None"
        elif type(part).__name__.endswith("CV") and hasattr(part, "cv"):
            ahead = plain or _looks_ahead(part, cv, X, y, None)
            step = "use cv=TimeSeriesSplit(5)"
        else:
            continue
        if ahead:
            shown = " ".join(repr(cv).split())
            warn_user(
                f"{whose}: {type(part).__name__} with cv={shown[:_LONGEST]} trains on rows that "
                f"come after its validation rows, while the outer splits follow time; {step}.",
                UserWarning,
            )


def _looks_ahead(part: Any, cv: Any, X: Any, y: Any, groups: Any) -> bool:
    try:
        splits = make_splits(cv, X, y, estimator=part, groups=groups, random_state=0)
    except (DataError, ParameterError):
        return False  # its fit raises the error
    return any(map(looks_ahead, splits))


def _every_part(estimator: Any) -> Iterator[Any]:
    yield estimator
    yield from parts_of(estimator).values()
