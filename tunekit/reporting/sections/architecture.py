"""What the best models are made of: layers or steps, shapes and parameters."""

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
    """Return the section on what the winners are made of; None where that is not known.

    Parameters
    ----------
    data : ReportData
    """
    parts = []
    for number, (title, described) in enumerate(_described(data)):
        found, name = architecture_of(described), f"architecture-{number}"
        if found is None:
            continue
        figure = draw_parts(found, name)
        tables = [layers_table(found, name), steps_table(found, name)]
        listed = [each for each in tables if each is not None]
        parts.append((title, figure and replace(figure, table=None), listed))
    if not parts:
        return None
    html = rendered("architecture", parts=parts)
    tables_of_all = tuple(table for _, _, listed in parts for table in listed)
    return Section("architecture", "Architecture", html, tables_of_all)


def _described(data: ReportData) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for study in data.studies:
        best = study.winner.best
        yield f"{study.study.name}: {best.name}", study.architecture
    for compared in data.compared:
        yield f"{compared.name}: {compared.best}", compared.architecture
