"""Fixtures: MLflow and PostgreSQL servers, and the runs of a study."""

from __future__ import annotations

import tempfile
from pathlib import Path

import mlflow
import pytest
import servers


@pytest.fixture(scope="session")
def _server(tmp_path_factory):
    started = servers.MlflowServer(tmp_path_factory.mktemp("server"))
    yield started
    started.kill()


@pytest.fixture
def server(_server):
    """A running tracking server, with the studies of other tests."""
    _server.start()
    _server.wait()
    return _server


@pytest.fixture(scope="session")
def postgres():
    with tempfile.TemporaryDirectory(prefix="tunekit-pg-", ignore_cleanup_errors=True) as name:
        server = servers.PostgresServer(Path(name))
        server.start()
        yield server
        server.stop()


@pytest.fixture
def short_pauses(monkeypatch):
    """Shorten the pauses between attempts to write to a store that is down."""
    monkeypatch.setattr("tunekit.tracking.outbox._FIRST_PAUSE", 0.1)
    monkeypatch.setattr("tunekit.tracking.outbox._CLOSE_TIMEOUT", 0.5)
    for name in ("FACTOR", "JITTER"):
        monkeypatch.setenv(f"MLFLOW_HTTP_REQUEST_BACKOFF_{name}", "0")


@pytest.fixture
def runs(tuner, uri):
    """Parent and children of one execution, as MLflow's own client reads them."""
    client = mlflow.MlflowClient(uri)
    parent = client.get_run(tuner.run_id_)
    children = client.search_runs(
        [parent.info.experiment_id],
        f"tags.`mlflow.parentRunId` = '{tuner.run_id_}'",
    )
    return client, parent, sorted(children, key=lambda run: int(run.data.tags["tunekit.trial"]))
