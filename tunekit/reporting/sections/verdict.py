"""The verdict: three sentences for each study and comparison, and the numbers in them."""

from __future__ import annotations

from tunekit.reporting.section import Section, rendered
from tunekit.reporting.sources import ReportData
from tunekit.reporting.verdict import of_comparison, of_study


def verdict_section(data: ReportData) -> Section:
    """Return the section that says what was found, in plain words.

    Parameters
    ----------
    data : ReportData
    """
    parts = [(study.study.name, of_study(study)) for study in data.studies]
    parts += [(each.name, of_comparison(each)) for each in data.compared]
    html = rendered("verdict", parts=parts, several=len(parts) > 1)
    return Section("verdict", "Verdict", html)
