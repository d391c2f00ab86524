"""Puts the report together and writes it."""

from __future__ import annotations

import contextlib
import importlib.metadata
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from markupsafe import Markup

from tunekit.analysis.collect import ReportData, Source, collect_sources
from tunekit.core.secrets import without_secrets
from tunekit.exceptions import ParameterError, did_you_mean
from tunekit.reporting.document import Section, Theme, rendered, wrap
from tunekit.reporting.sections.architecture import architecture_section
from tunekit.reporting.sections.best import best_section
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

#: What makes each section of a report, in their order; None where it has nothing to show.
SECTIONS: Mapping[str, Callable[[ReportData], Section | None]] = {
    "verdict": verdict_section,
    "checks": checks_section,
    "ranking": ranking_section,
    "measured": measured_section,
    "search": search_section,
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
    """Write the report of studies and comparisons: one HTML file that needs nothing else.

    It is made from what MLflow holds, so it can be made in another process, later, and the same
    store gives the same page, but for the date. A copy is kept there, with each execution and each
    comparison that it shows.

    Parameters
    ----------
    source : Tuner, Comparison, str, or a sequence of them
        A fitted tuner, a comparison, or the name of a study or a comparison. By name, the newest
        search of each engine and the newest comparison are shown.
    path : str or Path
        The file to write; folders are made.
    title : str or None, default=None
        Heading of the page; None takes the names.
    sections : sequence of str or None, default=None
        What to show, always in this order: ``"verdict"``, ``"checks"``, ``"ranking"``,
        ``"measured"``, ``"search"``, ``"best"``, ``"learning"``, ``"errors"``,
        ``"architecture"``, ``"statistics"``, ``"reproduce"``. None shows all.
    theme : {"auto", "light", "dark"}, default="auto"
        Colours at first; the reader can change them.
    tracking_uri : str or None, default=None
        The MLflow store in which names are looked up; None takes ``MLFLOW_TRACKING_URI`` or
        else ``sqlite:///mlflow.db``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ParameterError
        When a source is something else, was not fitted or not tracked, there is no such section
        or theme, or the file cannot be written.
    NotFoundError
        When there is no such study or comparison.
    StudyError
        When a study has no finished trial, or a comparison no candidate with a score.

    Examples
    --------
    >>> report("never run", "report.html", tracking_uri="sqlite:///no.db")
    Traceback (most recent call last):
    ...
    tunekit.exceptions.NotFoundError: there is no store at .../no.db: run a study first, or name \
another.
    """
    chosen = _chosen(sections)
    data, path = collect_sources(source, tracking_uri), Path(path)
    html = render(data, title=title, sections=chosen, theme=theme)
    with _writing(path):
        path.write_text(html, encoding="utf-8")
    for uri, run_id in data.runs:
        log_report(uri, run_id, html)
    return path


def check_target(path: Path) -> None:
    """Check that a report can be written, before the work that it is to report on.

    Parameters
    ----------
    path : Path
        The HTML file. Its folder is made.

    Raises
    ------
    ParameterError
        When it cannot be written.
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
    made = [SECTIONS[name](data) for name in sections]
    shown = [each for each in made if each is not None]
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
        subtitle=f"{_what(data)} · {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        footer=(
            f"Made by tunekit {importlib.metadata.version('tunekit')} from what MLflow holds of "
            f"{names}."
        ),
        sections=[(each.name, each.title) for each in shown],
    )
    return without_secrets(page)  # an older tunekit may have left some in the store


def _what(data: ReportData) -> str:
    """Return what the report is of, in words."""
    words = [
        f"{study.info.estimator}, tuned by {' and '.join(each.engine for each in study.engines)}"
        for study in data.studies
    ]
    words += [f"{len(each.found.candidates)} models compared" for each in data.compared]
    return "; ".join(dict.fromkeys(words))


def _chosen(sections: Sequence[str] | None) -> list[str]:
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
            f" Name a file in it, such as {path / 'report.html'}."
            if isinstance(error, IsADirectoryError)
            else ""
        )
        raise ParameterError(
            f"cannot write the report to {path}: {error.strerror}.{hint}"
        ) from error
