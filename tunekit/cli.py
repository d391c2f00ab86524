"""The command line: a thin face over the Python API."""

from __future__ import annotations

import math
import shlex
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tunekit.core.secrets import shown_address, without_secrets
from tunekit.exceptions import ParameterError, TunekitError

if TYPE_CHECKING:
    from tunekit.study.tuner import Tuner

app = typer.Typer(
    help="Tune Keras and scikit-learn models, watch them in MLflow, and report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_WIDE = 1000  # characters

TrackingUri = Annotated[
    str | None,
    typer.Option(
        "--tracking-uri",
        help="The MLflow store; without it MLFLOW_TRACKING_URI, or else sqlite:///mlflow.db.",
    ),
]


def main(words: Sequence[str] | None = None) -> None:
    """Run the command line; an error of ours is one sentence and exit status 2.

    Parameters
    ----------
    words : sequence of str or None, default=None
        What was typed behind the program's name; None takes it from ``sys.argv``.
    """
    try:
        sys.exit(app(args=words, standalone_mode=False) or 0)
    except TunekitError as error:
        _say(f"Error: {error}", fg="red", err=True)
        sys.exit(2)
    except typer.Abort:
        _say("Aborted.", err=True)
        sys.exit(1)
    except typer.exceptions.TyperException as error:
        _refuse(error)
    except Exception:  # noqa: BLE001 - printed as Python would
        _say(traceback.format_exc().rstrip(), err=True)
        sys.exit(1)


def _refuse(error: Any) -> None:
    """Print why the command line is invalid, as Typer does, and exit."""
    from typer.rich_utils import rich_format_error

    error.message = without_secrets(str(error.message))
    rich_format_error(error)
    sys.exit(error.exit_code)


def _say(text: str = "", *, err: bool = False, fg: str | None = None, bold: bool = False) -> None:
    """Print a text without its secrets: all that the command line says."""
    typer.secho(without_secrets(text), err=err, fg=fg, bold=bold or None)


@app.command()
def run(
    file: Annotated[Path, typer.Argument(help="A study file, such as studies/digits.py.")],
    engine: Annotated[
        list[str] | None,
        typer.Option(help="optuna or hyperopt; give it twice to run both."),
    ] = None,
    trials: Annotated[int | None, typer.Option(help="Trials for each engine.")] = None,
    space: Annotated[
        Path | None, typer.Option(help="A YAML or JSON file with another space to search.")
    ] = None,
    finalists: Annotated[
        int, typer.Option(min=0, help="How many of the best to fit again with five fresh seeds.")
    ] = 0,
    out: Annotated[
        Path | None, typer.Option(help="The report; without it reports/NAME.html.")
    ] = None,
) -> None:
    """Run a study file, judge the winner on its test split, and write the report."""
    from tunekit.engines.registry import find_engine
    from tunekit.reporting.page import check_target
    from tunekit.reporting.page import report as write_report
    from tunekit.space.files import read_space
    from tunekit.study.study_file import load_study_file

    chosen = read_space(space) if space else None
    engines: list[str | None] = [find_engine(each).name for each in engine or []] or [None]
    study = load_study_file(file)
    if len(engines) > 1 and study.tuner.storage is not None:
        raise ParameterError("with a storage a study runs on one engine at a time: name one.")
    if out is not None:
        if not study.tuner.tracking:
            raise ParameterError("--out: a report shows what was tracked; let the tuner track.")
        check_target(out)
    tuners = [study.run(engine=each, n_trials=trials, space=chosen) for each in engines]
    for tuner in tuners:
        _print_best(tuner, judged=study.X_test is not None)
        if finalists:
            _print_finalists(tuner, finalists)
    name = tuners[0].study_.study_name
    if tuners[0].tracking:
        written = write_report(
            name,
            out or Path("reports") / f"{_file_name(name)}.html",
            tracking_uri=tuners[0].tracking_uri_,
        )
        _say(f"\nReport: {written}")
        _say(f"MLflow UI: {_ui_command(str(tuners[0].tracking_uri_))}")


@app.command()
def report(
    names: Annotated[
        list[str], typer.Argument(help="Names of studies and comparisons in the store.")
    ],
    out: Annotated[Path, typer.Option(help="The HTML file to write.")],
    title: Annotated[str | None, typer.Option(help="Heading; without it the names.")] = None,
    section: Annotated[
        list[str] | None,
        typer.Option(help="A section to show, such as verdict; give it again for more."),
    ] = None,
    theme: Annotated[str, typer.Option(help="Colours at first: auto, light or dark.")] = "auto",
    tracking_uri: TrackingUri = None,
) -> None:
    """Write the report of studies and comparisons that were run before."""
    from tunekit.reporting.document import check_theme
    from tunekit.reporting.page import report as write_report

    written = write_report(
        names,
        out,
        title=title,
        sections=section or None,
        theme=check_theme(theme),
        tracking_uri=tracking_uri,
    )
    _say(f"Report: {written}")


@app.command()
def space(
    file: Annotated[Path, typer.Argument(help="A study file, or a YAML or JSON space file.")],
    out: Annotated[
        Path | None, typer.Option(help="A YAML or JSON file to write the space to.")
    ] = None,
) -> None:
    """Check a space and show it, or write it to a file for tunekit run --space."""
    from tunekit.space.files import read_space, write_space
    from tunekit.study.study_file import load_study_file

    found = load_study_file(file).tuner.space if file.suffix == ".py" else read_space(file)
    if out is None:
        for line in found.lines():
            _say(line)
    else:
        write_space(found, out)
        _say(f"Space: {out}")


@app.command()
def studies(
    tracking_uri: TrackingUri = None,
    repair: Annotated[  # noqa: FBT002 - Typer makes a flag of it
        bool,
        typer.Option(
            "--repair",
            help="First write what could not be written, and end the runs of processes that are "
            "gone.",
        ),
    ] = False,
) -> None:
    """List the studies and comparisons that the store holds."""
    from rich.console import Console
    from rich.table import Table

    from tunekit.tracking.comparison_reader import list_comparisons
    from tunekit.tracking.repair import repair_store
    from tunekit.tracking.store import open_store, resolve_uri
    from tunekit.tracking.study_reader import list_studies

    uri = resolve_uri(tracking_uri)
    if repair:
        written, ended = repair_store(uri)
        _say(f"Written late: {written} operations. Ended: {ended} runs.")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("study", "engines", "executions", "trials", "best score", "last run (UTC)"):
        number = column in ("executions", "trials", "best score")
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    client = open_store(uri, create=False)
    for study in list_studies(client):
        best = study.trials[0].score if study.trials else math.nan
        table.add_row(
            _on_a_line(study.name),
            ", ".join(sorted({each.engine for each in study.executions})),
            str(len(study.executions)),
            str(len(study.trials)),
            "–" if math.isnan(best) else f"{best:.4f}",
            study.executions[0].started.strftime("%Y-%m-%d %H:%M"),
        )
    compared = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("comparison", "kind", "candidates", "state", "last run (UTC)"):
        compared.add_column(column, overflow="fold")
    for found in list_comparisons(client):
        compared.add_row(
            _on_a_line(found.name),
            found.kind,
            _on_a_line(found.candidates),
            found.status.lower(),
            found.started.strftime("%Y-%m-%d %H:%M"),
        )
    # What goes into a file or another program has no width to keep to.
    console = Console(width=None if sys.stdout.isatty() else _WIDE)
    shown = [each for each in (table, compared) if each.row_count]
    for place, each in enumerate(shown):
        if place:
            console.print()
        console.print(each, markup=False)
    if not shown:
        _say(f"No study in {shown_address(uri)}.")


def _on_a_line(name: str) -> str:
    """Return a name on one line, whatever is in it."""
    name = without_secrets(name)
    return name if name.isprintable() else repr(name)[1:-1]


@app.command()
def ui(
    name: Annotated[
        str | None, typer.Argument(help="The study to open; without it the newest.")
    ] = None,
    tracking_uri: TrackingUri = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 5000,
    browser: Annotated[  # noqa: FBT002 - Typer makes --browser/--no-browser of it
        bool, typer.Option(help="Open the page in a browser, where there is one.")
    ] = True,
) -> None:
    """Start the MLflow UI and print the link to a study's page. Ctrl-C stops it."""
    import webbrowser

    from tunekit.core.signals import closed_on_sigterm
    from tunekit.tracking.store import open_store, resolve_uri
    from tunekit.tracking.study_reader import find_experiment
    from tunekit.tracking.ui import base_address, page_of, ui_server

    uri = resolve_uri(tracking_uri)
    experiment = find_experiment(open_store(uri, create=False), name)
    if uri.startswith(("http://", "https://")):
        _show_links(base_address(uri), experiment)
        return
    _say("Starting the MLflow UI …")
    with closed_on_sigterm(), ui_server(uri, host=host, port=port) as (address, server):
        _show_links(address, experiment)
        _say("Ctrl-C stops it.")
        sys.stdout.flush()
        if browser and sys.stdout.isatty():
            webbrowser.open(page_of(address, experiment))
        try:
            server.wait()
        except KeyboardInterrupt:
            _say("Stopped.")


def _show_links(base: str, experiment: str) -> None:
    from tunekit.tracking.ui import page_of

    _say(f"MLflow UI: {page_of(base, experiment)}")
    _say(f"Charts:    {page_of(base, experiment, charts=True)}")


def _print_best(tuner: Tuner, *, judged: bool) -> None:
    scoring = tuner.scoring if isinstance(tuner.scoring, str) else "score"
    scoring = "accuracy" if tuner.scoring is None and hasattr(tuner, "classes_") else scoring
    _say(f"\n{tuner.engine}", bold=True)
    _say(f"  ended because {tuner.stopped_}")
    _say(f"  search {scoring:<10} {tuner.best_score_:.4f}  (mean of the splits, optimistic)")
    if judged:
        _say(f"  test {scoring:<12} {tuner.test_score_:.4f}")
    width = max(map(len, tuner.best_params_))
    for name, value in tuner.best_params_.items():
        _say(f"  {name:<{width}}  {_shown(value)}")


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        inside = ", ".join(map(_shown, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _file_name(name: str) -> str:
    kept = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)[:100].strip("-.")
    return kept or "study"


def _print_finalists(tuner: Tuner, k: int) -> None:
    """Fit the best configurations again, and say what became of their scores."""
    found = tuner.finalists(k=k)
    ranking = found.ranking()
    width = max(map(len, ranking.index))
    _say(f"  {'fitted again':<{width}}   score  before  group")
    for name, row in ranking.iterrows():
        score, before = (f"{row[column]:.4f}" for column in ("score", "search_score"))
        _say(f"  {name:<{width}}  {score}  {before}  {row['group']}")
    if found.info.same_splits:
        _say(
            "  on the splits of the search, which do not shuffle: the luck of the seed is "
            "measured, not that of the rows"
        )


def _program() -> str:
    """Return how this program was called, if that still works when typed again."""
    called = Path(sys.argv[0])
    try:
        return str(called.resolve().relative_to(Path.cwd()))
    except ValueError:
        return called.name


def _ui_command(uri: str) -> str:
    """Return the command that opens the UI on a store; passwords are passed by the environment."""
    from tunekit.tracking.store import resolve_uri

    command, shown = f"{_program()} ui", shown_address(uri)
    if uri == resolve_uri(None):
        return command
    if shown != uri:
        return f"MLFLOW_TRACKING_URI={shlex.quote(shown)} {command}"
    return f"{command} --tracking-uri {uri}"
