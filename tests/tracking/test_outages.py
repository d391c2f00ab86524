"""Stores that fail while a study runs."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import threading
import time
import warnings

import mlflow
import pytest
import requests
import sqlalchemy
from dummy_estimators import QUALITY, ScriptedEstimator, study
from mlflow.protos.databricks_pb2 import ErrorCode
from sklearn.datasets import load_iris
from store_checks import assert_both_ledgers_agree
from trial_records import CREATE

import tunekit as tk
from tunekit.core.secrets import without_secrets
from tunekit.tracking.journal import Header, Journal, journal_folders
from tunekit.tracking.operations import EXECUTION, Operation
from tunekit.tracking.outbox import deliver_pending
from tunekit.tracking.retries import is_refusal
from tunekit.tracking.store import open_experiment, open_store
from tunekit.tracking.study_reader import read_execution, read_predictions

X, y = load_iris(return_X_y=True)
# Events by the number of the fit. Not in the class, because it is pickled.
HAPPENINGS, FITS = {}, []


class Eventful(ScriptedEstimator):
    """An estimator that triggers an event before a fit."""

    def fit(self, X, y):
        FITS.append(self.quality)
        HAPPENINGS.get(len(FITS), lambda: None)()
        return super().fit(X, y)


def eventful(happenings):
    """Return an estimator; ``happenings`` are events by the number of the fit."""
    HAPPENINGS.clear()
    HAPPENINGS.update(happenings)
    FITS.clear()
    return Eventful()


def fitted(engine, uri, happenings, name, *, refit=False):
    """Run a study with events, and return it with its warnings."""
    tuner = study(
        QUALITY,
        engine,
        estimator=eventful(happenings),
        n_trials=8,
        cv=0.3,
        name=name,
        tracking=True,
        tracking_uri=uri,
        refit=refit,
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tuner.fit(X, y)
    told = [str(each.message) for each in caught if each.category is tk.TrackingWarning]
    assert set(tuner.trials_["state"]) == {"complete"}
    return tuner, told


def assert_all_is_there(tuner, uri):
    assert_both_ledgers_agree(tuner.study_, uri)
    tracked = read_execution(open_store(uri, create=False), tuner.run_id_)
    assert tracked.executions[0].status == "FINISHED"
    assert len(tracked.trials) == 8
    for trial in tracked.trials:
        held = read_predictions(
            open_store(tracked.uri, create=False), trial.run_id, "predictions.npz"
        )
        assert len(held.rows) == 45
    assert not any(place.exists() for place in journal_folders(uri)), "journals are left over"


@pytest.fixture(autouse=True)
def _silent(caplog):
    """Check that libraries print nothing for each attempt."""
    yield
    assert [each for each in caplog.records if each.levelname != "INFO"] == []


@pytest.mark.slow
@pytest.mark.usefixtures("short_pauses")  # else MLflow may still retry when the server is back
@pytest.mark.parametrize("engine", ["optuna"])
def test_a_server_that_restarts_gets_all_writes(engine, server):
    def back():
        server.start()
        server.wait()

    happenings = {3: server.kill, 6: back}
    tuner, told = fitted(engine, server.uri, happenings, f"away {engine}")
    (sentence,) = told
    assert sentence.startswith(f"writing to the MLflow store {server.uri} failed (")
    assert "'tunekit studies --repair'" in sentence
    assert_all_is_there(tuner, server.uri)


@pytest.mark.slow
@pytest.mark.usefixtures("short_pauses")
@pytest.mark.parametrize("engine", ["hyperopt"])
def test_a_server_that_restarts_after_the_study_gets_all_writes_at_the_next_one(engine, server):
    tuner, told = fitted(engine, server.uri, {3: server.kill}, f"late {engine}", refit=True)
    assert len(told) == 1
    with pytest.warns(tk.TrackingWarning, match="pending writes are kept in"):
        score = tuner.evaluate(X, y)
    server.start()
    server.wait()
    other = study(QUALITY, engine, n_trials=1, name="next", tracking=True, tracking_uri=server.uri)
    other.fit(X, y)
    assert_all_is_there(tuner, server.uri)
    loaded = tk.load_study(f"late {engine}", tracking_uri=server.uri)
    assert loaded.executions["test_score"].tolist() == [score]
    assert loaded.champion.quality == tuner.best_params_["quality"]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["hyperopt"])
def test_a_database_that_is_locked_for_longer_than_sqlite_waits_gets_all_writes(engine, server):
    free = threading.Event()

    def lock():
        connection = sqlite3.connect(server.folder / "server.db", check_same_thread=False)
        connection.execute("BEGIN EXCLUSIVE")

        def release():
            time.sleep(6)  # SQLite waits for five
            connection.rollback()
            connection.close()
            free.set()

        threading.Thread(target=release).start()

    tuner, told = fitted(engine, server.uri, {3: lock, 7: free.wait}, f"locked {engine}")
    assert len(told) <= 1, "there is at most one warning"
    assert_all_is_there(tuner, server.uri)


@pytest.mark.slow
@pytest.mark.parametrize("room", [200_000, 0], ids=["for the journal", "for nothing"])
def test_a_disk_that_is_temporarily_full_loses_nothing(engine, folder, room):
    """A limit on the size of files simulates a full disk."""
    uri, before = f"sqlite:///{folder}/mlflow.db", resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill():
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))

    def wait():
        time.sleep(0.5)  # until the writer thread notices it

    def clear():
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    try:
        tuner, told = fitted(engine, uri, {3: fill, 4: wait, 7: clear}, "full")
    finally:
        clear()
    (sentence,) = told
    reasons = ("disk is full", "disk I/O error", "File too large")
    assert any(reason in sentence for reason in reasons), sentence
    assert ("kept in memory" in sentence) == (room == 0)
    assert_all_is_there(tuner, uri)


@pytest.mark.slow
@pytest.mark.parametrize("home", ["/dev/null", "a file"])
def test_a_user_without_a_usable_home_directory_can_track(engine, folder, monkeypatch, home):
    """The journal is in the directory for temporary files."""
    if home == "a file":
        home = str(folder / "closed")
        (folder / "closed").touch()
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", home)
    uri = f"sqlite:///{folder}/mlflow.db"
    tuner, told = fitted(engine, uri, {}, "homeless")
    assert told == []
    assert_all_is_there(tuner, uri)


ATTACH, LOG = Operation("attach", "1"), Operation("log", "1")


def mlflow_error(code, cause=None):
    error = mlflow.exceptions.MlflowException(str(cause or "no"), error_code=ErrorCode.Value(code))
    error.__cause__ = cause
    return error


def told_by_a_server(text):
    """A database error as MLflow's server returns it, with only the message."""
    return mlflow.exceptions.RestException({"error_code": "BAD_REQUEST", "message": text})


def http_error(status):
    answer = requests.Response()
    answer.status_code = status
    return requests.HTTPError(f"status {status}", response=answer)


@pytest.mark.parametrize(
    ("error", "operation", "expected"),
    [
        (mlflow_error("INVALID_PARAMETER_VALUE"), LOG, True),
        (mlflow_error("TEMPORARILY_UNAVAILABLE"), LOG, False),
        (mlflow_error("BAD_REQUEST"), LOG, True),
        (mlflow_error("BAD_REQUEST", sqlalchemy.exc.InterfaceError("x", {}, "closed")), LOG, False),
        (mlflow_error("BAD_REQUEST", sqlalchemy.exc.IntegrityError("x", {}, "no")), LOG, True),
        (told_by_a_server("(sqlite3.IntegrityError) (https://sqlalche.me/e/20/gkpj)"), LOG, True),
        (told_by_a_server("(x.errors.UniqueViolation) (https://sqlalche.me/e/20/gkpj)"), LOG, True),
        (told_by_a_server("(x.InterfaceError) (https://sqlalche.me/e/20/rvf5)"), LOG, False),
        (mlflow_error("PERMISSION_DENIED"), LOG, False),
        (mlflow_error("PERMISSION_DENIED"), ATTACH, True),
        (PermissionError(13, "denied"), ATTACH, True),
        (OSError(28, "No space left on device"), ATTACH, False),
        (http_error(413), ATTACH, True),
        (http_error(429), ATTACH, False),
        (http_error(503), ATTACH, False),
        (requests.ConnectionError("away"), ATTACH, False),
        (type("EndpointConnectionError", (Exception,), {})("S3 is away"), ATTACH, False),
        (TypeError("our mistake"), LOG, True),
    ],
)
def test_permanent_errors_are_distinguished_from_temporary_ones(error, operation, expected):
    assert is_refusal(error, operation) == expected


@pytest.mark.slow
def test_a_store_with_read_only_artifacts_gets_all_other_writes(engine, folder):
    """Like a server with a local artifact folder; here, the folder is a file."""
    uri = f"sqlite:///{folder}/mlflow.db"
    client = mlflow.MlflowClient(uri)
    client.create_experiment("closed", artifact_location="s3:closed")
    with pytest.warns(tk.TrackingWarning) as told:
        tuner = study(QUALITY, engine, n_trials=3, name="closed", tracking=True).fit(X, y)
    assert len([each for each in told if each.category is tk.TrackingWarning]) == 1
    assert_both_ledgers_agree(tuner.study_, uri)
    assert not any(place.exists() for place in journal_folders(uri)), "journals are left over"


@pytest.mark.slow
def test_warnings_contain_no_password():
    with pytest.raises(tk.TrackingError) as caught:
        open_store("http://me:secret@127.0.0.1:9")
    assert "secret" not in str(caught.value)
    assert "127.0.0.1:9" in str(caught.value)
    shown = without_secrets("postgresql://host/x?user=me&password=secret and http://token@h:1/")
    assert shown == "postgresql://host/x?user=me&password=*** and http://***@h:1/"


def test_processes_can_open_a_new_study_at_the_same_time(folder):
    def begin():
        try:
            open_experiment(open_store(uri), uri, "new", {f"tag {n}": "x" for n in range(20)})
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)

    uri, failures = f"sqlite:///{folder}/mlflow.db", []
    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def left_journal(uri, *operations, done):
    """Write a journal of a dead process, with an existing parent run."""
    client = open_store(uri)
    experiment = open_experiment(client, uri, "left", {})
    parent = client.create_run(experiment).info.run_id
    journal = Journal(journal_folders(uri)[0] / "1-left")
    journal.begin(Header(uri, experiment, "", {EXECUTION: parent}))
    for operation in operations:
        journal.append(operation)
    for _ in range(done):
        journal.tick()
    journal.release()
    return client, experiment


END = Operation("end", "0", {"status": "FINISHED", "end": 2})


@pytest.mark.parametrize("done", [0, 1])
def test_a_run_created_by_a_killed_process_is_found(folder, done):
    uri = f"sqlite:///{folder}/mlflow.db"
    client, experiment = left_journal(uri, CREATE, END, done=done)
    made = client.create_run(experiment, tags=CREATE.facts["tags"]).info.run_id
    assert deliver_pending(uri, client) == 2 - done
    runs = client.search_runs([experiment], "tags.`tunekit.trial` = '0'")
    assert [(run.info.run_id, run.info.status) for run in runs] == [(made, "FINISHED")]
    assert deliver_pending(uri, client) == 0


def test_a_deleted_run_is_not_created_again(folder):
    uri = f"sqlite:///{folder}/mlflow.db"
    client, experiment = left_journal(uri, CREATE, END, done=1)
    client.delete_run(client.create_run(experiment, tags=CREATE.facts["tags"]).info.run_id)
    assert deliver_pending(uri, client) == 1
    assert client.search_runs([experiment], "tags.`tunekit.trial` = '0'") == []


def test_a_removed_journal_is_detected(folder):
    journal = Journal(folder / "journal")
    journal.begin(Header("uri", "1", "", {}))
    journal.append(END)
    journal.tick()
    shutil.rmtree(journal.folder)
    with pytest.raises(FileNotFoundError):
        journal.append(END)
    with pytest.raises(FileNotFoundError):
        journal.tick()
    journal.remove()


def test_journals_of_processes_killed_while_creating_them_are_removed(folder):
    uri = f"sqlite:///{folder}/mlflow.db"
    client, _ = left_journal(uri, END, done=0)
    place = journal_folders(uri)[0]
    old, new = place / "2-old", place / "3-new"
    for each in (old, new):
        each.mkdir()
        (each / "operations.jsonl").touch()
    os.utime(old, (0, 0))
    assert deliver_pending(uri, client) == 1
    assert [each.name for each in place.iterdir()] == ["3-new"], (
        "its process may still be creating it"
    )


@pytest.mark.parametrize("where", ["link", "name", "file"])
def test_only_journals_are_removed(folder, tmp_path_factory, where):
    """Another user may have created the folder, as a link to one of ours."""
    uri = f"sqlite:///{folder}/mlflow.db"
    client, _ = left_journal(uri, END, done=0)
    place = journal_folders(uri)[1]
    place.parent.mkdir(exist_ok=True, mode=0o700)
    home = tmp_path_factory.mktemp("home")
    if where == "link":
        place.symlink_to(home, target_is_directory=True)
    else:
        place.mkdir()
    mine = place / ("documents" if where == "name" else "4-mine")
    mine.mkdir()
    (mine / ("letter.txt" if where == "file" else "operations.jsonl")).touch()
    os.utime(mine, (0, 0))
    try:
        deliver_pending(uri, client)
        assert mine.exists()
    finally:
        place.unlink() if where == "link" else shutil.rmtree(place)
