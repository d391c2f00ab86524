"""Scores of classifications, for any selection of rows, in microseconds.

A bootstrap computes a score thousands of times. A scorer of scikit-learn takes a millisecond or
more for few rows, mostly to validate its arguments. The scores here are equal to those of
scikit-learn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunekit.core.predictions import Predictions
from tunekit.statistics.bootstrap import Statistic, row_mean

#: By class, the number of rows that are correct, have it as their label, and as their prediction.
_Counts = Sequence[NDArray[np.int64]]
_BINARY = 2


def class_score(scorer: str, predictions: Predictions) -> Statistic | None:
    """Return a function that computes a score of any of the predicted rows.

    Parameters
    ----------
    scorer : str
        Name of a scikit-learn scorer.
    predictions : Predictions
        Of a classification with one label per row.

    Returns
    -------
    callable or None
        Takes positions among the predictions, with repeats, and returns the score; None if this
        module has no such score, or scikit-learn would compute a different score for these labels.

    Examples
    --------
    >>> y, y_pred = np.array([0, 1, 1, 1]), np.array([0, 1, 1, 0])
    >>> predictions = Predictions(np.arange(4), np.zeros(4), y, y_pred, None, np.arange(2))
    >>> class_score("recall", predictions)(np.array([1, 2, 3]))
    0.6666666666666666
    """
    if scorer == "accuracy":
        return row_mean((predictions.y_true == predictions.y_pred).astype(float))
    if predictions.classes is None:
        return None
    if scorer == "neg_log_loss":
        return _neg_log_loss(predictions)
    if scorer in _OF_RANKS:
        return _of_ranks(scorer, predictions)
    return _of_labels(scorer, predictions)


def label_score(scorer: str, predictions: Predictions) -> Statistic | None:
    """Return a function that computes a score of any of the rows of multilabel targets.

    Parameters
    ----------
    scorer : str
        Name of a scikit-learn scorer.
    predictions : Predictions
        Targets and predictions have one column per label.

    Returns
    -------
    callable or None
        As for :func:`class_score`; None if the columns contain other values than 0 and 1.

    Examples
    --------
    >>> y, y_pred = np.array([[0, 1], [1, 1]]), np.array([[0, 1], [1, 0]])
    >>> predictions = Predictions(np.arange(2), np.zeros(2), y, y_pred, None, None)
    >>> label_score("accuracy", predictions)(np.array([0, 1]))
    0.5
    """
    if not all(np.isin(each, (0, 1)).all() for each in (predictions.y_true, predictions.y_pred)):
        return None
    true, predicted = predictions.y_true.astype(bool), predictions.y_pred.astype(bool)
    if scorer == "accuracy":
        return row_mean((true == predicted).all(axis=1).astype(float))
    if scorer in _OF_RANKS:
        return _mean_of_ranks(scorer, predictions)
    name, _, average = scorer.partition("_")
    if name not in _OF_CLASS or average not in ("samples", *_LABEL_AVERAGES):
        return None
    of_class, parts = _OF_CLASS[name], (true & predicted, true, predicted)
    if average == "samples":
        return row_mean(_ratio(*of_class(*(part.sum(axis=1) for part in parts))))
    of_counts = _LABEL_AVERAGES[average]
    return lambda rows: of_counts(of_class, *(part[rows].sum(axis=0) for part in parts))


def _mean_of_ranks(scorer: str, predictions: Predictions) -> Statistic | None:
    """Return the mean area under the curves of all labels."""
    if predictions.y_score is None:
        return None
    of_labels = [
        _of_ranks(
            scorer,
            replace(
                predictions,
                y_true=predictions.y_true[:, place].astype(np.int64),
                y_score=np.column_stack([1 - probability, probability]),
                classes=np.arange(_BINARY),
            ),
        )
        for place, probability in enumerate(predictions.y_score.T)
    ]
    defined = [each for each in of_labels if each is not None]
    if len(defined) < len(of_labels):
        return None
    return lambda rows: float(np.mean([each(rows) for each in defined]))


def _of_labels(scorer: str, predictions: Predictions) -> Statistic | None:
    name, _, average = scorer.partition("_")
    if scorer in _OF_CLASS:
        return _of_two(_OF_CLASS[scorer], predictions)
    if scorer in _OF_COUNTS:
        of_counts = _OF_COUNTS[scorer]
    elif name in _OF_CLASS and average in _AVERAGES:
        of_counts = _averaged(_OF_CLASS[name], _AVERAGES[average])
    else:
        return None
    both = np.concatenate([predictions.y_true, predictions.y_pred])
    labels, codes = np.unique(both, return_inverse=True)
    return _of_codes(of_counts, *np.split(codes, 2), n_codes=max(len(labels), _BINARY))


def _of_two(of_class: _OfClass, predictions: Predictions) -> Statistic | None:
    """Return a score of the positive one of two labels; None for other labels."""
    classes = predictions.classes
    if classes is None or len(classes) != _BINARY:
        return None
    both = np.concatenate([predictions.y_true, predictions.y_pred])
    if not np.isin(both, classes).all():
        return None
    is_positive = (both == classes[1]).astype(np.int64)
    return _of_codes(_averaged(of_class, _positive), *np.split(is_positive, 2), n_codes=_BINARY)


def _of_codes(
    of_counts: Callable[[_Counts], float],
    true: NDArray[np.int64],
    predicted: NDArray[np.int64],
    *,
    n_codes: int,
) -> Statistic:
    is_correct = true == predicted

    def statistic(rows: NDArray[np.int64]) -> float:
        correct = rows[is_correct[rows]]
        parts = true[correct], true[rows], predicted[rows]
        return of_counts([np.bincount(part, minlength=n_codes) for part in parts])

    return statistic


def _balanced_accuracy(counts: _Counts) -> float:
    correct, true, _ = counts
    return float(np.mean(correct[true > 0] / true[true > 0]))


def _matthews(counts: _Counts) -> float:
    correct, true, predicted = (each.astype(float) for each in counts)
    n, n_correct = true.sum(), correct.sum()
    product = (n**2 - predicted @ predicted) * (n**2 - true @ true)
    return float((n_correct * n - true @ predicted) / math.sqrt(product)) if product else 0.0


_OF_COUNTS: dict[str, Callable[[_Counts], float]] = {
    "balanced_accuracy": _balanced_accuracy,
    "matthews_corrcoef": _matthews,
}

#: Numerator and denominator by class, from the counts of rows that are correct, have this class
#: as their label, and as their prediction.
_OfClass = Callable[[Any, Any, Any], tuple[Any, Any]]
_OF_CLASS: dict[str, _OfClass] = {
    "f1": lambda correct, true, predicted: (2 * correct, true + predicted),
    "jaccard": lambda correct, true, predicted: (correct, true + predicted - correct),
    "precision": lambda correct, _true, predicted: (correct, predicted),
    "recall": lambda correct, true, _predicted: (correct, true),
}


def _ratio(numerator: NDArray[Any], denominator: NDArray[Any]) -> NDArray[np.float64]:
    """Return the ratio; 0 where the denominator is 0."""
    return numerator / np.where(denominator == 0, 1, denominator)


def _positive(of_class: _OfClass, *counts: NDArray[Any]) -> float:
    return float(_ratio(*of_class(*counts))[1])


def _micro(of_class: _OfClass, *counts: NDArray[Any]) -> float:
    return float(_ratio(*of_class(*(np.sum(each, keepdims=True) for each in counts)))[0])


def _macro(of_class: _OfClass, *counts: NDArray[Any]) -> float:
    _, true, predicted = counts
    return float(_ratio(*of_class(*counts))[true + predicted > 0].mean())


def _weighted(of_class: _OfClass, *counts: NDArray[Any]) -> float:
    return float(np.average(_ratio(*of_class(*counts)), weights=counts[1]))


_AVERAGES: dict[str, Callable[..., float]] = {
    "macro": _macro, "micro": _micro, "weighted": _weighted,
}  # fmt: skip


def _mean_of_labels(of_class: _OfClass, *counts: NDArray[Any]) -> float:
    return float(_ratio(*of_class(*counts)).mean())


def _weighted_labels(of_class: _OfClass, *counts: NDArray[Any]) -> float:
    return _weighted(of_class, *counts) if counts[1].any() else 0.0


#: Averages over labels; unlike a class, a label counts even if it does not occur.
_LABEL_AVERAGES: dict[str, Callable[..., float]] = {
    "macro": _mean_of_labels, "micro": _micro, "weighted": _weighted_labels,
}  # fmt: skip


def _averaged(of_class: _OfClass, average: Callable[..., float]) -> Callable[[_Counts], float]:
    return lambda counts: average(of_class, *counts)


def _neg_log_loss(predictions: Predictions) -> Statistic | None:
    proba, classes = predictions.y_score, predictions.classes
    if proba is None or classes is None or set(np.unique(predictions.y_true)) != set(classes):
        return None
    if not ((proba >= 0) & (proba <= 1)).all():
        return None
    columns = np.argmax(predictions.y_true[:, np.newaxis] == classes, axis=1)
    chances = proba[np.arange(len(proba)), columns].astype(np.float64)
    smallest = np.finfo(proba.dtype).eps  # as in scikit-learn
    return row_mean(np.log(np.clip(chances, smallest, 1 - smallest)))


def _of_ranks(scorer: str, predictions: Predictions) -> Statistic | None:
    """Return the area under a curve of two classes, which depends on the ranks of the outputs."""
    classes, outputs = predictions.classes, predictions.binary_scores
    if outputs is None or classes is None:
        return None
    if not np.isfinite(outputs).all() or not np.isin(predictions.y_true, classes).all():
        return None
    values, ranks = np.unique(outputs, return_inverse=True)
    positive = predictions.y_true == classes[1]
    area, cells = _OF_RANKS[scorer], ranks + len(values) * positive

    def statistic(rows: NDArray[np.int64]) -> float:
        negatives, positives = np.bincount(cells[rows], minlength=2 * len(values)).reshape(2, -1)
        return area(negatives, positives)

    return statistic


def _roc_auc(negatives: NDArray[np.int64], positives: NDArray[np.int64]) -> float:
    below = np.cumsum(negatives)
    n_pairs = int(below[-1]) * int(positives.sum())
    if not n_pairs:
        return math.nan
    # A tie counts as half a pair in the right order.
    return float(positives @ (below - negatives / 2)) / n_pairs


def _average_precision(negatives: NDArray[np.int64], positives: NDArray[np.int64]) -> float:
    correct, wrong = (np.cumsum(each[::-1])[::-1] for each in (positives, negatives))
    if not correct[0]:
        return 0.0
    return float(positives @ _ratio(correct, correct + wrong)) / int(correct[0])


_OF_RANKS: dict[str, Callable[[NDArray[np.int64], NDArray[np.int64]], float]] = {
    "average_precision": _average_precision,
    "roc_auc": _roc_auc,
}
