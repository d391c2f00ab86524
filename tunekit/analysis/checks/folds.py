"""Check of whether the folds differ more than the trials."""

from __future__ import annotations

import math

import numpy as np

from tunekit.analysis.checks.finding import Issue, Severity, check
from tunekit.analysis.study import StudyData
from tunekit.analysis.text import score_of, significant

#: Number of best trials that are compared; fewer trials are not checked.
AMONG = 10


@check("TK306", severity="low", title="The folds differ more than the trials")
def check_folds(data: StudyData) -> Issue | None:
    """Report folds that differ more than the best trials."""
    best, scores = data.best, data.scores
    if best is None or data.n_splits < 2 or len(scores) < AMONG or math.isnan(best.spread):  # noqa: PLR2004
        return None
    to_tenth = scores[0] - scores[AMONG - 1]
    to_median = scores[0] - float(np.median(scores))
    if best.spread <= to_tenth:
        return None
    severity: Severity = "medium" if best.spread > to_median else "low"
    against = (
        f"the best trial is only {significant(to_median, 2)} above the median trial"
        if severity == "medium"
        else f"the best ten trials lie within {significant(to_tenth, 2)}"
    )
    shown = (
        f" ({', '.join(score_of(data.scoring, each) for each in best.fold_scores)})"
        if best.fold_scores
        else ""
    )
    return Issue(
        severity=severity,
        evidence=(
            "The score of the best trial has a standard deviation of "
            f"{significant(best.spread, 2)} over the folds{shown}; {against}."
        ),
        remedy=(
            "Which of them ranks first is largely chance: refit the best few with several seeds "
            "and repeated folds, and choose the simplest of those that are not significantly "
            "different."
        ),
    )
