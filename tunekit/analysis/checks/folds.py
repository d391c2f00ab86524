"""Whether folds differ more than trials do."""

from __future__ import annotations

import math

import numpy as np

from tunekit.analysis.checks.finding import Found, Severity, check
from tunekit.analysis.study import StudyData
from tunekit.analysis.text import significant

#: Trials among which the best ones are compared.
AMONG = 10


@check("TK306", severity="low", title="The folds differ more than the trials")
def check_folds(data: StudyData) -> Found | None:
    """Find that the folds differ more than the best trials do."""
    best, scores = data.best, data.scores
    if best is None or data.n_splits < 2 or len(scores) < AMONG or math.isnan(best.spread):  # noqa: PLR2004
        return None
    to_tenth = scores[0] - scores[AMONG - 1]
    to_median = scores[0] - float(np.median(scores))
    if best.spread <= to_tenth:
        return None
    severity: Severity = "medium" if best.spread > to_median else "low"
    against = (
        f"the best trial is {to_median:.2g} above the median one"
        if severity == "medium"
        else f"the best ten trials lie within {to_tenth:.2g}"
    )
    shown = (
        f" ({', '.join(significant(each, 4) for each in best.fold_scores)})"
        if best.fold_scores
        else ""
    )
    return Found(
        severity=severity,
        evidence=(
            f"The scores of the best trial differ by {best.spread:.2g} from fold to fold{shown}, "
            f"as a standard deviation; {against}."
        ),
        remedy=(
            "Which of them is the best is chance: fit the best few again with several seeds and "
            "repeated folds, and choose the simplest of those that cannot be told apart."
        ),
    )
