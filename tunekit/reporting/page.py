"""The report: assembled from its sections and written to one file."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from markupsafe import Markup

from tunekit.analysis.collect import ReportData, Source, collect_sources
from tunekit.analysis.text import counted
from tunekit.core.runtime import no_autologging
from tunekit.core.secrets import without_secrets
from tunekit.core.version import VERSION
from tunekit.exceptions import ParameterError, did_you_mean
from tunekit.reporting.document import Section, Theme, rendered, wrap
from tunekit.reporting.sections.architecture import architecture_section
from tunekit.reporting.sections.best import best_section
from tunekit.reporting.sections.candidates import candidates_section
from tunekit.reporting.sections.checks import checks_section
from tunekit.reporting.sections.errors import errors_section
from tunekit.reporting.sections.learning import learning_section
from tunekit.reporting.sections.measured import measured_section
from tunekit.reporting.sections.ranking import ranking_section
from tunekit.reporting.sections.reproduce import reproduce_section
from tunekit.reporting.sections.search import search_section
from tunekit.reporting.sections.statistics import statistics_section
from tunekit.reporting.sections.verdict import verdict_section
from tunekit.reporting.tables.table import embedded
from tunekit.tracking.finished_runs import log_report

#: Functions that make the sections, in order; they return None if there is nothing to show.
SECTIONS: Mapping[str, Callable[[ReportData], Section | None]] = {
    "verdict": verdict_section,
    "checks": checks_section,
    "ranking": ranking_section,
    "measured": measured_section,
    "search": search_section,
    "candidates": candidates_section,
    "best": best_section,
    "learning": learning_section,
    "errors": errors_section,
    "architecture": architecture_section,
    "statistics": lambda data: statistics_section(data.comparisons),
    "reproduce": reproduce_section,
}


def report(
    source: Source | Sequence[Source],
    path: str | Path,
    *,
    title: str | None = None,
    sections: Sequence[str] | None = None,
    theme: Theme = "auto",
    tracking_uri: str | None = None,
) -> Path:
    """Write the report of studies and comparisons as one self-contained HTML file.

    The report is made from the MLflow store, so it can be made later in another process; the same
    store gives the same page except for the date. A copy is logged to each execution and
    comparison that the report shows.

    Parameters
    ----------
    source : Tuner, Comparison, str, or a sequence of them
        A fitted tuner, a comparison, or the name of a study or comparison. A name selects the
        newest search of each engine and the newest comparison.
    path : str or Path
        File to write; missing folders are created.
    title : str or None, default=None
        Heading of the page; None uses the names.
    sections : sequence of str or None, default=None
        Sections to show, always in this order: ``"verdict"``, ``"checks"``, ``"ranking"``,
        ``"measured"``, ``"search"``, ``"candidates"``, ``"best"``, ``"learning"``, ``"errors"``,
        ``"architecture"``, ``"statistics"``, ``"reproduce"``. None shows all.
    theme : {"auto", "light", "dark"}, default="auto"
        Initial colours; the reader can change them.
    tracking_uri : str or None, default=None
        MLflow store in which names are looked up. None uses ``MLFLOW_TRACKING_URI`` if it is set,
        else ``sqlite:///mlflow.db``.

    Returns
    -------
    Path
        Path of the file.

    Raises
    ------
    ParameterError
        If a source has another type, was not fitted or not tracked, a section or theme is
        unknown, or the file cannot be written.
    NotFoundError
        If there is no such study or comparison.
    StudyError
        If a study has no finished trial, or a comparison no candidate with a score.

    Examples
    --------
    >>> report("never run", "report.html", tracking_uri="sqlite:///no.db")
    Traceback (most recent call last):
    ...
    tunekit.exceptions.NotFoundError: there is no store at .../no.db: run a study first, or name \
another.
    """
    selected, path = _selected(sections), Path(path)
    check_target(path)
    with no_autologging():  # a reference model is fitted
        data = collect_sources(source, tracking_uri)
        html = render(data, title=title, sections=selected, theme=theme)
    with _writing(path):
        path.write_text(html, encoding="utf-8")
    for uri, run_id in data.runs:
        log_report(uri, run_id, html)
    return path


def check_target(path: Path) -> None:
    """Check that a report can be written, before a long run.

    Parameters
    ----------
    path : Path
        The HTML file. Missing folders are created.

    Raises
    ------
    ParameterError
        If it cannot be written.
    """
    with _writing(path):
        new = not path.exists()
        path.open("a").close()
        if new:
            path.unlink()


def render(
    data: ReportData,
    *,
    title: str | None = None,
    sections: Sequence[str] = tuple(SECTIONS),
    theme: Theme = "auto",
) -> str:
    """Return the report as HTML.

    Parameters
    ----------
    data : ReportData
    title : str or None, default=None
    sections : sequence of str, default=all
    theme : {"auto", "light", "dark"}, default="auto"
    """
    all_sections = [SECTIONS[name](data) for name in sections]
    shown = [each for each in all_sections if each is not None]
    body = Markup("\n").join(rendered("section", section=each) for each in shown)
    names = ", ".join(data.names)
    page = wrap(
        names if title is None else title,
        body,
        embedded(
            [table for each in shown for table in each.tables],
            thresholds={name: it for each in shown for name, it in each.thresholds.items()},
            parallel={name: it for each in shown for name, it in each.parallel.items()},
        ),
        theme=theme,
        subtitle=f"{_subtitle(data)} · {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        footer=f"Made by tunekit {VERSION} from the MLflow runs of {names}.",
        sections=[(each.name, each.title) for each in shown],
    )
    return without_secrets(page)  # older versions may have stored some


def _subtitle(data: ReportData) -> str:
    """Return the estimators, engines and comparisons of the report."""
    parts = [
        f"{study.info.estimator}, tuned by {' and '.join(each.engine for each in study.engines)}"
        for study in data.studies
    ]
    parts += [
        f"{counted(len(each.comparison.candidates), 'model')} compared" for each in data.compared
    ]
    return "; ".join(dict.fromkeys(parts))


def _selected(sections: Sequence[str] | None) -> list[str]:
    if sections is None:
        return list(SECTIONS)
    if isinstance(sections, str):
        raise ParameterError(f"sections must be a list of names, got {sections!r}.")
    for name in sections:
        if name not in SECTIONS:
            raise ParameterError(f"there is no section {name!r}.{did_you_mean(name, SECTIONS)}")
    if not sections:
        raise ParameterError("sections must name at least one section, got none.")
    return [name for name in SECTIONS if name in sections]


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        hint = (
            f" Pass a file in it, such as {path / 'report.html'}."
            if isinstance(error, IsADirectoryError)
            else ""
        )
        raise ParameterError(
            f"cannot write the report to {path}: {error.strerror}.{hint}"
        ) from error
