"""Checks: what a careful colleague would look at before believing a result."""

from __future__ import annotations

from tunekit.analysis.collect import ReportData
from tunekit.reporting.document import Section, rendered


def checks_section(data: ReportData) -> Section:
    """Return the section with what the checks found, the most severe first.

    Parameters
    ----------
    data : ReportData
    """
    parts = data.findings
    return Section("checks", "Checks", rendered("checks", parts=parts, several=len(parts) > 1))
