"""Fits one candidate on every split and says how good it is on the rows held out."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit, check_cv
from sklearn.utils import _safe_indexing
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import has_fit_parameter

from tunekit.exceptions import DataError, ParameterError
from tunekit.records import Curve, Evaluation, Predictions

#: Positions of the rows to fit on, and of the rows to judge on.
Split = tuple[NDArray[np.int64], NDArray[np.int64]]

#: Takes an estimator, X and y; greater is better.
Scorer = Callable[[Any, Any, Any], float]


@dataclass(frozen=True)
class _Fold:
    """One split's share of an evaluation."""

    score: float
    fit_time: float
    score_time: float
    curve: Curve
    y_pred: NDArray[Any]
    y_score: NDArray[np.float64] | None


def check_data(X: Any, y: Any) -> None:
    """Check that X and y have the same number of rows and that y is complete.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)

    Raises
    ------
    DataError
        When they do not.

    Examples
    --------
    >>> check_data([[1.0], [2.0]], [0, 1, 1])
    Traceback (most recent call last):
    ...
    tunekit.exceptions.DataError: X has 2 rows and y has 3: give one target for each row of X.
    """
    for name, part in (("X", X), ("y", y)):
        if part is None:
            raise DataError(f"{name} is None: give one target for each row of X.")
    rows = [int(part.shape[0]) if hasattr(part, "shape") else len(part) for part in (X, y)]
    if rows[0] != rows[1]:
        raise DataError(
            f"X has {rows[0]} rows and y has {rows[1]}: give one target for each row of X."
        )
    if rows[0] == 0:
        raise DataError("X has no rows: there is nothing to learn from.")
    missing = np.asarray(pd.isna(np.asarray(y)))
    if missing.any():
        first = int(np.argwhere(missing)[0][0])
        raise DataError(
            f"y has {int(missing.sum())} missing value(s), the first at row {first}: "
            f"drop those rows of X and y, or fill them in."
        )


def make_splits(
    cv: Any, X: Any, y: Any, *, estimator: Any, groups: Any = None, random_state: int | None
) -> list[Split]:
    """Return the splits that every trial of a study is judged on.

    Parameters
    ----------
    cv : int, float, cross-validation generator or iterable
        What scikit-learn takes; or a float between 0 and 1, the share of the rows that one
        split holds out, stratified for classifiers.
    X, y : array-like
        The data.
    estimator : estimator
        Classifiers get stratified splits.
    groups : array-like of shape (n_samples,) or None, default=None
        For those of scikit-learn's splitters that keep groups together.
    random_state : int or None
        Seed of the hold-out split.

    Returns
    -------
    list of (ndarray, ndarray)
        Positions of the rows to fit on and to judge on, one pair a split.

    Raises
    ------
    ParameterError
        When ``cv`` is a float that is not between 0 and 1, or is nothing that scikit-learn
        takes.
    DataError
        When the data cannot be split so, for one because a class has too few rows.
    """
    stratified = is_classifier(estimator) and type_of_target(y) in ("binary", "multiclass")
    if isinstance(cv, float):
        if not 0 < cv < 1:
            raise ParameterError(
                f"cv as a float is the share of rows held out, above 0 and below 1, got {cv}."
            )
        kind = StratifiedShuffleSplit if stratified else ShuffleSplit
        cv = kind(1, test_size=cv, random_state=0 if random_state is None else random_state)
    try:
        splitter = check_cv(cv, y, classifier=is_classifier(estimator))
    except ValueError as error:
        raise ParameterError(f"cv must be what scikit-learn takes, or a float: {error}") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # a class with fewer rows than folds
            splits = [(_rows(fit), _rows(test)) for fit, test in splitter.split(X, y, groups)]
    except (ValueError, UserWarning) as error:
        raise DataError(f"the data cannot be split with cv={cv!r}: {error}") from error
    if not splits:
        raise DataError("cv gives no split; a generator is used up once: give a list instead.")
    return splits


def _rows(chosen: Any) -> NDArray[np.int64]:
    """Return positions, also of rows that are chosen by a mask."""
    chosen = np.asarray(chosen)
    return np.flatnonzero(chosen) if chosen.dtype == bool else chosen


def evaluate(
    estimator: BaseEstimator,
    params: Mapping[str, Any],
    X: Any,
    y: Any,
    *,
    splits: Sequence[Split],
    scorer: Scorer,
) -> Evaluation:
    """Fit a copy of an estimator on each split and judge it on the rows held out.

    Parameters
    ----------
    estimator : estimator
        Left as it is.
    params : mapping
        Parameters to set on the copies.
    X : array-like of shape (n_samples, ...)
    y : array-like of shape (n_samples,)
    splits : sequence of (ndarray, ndarray)
        See :func:`make_splits`.
    scorer : callable
        Takes an estimator, X and y; greater is better.

    Returns
    -------
    Evaluation
        With ``error`` set where fitting or scoring raised, or the score is not finite: a
        candidate that fails is a finding, not an accident.
    """
    folds: list[_Fold] = []
    for number, (fit_rows, test_rows) in enumerate(splits):
        try:
            candidate = clone(estimator).set_params(**params)
            fold = _fit_fold(candidate, X, y, fit_rows, test_rows, scorer)
        except Exception as error:  # noqa: BLE001 - whatever a model raises is its result
            return _failed(folds, f"{type(error).__name__}: {error} (split {number})")
        folds.append(fold)
        if not np.isfinite(fold.score):
            return _failed(folds, f"the score of split {number} is {fold.score}")
    return Evaluation(
        scores=tuple(fold.score for fold in folds),
        fit_times=tuple(fold.fit_time for fold in folds),
        score_times=tuple(fold.score_time for fold in folds),
        curves=tuple(fold.curve for fold in folds if fold.curve),
        predictions=_gather(folds, y, splits, _classes(estimator, y)),
    )


def predict(estimator: Any, X: Any, y: Any) -> Predictions:
    """Return what a fitted estimator says of rows that it has not seen.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    X : array-like of shape (n_samples, ...)
    y : array-like of shape (n_samples,)

    Returns
    -------
    Predictions
    """
    rows = np.arange(len(np.asarray(y)))
    one_label = _classes(estimator, y) is not None
    classes = getattr(estimator, "classes_", None) if one_label else None
    return Predictions(
        rows=rows,
        fold=np.zeros_like(rows),
        y_true=_column(y),
        y_pred=np.asarray(estimator.predict(X)),
        y_score=_probabilities(estimator, X, classes),
        classes=None if classes is None else np.asarray(classes),
    )


def _fit_fold(
    candidate: Any,
    X: Any,
    y: Any,
    fit_rows: NDArray[np.int64],
    test_rows: NDArray[np.int64],
    scorer: Scorer,
) -> _Fold:
    X_fit, y_fit = _safe_indexing(X, fit_rows), _safe_indexing(y, fit_rows)
    X_test, y_test = _safe_indexing(X, test_rows), _safe_indexing(y, test_rows)
    # An estimator that can watch held-out rows while it trains gives a learning curve.
    watched = (
        {"validation_data": (X_test, y_test)}
        if has_fit_parameter(candidate, "validation_data")
        else {}
    )
    start = time.perf_counter()
    candidate.fit(X_fit, y_fit, **watched)
    fitted = time.perf_counter()
    score = float(scorer(candidate, X_test, y_test))
    scored = time.perf_counter()
    return _Fold(
        score=score,
        fit_time=fitted - start,
        score_time=scored - fitted,
        curve=_curve(candidate),
        y_pred=np.asarray(candidate.predict(X_test)),
        y_score=_probabilities(candidate, X_test, _classes(candidate, y)),
    )


def _curve(candidate: Any) -> Curve:
    """Return metrics by epoch of an estimator, or of a pipeline's last step."""
    last = candidate[-1] if hasattr(candidate, "named_steps") else candidate
    history = getattr(last, "history_", None)
    if history is None:
        return {}
    return {str(name): tuple(map(float, history[name])) for name in history}


def _classes(estimator: Any, y: Any) -> NDArray[Any] | None:
    one_label = is_classifier(estimator) and type_of_target(y) in ("binary", "multiclass")
    return np.unique(np.asarray(y)) if one_label else None


def _probabilities(
    estimator: Any, X: Any, classes: NDArray[Any] | None
) -> NDArray[np.float64] | None:
    """Return probabilities with one column for each class, 0 for one that training never saw."""
    if classes is None or not hasattr(estimator, "predict_proba"):
        return None
    given = np.asarray(estimator.predict_proba(X), dtype=np.float64)
    full = np.zeros((len(given), len(classes)))
    full[:, np.searchsorted(classes, estimator.classes_)] = given
    return full


def _gather(
    folds: Sequence[_Fold], y: Any, splits: Sequence[Split], classes: NDArray[Any] | None
) -> Predictions:
    rows = np.concatenate([test for _, test in splits])
    numbers = [np.full(len(test), i) for i, (_, test) in enumerate(splits)]
    scores = [fold.y_score for fold in folds if fold.y_score is not None]
    return Predictions(
        rows=rows,
        fold=np.concatenate(numbers),
        y_true=_column(y)[rows],
        y_pred=np.concatenate([fold.y_pred for fold in folds]),
        y_score=np.concatenate(scores) if len(scores) == len(folds) else None,
        classes=classes,
    )


def _column(y: Any) -> NDArray[Any]:
    """Return the targets, without a second dimension that holds one column."""
    target = np.asarray(y)
    return target[:, 0] if target.ndim > 1 and target.shape[1] == 1 else target


def _failed(folds: Sequence[_Fold], error: str) -> Evaluation:
    return Evaluation(
        scores=tuple(fold.score for fold in folds),
        fit_times=tuple(fold.fit_time for fold in folds),
        score_times=tuple(fold.score_time for fold in folds),
        curves=tuple(fold.curve for fold in folds if fold.curve),
        error=" ".join(error.split()),
    )
