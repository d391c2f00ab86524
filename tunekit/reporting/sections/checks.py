"""Checks: what a careful colleague would look at before believing a result."""

from __future__ import annotations

from tunekit.reporting.section import Section, rendered
from tunekit.reporting.sources import ReportData


def checks_section(data: ReportData) -> Section:
    """Return the section with what the checks found, the most severe first.

    Parameters
    ----------
    data : ReportData
    """
    parts = data.findings
    return Section("checks", "Checks", rendered("checks", parts=parts, several=len(parts) > 1))
