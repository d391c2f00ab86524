"""All checks, and how they are run."""

from __future__ import annotations

from collections.abc import Callable

from tunekit.analysis.checks.baseline import check_baseline, check_constant
from tunekit.analysis.checks.data import check_imbalance, check_tiny, check_touched
from tunekit.analysis.checks.finding import Finding
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
from tunekit.analysis.evidence import Evidence

#: Each takes what was collected and returns what it found, or None.
CHECKS: tuple[Callable[[Evidence], Finding | None], ...] = (
    check_edges,
    check_still_improving,
    check_failures,
    check_touched,
    check_tiny,
    check_imbalance,
    check_overfitting,
    check_underfitting,
    check_stopped_early,
    check_budget,
    check_unstable,
    check_folds,
    check_baseline,
    check_constant,
)


def run_checks(evidence: Evidence) -> tuple[Finding, ...]:
    """Return what the checks found, the most severe first.

    Parameters
    ----------
    evidence : Evidence
        From :func:`tunekit.analysis.evidence.collect_evidence`.

    Returns
    -------
    tuple of Finding
        Empty where nothing is wrong.
    """
    found = [finding for check in CHECKS if (finding := check(evidence)) is not None]
    return tuple(sorted(found, key=lambda finding: finding.rank))
