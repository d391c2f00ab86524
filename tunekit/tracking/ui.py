"""The MLflow UI: its server, the pages of studies and comparisons, and their addresses."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tunekit.core.databases import database_path
from tunekit.core.runtime import server_environment
from tunekit.core.secrets import shown_address
from tunekit.core.study_info import Direction, StudyInfo
from tunekit.exceptions import NotFoundError, ParameterError, TrackingError, did_you_mean
from tunekit.tracking.encoding import curve_key, mean_key, safe_key, std_key
from tunekit.tracking.store import check_is_active, newest_run, other_names, tracking_errors

_LOCAL_UI = "http://127.0.0.1:5000"  # where ``tunekit ui`` serves a store by default
_START_TIMEOUT = 120.0  # seconds until the server must answer
_HIGHEST_PORT = 65535

_STUDY, _COMPARISON = "tunekit", "tunekit-comparison"  # names of views
_VIEWS = {"execution": _STUDY, "comparison": _COMPARISON}  # by kind of run
_SEARCH, _LEARNING, _SCORES, _FITS = "search", "learning", "scores", "fits"  # sections of charts
_CURVES = ("val_loss", "val_accuracy", "loss", "accuracy")
_AXES = 8  # that fit into parallel coordinates
_RUNS = 20  # that charts show; parallel coordinates show all


@contextlib.contextmanager
def ui_server(uri: str, *, host: str, port: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run the server of the MLflow UI inside a ``with`` block.

    Parameters
    ----------
    uri : str
        The store.
    host : str
        Address to listen on.
    port : int
        Port to listen on, 1 to 65535.

    Yields
    ------
    str
        Address of the UI, which is ready.
    subprocess.Popen
        The server.

    Raises
    ------
    ParameterError
        When the port is out of range or in use.
    TrackingError
        When the server does not start.
    """
    _check_port(host, port)
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1"]
    command += ["--host", host, "--port", str(port)]
    path = database_path(uri)
    if path:
        command += ["--default-artifact-root", (path.parent / "mlruns").as_uri()]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
            command, env=server_environment(uri), stdout=log, stderr=subprocess.STDOUT
        )
        try:
            address = f"http://{host}:{port}"
            if not _answers(f"{address}/health", process):
                log.seek(0)
                last_line = log.read().decode(errors="replace").strip().split("\n")[-1]
                raise TrackingError(f"the MLflow UI did not start on {address}: {last_line}")
            yield address, process
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _check_port(host: str, port: int) -> None:
    if not 1 <= port <= _HIGHEST_PORT:
        raise ParameterError(f"port must be from 1 to {_HIGHEST_PORT}, got {port}.")
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise ParameterError(
                f"cannot listen on {host}:{port} ({error.strerror}): name another with --port."
            ) from error


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own server
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    return False


def study_view(info: StudyInfo) -> dict[str, str]:
    """Return tags of an experiment that set up the page of a study: columns and charts.

    Parameters
    ----------
    info : StudyInfo
        With several splits, there is one curve per fold.
    """
    mean, several = mean_key(info.scoring), [mean_key(name) for name in info.objectives]
    metrics = [mean, std_key(info.scoring), *several, "fit_time", "n_params"]
    columns = ["attributes.`Duration`", "tags.`tunekit.engine`", "tags.`tunekit.state`"]
    columns += [f"metrics.`{name}`" for name in dict.fromkeys(metrics)]
    columns += [f"params.`{safe_key(name)}`" for name in info.space]
    sections = {_SEARCH: "Search", _LEARNING: "Learning curves"}
    return _view(_STUDY, columns, mean, _study_charts(info, mean), sections)


def comparison_view(scoring: Mapping[str, Direction]) -> dict[str, str]:
    """Return tags of an experiment that set up the page of a comparison.

    Parameters
    ----------
    scoring : mapping of str to {"maximize", "minimize"}
        Direction of each scorer, the main one first.
    """
    means = [mean_key(name) for name in scoring]
    columns = ["attributes.`Duration`", "tags.`tunekit.state`", "params.`kind`"]
    columns += [f"metrics.`{name}`" for name in (*means, "fit_time", "n_params", "n_bytes")]
    charts = [
        *(_chart("BAR", _SCORES, name, {"metricKey": mean_key(name)}) for name in scoring),
        *(_line(_FITS, f"fits-{name}", [safe_key(name)]) for name in scoring),
    ]
    sections = {_SCORES: "Mean scores", _FITS: "Scores by fit"}
    ascending = next(iter(scoring.values())) == "minimize"
    return _view(_COMPARISON, columns, means[0], charts, sections, ascending=ascending)


def _view(
    name: str,
    columns: Sequence[str],
    order: str,
    charts: Sequence[Mapping[str, Any]],
    sections: Mapping[str, str],
    *,
    ascending: bool = False,
) -> dict[str, str]:
    state = {
        "searchFilter": "",
        "orderByKey": f"metrics.`{order}`",
        "orderByAsc": ascending,
        "selectedColumns": columns,
        "runsExpanded": {},
        "runsHiddenMode": f"FIRST_{_RUNS}_RUNS",
        "hideEmptyCharts": True,
        "isAccordionReordered": True,  # otherwise MLflow sorts sections by name
        "compareRunCharts": charts,
        "compareRunSections": [_section(key, title) for key, title in sections.items()],
    }
    view = {"name": name, "createdAt": 0, "updatedAt": 0, "state": json.dumps(state)}
    return {
        "mlflow.experimentKind": "custom_model_development",
        f"mlflow.sharedViewState.{name}": json.dumps(view),
    }


@dataclass(frozen=True)
class Page:
    """A page of the MLflow UI.

    Attributes
    ----------
    experiment_id : str
    view : str
        Name of the view with its columns and charts.
    """

    experiment_id: str
    view: str = _STUDY

    def address(self, base: str, *, charts: bool = False) -> str:
        """Return its address in the MLflow UI at ``base``: the table or the charts."""
        mode = "&compareRunsMode=CHART" if charts else ""
        return (
            f"{base}/#/experiments/{self.experiment_id}/runs"
            f"?workflowType=machine_learning&viewStateShareKey={self.view}{mode}"
        )


def find_page(client: Any, name: str | None) -> Page:
    """Return the page of a study or comparison; without a name, that of the newest one.

    If a study has finalists, it is the page of the study, which shows them as well.

    Parameters
    ----------
    client : MlflowClient
    name : str or None

    Raises
    ------
    NotFoundError
        When there is neither a study nor a comparison with this name.
    TrackingError
        When the store cannot be read, or the study was deleted there.
    """
    place = shown_address(client.tracking_uri)
    with tracking_errors(f"the store {place} cannot be read"):
        if name is None:
            experiments = [str(each.experiment_id) for each in client.search_experiments()]
            newest = [newest_run(client, experiments, kind) for kind in _VIEWS]
            runs = sorted(filter(None, newest), key=lambda run: run.info.start_time)
            if not runs:
                return Page("0")
            name = client.get_experiment(runs[-1].info.experiment_id).name
        experiment = client.get_experiment_by_name(name)
        if experiment is not None:
            check_is_active(experiment, client.tracking_uri)
            for kind, view in _VIEWS.items():
                if newest_run(client, [experiment.experiment_id], kind) is not None:
                    return Page(str(experiment.experiment_id), view)
        others = other_names(client, name)
    raise NotFoundError(
        f"there is no study or comparison {name!r} in {place}.{did_you_mean(name, others)}"
    )


def _chart_params(space: Mapping[str, Any]) -> list[str]:
    """Return the parameters that are always active and have a single value.

    In parallel coordinates, MLflow omits trials that lack a parameter, and an axis of lists is
    not readable.
    """
    return [
        safe_key(name)
        for name, domain in space.items()
        if isinstance(domain, Mapping) and "when" not in domain and "per" not in domain
    ][:_AXES]


def _study_charts(info: StudyInfo, mean: str) -> list[dict[str, Any]]:
    folds = [None] if info.n_splits == 1 else list(range(info.n_splits))
    names = _chart_params(info.space)
    chosen = {"selectedParams": names, "selectedMetrics": [mean], "showAllRuns": True}
    cost = {"key": "fit_time", "type": "METRIC"}, {"key": mean, "type": "METRIC"}
    return [
        _chart("PARALLEL", _SEARCH, "parallel", chosen),
        _chart("SCATTER", _SEARCH, "cost", {"xaxis": cost[0], "yaxis": cost[1]}),
        _line(_SEARCH, "best", [mean]),
        *(_line(_LEARNING, name, [curve_key(name, fold) for fold in folds]) for name in _CURVES),
    ]


def _line(section: str, name: str, metrics: Sequence[str]) -> dict[str, Any]:
    settings = {
        "metricKey": metrics[0],
        "selectedMetricKeys": list(metrics),
        "xAxisKey": "step",
        "xAxisScaleType": "linear",
        "scaleType": "linear",
        "lineSmoothness": 0,
        "useGlobalLineSmoothing": True,
        "useGlobalXaxisKey": True,
        "yAxisKey": "metric",
    }
    return _chart("LINE", section, name, settings)


def _chart(kind: str, section: str, name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "uuid": f"tunekit-{name}",
        "type": kind,
        "metricSectionId": f"tunekit-{section}",
        "runsCountToCompare": _RUNS,
        "deleted": False,
        "isGenerated": False,
        **settings,
    }


def _section(key: str, name: str) -> dict[str, Any]:
    return {
        "uuid": f"tunekit-{key}",
        "name": name,
        "display": True,
        "isReordered": False,
        "deleted": False,
        "isGenerated": False,
    }


def run_address(uri: str, experiment_id: str, run_id: str) -> str:
    """Return the address of a run's page in the MLflow UI.

    Parameters
    ----------
    uri : str
        The store. If it is not a server, the address is that of ``tunekit ui``.
    experiment_id, run_id : str

    Examples
    --------
    >>> run_address("http://mlflow:5000/", "1", "ab")
    'http://mlflow:5000/#/experiments/1/runs/ab'
    >>> run_address("sqlite:///mlflow.db", "1", "ab")
    'http://127.0.0.1:5000/#/experiments/1/runs/ab'
    >>> run_address("http://me:secret@mlflow", "1", "ab")
    'http://mlflow/#/experiments/1/runs/ab'
    """
    return f"{base_address(uri)}/#/experiments/{experiment_id}/runs/{run_id}"


def base_address(uri: str) -> str:
    """Return the address of the MLflow UI of a store, without credentials.

    Examples
    --------
    >>> base_address("https://me:secret@mlflow/team/?token=secret")
    'https://mlflow/team'
    """
    if not uri.startswith(("http://", "https://")):
        return _LOCAL_UI
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")
