"""The candidates of a comparison side by side, on the same rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tunekit.analysis.comparison import ComparisonData
from tunekit.analysis.labels import readable_names
from tunekit.analysis.metrics.areas import area_interval, average_precision_interval
from tunekit.analysis.metrics.calibration import Calibration, calibration
from tunekit.analysis.metrics.confusion import Confusion, confusion
from tunekit.analysis.metrics.label_rows import label_rows
from tunekit.analysis.metrics.multilabel import MultiLabel, multilabel
from tunekit.analysis.metrics.precision_recall import PrecisionRecall, precision_recall_of
from tunekit.analysis.metrics.residuals import Residuals, residuals
from tunekit.analysis.metrics.roc import Roc, roc_of
from tunekit.analysis.metrics.rows import ScoredRows, Undefined, scored_rows
from tunekit.analysis.metrics.targets import (
    Kind,
    TargetResiduals,
    kind_of,
    names_of,
    residuals_by_target,
)
from tunekit.comparison.inference_methods import EvaluatedOn
from tunekit.core.comparison_info import TEST_SPLIT
from tunekit.core.predictions import Predictions
from tunekit.statistics.estimates import Interval

#: Candidates that are shown side by side, the best ones of the ranking.
MOST = 12

_POINTS, _FEWEST_POINTS = 2_000, 100  # of all regressions together, of each
_FEWEST = 2  # candidates


@dataclass(frozen=True)
class CandidateResult:
    """One candidate on the rows that all candidates were evaluated on.

    What does not apply to its predictions, or is undefined, is None.

    Attributes
    ----------
    name : str
        Display name.
    place : int
        Position in the ranking, from 0; its style in all figures.
    roc, precision_recall : Roc, PrecisionRecall or None
    auc, average_precision : Interval or None
        Of the first curve: of the positive one of two classes, or the macro average.
    calibration : Calibration or None
    confusion : Confusion or None
    labels : MultiLabel or None
    residuals : Residuals or None
    targets : tuple of TargetResiduals
    reason : str
        Why there are no curves of a classifier; empty if there are.
    """

    name: str
    place: int
    roc: Roc | None = None
    precision_recall: PrecisionRecall | None = None
    auc: Interval | None = None
    average_precision: Interval | None = None
    calibration: Calibration | None = None
    confusion: Confusion | None = None
    labels: MultiLabel | None = None
    residuals: Residuals | None = None
    targets: tuple[TargetResiduals, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class SideBySide:
    """The candidates of a comparison on its folds or on its test split.

    Attributes
    ----------
    on : {"folds", "test"}
    rows : str
        Description of the rows.
    kind : {"class", "labels", "target", "targets"}
        What each row has.
    n_folds : int
        Number of folds that curves are averaged over; 1 for a single split.
    n_seeds : int
        Number of seeds; the predictions are those of the first one.
    results : tuple of CandidateResult
        The best first.
    omitted : int
        Number of candidates with a score that are left out.
    """

    on: EvaluatedOn
    rows: str
    kind: Kind
    n_folds: int
    n_seeds: int
    results: tuple[CandidateResult, ...]
    omitted: int


def ranked_names(data: ComparisonData) -> list[str]:
    """Return the candidates with a score, the best first."""
    return [str(name) for name in data.comparison.ranking().dropna(subset=["score"]).index]


def side_by_side(data: ComparisonData, on: EvaluatedOn) -> SideBySide | None:
    """Return the candidates on the same rows; None if fewer than two have predictions there.

    Parameters
    ----------
    data : ComparisonData
    on : {"folds", "test"}
    """
    names = ranked_names(data)
    predicted = {
        place: predictions
        for place, name in enumerate(names[:MOST])
        if (predictions := data.comparison.predictions(name, on=on)) is not None
    }
    if len(predicted) < _FEWEST:
        return None
    info = data.comparison.info
    first = next(iter(predicted.values()))
    kind = kind_of(first, info.task)
    n_points = max(_POINTS // len(predicted), _FEWEST_POINTS)
    shown = readable_names(names[:MOST])
    results = tuple(
        CandidateResult(
            shown[place], place, **_result(data, predictions, names[place], on, n_points)
        )
        for place, predictions in predicted.items()
    )
    return SideBySide(
        on=on,
        rows=data.rows_of(on),
        kind=kind,
        n_folds=len(np.unique(first.fold)),
        n_seeds=len(info.seeds),
        results=results,
        omitted=max(len(names) - MOST, 0),
    )


def _result(
    data: ComparisonData, predictions: Predictions, name: str, on: EvaluatedOn, n_points: int
) -> dict[str, Any]:
    """Return what applies to the predictions of a candidate, by the name of the attribute."""
    level = data.comparison.info.level
    match kind_of(predictions, data.comparison.info.task):
        case "class":
            scored = scored_rows(predictions)
            calibrated = calibration(predictions, level=level)
            found: dict[str, Any] = {
                "confusion": confusion(predictions),
                "calibration": calibrated,
                **_curves(data, scored, name, on),
            }
        case "labels":
            rows = label_rows(predictions, names_of(predictions, data.data, "label"))
            if isinstance(rows, Undefined):
                return {}
            curves = _curves(data, rows.with_finite_scores(), name, on)
            found = {
                "labels": multilabel(
                    rows,
                    level=level,
                    roc=curves.get("roc"),
                    precision_recall=curves.get("precision_recall"),
                ),
                **curves,
            }
        case "targets":
            names = names_of(predictions, data.data, "target")
            targets = residuals_by_target(predictions, names, level=level)
            found = {"targets": () if isinstance(targets, Undefined) else targets}
        case "target":
            found = {"residuals": residuals(predictions, level=level, points=n_points)}
    return {key: value for key, value in found.items() if not isinstance(value, Undefined)}


def _curves(
    data: ComparisonData, rows: ScoredRows | Undefined, name: str, on: EvaluatedOn
) -> dict[str, Any]:
    """Return the ROC and the precision–recall curves with the intervals of their areas."""
    if isinstance(rows, Undefined):
        return {"reason": rows.reason}
    level = data.comparison.info.level
    roc, precision_recall = roc_of(rows, level=level), precision_recall_of(rows)
    if isinstance(roc, Undefined) or isinstance(precision_recall, Undefined):
        return {
            "reason": next(e.reason for e in (roc, precision_recall) if isinstance(e, Undefined))
        }
    ratio = _ratio(data, name, on)
    return {
        "roc": roc,
        "precision_recall": precision_recall,
        "auc": area_interval(roc.curves[0], ratio, level),
        "average_precision": average_precision_interval(
            precision_recall.curves[0], rows, ratio, level
        ),
    }


def _ratio(data: ComparisonData, name: str, on: EvaluatedOn) -> float:
    """Return the number of validation rows per training row of a fold; NaN for the test split."""
    fits = [
        fit for fit in data.comparison.fits if fit.candidate == name and fit.split != TEST_SPLIT
    ]
    if on == "test" or not fits:
        return math.nan
    return float(np.mean([fit.n_test / fit.n_train for fit in fits]))
