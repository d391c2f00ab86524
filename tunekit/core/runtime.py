"""Loads the heavy libraries when they are first needed, and quietly.

This is the one place that sets environment variables for them. Each is a default: what the
user has set stays.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import optuna

from tunekit.exceptions import ParameterError

_GROWTH = "2e9"  # bytes
_TALKATIVE = "0"
_SILENT = "3"  # even errors: it takes a missing GPU for one

_DEFAULTS = {
    "tensorflow": {
        "TF_CPP_MIN_LOG_LEVEL": _SILENT,
        "KERAS_BACKEND": "tensorflow",
    },
    "mlflow": {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        # A server that is gone is noticed in seconds, not in four minutes.
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
        "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    },
}


def _load(module: str, defaults: str) -> Any:
    for name, value in _DEFAULTS[defaults].items():
        os.environ.setdefault(name, value)
    with uncollected():
        return importlib.import_module(module)


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Hold back Python's garbage collector.

    While libraries load, or a database gives thousands of rows, it goes through all that they have
    made again and again and finds nothing.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextlib.contextmanager
def quieted(level: int, *names: str) -> Iterator[None]:
    """Keep loggers from saying what is below a level."""
    loggers = [logging.getLogger(name) for name in names]
    before = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(level)
        yield
    finally:
        for logger, held in zip(loggers, before, strict=True):
            logger.setLevel(held)


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Hold back what C++ libraries print while they load; show it if loading fails."""
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(saved, 2)
            held.seek(0)
            sys.stderr.write(held.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def load_tensorflow() -> Any:
    """Return the ``tensorflow`` module.

    In a worker process, which joblib tells by ``OMP_NUM_THREADS`` how many threads are its
    share, TensorFlow is held to the same number.

    TensorFlow prints a few lines on loading whatever its log level is; they are shown only to
    those who have set ``TF_CPP_MIN_LOG_LEVEL`` to 0. JAX sets it to 1 for everybody.
    """
    share = os.environ.get("OMP_NUM_THREADS")
    if share:
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", share)
    wanted = os.environ.get("TF_CPP_MIN_LOG_LEVEL") == _TALKATIVE
    if wanted or "tensorflow" in sys.modules:
        return _load("tensorflow", "tensorflow")
    with _quiet_stderr():
        tensorflow = _load("tensorflow", "tensorflow")
        tensorflow.constant(0)  # finds the devices, which prints too
        return tensorflow


def load_keras() -> Any:
    """Return the ``keras`` module, on the backend that ``KERAS_BACKEND`` names."""
    if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
        load_tensorflow()
    return _load("keras", "tensorflow")


def load_mlflow() -> Any:
    """Return the ``mlflow`` module, with its telemetry off."""
    return _load("mlflow", "mlflow")


def server_environment(uri: str) -> dict[str, str]:
    """Return the environment in which an MLflow server on a store is started.

    The address is in it, as a password in a command can be read by everybody on the machine.
    Background jobs are off: they cost ten processes and 2.5 GB, and tunekit uses none.
    """
    defaults = {**_DEFAULTS["mlflow"], "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    return {**defaults, **os.environ, "MLFLOW_BACKEND_STORE_URI": uri}


def require(module: str, extra: str, *, what: str) -> None:
    """Check that an optional package is there.

    Parameters
    ----------
    module : str
        What is imported of it; the package has the same name, with hyphens.
    extra : str
        The extra of tunekit that brings it.
    what : str
        What needs it, for the message.

    Raises
    ------
    ParameterError
        If it is not there.
    """
    if importlib.util.find_spec(module) is None:
        package = module.replace("_", "-")
        raise ParameterError(f"{what} needs the package {package}: pip install 'tunekit[{extra}]'.")


def worker_environment(n_workers: int) -> dict[str, str]:
    """Return what is set in the environment of each of several processes: its share of threads."""
    share = max(1, (os.cpu_count() or 1) // n_workers)
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    # Loky replaces a process that grows; the programs that it keeps for later trials may.
    defaults = {**dict.fromkeys(names, str(share)), "LOKY_MAX_MEMORY_LEAK_SIZE": _GROWTH}
    return {name: os.environ.get(name, default) for name, default in defaults.items()}


@contextlib.contextmanager
def quiet_optuna() -> Iterator[None]:
    """Keep Optuna from announcing what it does, except for warnings."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(before, optuna.logging.WARNING))
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
