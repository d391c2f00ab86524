"""The process that writes to a database for a study."""

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
from tunekit.tracking.outbox import Outbox, deliver_left_behind
from tunekit.tracking.store import open_experiment, open_store
from tunekit.tracking.writer_process import WriterProcess

pytestmark = pytest.mark.interpreter  # the writer is a process

X, y = load_iris(return_X_y=True)
PARAMS = Operation("log", "0", {"params": {"x": "1"}})


def clerks():
    """Return the processes that write for this one."""
    found = []
    for each in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it ends, or has ended
            if "tunekit.tracking.writer_process" in " ".join(each.cmdline()):
                found.append(each)
    return found


@contextmanager
def clerk(uri):
    client = open_store(uri)
    experiment = open_experiment(client, uri, "written", {})
    with WriterProcess(uri, experiment, OperationRunner(lambda: client, experiment, {})) as started:
        wait_for(lambda: started.is_up)
        yield started, client


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it does not come up"
        time.sleep(0.02)


def test_it_does_what_it_is_given_in_a_process_of_its_own(folder):
    with clerk(f"sqlite:///{folder}/mlflow.db") as (started, client):
        assert len(clerks()) == 1
        started.do(CREATE)
        started.do(PARAMS)
        started.do(Operation("attach", "0", {}, {"a/b.txt": b"content"}))
        run = client.get_run(started.runs["0"])
        assert run.data.params == {"x": "1"}
        assert client.list_artifacts(run.info.run_id, "a")[0].path == "a/b.txt"
    assert clerks() == [], "it is left behind"


def test_what_the_store_will_never_take_is_told_from_what_it_does_not_take_now(folder):
    with clerk(f"sqlite:///{folder}/mlflow.db") as (started, client):
        started.do(CREATE)
        client.delete_run(started.runs["0"])
        with pytest.raises(mlflow.exceptions.MlflowException, match="deleted"):
            started.do(PARAMS)
        client.restore_run(started.runs["0"])
        (folder / "mlflow.db").write_bytes(b"no database")
        with pytest.raises(ConnectionError, match="database"):
            started.do(PARAMS)


def test_the_desk_goes_on_where_somebody_killed_it(folder):
    with clerk(f"sqlite:///{folder}/mlflow.db") as (started, client):
        started.do(CREATE)
        for each in clerks():
            each.kill()
        started.do(PARAMS)
        assert not started.is_up
        assert client.get_run(started.runs["0"]).data.params == {"x": "1"}


def test_ctrl_c_while_the_store_fails_leaves_what_waits_for_the_next_study(folder):
    uri = f"sqlite:///{folder}/mlflow.db"
    with pytest.raises(KeyboardInterrupt), clerk(uri) as (started, client):
        started.do(Operation("create", EXECUTION, CREATE.facts))
        experiment = client.get_run(started.runs[EXECUTION]).info.experiment_id
        whole = (folder / "mlflow.db").read_bytes()
        told = pytest.warns(tk.TrackingWarning, match="it writes waits in")
        with told, Outbox(uri, experiment, started) as outbox:
            (folder / "mlflow.db").write_bytes(b"no database")
            outbox.send(CREATE)
            outbox.send(PARAMS)
            here = threading.get_ident()
            threading.Timer(1, signal.pthread_kill, [here, signal.SIGINT]).start()
    (folder / "mlflow.db").write_bytes(whole)
    wait_for(lambda: not outbox._thread.is_alive())
    assert deliver_left_behind(uri, open_store(uri)) == 2
    (run,) = client.search_runs([experiment], "params.x = '1'")
    assert run.info.status == "RUNNING"


STARTED, KILLED = [], []


class KillsWriterProcess(ScriptedEstimator):
    """Kills the process that writes, once it is up, in the middle of a study."""

    def fit(self, X, y):
        if os.environ.pop("KILL", None):
            wait_for(lambda: STARTED[-1].is_up)
            for each in clerks():
                each.kill()
                KILLED.append(each.pid)
        return super().fit(X, y)


@pytest.mark.slow
def test_a_study_whose_writing_process_is_killed_loses_nothing(engine, folder, monkeypatch):
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
    assert clerks() == [], "it is left behind"
