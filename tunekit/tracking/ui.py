"""The MLflow UI: its server, the page of a study, and addresses of pages."""

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
from typing import Any
from urllib.parse import urlsplit

from tunekit.core.databases import database_path
from tunekit.core.runtime import server_environment
from tunekit.exceptions import ParameterError, TrackingError
from tunekit.tracking.encoding import curve_key, safe_key

_LOCAL_UI = "http://127.0.0.1:5000"  # where ``tunekit ui`` serves a store by default
_START_TIMEOUT = 120.0  # seconds until the server must answer
_HIGHEST_PORT = 65535

_NAME = "tunekit"  # of the shared view
_SEARCH, _LEARNING = "search", "learning"  # sections of charts
_METRICS = ("objective", "objective_std", "fit_time", "n_params")
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


def view_tags(space: Mapping[str, Any], n_splits: int) -> dict[str, str]:
    """Return tags of an experiment that set up its page in the MLflow UI: columns and charts.

    Parameters
    ----------
    space : mapping
        The space in its JSON form.
    n_splits : int
        Number of splits. If there are several, there is one curve per fold.
    """
    names = [safe_key(name) for name in space]
    columns = ["attributes.`Duration`", "tags.`tunekit.engine`", "tags.`tunekit.state`"]
    columns += [f"metrics.`{name}`" for name in _METRICS]
    columns += [f"params.`{name}`" for name in names]
    state = {
        "searchFilter": "",
        "orderByKey": "metrics.`objective`",
        "orderByAsc": False,
        "selectedColumns": columns,
        "runsExpanded": {},
        "runsHiddenMode": f"FIRST_{_RUNS}_RUNS",
        "hideEmptyCharts": True,
        "isAccordionReordered": True,  # otherwise MLflow sorts sections by name
        "compareRunCharts": _charts(_chart_params(space), n_splits),
        "compareRunSections": [
            _section(_SEARCH, "Search"),
            _section(_LEARNING, "Learning curves"),
        ],
    }
    view = {"name": _NAME, "createdAt": 0, "updatedAt": 0, "state": json.dumps(state)}
    return {
        "mlflow.experimentKind": "custom_model_development",
        f"mlflow.sharedViewState.{_NAME}": json.dumps(view),
    }


def page_of(base: str, experiment_id: str, *, charts: bool = False) -> str:
    """Return the address of a study's page in the MLflow UI at ``base``: the table or charts."""
    mode = "&compareRunsMode=CHART" if charts else ""
    return (
        f"{base}/#/experiments/{experiment_id}/runs"
        f"?workflowType=machine_learning&viewStateShareKey={_NAME}{mode}"
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


def _charts(names: Sequence[str], n_splits: int) -> list[dict[str, Any]]:
    folds = [None] if n_splits == 1 else list(range(n_splits))
    chosen = {"selectedParams": list(names), "selectedMetrics": ["objective"], "showAllRuns": True}
    cost = {"key": "fit_time", "type": "METRIC"}, {"key": "objective", "type": "METRIC"}
    return [
        _chart("PARALLEL", _SEARCH, "parallel", chosen),
        _chart("SCATTER", _SEARCH, "cost", {"xaxis": cost[0], "yaxis": cost[1]}),
        _line(_SEARCH, "best", ["objective"]),
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
        "uuid": f"{_NAME}-{name}",
        "type": kind,
        "metricSectionId": f"{_NAME}-{section}",
        "runsCountToCompare": _RUNS,
        "deleted": False,
        "isGenerated": False,
        **settings,
    }


def _section(key: str, name: str) -> dict[str, Any]:
    return {
        "uuid": f"{_NAME}-{key}",
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
