"""Metrics of a binary classifier at each threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from sklearn.metrics import confusion_matrix_at_thresholds

from tunekit.analysis.metrics.curves import POINTS
from tunekit.analysis.metrics.notes import left_out
from tunekit.analysis.metrics.rows import ClassRows, Undefined, binary_rows
from tunekit.core.predictions import Predictions

#: Metric that the chosen threshold maximizes.
Criterion = Literal["f1", "youden"]

#: Display names of the metrics, in the order of :meth:`Threshold.metrics`.
METRICS = (
    "precision",
    "recall",
    "specificity",
    "type I error",
    "type II error",
    "F1",
)


@dataclass(frozen=True)
class Threshold:
    """Counts if rows with at least this probability are classified as positive.

    Attributes
    ----------
    threshold : float
    tp, fp, fn, tn : int
        True and false positives, false and true negatives, summed over the folds.
    """

    threshold: float
    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def precision(self) -> float:
        """Proportion of predicted positives that are positive; NaN if there are none."""
        return _share(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float:
        """Proportion of the positives that are predicted as such."""
        return _share(self.tp, self.tp + self.fn)

    @property
    def specificity(self) -> float:
        """Proportion of the negatives that are predicted as such."""
        return _share(self.tn, self.tn + self.fp)

    @property
    def type_i_error(self) -> float:
        """False-positive rate: proportion of the negatives that are predicted positive."""
        return _share(self.fp, self.tn + self.fp)

    @property
    def type_ii_error(self) -> float:
        """False-negative rate: proportion of the positives that are predicted negative."""
        return _share(self.fn, self.tp + self.fn)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, from the counts."""
        return _share(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def youden(self) -> float:
        """Youden's J: recall + specificity - 1."""
        return self.recall + self.specificity - 1

    def metrics(self) -> tuple[float, ...]:
        """Return the values of the metrics in :data:`METRICS`."""
        return (
            self.precision,
            self.recall,
            self.specificity,
            self.type_i_error,
            self.type_ii_error,
            self.f1,
        )


@dataclass(frozen=True)
class Thresholds:
    """Thresholds of a binary classifier.

    Attributes
    ----------
    positive, negative : str
        ``classes[1]`` and ``classes[0]``.
    rows : tuple of Threshold
        At most 200, in increasing order, including the chosen one and the one closest to 0.5.
    chosen : Threshold
        The suggested threshold.
    criterion : {"f1", "youden"}
        Metric that it maximizes.
    chosen_on : str
        Description of the rows that it was chosen on.
    n_rows : int
        Number of predictions.
    notes : tuple of str
    """

    positive: str
    negative: str
    rows: tuple[Threshold, ...]
    chosen: Threshold
    criterion: Criterion
    chosen_on: str
    n_rows: int
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the data of a slider, as JSON-compatible values.

        Returns
        -------
        dict
            ``positive``, ``chosen`` (the threshold), ``chosen_on``, ``metrics`` (names) and
            ``rows``: threshold, true and false positives, false and true negatives, and the value
            of each metric, None if it is undefined.
        """
        return {
            "positive": self.positive,
            "chosen": self.chosen.threshold,
            "chosen_on": self.chosen_on,
            "metrics": list(METRICS),
            "rows": [
                [each.threshold, each.tp, each.fp, each.fn, each.tn]
                + [None if math.isnan(value) else round(value, 6) for value in each.metrics()]
                for each in self.rows
            ],
        }


def thresholds(
    predictions: Predictions, *, chosen_on: str, criterion: Criterion = "f1"
) -> Thresholds | Undefined:
    """Compute metrics at every threshold, and choose one.

    Metrics are computed from counts that are summed over the folds.

    Parameters
    ----------
    predictions : Predictions
        Predictions of a binary classifier for validation rows. Choosing a threshold on a test split
        would make its score there optimistic.
    chosen_on : str
        Description of these rows, such as ``"out-of-fold rows"``.
    criterion : {"f1", "youden"}, default="f1"
        Metric that the chosen threshold maximizes. Ties are resolved by closeness to 0.5.

    Returns
    -------
    Thresholds or Undefined
    """
    rows = binary_rows(predictions)
    if isinstance(rows, Undefined):
        return rows
    every = _all_thresholds(rows)
    values = np.array([getattr(each, criterion) for each in every.rows])
    best = np.flatnonzero(values >= np.nanmax(values) - 1e-12)
    distances = [abs(every.rows[i].threshold - 0.5) for i in best]
    chosen = every.rows[int(best[int(np.argmin(distances))])]
    return _thinned(replace(every, chosen=chosen, criterion=criterion, chosen_on=chosen_on))


def thresholds_at(predictions: Predictions, chosen: Thresholds) -> Thresholds | Undefined:
    """Compute metrics on other rows, such as a test split, without choosing a threshold.

    Parameters
    ----------
    predictions : Predictions
        Predictions of a binary classifier.
    chosen : Thresholds
        Thresholds on the validation rows, see :func:`thresholds`.

    Returns
    -------
    Thresholds or Undefined
        ``chosen`` contains the counts on these rows at the threshold chosen there.
    """
    rows = binary_rows(predictions)
    if isinstance(rows, Undefined):
        return rows
    every, at = _all_thresholds(rows), chosen.chosen.threshold
    truth, positive = rows.truth(1), rows.scores[:, 1] >= at
    at_chosen = Threshold(
        at,
        tp=int((positive & truth).sum()),
        fp=int((positive & ~truth).sum()),
        fn=int((~positive & truth).sum()),
        tn=int((~positive & ~truth).sum()),
    )
    points = sorted({at_chosen, *every.rows}, key=lambda each: each.threshold)
    return _thinned(
        replace(
            every,
            rows=tuple(points),
            chosen=at_chosen,
            criterion=chosen.criterion,
            chosen_on=chosen.chosen_on,
        )
    )


def _all_thresholds(rows: ClassRows) -> Thresholds:
    """Return all thresholds, with the first one as the chosen one."""
    truth, score = rows.truth(1), rows.scores[:, 1]
    tn, fp, fn, tp, at = (each[::-1] for each in confusion_matrix_at_thresholds(truth, score))
    points = tuple(
        Threshold(float(t), int(a), int(b), int(c), int(d))
        for t, a, b, c, d in zip(at, tp, fp, fn, tn, strict=True)
    )
    return Thresholds(
        positive=rows.name(1),
        negative=rows.name(0),
        rows=points,
        chosen=points[0],
        criterion="f1",
        chosen_on="",
        n_rows=len(truth),
        notes=tuple(filter(None, [left_out(rows.left_out, "finite probabilities")])),
    )


def _thinned(full: Thresholds) -> Thresholds:
    points = full.rows
    if len(points) <= POINTS:
        return full
    nearest = min(range(len(points)), key=lambda i: abs(points[i].threshold - 0.5))
    # Evenly spaced by the number of predicted positives.
    n_positive = np.array([each.tp + each.fp for each in points])
    targets = np.linspace(n_positive[0], n_positive[-1], POINTS - 2)
    shown = {int(np.argmin(np.abs(n_positive - each))) for each in targets}
    shown |= {nearest, points.index(full.chosen)}
    return replace(full, rows=tuple(points[i] for i in sorted(shown)))


def _share(part: int, total: int) -> float:
    return part / total if total else math.nan
