"""What each threshold of a binary classifier costs and gains."""

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

#: What the chosen threshold is best in.
Criterion = Literal["f1", "youden"]

#: Names of the metrics, for people, in the order of :meth:`Threshold.metrics`.
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
    """What happens when rows with at least this probability are called positive.

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
        """Share of those called positive that are; NaN where none is called so."""
        return _share(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float:
        """Share of the positives that are found."""
        return _share(self.tp, self.tp + self.fn)

    @property
    def specificity(self) -> float:
        """Share of the negatives that are left alone."""
        return _share(self.tn, self.tn + self.fp)

    @property
    def type_i_error(self) -> float:
        """False-positive rate: share of the negatives that are called positive."""
        return _share(self.fp, self.tn + self.fp)

    @property
    def type_ii_error(self) -> float:
        """False-negative rate: share of the positives that are missed."""
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
        """Return the values that :data:`METRICS` names."""
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
        By increasing threshold, at most 200; the chosen one and that next to one half are among
        them.
    chosen : Threshold
        The one that is proposed.
    criterion : {"f1", "youden"}
        What it is best in.
    chosen_on : str
        The rows that it was chosen on, in words.
    n_rows : int
        Predictions.
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
        """Return what a slider needs, as JSON can hold it.

        Returns
        -------
        dict
            ``positive``, ``chosen`` (the threshold), ``chosen_on``, ``metrics`` (names) and
            ``rows``: threshold, true and false positives, false and true negatives, and the value
            of each metric, None where it is undefined.
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
    """Count right and wrong at every threshold, and choose one.

    Counts are summed over the folds before anything is computed from them.

    Parameters
    ----------
    predictions : Predictions
        Of a binary classifier, on held-out rows: a threshold that is chosen on a test split
        makes its score there optimistic.
    chosen_on : str
        What these rows are, such as ``"out-of-fold rows"``.
    criterion : {"f1", "youden"}, default="f1"
        What the chosen threshold is best in. Of equals, the one nearest to one half.

    Returns
    -------
    Thresholds or Undefined
    """
    found = binary_rows(predictions)
    if isinstance(found, Undefined):
        return found
    counted = _counted(found)
    values = np.array([getattr(each, criterion) for each in counted.rows])
    best = np.flatnonzero(values >= np.nanmax(values) - 1e-12)
    halves = [abs(counted.rows[i].threshold - 0.5) for i in best]
    chosen = counted.rows[int(best[int(np.argmin(halves))])]
    return _thinned(replace(counted, chosen=chosen, criterion=criterion, chosen_on=chosen_on))


def thresholds_at(predictions: Predictions, chosen: Thresholds) -> Thresholds | Undefined:
    """Count right and wrong on other rows, such as a test split, with nothing chosen on them.

    Parameters
    ----------
    predictions : Predictions
        Of a binary classifier.
    chosen : Thresholds
        Of held-out rows, see :func:`thresholds`.

    Returns
    -------
    Thresholds or Undefined
        ``chosen`` is what the threshold that was chosen there does here.
    """
    found = binary_rows(predictions)
    if isinstance(found, Undefined):
        return found
    counted, at = _counted(found), chosen.chosen.threshold
    truth, called = found.truth(1), found.scores[:, 1] >= at
    own = Threshold(
        at,
        tp=int((called & truth).sum()),
        fp=int((called & ~truth).sum()),
        fn=int((~called & truth).sum()),
        tn=int((~called & ~truth).sum()),
    )
    rows = sorted({own, *counted.rows}, key=lambda each: each.threshold)
    return _thinned(
        replace(
            counted,
            rows=tuple(rows),
            chosen=own,
            criterion=chosen.criterion,
            chosen_on=chosen.chosen_on,
        )
    )


def _counted(found: ClassRows) -> Thresholds:
    """Return all thresholds, with the first as the chosen one."""
    truth, score = found.truth(1), found.scores[:, 1]
    tn, fp, fn, tp, at = (each[::-1] for each in confusion_matrix_at_thresholds(truth, score))
    rows = tuple(
        Threshold(float(t), int(a), int(b), int(c), int(d))
        for t, a, b, c, d in zip(at, tp, fp, fn, tn, strict=True)
    )
    return Thresholds(
        positive=found.name(1),
        negative=found.name(0),
        rows=rows,
        chosen=rows[0],
        criterion="f1",
        chosen_on="",
        n_rows=len(truth),
        notes=tuple(filter(None, [left_out(found.left_out, "finite probabilities")])),
    )


def _thinned(full: Thresholds) -> Thresholds:
    rows = full.rows
    if len(rows) <= POINTS:
        return full
    nearest = min(range(len(rows)), key=lambda i: abs(rows[i].threshold - 0.5))
    # Evenly by what changes: the counts.
    called = np.array([each.tp + each.fp for each in rows])
    wanted = np.linspace(called[0], called[-1], POINTS - 2)
    kept = {int(np.argmin(np.abs(called - each))) for each in wanted}
    kept |= {nearest, rows.index(full.chosen)}
    return replace(full, rows=tuple(rows[i] for i in sorted(kept)))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
