"""Whether the data can carry the conclusion."""

from __future__ import annotations

import numpy as np
from scipy.stats import binomtest

from tunekit.analysis.checks.finding import Found, Subject, check
from tunekit.analysis.comparison import ComparisonData
from tunekit.analysis.study import StudyData
from tunekit.core.predictions import Predictions

#: Rows below which a test set is tiny, whatever is measured on it.
FEW_ROWS = 50

#: Share of the rows of the smallest class, of two: below it imbalance is moderate, or extreme.
MODERATE, EXTREME = 0.2, 0.01

_ACCURACY = "accuracy"
_TWICE = 2


@check("TK201", severity="medium", title="The test split was used more than once")
def check_reused_test_split(data: StudyData) -> Found | None:
    """Find a test split that was used more than once."""
    engines = {each.engine for each in data.study.executions}
    counts = {engine: data.study.tests(engine) for engine in engines}
    most = max(counts.values(), default=0)
    if most < _TWICE:
        return None
    words = " and ".join(
        f"{_times(count)} with {engine}" for engine, count in sorted(counts.items()) if count
    )
    return Found(
        severity="medium" if most == _TWICE else "high",
        evidence=f"It was used {words}.",
        remedy=(
            "Each look that changes what is done next makes the test score optimistic. Keep "
            "another split for the last judgement, or count this one as part of the search."
        ),
    )


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


@check(
    "TK202",
    severity="low",
    title="Few rows were held out for what is at stake",
    of=(StudyData, ComparisonData),
)
def check_few_rows(data: Subject) -> Found | None:
    """Find a test split, or validation rows, too few for what is at stake."""
    measured = data.test or data.validation
    if measured is None:
        return None
    n_rows = len(np.unique(measured.rows))
    words = _interval_is_wide(data, measured, n_rows) if isinstance(data, StudyData) else ""
    if not words and n_rows < FEW_ROWS:
        words = f"There are {n_rows} rows; one of them is {1 / n_rows:.1%} of the result."
    if not words:
        return None
    return Found(
        evidence=words,
        remedy=(
            "Hold out more rows, or judge with repeated folds; call differences smaller than this "
            "equal."
        ),
        severity="medium" if data.test else None,
        title="The test split is small for what is at stake" if data.test else None,
    )


def _interval_is_wide(data: StudyData, judged: Predictions, n_rows: int) -> str:
    """Return how wide the interval of the accuracy is, where no difference at stake is wider."""
    if judged.classes is None or data.scoring != _ACCURACY or not data.scores:
        return ""
    stake = data.scores[0] - float(np.median(data.scores))
    right = float(np.mean(judged.y_pred == judged.y_true))
    interval = binomtest(round(right * n_rows), n_rows).proportion_ci(0.95, method="wilson")
    low, high = float(interval.low), float(interval.high)
    if not 0 < stake < high - low:
        return ""
    return (
        f"On {n_rows} rows the 95% interval of the accuracy (Wilson) reaches from {low:.3f} to "
        f"{high:.3f}; that is wider than the {stake:.3f} between the best and the median trial."
    )


@check("TK203", severity="low", title="A class is rare", of=(StudyData, ComparisonData))
def check_imbalance(data: Subject) -> Found | None:
    """Find a rare class."""
    counts, scoring = _class_counts(data), data.scoring
    if len(counts) < _TWICE:
        return None
    rare = min(counts, key=lambda label: counts[label])
    share = counts[rare] / sum(counts.values())
    # Of k equal classes each has 1/k of the rows: the limits of two are taken for as many.
    relative = share * len(counts) / _TWICE
    if relative >= MODERATE:
        return None
    accuracy = scoring == _ACCURACY
    most = max(counts.values()) / sum(counts.values())
    care = (
        f" The score is accuracy, and always naming the most frequent class has {most:.1%} of it."
        if accuracy
        else ""
    )
    return Found(
        severity="medium" if accuracy or relative < EXTREME else None,
        evidence=(
            f"{counts[rare]} of {sum(counts.values())} rows ({share:.1%}) are {rare!r}, the "
            f"smallest of {len(counts)} classes.{care}"
        ),
        remedy=(
            "Look at precision and recall of that class rather than accuracy; score by "
            "'balanced_accuracy', 'matthews_corrcoef' or 'average_precision'; and weight classes "
            "where the estimator can."
        ),
        code_to_paste="tuner.set_params(scoring='balanced_accuracy')" if accuracy else "",
    )


def _class_counts(data: Subject) -> dict[str, int]:
    told = data.data.get("classes")
    if told:
        return {str(each["label"]): int(each["count"]) for each in told}
    held = data.validation
    if held is None or held.classes is None:
        return {}
    first = np.unique(held.rows, return_index=True)[1]  # a row may have been held out twice
    labels, counts = np.unique(held.y_true[first], return_counts=True)
    return {str(label): int(count) for label, count in zip(labels, counts, strict=True)}
