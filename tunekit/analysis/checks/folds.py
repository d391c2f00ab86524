"""Whether folds differ more than trials do."""

from __future__ import annotations

import math

import numpy as np

from tunekit.analysis.checks.finding import Finding, Severity
from tunekit.analysis.evidence import Evidence
from tunekit.analysis.text import significant

#: Trials among which the best ones are compared.
AMONG = 10


def check_folds(evidence: Evidence) -> Finding | None:
    """TK306: the folds differ more than the best trials do."""
    best, scores = evidence.best, evidence.scores
    if best is None or evidence.n_splits < 2 or len(scores) < AMONG or math.isnan(best.spread):  # noqa: PLR2004
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
    return Finding(
        code="TK306",
        severity=severity,
        title="The folds differ more than the trials",
        evidence=(
            f"The scores of the best trial differ by {best.spread:.2g} from fold to fold{shown}, "
            f"as a standard deviation; {against}."
        ),
        remedy=(
            "Which of them is the best is chance: fit the best few again with several seeds and "
            "repeated folds, and choose the simplest of those that cannot be told apart."
        ),
    )
