"""Architecture of the best models: layers or steps, shapes and parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tunekit.analysis.architecture import architecture_of
from tunekit.analysis.collect import ReportData
from tunekit.reporting.document import Section, rendered
from tunekit.reporting.figures.architecture import draw_parts
from tunekit.reporting.tables.architecture import layers_table, steps_table


def architecture_section(data: ReportData) -> Section | None:
    """Return the section on the architecture of the best models; None if it is unknown.

    Parameters
    ----------
    data : ReportData
    """
    parts = []
    for number, (title, described) in enumerate(_described(data)):
        architecture, name = architecture_of(described), f"architecture-{number}"
        if architecture is None:
            continue
        figure = draw_parts(architecture, name)
        all_tables = (layers_table(architecture, name), steps_table(architecture, name))
        tables = [each for each in all_tables if each is not None]
        parts.append((title, figure and replace(figure, table=None), tables))
    if not parts:
        return None
    html = rendered("architecture", parts=parts)
    shown = tuple(table for _, _, tables in parts for table in tables)
    return Section("architecture", "Architecture", html, shown)


def _described(data: ReportData) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for study in data.studies:
        best = study.winner.best
        yield f"{study.title}: {best.name}", study.architecture
    for compared in data.compared:
        yield f"{compared.name}: {compared.best}", compared.architecture
