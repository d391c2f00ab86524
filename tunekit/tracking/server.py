"""Starting the MLflow UI on a store."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

from tunekit.databases import database_path
from tunekit.exceptions import ParameterError, TrackingError
from tunekit.runtime import server_environment

_PATIENCE = 120.0  # seconds until a server must answer
_HIGHEST_PORT = 65535


@contextlib.contextmanager
def ui_server(uri: str, *, host: str, port: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run the MLflow UI until the context is left.

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
        Address of the UI, which answers.
    subprocess.Popen
        The server.

    Raises
    ------
    ParameterError
        When the port is out of range or taken.
    TrackingError
        When the server does not come up.
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
                last = log.read().decode(errors="replace").strip().split("\n")[-1]
                raise TrackingError(f"the MLflow UI did not start on {address}: {last}")
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
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ParameterError(
                f"cannot listen on {host}:{port} ({error.strerror}): name another with --port."
            ) from error


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own server
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    return False
