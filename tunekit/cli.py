"""The command line, a thin layer over the Python API."""

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
from tunekit.engines.registry import ENGINES, find_engine
from tunekit.exceptions import ParameterError, TunekitError

if TYPE_CHECKING:
    from rich.table import Table

    from tunekit.study.tuner import Tuner
    from tunekit.tracking.comparison_reader import ListedComparison
    from tunekit.tracking.tracked_study import TrackedStudy
    from tunekit.tracking.ui import Page

app = typer.Typer(
    help="Tune and compare Keras and scikit-learn models, track them in MLflow, and write HTML "
    "reports.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_TIME = "%Y-%m-%d %H:%M"
_WIDE = 1000  # characters per line if the output is not a terminal

TrackingUri = Annotated[
    str | None,
    typer.Option(
        "--tracking-uri",
        help="MLflow store. Default: $MLFLOW_TRACKING_URI, else sqlite:///mlflow.db.",
    ),
]


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line; a tunekit error prints one sentence and exits with status 2.

    Parameters
    ----------
    args : sequence of str or None, default=None
        Arguments without the program name; None uses ``sys.argv``.
    """
    try:
        sys.exit(app(args=args, standalone_mode=False) or 0)
    except TunekitError as error:
        _echo(f"Error: {error}", fg="red", err=True)
        sys.exit(2)
    except typer.Abort:
        _echo("Aborted.", err=True)
        sys.exit(1)
    except typer.exceptions.TyperException as error:
        _exit_with_usage(error)
    except Exception:  # noqa: BLE001 - printed as Python does
        _echo(traceback.format_exc().rstrip(), err=True)
        sys.exit(1)


def _exit_with_usage(error: Any) -> None:
    """Print why the arguments are invalid, as Typer does, and exit."""
    from typer.rich_utils import rich_format_error

    error.message = without_secrets(str(error.message))
    rich_format_error(error)
    sys.exit(error.exit_code)


def _echo(text: str = "", *, err: bool = False, fg: str | None = None, bold: bool = False) -> None:
    """Print a text without secrets. All output of the command line goes through here."""
    typer.secho(without_secrets(text), err=err, fg=fg, bold=bold or None)


@app.command()
def run(
    file: Annotated[Path, typer.Argument(help="Study file, such as studies/digits.py.")],
    engine: Annotated[
        list[str] | None,
        typer.Option(help=f"{' or '.join(ENGINES)}; repeat the option to run several."),
    ] = None,
    trials: Annotated[int | None, typer.Option(help="Number of trials per engine.")] = None,
    space: Annotated[
        Path | None, typer.Option(help="YAML or JSON file with another search space.")
    ] = None,
    finalists: Annotated[
        int, typer.Option(min=0, help="Number of top trials to refit with five new seeds.")
    ] = 0,
    out: Annotated[
        Path | None, typer.Option(help="HTML file of the report. Default: reports/NAME.html.")
    ] = None,
) -> None:
    """Run a study file, evaluate the best model on the test split, and write the report."""
    from tunekit.reporting.page import check_target
    from tunekit.reporting.page import report as write_report
    from tunekit.space.files import read_space
    from tunekit.study.study_file import load_study_file

    other_space = read_space(space) if space else None
    engines: list[str | None] = [find_engine(each).name for each in engine or []] or [None]
    study = load_study_file(file)
    if len(engines) > 1 and study.tuner.storage is not None:
        raise ParameterError(
            "a study with a storage runs on one engine at a time: pass --engine once."
        )
    if out is not None:
        if not study.tuner.tracking:
            raise ParameterError(
                "--out: a report needs a tracked study: set tracking=True in the tuner."
            )
        check_target(out)
    tuners = [study.run(engine=each, n_trials=trials, space=other_space) for each in engines]
    for tuner in tuners:
        _print_best(tuner, tested=study.X_test is not None)
        if finalists:
            _print_finalists(tuner, finalists)
    name = tuners[0].study_.study_name
    if tuners[0].tracking:
        path = write_report(
            name,
            out or Path("reports") / f"{_file_name(name)}.html",
            tracking_uri=tuners[0].tracking_uri_,
        )
        _echo(f"\nReport: {path}")
        _echo(f"MLflow UI: {_ui_command(str(tuners[0].tracking_uri_))}")


@app.command()
def report(
    names: Annotated[
        list[str], typer.Argument(help="Names of studies and comparisons in the store.")
    ],
    out: Annotated[Path, typer.Option(help="HTML file to write.")],
    title: Annotated[
        str | None, typer.Option(help="Heading of the report. Default: the names.")
    ] = None,
    section: Annotated[
        list[str] | None,
        typer.Option(help="Section to show, such as verdict; repeat the option for more."),
    ] = None,
    theme: Annotated[str, typer.Option(help="Initial colours: auto, light or dark.")] = "auto",
    tracking_uri: TrackingUri = None,
) -> None:
    """Write the report of finished studies and comparisons."""
    from tunekit.reporting.document import check_theme
    from tunekit.reporting.page import report as write_report

    path = write_report(
        names,
        out,
        title=title,
        sections=section or None,
        theme=check_theme(theme),
        tracking_uri=tracking_uri,
    )
    _echo(f"Report: {path}")


@app.command()
def space(
    file: Annotated[Path, typer.Argument(help="Study file, or YAML or JSON space file.")],
    out: Annotated[
        Path | None, typer.Option(help="YAML or JSON file to write the space to.")
    ] = None,
) -> None:
    """Check a space and print it, or write it to a file for tunekit run --space."""
    from tunekit.space.files import read_space, write_space
    from tunekit.study.study_file import load_study_file

    checked = load_study_file(file).tuner.space if file.suffix == ".py" else read_space(file)
    if out is None:
        for line in checked.lines():
            _echo(line)
    else:
        write_space(checked, out)
        _echo(f"Space: {out}")


@app.command()
def studies(
    tracking_uri: TrackingUri = None,
    repair: Annotated[  # noqa: FBT002 - Typer makes a flag of it
        bool,
        typer.Option(
            "--repair",
            help="Deliver pending writes and close the runs of dead processes before listing.",
        ),
    ] = False,
) -> None:
    """List the studies and comparisons in the store."""
    from tunekit.analysis.text import counted
    from tunekit.tracking.comparison_reader import list_comparisons
    from tunekit.tracking.repair import repair_store
    from tunekit.tracking.store import open_store, resolve_uri
    from tunekit.tracking.study_reader import list_studies

    uri = resolve_uri(tracking_uri)
    if repair:
        delivered, closed = repair_store(uri)
        writes, runs = counted(delivered, "pending write"), counted(closed, "stale run")
        _echo(f"Delivered {writes}; closed {runs}.")
    client = open_store(uri, create=False)
    tables = [_study_table(list_studies(client)), _comparison_table(list_comparisons(client))]
    shown = [table for table in tables if table.row_count]
    if shown:
        _print_tables(shown)
    else:
        _echo(f"No study in {shown_address(uri)}.")


def _study_table(tracked: Sequence[TrackedStudy]) -> Table:
    table = _table("study", "engines", "executions", "trials", "best score", "last run (UTC)")
    for column in table.columns[2:5]:
        column.justify = "right"
    for study in tracked:
        best = study.trials[0].score if study.trials else math.nan
        table.add_row(
            _on_one_line(study.name),
            ", ".join(sorted({each.engine for each in study.executions})),
            str(len(study.executions)),
            str(len(study.trials)),
            "–" if math.isnan(best) else f"{best:.4f}",
            study.executions[0].started.strftime(_TIME),
        )
    return table


def _comparison_table(comparisons: Sequence[ListedComparison]) -> Table:
    table = _table("comparison", "kind", "candidates", "state", "last run (UTC)")
    for comparison in comparisons:
        table.add_row(
            _on_one_line(comparison.name),
            comparison.kind,
            _on_one_line(comparison.candidates),
            comparison.status.lower(),
            comparison.started.strftime(_TIME),
        )
    return table


def _table(*columns: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _print_tables(tables: Sequence[Table]) -> None:
    from rich.console import Console

    # A file or a pipe has no width, so lines are not folded.
    console = Console(width=None if sys.stdout.isatty() else _WIDE)
    for index, table in enumerate(tables):
        if index:
            console.print()
        console.print(table, markup=False)


def _on_one_line(name: str) -> str:
    """Return a name on one line, with control characters escaped."""
    name = without_secrets(name)
    return name if name.isprintable() else repr(name)[1:-1]


@app.command()
def ui(
    name: Annotated[
        str | None, typer.Argument(help="Study or comparison to open. Default: the newest.")
    ] = None,
    tracking_uri: TrackingUri = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 5000,
    browser: Annotated[  # noqa: FBT002 - Typer makes --browser/--no-browser of it
        bool, typer.Option(help="Open the page in a browser, if there is one.")
    ] = True,
) -> None:
    """Start the MLflow UI and print the link to a study or comparison. Press Ctrl-C to stop it."""
    import webbrowser

    from tunekit.core.signals import FOREVER, closed_on_sigterm
    from tunekit.tracking.store import open_store, resolve_uri
    from tunekit.tracking.ui import base_address, find_page, ui_server

    uri = resolve_uri(tracking_uri)
    page = find_page(open_store(uri, create=False), name)
    if uri.startswith(("http://", "https://")):
        _show_links(base_address(uri), page)
        return
    _echo("Starting the MLflow UI …")
    with closed_on_sigterm(), ui_server(uri, host=host, port=port) as (address, server):
        _show_links(address, page)
        _echo("Press Ctrl-C to stop it.")
        sys.stdout.flush()
        if browser and sys.stdout.isatty():
            webbrowser.open(page.address(address))
        try:
            server.wait(timeout=FOREVER)
        except KeyboardInterrupt:
            _echo("Stopped.")


def _show_links(base: str, page: Page) -> None:
    _echo(f"MLflow UI: {page.address(base)}")
    _echo(f"Charts:    {page.address(base, charts=True)}")


def _print_best(tuner: Tuner, *, tested: bool) -> None:
    from tunekit.study.results import best_by_name

    scoring = tuner.scoring if isinstance(tuner.scoring, str) else "score"
    scoring = "accuracy" if tuner.scoring is None and hasattr(tuner, "classes_") else scoring
    _echo(f"\n{tuner.engine}", bold=True)
    _echo(f"  ended because {tuner.stopped_}")
    _echo(f"  search {scoring:<10} {tuner.best_score_:.4f}  (mean over splits, optimistic)")
    if tested:
        _echo(f"  test {scoring:<12} {tuner.test_score_:.4f}")
    best = best_by_name(tuner)
    width = max(map(len, best))
    for name, value in best.items():
        _echo(f"  {name:<{width}}  {_formatted(value)}")


def _formatted(value: object) -> str:
    if isinstance(value, tuple):
        inside = ", ".join(map(_formatted, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _file_name(name: str) -> str:
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)[:100].strip("-.")
    return safe or "study"


def _print_finalists(tuner: Tuner, k: int) -> None:
    """Refit the best configurations and print their scores before and after."""
    comparison = tuner.finalists(k=k)
    ranking = comparison.ranking()
    width = max(map(len, ranking.index))
    _echo(f"  {'refitted':<{width}}   score  before  group")
    for name, row in ranking.iterrows():
        score, before = (f"{row[column]:.4f}" for column in ("score", "search_score"))
        _echo(f"  {name:<{width}}  {score}  {before}  {row['group']}")
    if comparison.info.same_splits:
        _echo(
            "  refitted on the splits of the search, as these do not shuffle: the scores show the "
            "effect of seeds, not that of rows"
        )


def _program() -> str:
    """Return the program name to type: a path below the current folder, else the bare name."""
    program = Path(sys.argv[0])
    try:
        return str(program.resolve().relative_to(Path.cwd()))
    except ValueError:
        return program.name


def _ui_command(uri: str) -> str:
    """Return the command that opens the UI of a store, without its password."""
    from tunekit.tracking.store import resolve_uri

    command, shown = f"{_program()} ui", shown_address(uri)
    if uri == resolve_uri(None):
        return command
    if shown != uri:
        return f"MLFLOW_TRACKING_URI={shlex.quote(shown)} {command}"
    return f"{command} --tracking-uri {uri}"
