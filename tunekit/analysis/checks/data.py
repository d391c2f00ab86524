"""Checks of the data: test split, number of rows, class imbalance."""

from __future__ import annotations

import numpy as np
from scipy.stats import binomtest

from tunekit.analysis.checks.finding import Issue, Subject, check
from tunekit.analysis.comparison import ComparisonData
from tunekit.analysis.study import StudyData
from tunekit.core.predictions import Predictions

#: Rows below which a test split is too small for any scorer.
FEW_ROWS = 50

#: Proportions of the smaller of two classes below which imbalance is moderate, or extreme.
MODERATE, EXTREME = 0.2, 0.01

_ACCURACY = "accuracy"
_TWICE = 2


@check("TK201", severity="medium", title="The test split was used more than once")
def check_reused_test_split(data: StudyData) -> Issue | None:
    """Report a test split that was used more than once."""
    engines = {each.engine for each in data.study.executions}
    counts = {engine: data.study.tests(engine) for engine in engines}
    most = max(counts.values(), default=0)
    if most < _TWICE:
        return None
    uses = " and ".join(
        f"{_times(count)} with {engine}" for engine, count in sorted(counts.items()) if count
    )
    return Issue(
        severity="medium" if most == _TWICE else "high",
        evidence=f"It was used {uses}.",
        remedy=(
            "If a test score influences your later choices, the next score on the same split is "
            "optimistic. Keep another split for the final evaluation, or treat this one as part "
            "of the search."
        ),
    )


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


@check(
    "TK202",
    severity="low",
    title="Too few rows for the differences at stake",
    of=(StudyData, ComparisonData),
)
def check_few_rows(data: Subject) -> Issue | None:
    """Report a test split, or validation rows, too small for the differences at stake."""
    predictions = data.test or data.validation
    if predictions is None:
        return None
    n_rows = len(np.unique(predictions.rows))
    evidence = _wide_interval(data, predictions, n_rows) if isinstance(data, StudyData) else ""
    if not evidence and n_rows < FEW_ROWS:
        evidence = f"There are {n_rows} rows; each one is {1 / n_rows:.1%} of the result."
    if not evidence:
        return None
    return Issue(
        evidence=evidence,
        remedy=(
            "Evaluate on more rows, or with repeated folds. Do not rely on differences smaller "
            "than this."
        ),
        severity="medium" if data.test else None,
        title="The test split is too small for the differences at stake" if data.test else None,
    )


def _wide_interval(data: StudyData, predictions: Predictions, n_rows: int) -> str:
    """Return a sentence on the interval of the accuracy if it exceeds the differences at stake."""
    if predictions.classes is None or data.scoring != _ACCURACY or not data.scores:
        return ""
    stake = data.scores[0] - float(np.median(data.scores))
    accuracy = float(np.mean(predictions.y_pred == predictions.y_true))
    interval = binomtest(round(accuracy * n_rows), n_rows).proportion_ci(0.95, method="wilson")
    low, high = float(interval.low), float(interval.high)
    if not 0 < stake < high - low:
        return ""
    return (
        f"On {n_rows} rows, the 95% interval of the accuracy (Wilson) ranges from {low:.3f} to "
        f"{high:.3f}, which is wider than the difference of {stake:.3f} between the best and the "
        f"median trial."
    )


@check("TK203", severity="low", title="A class is rare", of=(StudyData, ComparisonData))
def check_imbalance(data: Subject) -> Issue | None:
    """Report a rare class."""
    counts, scoring = _class_counts(data), data.scoring
    if len(counts) < _TWICE:
        return None
    rare = min(counts, key=lambda label: counts[label])
    share = counts[rare] / sum(counts.values())
    # The limits are for two classes; with k classes they are relative to a proportion of 1/k.
    relative = share * len(counts) / _TWICE
    if relative >= MODERATE:
        return None
    accuracy = scoring == _ACCURACY
    most = max(counts.values()) / sum(counts.values())
    caution = (
        f" The scorer is accuracy: always predicting the most frequent class scores {most:.1%}."
        if accuracy
        else ""
    )
    return Issue(
        severity="medium" if accuracy or relative < EXTREME else None,
        evidence=(
            f"{counts[rare]} of {sum(counts.values())} rows ({share:.1%}) belong to {rare!r}, "
            f"the smallest of {len(counts)} classes.{caution}"
        ),
        remedy=(
            "Look at the precision and recall of that class instead of the accuracy. Score with "
            "'balanced_accuracy', 'matthews_corrcoef' or 'average_precision', and weight the "
            "classes if the estimator supports it."
        ),
        code_to_paste="tuner.set_params(scoring='balanced_accuracy')" if accuracy else "",
    )


def _class_counts(data: Subject) -> dict[str, int]:
    tracked = data.data.get("classes")
    if tracked:
        return {str(each["label"]): int(each["count"]) for each in tracked}
    predictions = data.validation
    if predictions is None or predictions.classes is None:
        return {}
    first = np.unique(predictions.rows, return_index=True)[1]  # repeated folds predict rows again
    labels, counts = np.unique(predictions.y_true[first], return_counts=True)
    return {str(label): int(count) for label, count in zip(labels, counts, strict=True)}
