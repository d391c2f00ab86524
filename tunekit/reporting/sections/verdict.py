"""The verdict: three sentences per study and comparison, and findings that put them in doubt."""

from __future__ import annotations

from tunekit.analysis.collect import ReportData
from tunekit.analysis.datasets import datasets_verdict, over_datasets
from tunekit.analysis.verdict import comparison_verdict, study_verdict
from tunekit.reporting.document import Section, rendered


def verdict_section(data: ReportData) -> Section:
    """Return the section that summarizes the results in plain language.

    Parameters
    ----------
    data : ReportData
    """
    verdicts = [
        *(study_verdict(study) for study in data.studies),
        *(comparison_verdict(compared) for compared in data.compared),
    ]
    parts = [
        (name, sentences, [each for each in findings if each.severity != "low"])
        for (name, findings), sentences in zip(data.findings, verdicts, strict=True)
    ]
    over = over_datasets(data.compared)
    if over is not None:
        parts.append(("Across data sets", datasets_verdict(over), []))
    html = rendered("verdict", parts=parts, several=len(parts) > 1)
    return Section("verdict", "Verdict", html)
