"""What it takes to do the best models again: configuration, versions, seeds, command, commit."""

from __future__ import annotations

from tunekit.analysis.collect import ReportData
from tunekit.analysis.reproduction import Reproduction, comparison_reproduction, reproduction
from tunekit.reporting.document import Section, rendered


def reproduce_section(data: ReportData) -> Section:
    """Return the section on doing it again.

    Parameters
    ----------
    data : ReportData
    """
    parts: list[tuple[str, Reproduction]] = []
    for study in data.studies:
        best, execution = study.winner.best, study.winner.execution
        found = reproduction(
            best,
            execution,
            architecture=study.architecture,
            environment=study.environment,
        )
        parts.append((f"{study.study.name}: {best.name}", found))
    for compared in data.compared:
        found = comparison_reproduction(
            compared.tracked,
            compared.best,
            architecture=compared.architecture,
            environment=compared.environment,
        )
        parts.append((f"{compared.name}: {compared.best}", found))
    return Section("reproduce", "Reproduce", rendered("reproduce", parts=parts))
