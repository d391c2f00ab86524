"""Lazy and quiet imports of the heavy libraries.

This is the only module that sets environment variables for them. Each value is a default:
variables that the user has set are kept.
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
import warnings
from collections.abc import Iterator
from typing import Any

from tunekit.core.version import DISTRIBUTION
from tunekit.exceptions import ParameterError

_GROWTH = "2e9"  # bytes
_VERBOSE = "0"
_SILENT = "3"  # hides errors as well: TensorFlow reports a missing GPU as one

_DEFAULTS = {
    "tensorflow": {
        "TF_CPP_MIN_LOG_LEVEL": _SILENT,
        "KERAS_BACKEND": "tensorflow",
    },
    "mlflow": {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        # Detects an unavailable server within seconds instead of four minutes.
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
    """Disable Python's garbage collector.

    While libraries are imported, or a database returns thousands of rows, it repeatedly traverses
    all new objects and frees none.
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
    """Suppress messages of loggers below a level."""
    loggers = [logging.getLogger(name) for name in names]
    before = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(level)
        yield
    finally:
        for logger, previous in zip(loggers, before, strict=True):
            logger.setLevel(previous)


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Suppress the output of C++ libraries during an import; show it if the import fails."""
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as captured:
        os.dup2(captured.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(saved, 2)
            captured.seek(0)
            sys.stderr.write(captured.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def load_tensorflow() -> Any:
    """Return the ``tensorflow`` module.

    In a worker process, for which joblib sets ``OMP_NUM_THREADS``, TensorFlow is limited to the
    same number of threads.

    TensorFlow prints some lines at import regardless of its log level. They are shown only if
    ``TF_CPP_MIN_LOG_LEVEL`` is 0. JAX sets it to 1 for all users.
    """
    n_threads = os.environ.get("OMP_NUM_THREADS")
    if n_threads:
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", n_threads)
    verbose = os.environ.get("TF_CPP_MIN_LOG_LEVEL") == _VERBOSE
    if verbose or "tensorflow" in sys.modules:
        return _load("tensorflow", "tensorflow")
    with _quiet_stderr():
        tensorflow = _load("tensorflow", "tensorflow")
        tensorflow.constant(0)  # initializes the devices, which prints as well
        return tensorflow


def load_keras() -> Any:
    """Return the ``keras`` module, on the backend that ``KERAS_BACKEND`` names."""
    if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
        load_tensorflow()
    return _load("keras", "tensorflow")


def load_mlflow() -> Any:
    """Return the ``mlflow`` module, with its telemetry off."""
    return _load("mlflow", "mlflow")


def load_mlflow_database() -> None:
    """Import MLflow's access to databases, without a warning about how it uses SQLAlchemy 2.1."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The ``noload`` loader strategy", DeprecationWarning)
        _load("mlflow.store.tracking.sqlalchemy_store", "mlflow")


def server_environment(uri: str) -> dict[str, str]:
    """Return the environment for an MLflow server on a store.

    It contains the address, since all users of the machine can read a password in a command.
    Background jobs are disabled: they take ten processes and 2.5 GB, and tunekit uses none.
    """
    defaults = {**_DEFAULTS["mlflow"], "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    return {**defaults, **os.environ, "MLFLOW_BACKEND_STORE_URI": uri}


def require(module: str, extra: str, *, what: str) -> None:
    """Check that an optional package is installed.

    Parameters
    ----------
    module : str
        Module to import; the package has the same name, with hyphens.
    extra : str
        The extra of tunekit that installs it.
    what : str
        The feature that requires it, for the message.

    Raises
    ------
    ParameterError
        If the package is not installed.
    """
    if importlib.util.find_spec(module) is None:
        package = module.replace("_", "-")
        raise ParameterError(
            f"{what} requires the package {package}: pip install '{DISTRIBUTION}[{extra}]'."
        )


def worker_environment(n_workers: int) -> dict[str, str]:
    """Return the environment variables of a worker process: its number of threads."""
    n_threads = max(1, (os.cpu_count() or 1) // n_workers)
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    # Loky restarts workers whose memory grows; those that cache compiled programs need more.
    defaults = {**dict.fromkeys(names, str(n_threads)), "LOKY_MAX_MEMORY_LEAK_SIZE": _GROWTH}
    return {name: os.environ.get(name, default) for name, default in defaults.items()}


@contextlib.contextmanager
def quiet_mlflow() -> Iterator[None]:
    """Suppress MLflow's advice on how to save and load models, which the user cannot follow."""
    loggers = ("mlflow.sklearn", "mlflow.models.model", "mlflow.pyfunc", "mlflow.utils")
    with quieted(logging.ERROR, *loggers), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def no_autologging() -> Iterator[None]:
    """Disable the autologging of MLflow.

    It would create a run for each fit, or write its parameters to the active run of the user. If
    MLflow is not loaded, nothing can be logged.
    """
    utils = sys.modules.get("mlflow.utils.autologging_utils")
    # MLflow's own context manager enables autologging at its end, even inside another one.
    if utils is None or getattr(utils, "_AUTOLOGGING_GLOBALLY_DISABLED", False):
        yield
        return
    with utils.disable_autologging():
        yield


@contextlib.contextmanager
def quiet_optuna() -> Iterator[None]:
    """Suppress log messages of Optuna below warnings."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(before, optuna.logging.WARNING))
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
