"""The registry of checks. Add new checks to :data:`CHECKS`."""

from __future__ import annotations

from tunekit.analysis.checks.baseline import check_baseline, check_constant
from tunekit.analysis.checks.comparison import check_failed, check_undecided, check_unfinished
from tunekit.analysis.checks.data import check_few_rows, check_imbalance, check_reused_test_split
from tunekit.analysis.checks.finding import Check, Finding, Subject
from tunekit.analysis.checks.folds import check_folds
from tunekit.analysis.checks.search import check_failures, check_still_improving
from tunekit.analysis.checks.search_edges import check_edges
from tunekit.analysis.checks.training import (
    check_budget,
    check_overfitting,
    check_stopped_early,
    check_underfitting,
    check_unstable,
)

#: All checks, in the order of their codes.
CHECKS: tuple[Check, ...] = (
    check_edges,
    check_still_improving,
    check_failures,
    check_reused_test_split,
    check_few_rows,
    check_imbalance,
    check_overfitting,
    check_underfitting,
    check_stopped_early,
    check_budget,
    check_unstable,
    check_folds,
    check_baseline,
    check_constant,
    check_unfinished,
    check_failed,
    check_undecided,
)


def run_checks(data: Subject) -> tuple[Finding, ...]:
    """Run all checks of a study or a comparison, and return the findings, most severe first.

    Parameters
    ----------
    data : StudyData or ComparisonData

    Returns
    -------
    tuple of Finding
        Empty if no check reports a problem.
    """
    checks = [each for each in CHECKS if isinstance(data, each.subjects)]
    findings = [finding for each in checks if (finding := each(data)) is not None]
    return tuple(sorted(findings, key=lambda finding: finding.rank))
