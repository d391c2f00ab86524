"""Stores that fail while a study runs."""

from __future__ import annotations

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
from tunekit.tracking.journal import Header, Journal, places
from tunekit.tracking.operations import EXECUTION, Operation
from tunekit.tracking.outbox import deliver_left_behind
from tunekit.tracking.retries import is_refusal
from tunekit.tracking.store import open_experiment, open_store
from tunekit.tracking.study_reader import read_execution, read_predictions

X, y = load_iris(return_X_y=True)
# What happens before the fit of a number; beside the class, which must be pickled.
HAPPENINGS, FITS = {}, []


class Eventful(ScriptedEstimator):
    """Lets something happen before the fit of a trial."""

    def fit(self, X, y):
        FITS.append(self.quality)
        HAPPENINGS.get(len(FITS), lambda: None)()
        return super().fit(X, y)


def eventful(happenings):
    """Return an estimator; ``happenings`` says what happens, by the number of the fit."""
    HAPPENINGS.clear()
    HAPPENINGS.update(happenings)
    FITS.clear()
    return Eventful()


def fitted(engine, uri, happenings, name, *, refit=False):
    """Run a study in which something happens, and return it with what it warned of."""
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
    assert not any(place.exists() for place in places(uri)), "journals are left"


@pytest.fixture(autouse=True)
def _silent(caplog):
    """The libraries below say nothing of each attempt: that would be told by us, once."""
    yield
    assert [each for each in caplog.records if each.levelname != "INFO"] == []


@pytest.mark.slow
def test_a_server_that_goes_away_and_comes_back_gets_everything(engine, server):
    def back():
        server.start()
        server.wait()

    happenings = {3: server.kill, 6: back}
    tuner, told = fitted(engine, server.uri, happenings, f"away {engine}")
    (sentence,) = told
    assert sentence.startswith(f"the MLflow store {server.uri} fails (")
    assert "'tunekit studies --repair'" in sentence
    assert_all_is_there(tuner, server.uri)


@pytest.mark.slow
@pytest.mark.usefixtures("short_pauses")
def test_a_server_that_comes_back_after_the_study_gets_everything_at_the_next_one(engine, server):
    tuner, told = fitted(engine, server.uri, {3: server.kill}, f"late {engine}", refit=True)
    assert len(told) == 1
    with pytest.warns(tk.TrackingWarning, match="it writes waits in"):
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
def test_a_database_that_is_locked_for_longer_than_sqlite_waits_gets_everything(engine, server):
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
    assert len(told) <= 1, "the user is told once"
    assert_all_is_there(tuner, server.uri)


@pytest.mark.slow
@pytest.mark.parametrize("room", [200_000, 0], ids=["for the journal", "for nothing"])
def test_a_disk_that_is_full_for_a_while_costs_nothing(engine, folder, room):
    """No file may grow beyond some bytes: that is what a full disk looks like from here."""
    uri, before = f"sqlite:///{folder}/mlflow.db", resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill():
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))

    def wait():
        time.sleep(0.5)  # for the thread that writes to find out

    def clear():
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    try:
        tuner, told = fitted(engine, uri, {3: fill, 4: wait, 7: clear}, "full")
    finally:
        clear()
    (sentence,) = told
    reasons = ("disk is full", "disk I/O error", "File too large")
    assert any(reason in sentence for reason in reasons), sentence
    assert ("waits in memory" in sentence) == (room == 0)
    assert_all_is_there(tuner, uri)


@pytest.mark.slow
@pytest.mark.parametrize("home", ["/dev/null", "a file"])
def test_a_user_without_a_usable_home_can_track(engine, folder, monkeypatch, home):
    """The journal goes to the folder for temporary files."""
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
    """A database's error as MLflow's server passes it on: the text is all there is."""
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
def test_what_will_never_work_is_told_from_what_may(error, operation, expected):
    assert is_refusal(error, operation) == expected


def test_a_store_whose_artifacts_are_not_ours_to_write_holds_the_rest(engine, folder):
    """As a server with an artifact folder on its own machine: here it is no folder at all."""
    uri = f"sqlite:///{folder}/mlflow.db"
    client = mlflow.MlflowClient(uri)
    client.create_experiment("closed", artifact_location="s3:closed")
    with pytest.warns(tk.TrackingWarning) as told:
        tuner = study(QUALITY, engine, n_trials=3, name="closed", tracking=True).fit(X, y)
    assert len([each for each in told if each.category is tk.TrackingWarning]) == 1
    assert_both_ledgers_agree(tuner.study_, uri)
    assert not any(place.exists() for place in places(uri)), "journals are left"


@pytest.mark.slow
def test_no_password_is_told():
    with pytest.raises(tk.TrackingError) as caught:
        open_store("http://me:secret@127.0.0.1:9")
    assert "secret" not in str(caught.value)
    assert "127.0.0.1:9" in str(caught.value)
    shown = without_secrets("postgresql://host/x?user=me&password=secret and http://token@h:1/")
    assert shown == "postgresql://host/x?user=me&password=*** and http://***@h:1/"


def test_processes_may_open_one_new_study_together(folder):
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
    """Leave a journal of a process that is gone, with an execution's run that exists."""
    client = open_store(uri)
    experiment = open_experiment(client, uri, "left", {})
    parent = client.create_run(experiment).info.run_id
    journal = Journal(places(uri)[0] / "1-left")
    journal.begin(Header(uri, experiment, "", {EXECUTION: parent}))
    for operation in operations:
        journal.append(operation)
    for _ in range(done):
        journal.tick()
    journal.release()
    return client, experiment


END = Operation("end", "0", {"status": "FINISHED", "end": 2})


@pytest.mark.parametrize("done", [0, 1])
def test_a_run_that_a_killed_process_made_is_found_again(folder, done):
    uri = f"sqlite:///{folder}/mlflow.db"
    client, experiment = left_journal(uri, CREATE, END, done=done)
    made = client.create_run(experiment, tags=CREATE.facts["tags"]).info.run_id
    assert deliver_left_behind(uri, client) == 2 - done
    runs = client.search_runs([experiment], "tags.`tunekit.trial` = '0'")
    assert [(run.info.run_id, run.info.status) for run in runs] == [(made, "FINISHED")]
    assert deliver_left_behind(uri, client) == 0


def test_a_run_that_was_deleted_meanwhile_is_not_made_anew(folder):
    uri = f"sqlite:///{folder}/mlflow.db"
    client, experiment = left_journal(uri, CREATE, END, done=1)
    client.delete_run(client.create_run(experiment, tags=CREATE.facts["tags"]).info.run_id)
    assert deliver_left_behind(uri, client) == 1
    assert client.search_runs([experiment], "tags.`tunekit.trial` = '0'") == []


def test_a_journal_that_somebody_removes_is_missed(folder):
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
