"""The process that writes to a database."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from contextlib import closing, contextmanager, suppress

import mlflow
import psutil
import pytest
from dummy_estimators import QUALITY, ScriptedEstimator, study
from sklearn.datasets import load_iris
from store_checks import assert_both_ledgers_agree
from trial_records import CREATE

import tunekit as tk
from tunekit.tracking.operations import EXECUTION, Operation, OperationRunner
from tunekit.tracking.outbox import Outbox, deliver_pending
from tunekit.tracking.store import open_experiment, open_store
from tunekit.tracking.writer_process import WriterProcess

pytestmark = pytest.mark.interpreter  # the writer is a process

X, y = load_iris(return_X_y=True)
PARAMS = Operation("log", "0", {"params": {"x": "1"}})


def writers():
    """Return the writer processes of this process."""
    found = []
    for each in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it has ended
            if "tunekit.tracking.writer_process" in " ".join(each.cmdline()):
                found.append(each)
    return found


@contextmanager
def writer(uri):
    client = open_store(uri)
    experiment = open_experiment(client, uri, "written", {})
    with WriterProcess(uri, experiment, OperationRunner(lambda: client, experiment, {})) as started:
        wait_for(lambda: started.is_up)
        yield started, client


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it does not start"
        time.sleep(0.02)


def test_it_applies_operations_in_a_separate_process(folder):
    with writer(f"sqlite:///{folder}/mlflow.db") as (started, client):
        assert len(writers()) == 1
        started.do(CREATE)
        started.do(PARAMS)
        started.do(Operation("attach", "0", {}, {"a/b.txt": b"content"}))
        run = client.get_run(started.runs["0"])
        assert run.data.params == {"x": "1"}
        assert client.list_artifacts(run.info.run_id, "a")[0].path == "a/b.txt"
    assert writers() == [], "the process is left over"


def test_rejected_operations_are_distinguished_from_failures_of_the_store(folder):
    with writer(f"sqlite:///{folder}/mlflow.db") as (started, client):
        started.do(CREATE)
        client.delete_run(started.runs["0"])
        with pytest.raises(mlflow.exceptions.MlflowException, match="deleted"):
            started.do(PARAMS)
        client.restore_run(started.runs["0"])
        (folder / "mlflow.db").write_bytes(b"no database")
        with pytest.raises(ConnectionError, match="database"):
            started.do(PARAMS)


def test_the_runner_continues_if_the_process_is_killed(folder):
    with writer(f"sqlite:///{folder}/mlflow.db") as (started, client):
        started.do(CREATE)
        for each in writers():
            each.kill()
        started.do(PARAMS)
        assert not started.is_up
        assert client.get_run(started.runs["0"]).data.params == {"x": "1"}


def test_ctrl_c_while_the_store_fails_keeps_pending_writes_for_the_next_study(folder):
    uri = f"sqlite:///{folder}/mlflow.db"
    with pytest.raises(KeyboardInterrupt), writer(uri) as (started, client):
        started.do(Operation("create", EXECUTION, CREATE.facts))
        experiment = client.get_run(started.runs[EXECUTION]).info.experiment_id
        whole = (folder / "mlflow.db").read_bytes()
        told = pytest.warns(tk.TrackingWarning, match="pending writes are kept in")
        with told, Outbox(uri, experiment, started) as outbox:
            (folder / "mlflow.db").write_bytes(b"no database")
            outbox.send(CREATE)
            outbox.send(PARAMS)
            here = threading.get_ident()
            threading.Timer(1, signal.pthread_kill, [here, signal.SIGINT]).start()
    (folder / "mlflow.db").write_bytes(whole)
    wait_for(lambda: not outbox._thread.is_alive())
    assert deliver_pending(uri, open_store(uri)) == 2
    (run,) = client.search_runs([experiment], "params.x = '1'")
    assert run.info.status == "RUNNING"


STARTED, KILLED = [], []


class KillsWriterProcess(ScriptedEstimator):
    """An estimator that kills the writer process, once it is up, in the middle of a study."""

    def fit(self, X, y):
        if os.environ.pop("KILL", None):
            wait_for(lambda: STARTED[-1].is_up)
            for each in writers():
                each.kill()
                KILLED.append(each.pid)
        return super().fit(X, y)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["optuna"])
def test_a_study_whose_writer_process_is_killed_loses_nothing(engine, folder, monkeypatch):
    monkeypatch.setenv("KILL", "yes")
    KILLED.clear()
    enter = WriterProcess.__enter__
    monkeypatch.setattr(
        WriterProcess, "__enter__", lambda self: STARTED.append(self) or enter(self)
    )
    tuner = study(
        QUALITY, engine, estimator=KillsWriterProcess(), n_trials=20, name="k", tracking=True
    )
    tuner.fit(X, y)
    assert len(KILLED) == 1
    assert_both_ledgers_agree(tuner.study_, f"sqlite:///{folder}/mlflow.db")
    with closing(sqlite3.connect(folder / "mlflow.db")) as store:
        (ended,) = store.execute("SELECT count(*) FROM runs WHERE status = 'FINISHED'").fetchone()
    assert ended == 21
    assert writers() == [], "the process is left over"
