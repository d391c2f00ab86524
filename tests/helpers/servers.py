"""Real servers that tests start, kill and start again."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import sqlalchemy

from tunekit.core.runtime import server_environment


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class MlflowServer:
    """A tracking server that keeps its artifacts itself, as one for a team does."""

    def __init__(self, folder, backend=None):
        port = free_port()
        self.folder = folder
        self.backend = backend or f"sqlite:///{folder}/server.db"
        self.uri = f"http://127.0.0.1:{port}"
        self._port = str(port)
        self._process = None

    def start(self):
        """Start it, unless it runs."""
        if self._process is not None and self._process.poll() is None:
            return
        # What "mlflow server" starts; the command itself would take seconds more.
        command = [sys.executable, "-m", "uvicorn", "mlflow.server.fastapi_app:app"]
        command += ["--host", "127.0.0.1", "--port", self._port]
        settings = {
            "_MLFLOW_SERVER_FILE_STORE": self.backend,
            "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
            "_MLFLOW_SERVER_ARTIFACT_DESTINATION": str(self.folder / "artifacts"),
            "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
        }
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                env={**server_environment(self.backend), **settings},
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )

    def wait(self):
        end = time.monotonic() + 120
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.uri}/health", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                assert self._process.poll() is None, (self.folder / "server.log").read_text()
                time.sleep(0.1)
        raise AssertionError("the MLflow server did not come up")

    def kill(self):
        """Kill it with its workers, if it runs."""
        if self._process is None or self._process.poll() is not None:
            return
        family = [psutil.Process(self._process.pid)]
        family += family[0].children(recursive=True)
        for process in family:
            process.kill()
        self._process.wait()
        psutil.wait_procs(family, timeout=30)


class PostgresServer:
    """Debian's PostgreSQL, which ``make test`` installs, on a folder of its own.

    It refuses to run as root, so there it runs as the user that Debian made for it.
    """

    def __init__(self, folder):
        self.folder = folder
        self._bin = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
        assert self._bin, "these tests need Debian's postgresql: make database"
        self._user = "postgres" if os.getuid() == 0 else None
        self._port = free_port()

    def start(self):
        # Not in a folder of pytest's, into which no other user may look.
        if self._user:
            shutil.chown(self.folder, self._user)
        data = self.folder / "data"
        self._run("initdb", "-D", data, "-A", "trust", "-U", "tunekit", "-E", "UTF8", "--no-sync")
        options = f"-p {self._port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        log = self.folder / "log"
        self._run("pg_ctl", "-D", data, "-o", options, "-l", log, "-w", "start")

    def stop(self):
        self._run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")

    def database(self, name):
        """Make an empty database and return its address."""
        address = f"postgresql+psycopg://tunekit@127.0.0.1:{self._port}"
        engine = sqlalchemy.create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text(f'CREATE DATABASE "{name}"'))
        engine.dispose()
        return f"{address}/{name}"

    def dump(self, address):
        """Return all that a database holds, as a text."""
        engine = sqlalchemy.create_engine(address)
        with engine.connect() as connection:
            tables = sqlalchemy.inspect(connection).get_table_names()
            held = [
                list(connection.execute(sqlalchemy.text(f'TABLE "{table}"'))) for table in tables
            ]
        engine.dispose()
        return repr(held)

    def _run(self, program, *words):
        command = [self._bin / program, *words]
        done = subprocess.run(
            list(map(str, command)),
            user=self._user,
            group=self._user,
            extra_groups=[] if self._user else None,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert done.returncode == 0, done.stderr
