"""What splits inside a training part: a tuner among the candidates follows the comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import NoneType
from typing import Any

from sklearn.model_selection import LeaveOneOut, LeavePOut, TimeSeriesSplit

from tunekit.comparison.candidates import is_tuner, parts_of
from tunekit.evaluation import takes_groups
from tunekit.exceptions import DataError, ParameterError, warn_user
from tunekit.ordering import InOrder, follow_time, learning_in_order, looks_ahead
from tunekit.splits import Split, kind_of_folds, make_splits, make_splitter, shuffles

_FOLDS = 5  # a tuner's, where it is told nothing
_FEWEST = 2
_LONGEST = 200  # characters of a splitter


@dataclass(frozen=True)
class Kind:
    """What the splits of a comparison are like.

    Attributes
    ----------
    ordered : bool
        Whether they follow time: rows are judged on that come after those fitted on.
    shuffled : bool
        Whether the order of the rows means nothing to them.
    grouped : bool
        Whether rows of one group stay together.
    stratified : bool
        Whether each class has its share.
    gap : int
        Of a time series, rows left out between those fitted on and those judged on.
    max_train_size, test_size : int or None
        Of a time series, most rows fitted on, and rows judged on.
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
            The tuner's own. None, a number of splits and a share say how many splits there are, and
            the comparison says of which kind; anything else is kept.
        """
        if isinstance(cv, bool) or not isinstance(cv, (int, float, NoneType)):
            return cv
        if isinstance(cv, float):
            return InOrder(1, cv, gap=self.gap) if self.ordered and 0 < cv < 1 else cv
        n_splits = _FOLDS if cv is None else cv
        if n_splits < _FEWEST:
            return cv  # which the tuner refuses
        if self.ordered:
            sizes = {"max_train_size": self.max_train_size, "test_size": self.test_size}
            return InOrder(n_splits, gap=self.gap, **sizes)
        if self.shuffled:
            kind = kind_of_folds(grouped=self.grouped, stratified=self.stratified)
            return kind(n_splits=n_splits, shuffle=True)
        return cv


def kind_of(cv: Any, X: Any, y: Any, groups: Any, *, estimator: Any, stratified: bool) -> Kind:
    """Return of which kind the splits of a comparison are.

    Parameters
    ----------
    cv : int, float, cross-validation generator, iterable or None
        The comparison's; None is folds that are shuffled.
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
        return Kind(shuffled=shuffled, grouped=grouped, stratified=stratified)
    splitter = make_splitter(cv, y, estimator=estimator, groups=groups, random_state=0)
    if isinstance(splitter, TimeSeriesSplit):
        sizes = {"max_train_size": splitter.max_train_size, "test_size": splitter.test_size}
        return Kind(ordered=True, grouped=grouped, gap=splitter.gap, **sizes)
    # Of leave-one-out, each row is judged by all others.
    shuffled = shuffles(splitter) or isinstance(splitter, (LeaveOneOut, LeavePOut))
    ordered = not shuffled and _follows_time(splitter, X, y, groups, estimator=estimator)
    return Kind(ordered=ordered, shuffled=shuffled, grouped=grouped, stratified=stratified)


def _follows_time(splitter: Any, X: Any, y: Any, groups: Any, *, estimator: Any) -> bool:
    """Tell whether the splits of a splitter do, which is not seen from what it is."""
    try:
        splits = make_splits(splitter, X, y, estimator=estimator, groups=groups, random_state=0)
    except DataError:
        return False  # said where the splits are made
    return follow_time(splitter, splits)


def nested(candidate: Any, kind: Kind) -> Any:
    """Set what splits inside a copy of a candidate to the kind of a comparison, and return it."""
    for part in _every_part(candidate):
        if is_tuner(part):
            own = replace(kind, grouped=kind.grouped and takes_groups(candidate, part))
            part.set_params(cv=own.inside(part.get_params(deep=False)["cv"]))
    return learning_in_order(candidate) if kind.ordered else candidate


def keep_order(estimator: Any, cv: Any, splits: Sequence[Split], X: Any, y: Any) -> None:
    """Let an estimator that is tuned follow time inside, where the splits of its tuner do.

    Parameters
    ----------
    estimator : estimator
        A copy; early stopping is set to the last rows, where it was told nothing of that.
    cv : int, float, cross-validation generator, iterable or None
        What the splits were made of.
    splits : sequence of (ndarray, ndarray)
    X, y : array-like
        The data of the search.
    """
    if follow_time(cv, splits):
        warn_of_later_rows("the tuner", learning_in_order(estimator), X, y, groups=None)


def warn_of_ungrouped(name: str, candidate: Any) -> None:
    """Warn of tuners inside a candidate that are not given the groups of the rows."""
    for part in _every_part(candidate):
        if is_tuner(part) and not takes_groups(candidate, part):
            outer = type(candidate).__name__
            warn_user(
                f"candidate {name!r}: the groups do not reach the {type(part).__name__} inside "
                f"{outer}, so rows of one group may be on both sides of its splits; put the "
                f"{outer} inside the tuner instead.",
                UserWarning,
            )


def warn_of_later_rows(whose: str, estimator: Any, X: Any, y: Any, *, groups: Any) -> None:
    """Warn of what splits against the order of time inside an estimator.

    Parameters
    ----------
    whose : str
        What the estimator is, such as ``"candidate 'a'"``.
    estimator : estimator
        Its parts are looked at, too: tuners with a splitter, and what scikit-learn calls ``…CV``.
    X, y : array-like
        Rows that it is fitted on.
    groups : array-like of shape (n_samples,) or None
    """
    for part in _every_part(estimator):
        cv = getattr(part, "cv", None)
        plain = cv is None or isinstance(cv, (int, float))
        if is_tuner(part):
            ahead = not plain and _looks_ahead(part, cv, X, y, groups)
            step = "leave its cv out"
        elif type(part).__name__.endswith("CV") and hasattr(part, "cv"):
            ahead = plain or _looks_ahead(part, cv, X, y, None)
            step = "give it cv=TimeSeriesSplit(5)"
        else:
            continue
        if ahead:
            shown = " ".join(repr(cv).split())
            warn_user(
                f"{whose}: {type(part).__name__} with cv={shown[:_LONGEST]} fits on rows that come "
                f"after those it validates on, while the splits around it follow time; {step}.",
                UserWarning,
            )


def _looks_ahead(part: Any, cv: Any, X: Any, y: Any, groups: Any) -> bool:
    try:
        splits = make_splits(cv, X, y, estimator=part, groups=groups, random_state=0)
    except (DataError, ParameterError):
        return False  # said when it is fitted
    return any(map(looks_ahead, splits))


def _every_part(estimator: Any) -> Iterator[Any]:
    yield estimator
    yield from parts_of(estimator).values()
