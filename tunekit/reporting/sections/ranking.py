"""The ranked tables: candidates of comparisons, finalists, and all trials."""

from __future__ import annotations

from tunekit.analysis.collect import ReportData
from tunekit.analysis.comparison import ComparisonData
from tunekit.reporting.document import Section, rendered
from tunekit.reporting.tables.candidates import candidate_table
from tunekit.reporting.tables.engines import engine_table
from tunekit.reporting.tables.trials import trial_table


def ranking_section(data: ReportData) -> Section:
    """Return the section with one table per comparison and per study.

    Parameters
    ----------
    data : ReportData
    """
    models = [
        (_title(each), candidate_table(each, f"models-{number}"))
        for number, each in enumerate(data.comparisons)
    ]
    trials = [
        (f"Trials of {study.title}", trial_table(study, f"trials-{number}"))
        for number, study in enumerate(data.studies)
    ]
    engines = [
        (f"Best trials of {study.title}", engine_table(study, f"engines-{number}"))
        for number, study in enumerate(data.studies)
    ]
    html = rendered("ranking", models=models, engines=engines, trials=trials)
    tables = tuple(table for _, table in models + engines + trials)
    return Section("ranking", "Ranked tables", html, tables)


def _title(data: ComparisonData) -> str:
    return data.title if data.comparison.info.kind == "finalists" else f"Candidates of {data.name}"
