"""Checks: findings that may put a result in doubt."""

from __future__ import annotations

from tunekit.analysis.collect import ReportData
from tunekit.reporting.document import Section, rendered


def checks_section(data: ReportData) -> Section:
    """Return the section with the findings of all checks, the most severe first.

    Parameters
    ----------
    data : ReportData
    """
    parts = data.findings
    return Section("checks", "Checks", rendered("checks", parts=parts, several=len(parts) > 1))
