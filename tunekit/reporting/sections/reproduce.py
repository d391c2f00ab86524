"""What is needed to reproduce the best models: configuration, versions, seeds, command, commit."""

from __future__ import annotations

from tunekit.analysis.collect import ReportData
from tunekit.analysis.reproduction import Reproduction, comparison_reproduction, reproduction
from tunekit.reporting.document import Section, rendered


def reproduce_section(data: ReportData) -> Section:
    """Return the section on reproducing the best models.

    Parameters
    ----------
    data : ReportData
    """
    parts: list[tuple[str, Reproduction]] = []
    for study in data.studies:
        best, execution = study.winner.best, study.winner.execution
        details = reproduction(
            best,
            execution,
            architecture=study.architecture,
            environment=study.environment,
        )
        parts.append((f"{study.title}: {best.name}", details))
    for compared in data.compared:
        details = comparison_reproduction(
            compared.tracked,
            compared.best,
            architecture=compared.architecture,
            environment=compared.environment,
        )
        parts.append((f"{compared.name}: {compared.best}", details))
    return Section("reproduce", "Reproduce", rendered("reproduce", parts=parts))
