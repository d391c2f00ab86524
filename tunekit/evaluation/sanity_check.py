"""Fits on a few rows, which find what is bound to fail before anything is trained."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.utils.validation import has_fit_parameter

from tunekit.core.estimators import configured, is_tuner, last_step, parts_of
from tunekit.core.numbers import is_whole, spread_evenly
from tunekit.core.predictions import Predictions
from tunekit.core.problem import Problem
from tunekit.core.text import shortened
from tunekit.evaluation.error_text import reason_of
from tunekit.evaluation.fold import ScoringError, fit_fold
from tunekit.evaluation.follower import Follower
from tunekit.evaluation.metadata import Metadata, routed
from tunekit.evaluation.objectives import Objective
from tunekit.evaluation.predict import classes_of, column
from tunekit.evaluation.rescoring import recorded_model
from tunekit.evaluation.split_data import SplitData, split_data
from tunekit.evaluation.splits import Split, has_classes
from tunekit.exceptions import TrainingDiverged
from tunekit.models.warmup import warm_up

_ROWS = 50  # of a regression
_ROWS_OF_CLASSES, _FEWEST, _MOST = 200, 2, 25  # of all classes together, and of each
_TRIALS = 10  # of a nested tuner, which ends after one that succeeds
_TWO = 2  # classes
_LONGEST = 600  # characters of a reason

#: Errors that other data, parameters or machines may not show.
_BY_CHANCE = (TrainingDiverged, ArithmeticError, MemoryError)


def find_problem(  # noqa: PLR0913 - the inputs of an evaluation
    estimator: Any,
    configurations: Sequence[Mapping[str, Any]],
    X: Any,
    y: Any,
    *,
    splits: Mapping[str, Split],
    objectives: Sequence[Objective],
    groups: Any = None,
    metadata: Metadata | None = None,
    undefined: Mapping[str, Collection[str]] | None = None,
) -> Problem | None:
    """Return why no configuration of an estimator can be evaluated; None if one probably can.

    A configuration is fitted on a few rows of each split and scored on a few others; splits with
    the same classes are tried once. Networks are trained for one epoch. If that fails, it is
    fitted on all rows of the split, since some estimators need more than a few.

    Parameters
    ----------
    estimator : estimator
        It is not changed.
    configurations : sequence of mapping
        Parameters to set. The first one that can be evaluated ends the search for a problem.
    X : array-like of shape (n_samples, ...)
    y : array-like of shape (n_samples,)
    splits : mapping of str to (ndarray, ndarray)
        By name, for messages; see :func:`numbered`.
    objectives : sequence of Objective
    groups : array-like of shape (n_samples,) or None, default=None
    metadata : mapping of str to object or None, default=None
        See :func:`~tunekit.evaluation.evaluate.evaluate`.
    undefined : mapping of str to collection of str or None, default=None
        For each split, the objectives that may be NaN; None if none may.

    Returns
    -------
    Problem or None
        None also if configurations fail for different reasons, or with errors that may not occur
        again, such as a loss that diverges.

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from tunekit.evaluation.objectives import make_objectives
    >>> X, y = np.arange(8.0)[:, None], np.arange(8) % 2
    >>> problem = find_problem(
    ...     KNeighborsClassifier(weights="near"),
    ...     [{}],
    ...     X,
    ...     y,
    ...     splits=numbered([(np.arange(6), np.arange(6, 8))]),
    ...     objectives=make_objectives(KNeighborsClassifier(), None),
    ... )
    >>> print(str(problem)[:64])
    KNeighborsClassifier fails on split 0: InvalidParameterError: Th
    """
    warm_up(estimator)
    labels = column(y) if has_classes(estimator, y) else None
    data = _Data(X, y, labels, groups, metadata or {}, splits, objectives, undefined or {})
    first: Problem | None = None
    with routed(data.metadata), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the fits that follow will warn
        for params in configurations:
            problem = _problem_of(estimator, params, data)
            if problem is None or (first is not None and problem.reason != first.reason):
                return None
            first = first or problem
    return first


def numbered(splits: Sequence[Split]) -> dict[str, Split]:
    """Return splits by name, such as ``"split 0"``."""
    return {f"split {number}": split for number, split in enumerate(splits)}


@dataclass(frozen=True)
class _Data:
    """The data, splits and objectives of all fits; labels are those of the classes, if any."""

    X: Any
    y: Any
    labels: NDArray[Any] | None
    groups: Any
    metadata: Metadata
    splits: Mapping[str, Split]
    objectives: Sequence[Objective]
    undefined: Mapping[str, Collection[str]]


def _problem_of(estimator: Any, params: Mapping[str, Any], data: _Data) -> Problem | None:
    """Return why a configuration fails on a split; None if it does not."""
    for where, split in _different(data):
        problem: Problem | None = None
        for rows in (_few(data.labels, split), split):
            try:
                problem = _problem_on(estimator, params, data, where, rows)
            except _BY_CHANCE:
                return None
            if problem is None:
                break
        if problem is not None:
            return problem
    return None


def _problem_on(
    estimator: Any, params: Mapping[str, Any], data: _Data, where: str, split: Split
) -> Problem | None:
    """Return why a configuration fails on rows of a split; None if it does not."""
    rows = split_data(data.X, data.y, data.groups, data.metadata, split)
    kind = type(last_step(estimator)).__name__
    undefined = data.undefined.get(where, ())
    candidate = None
    try:
        candidate = _quick(configured(estimator, params))
        fold = fit_fold(
            Follower(candidate, rows),
            data.y,
            number=0,
            objectives=data.objectives,
            undefined=undefined,
        )
    except _BY_CHANCE:
        raise
    except ScoringError as failure:
        if isinstance(failure.error, _BY_CHANCE):
            raise failure.error from None
        scorer, reason = failure.name, shortened(reason_of(failure.error), _LONGEST)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - it is the result
        scorer, reason = "", shortened(reason_of(error), _LONGEST)
    else:
        values = {
            each.name: value for each, value in zip(data.objectives, fold.values, strict=True)
        }
        scorer = next(
            (
                name
                for name, value in values.items()
                if not np.isfinite(value) and name not in undefined
            ),
            "",
        )
        if not scorer:
            return None
        reason = f"the score is {values[scorer]}"
    if scorer and _scores_perfection(scorer, candidate, data, rows):
        return None  # better predictions may have a score
    return Problem(kind, where, scorer, reason, _step(scorer, reason, estimator, rows))


def _scores_perfection(name: str, candidate: Any, data: _Data, rows: SplitData) -> bool:
    """Return whether predictions without an error have a score on the validation rows.

    They are of the kinds that the candidate can make.
    """
    objective = next(each for each in data.objectives if each.name == name)
    if objective.scorer is None:
        return False
    true, classes = column(rows.y_test), classes_of(candidate, data.y)
    positions, certain, decision = np.arange(len(true)), None, None
    if classes is not None:
        certain = (true[:, np.newaxis] == classes).astype(float)
        if len(classes) == _TWO and hasattr(candidate, "decision_function"):
            decision = certain[:, 1] - certain[:, 0]
    if not hasattr(candidate, "predict_proba"):
        certain = None
    perfect = Predictions(
        positions, np.zeros_like(positions), true, true, certain, classes, decision
    )
    try:
        return bool(np.isfinite(objective.scorer(recorded_model(perfect), positions, true)))
    except Exception:  # noqa: BLE001 - that is the answer
        return False


def _different(data: _Data) -> Iterator[tuple[str, Split]]:
    """Yield the name and the rows of the splits that differ in their classes."""
    labels, seen = data.labels, set[Any]()
    for where, split in data.splits.items():
        if labels is None:
            key: Any = min(len(split[1]), _FEWEST)  # R² is undefined for one row
        else:
            key = tuple(frozenset(np.unique(labels[rows]).tolist()) for rows in split)
        key = (key, frozenset(data.undefined.get(where, ())))
        if key not in seen:
            seen.add(key)
            yield where, split


def _few(labels: NDArray[Any] | None, split: Split) -> Split:
    """Return a few training and validation rows of a split, some of each class."""
    return _spread(labels, split[0]), _spread(labels, split[1])


def _spread(labels: NDArray[Any] | None, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a few positions, spread over all positions of each class."""
    if labels is None:
        return rows[spread_evenly(len(rows), _ROWS)]
    own = labels[rows]
    kinds = np.unique(own)
    n = int(np.clip(_ROWS_OF_CLASSES // max(1, len(kinds)), _FEWEST, _MOST))
    places = [np.flatnonzero(own == kind) for kind in kinds]
    chosen = [each[spread_evenly(len(each), n)] for each in places]
    return rows[np.sort(np.concatenate(chosen))]


def _quick(candidate: Any) -> Any:
    """Return a candidate whose networks train for one epoch, and whose tuners end early."""
    for part in (candidate, *parts_of(candidate).values()):
        own = part.get_params(deep=False)
        if is_tuner(part):
            part.set_params(n_trials=min(own["n_trials"], _TRIALS), patience=1)
        elif is_whole(own.get("epochs")) and has_fit_parameter(part, "on_metrics"):
            part.set_params(epochs=min(own["epochs"], 1))
    return candidate


def _step(scorer: str, reason: str, estimator: Any, rows: SplitData) -> str:
    """Return what to do about a problem; empty if unknown."""
    true = column(rows.y)
    first = true.flat[0]
    if not is_classifier(estimator) and isinstance(first, str):
        return f"y contains text, such as {str(first)!r}: use a classifier, or numbers."
    if "sparse" in reason.lower():
        return (
            "An encoder returns a sparse matrix: use OneHotEncoder(sparse_output=False) and "
            "ColumnTransformer(sparse_threshold=0)."
        )
    if has_classes(estimator, true):
        for which, part in (("training", true), ("validation", column(rows.y_test))):
            if len(np.unique(part)) == 1 and (scorer or which == "training"):
                return (
                    f"All {which} rows of this split have the class {part.tolist()[0]!r}: use a "
                    f"stratified cv, such as 5, or shuffle the rows."
                )
    return ""
