"""Addresses of stores, and invalid stores."""

from __future__ import annotations

import sqlite3

import pytest

import tunekit as tk
from tunekit.tracking.store import open_store, resolve_uri


def test_the_folder_of_the_store_must_exist(tmp_path):
    with pytest.raises(tk.TrackingError, match="folder of the store, .*nowhere, does not exist"):
        open_store(f"sqlite:///{tmp_path}/nowhere/mlflow.db")


def test_a_file_that_is_not_a_database_is_rejected(tmp_path):
    (tmp_path / "mlflow.db").write_text("not a database at all, but long enough to look at")
    with pytest.raises(tk.TrackingError, match="cannot be opened"):
        open_store(f"sqlite:///{tmp_path}/mlflow.db")


def test_the_store_comes_from_argument_environment_or_default(folder, monkeypatch):
    assert resolve_uri(None) == f"sqlite:///{folder}/mlflow.db"
    assert resolve_uri("sqlite:///x/y.db") == f"sqlite:///{folder}/x/y.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://host:1")
    assert resolve_uri(None) == "http://host:1"


def test_a_database_of_another_application_is_not_changed(tmp_path):
    path = tmp_path / "mine.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x)")
    before = path.read_bytes()
    for create in (True, False):
        with pytest.raises(tk.TrackingError, match="a database of another application"):
            open_store(f"sqlite:///{path}", create=create)
    assert path.read_bytes() == before
    with pytest.raises(tk.TrackingError, match="is a folder: name a file in it"):
        open_store(f"sqlite:///{tmp_path}")


@pytest.mark.slow
def test_processes_can_create_a_store_at_the_same_time(forks, tmp_path):
    code = (
        "import sys; from tunekit.tracking.store import open_store;"
        "print(len(open_store(sys.argv[1]).search_experiments()))"
    )
    started = [forks.start(code, f"sqlite:///{tmp_path}/mlflow.db") for _ in range(3)]
    for process in started:
        status, out, error = process.ended()
        assert (status, out.strip()) == (0, "1"), error
