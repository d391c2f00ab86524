"""Shared fixtures: one finished study on both engines, in one store."""

from __future__ import annotations

import gc
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import scheduling
import servers
from fork_server import ForkServer
from hypothesis import settings

# Loky workers and the program itself must not take each other's cores while tests run.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# scikit-learn runs its array API check only where SciPy is told of it before it loads.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sqlalchemy import event
from sqlalchemy.engine import Engine

import tunekit as tk
from tunekit.tracking.store import open_store

ENGINES = ["optuna", "hyperopt"]

# A deadline would depend on what else the machine does.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

collect_ignore = ["helpers"]  # no tests and no examples; one of them is a program

SPACE = tk.Space(
    layers=tk.Int(1, 2),
    units=tk.Int(8, 32, log=True).per("layers"),
    learning_rate=tk.Float(1e-3, 1e-1, log=True),
    optimizer=tk.Categorical(["adam", "sgd"]),
    momentum=tk.Float(0.0, 0.9).when(optimizer="sgd"),
)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items):
    """Add markers before tests are deselected, then order the remaining tests."""
    scheduling.mark(items)
    result = yield
    if (n_workers := scheduling.number_of_workers()) > 1:
        items[:] = scheduling.dealt(items, n_workers)
    return result


def pytest_collection_finish():
    """Exclude the loaded libraries from garbage collection, and collect rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 100)


@event.listens_for(Engine, "connect")
def _disable_fsync(connection, _record):
    """Skip the fsync of each SQLite commit; it matters only if the machine loses power."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")


@pytest.fixture(scope="session", autouse=True)
def _state(tmp_path_factory):
    """What a failing store leaves to be written later is none of the user's."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="session", autouse=True)
def _interruptible():
    """A shell's background job ignores Ctrl-C, and so would every program that a test starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(params=ENGINES)
def engine(request):
    return request.param


@pytest.fixture
def bare_folder(tmp_path, monkeypatch):
    """An empty working folder, and no store named in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory) -> Path:
    """A store that no study has used; MLflow takes two seconds to make one."""
    path = tmp_path_factory.mktemp("empty") / "mlflow.db"
    open_store(f"sqlite:///{path}")
    return path


@pytest.fixture
def folder(bare_folder, empty_store):
    """A working folder with an empty store, and none named in the environment."""
    with (
        closing(sqlite3.connect(empty_store)) as source,
        closing(sqlite3.connect(bare_folder / "mlflow.db")) as copy,
    ):
        source.backup(copy)
    return bare_folder


@pytest.fixture(scope="session")
def digits():
    """X_train, X_test, y_train, y_test: three classes, 300 rows."""
    X, y = load_digits(n_class=3, return_X_y=True)
    return train_test_split(X[:300] / 16, y[:300], test_size=0.3, stratify=y[:300], random_state=0)


@pytest.fixture(scope="session")
def store(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("store") / "mlflow.db"


@pytest.fixture(scope="session")
def tuners(digits, store):
    """A finished study of twelve trials, two folds, on each engine."""
    X_train, X_test, y_train, y_test = digits
    fitted = {}
    for engine in ENGINES:
        tuner = tk.Tuner(
            tk.KerasClassifier(epochs=3, batch_size=16),
            SPACE,
            engine=engine,
            n_trials=12,
            cv=2,
            name="three digits",
            tracking_uri=f"sqlite:///{store}",
            random_state=0,
        )
        fitted[engine] = tuner.fit(X_train, y_train)
        tuner.evaluate(X_test, y_test)
    return fitted


@pytest.fixture
def tuner(engine, tuners):
    return tuners[engine]


@pytest.fixture
def uri(store) -> str:
    return f"sqlite:///{store}"


@pytest.fixture(scope="session")
def forks(tmp_path_factory):
    """Runs studies in forks of a process that has loaded what they need."""
    started = ForkServer(tmp_path_factory.mktemp("forks") / "errors")
    yield started
    started.close()


@pytest.fixture
def free_port() -> int:
    return servers.free_port()
