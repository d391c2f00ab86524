"""Puts the report together and writes it."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from tunekit.exceptions import ParameterError
from tunekit.records import Predictions
from tunekit.reporting.data import StudyData, collect
from tunekit.reporting.shell import wrap
from tunekit.reporting.tables import Column, Kind, Table, embedded
from tunekit.tracking.afterwards import log_report
from tunekit.tracking.reader import TrackedStudy, read_execution, read_study
from tunekit.tracking.store import resolve_uri

if TYPE_CHECKING:
    from tunekit.reporting.drawing import Figure
    from tunekit.tuner import Tuner

_SECTIONS = (
    ("result", "Result"),
    ("best", "The best model"),
    ("learning", "Learning curves"),
    ("search", "The search"),
    ("trials", "All trials"),
)


def report(source: Tuner | str, path: str | Path, *, tracking_uri: str | None = None) -> Path:
    """Write the report of a study: one HTML file that needs nothing else.

    It is made from what MLflow holds, so it can be made in another process, later. A copy is kept
    there, with each execution that it shows.

    Parameters
    ----------
    source : Tuner or str
        A fitted tuner, or the name of a study. By name, the newest search of each engine is
        shown.
    path : str or Path
        The file to write; folders are made.
    tracking_uri : str or None, default=None
        The MLflow store in which a name is looked up; None takes ``MLFLOW_TRACKING_URI`` or
        else ``sqlite:///mlflow.db``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ParameterError
        When the source is neither, the tuner was not fitted or not tracked, or the file cannot
        be written.
    NotFoundError
        When there is no such study.
    StudyError
        When the study has no finished trial.

    Examples
    --------
    >>> report("never run", "report.html", tracking_uri="sqlite:///no.db")
    Traceback (most recent call last):
    ...
    tunekit.exceptions.NotFoundError: there is no store at .../no.db: run a study first, or name \
another.
    """
    data, path = collect(_study(source, tracking_uri)), Path(path)
    html = render(data)
    with _writing(path):
        path.write_text(html, encoding="utf-8")
    for engine in data.engines:
        log_report(data.study.uri, engine.execution.run_id, html)
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


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise ParameterError(f"cannot write the report to {path}: {error.strerror}.") from error


def render(data: StudyData) -> str:
    """Return the report as HTML."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tunekit.reporting"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = _number
    environment.filters["value"] = _value
    body = environment.get_template("report.html.j2").render(
        data=data,
        figures=_figures(data),
        directions=data.directions,
        front=data.front,
        parameters=_parameters(data),
    )
    info = data.winner.execution.info
    engines = " and ".join(each.engine for each in data.engines)
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    version = importlib.metadata.version("tunekit")
    return wrap(
        data.study.name,
        Markup(body),  # noqa: S704 - the template escapes
        embedded([_trials(data)]),
        subtitle=f"{info['estimator']}, tuned by {engines} · {made}",
        footer=f"Made by tunekit {version} from the MLflow experiment “{data.study.name}”.",
        sections=[each for each in _SECTIONS if f'id="{each[0]}"' in body],
    )


def _study(source: Tuner | str, tracking_uri: str | None) -> TrackedStudy:
    if isinstance(source, str):
        return read_study(resolve_uri(tracking_uri), source)
    if not hasattr(source, "run_id_"):
        raise ParameterError(
            f"report needs a fitted Tuner or the name of a study, got {type(source).__name__}."
        )
    if source.run_id_ is None or source.tracking_uri_ is None:
        raise ParameterError(
            "this tuner was run with tracking=False, so there is nothing to report from: "
            "run it with tracking=True."
        )
    return read_execution(source.tracking_uri_, source.run_id_)


def _figures(data: StudyData) -> Mapping[str, Any]:
    # Here and not above: drawing loads seaborn.
    from tunekit.reporting.figures.learning import learning_curves
    from tunekit.reporting.figures.progress import progress

    drawn: dict[str, Any] = {"progress": progress(data.study.trials, "progress")}
    for name, predictions in (("held_out", data.held_out), ("test", data.test)):
        if predictions is None:
            continue
        if data.winner.execution.info["task"] == "classification" and predictions.classes is None:
            continue  # several labels a row: no single matrix shows them
        for key, figure in _of_predictions(predictions, name.replace("_", "-")):
            if figure is not None:
                drawn[f"{name}_{key}"] = figure
    for metric in ("loss", "accuracy"):
        if any(metric in curve for curve in data.curves):
            drawn[f"curve_{metric}"] = learning_curves(data.curves, metric, metric)
    return drawn


def _of_predictions(predictions: Predictions, name: str) -> Iterator[tuple[str, Figure | None]]:
    from tunekit.reporting.figures.confusion import confusion as draw_confusion
    from tunekit.reporting.figures.regression import predicted_against_true
    from tunekit.reporting.figures.roc import roc as draw_roc
    from tunekit.reporting.quality.confusion import Confusion, confusion
    from tunekit.reporting.quality.residuals import Residuals, residuals
    from tunekit.reporting.quality.roc import Roc, roc

    left = residuals(predictions) if predictions.classes is None else None
    if isinstance(left, Residuals):
        yield "scatter", predicted_against_true(left, f"{name}-scatter")
    counts, curves = confusion(predictions), roc(predictions)
    if isinstance(counts, Confusion):
        yield "confusion", draw_confusion(counts, f"{name}-confusion")
    if isinstance(curves, Roc):
        yield "roc", draw_roc(curves, f"{name}-roc")


def _parameters(data: StudyData) -> list[str]:
    """Return the names of all parameters, those of the first trials first."""
    return list(dict.fromkeys(name for trial in data.study.trials for name in trial.params))


def _trials(data: StudyData) -> Table:
    """Return all trials, best first."""
    trials = data.study.trials
    ranks = _ranks(data)
    objectives = [each for each in data.directions if each != data.scoring]
    parameters = _parameters(data)
    cells: dict[Column, list[Any]] = {
        Column("rank", "rank", "integer"): ranks,
        Column("trial", "trial", "integer"): [each.number for each in trials],
        Column("engine", "engine"): [each.engine for each in trials],
        Column("score", "score", "number"): [each.score for each in trials],
        Column("spread", "±", "number"): [each.spread for each in trials],
        Column("state", "state"): [each.state for each in trials],
    }
    for name in objectives:
        column = Column(f"objective/{name}", name, "general")
        cells[column] = [each.objectives.get(name) for each in trials]
    for name in parameters:
        values = [each.params.get(name) for each in trials]
        cells[Column(f"parameter/{name}", name, _kind(values), digits=3)] = values
    cells[Column("fit", "fit, s", "number", digits=2)] = [each.fit_time for each in trials]
    cells[Column("error", "why it failed")] = [each.error or None for each in trials]
    empty = {"spread": data.winner.execution.info["n_splits"] == "1"}
    empty |= {key: all(each.state == "complete" for each in trials) for key in ("state", "error")}
    kept = {column: values for column, values in cells.items() if not empty.get(column.key)}
    return Table(
        "trials",
        "All trials, best first",
        tuple(kept),
        tuple(zip(*kept.values(), strict=True)),
        tuple(f"parameter/{name}" for name in parameters),
        tools=True,
    )


def _kind(values: Sequence[Any]) -> Kind:
    """Return how values of a parameter are shown: as numbers where all of them are."""
    texts = (str, list, tuple, bool)
    return "text" if any(isinstance(each, texts) for each in values) else "general"


def _ranks(data: StudyData) -> list[int | None]:
    """Return each trial's rank: equal scores share one, a trial without a score has none."""
    scores = [trial.score for trial in data.study.trials]
    return [None if math.isnan(score) else scores.index(score) + 1 for score in scores]


def _number(value: float, digits: int = 4) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


def _value(value: Any) -> str:
    """Return a parameter's value as a person would write it."""
    if isinstance(value, (list, tuple)):
        return " · ".join(_value(each) for each in value) or "none"
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return f"{value:.3g}" if isinstance(value, float) else str(value)
