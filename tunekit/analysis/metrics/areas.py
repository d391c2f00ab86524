"""Intervals of areas under curves of one model, for legends.

References
----------
C. Nadeau and Y. Bengio: Inference for the generalization error. Machine Learning 52, 2003.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tunekit.analysis.metrics.precision_recall import PrecisionRecallCurve
from tunekit.analysis.metrics.roc import RocCurve
from tunekit.analysis.metrics.rows import ClassRows, ScoredRows
from tunekit.core.predictions import Predictions
from tunekit.evaluation.class_scores import class_score
from tunekit.evaluation.rescoring import within_bounds
from tunekit.statistics.bootstrap import Statistic, bootstrap_interval, resample
from tunekit.statistics.corrected_ttest import mean_interval
from tunekit.statistics.estimates import Interval

_LARGEST = 100_000  # pairs of a row and a class up to which rows are resampled
_FEWEST = 2  # folds
_TOO_MANY = "there are too many rows to resample"


def area_interval(curve: RocCurve, ratio: float, level: float) -> Interval:
    """Return the area under a ROC curve with its interval.

    Parameters
    ----------
    curve : RocCurve
    ratio : float
        Number of validation rows per training row, for several folds.
    level : float
        From 0 to 1.

    Returns
    -------
    Interval
        Over several folds, of their mean, by Nadeau and Bengio's corrected t-distribution; for a
        single one, that of the curve, by DeLong's method.
    """
    if len(curve.fold_areas) > 1:
        return _over_folds(curve.auc, curve.fold_areas, ratio, level)
    return Interval(curve.auc, *curve.interval, level, "DeLong")


def average_precision_interval(
    curve: PrecisionRecallCurve, rows: ScoredRows, ratio: float, level: float
) -> Interval:
    """Return the average precision of a curve with its interval.

    Parameters
    ----------
    curve : PrecisionRecallCurve
        The first one of ``rows``.
    rows : ScoredRows
    ratio, level : float
        As for :func:`area_interval`.

    Returns
    -------
    Interval
        Over several folds, of their mean, by Nadeau and Bengio's corrected t-distribution; for a
        single one, by the bootstrap over rows.
    """
    value = curve.average_precision
    if len(curve.fold_values) > 1:
        return _over_folds(value, curve.fold_values, ratio, level)
    unknown = Interval(value, math.nan, math.nan, level, "bootstrap", _TOO_MANY)
    if rows.scores.size > _LARGEST:
        return unknown
    strata = rows.true if isinstance(rows, ClassRows) else np.zeros(len(rows.rows), dtype=np.int64)
    return bootstrap_interval(resample(_mean_average_precision(rows), strata), level)


def _over_folds(value: float, by_fold: tuple[float, ...], ratio: float, level: float) -> Interval:
    defined = [each for each in by_fold if not math.isnan(each)]
    if len(defined) < _FEWEST:
        return Interval(
            value, math.nan, math.nan, level, "corrected t", "only one fold has a value"
        )
    return replace(within_bounds(mean_interval(defined, ratio, level), "roc_auc"), value=value)


def _mean_average_precision(rows: ScoredRows) -> Statistic:
    """Return a function that computes the mean average precision of the shown columns."""
    shown = [i for i in rows.shown if rows.truth(i).any() and not rows.truth(i).all()]
    truths = [rows.truth(column) for column in shown]
    statistics = [
        class_score("average_precision", _binary(rows, truth, column))
        for column, truth in zip(shown, truths, strict=True)
    ]
    of_columns = [each for each in statistics if each is not None]

    def statistic(places: NDArray[np.int64]) -> float:
        if not all(truth[places].any() for truth in truths):
            return math.nan
        return float(np.mean([each(places) for each in of_columns]))

    return statistic


def _binary(rows: ScoredRows, truth: NDArray[np.bool_], column: int) -> Predictions:
    probability = rows.scores[:, column]
    return Predictions(
        rows=rows.rows,
        fold=rows.fold,
        y_true=truth.astype(np.int64),
        y_pred=truth.astype(np.int64),
        y_score=np.column_stack([1 - probability, probability]),
        classes=np.arange(2),
    )
