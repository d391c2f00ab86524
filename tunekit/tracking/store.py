"""MLflow stores: open them, and find experiments and runs in them."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tunekit.core.addresses import as_address
from tunekit.core.databases import (
    check_address,
    database_path,
    holds_mlflow,
    holds_optuna,
    in_short,
    is_database,
    one_at_a_time,
    tables_of,
)
from tunekit.core.json_values import short_digest
from tunekit.core.runtime import load_mlflow, load_mlflow_database, quieted, uncollected
from tunekit.core.secrets import shown_address, shown_cause
from tunekit.exceptions import NotFoundError, ParameterError, TrackingError

DEFAULT_URI = "sqlite:///mlflow.db"

#: MLflow's run status for each state of a trial or an execution.
STATUS = {
    "complete": "FINISHED",
    "pruned": "FINISHED",
    "finished": "FINISHED",
    "failed": "FAILED",
    "killed": "KILLED",
}

_LONGEST_NAME = 500
_PAGE = 1000  # runs per request
_OTHER_SCHEMA = re.compile(r"out-of-date database schema \(found version (\w+), but expected (\w+)")


def resolve_uri(uri: str | None) -> str:
    """Return the address of a store; a relative SQLite path becomes absolute.

    Parameters
    ----------
    uri : str or None
        None uses ``MLFLOW_TRACKING_URI`` from the environment, or else ``mlflow.db`` in the
        current folder.

    Returns
    -------
    str

    Raises
    ------
    ParameterError
        When it is not a string or is empty.
    """
    if uri is None:
        uri = os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_URI
    if not isinstance(uri, str) or not uri:
        raise ParameterError(
            f"tracking_uri must be an address such as {DEFAULT_URI!r} or 'http://host:5000', "
            f"got {uri!r}."
        )
    path = database_path(uri)
    return f"sqlite:///{path}" if path else as_address(uri)


def open_store(uri: str, *, create: bool = True) -> Any:
    """Return an ``MlflowClient`` for a store that is ready for use.

    Parameters
    ----------
    uri : str
        As returned by :func:`resolve_uri`.
    create : bool, default=True
        Whether to create a SQLite store that does not exist yet.

    Raises
    ------
    NotFoundError
        When the store does not exist and ``create`` is False.
    ParameterError
        When a web address is ambiguous.
    TrackingError
        When the store cannot be opened.
    """
    path = database_path(uri)
    if path and not path.exists() and not create:
        raise NotFoundError(f"there is no store at {path}: run a study first, or name another.")
    if path and not path.parent.is_dir():
        raise TrackingError(f"the folder of the store, {path.parent}, does not exist: create it.")
    if path and path.is_dir():
        raise TrackingError(f"the store {path} is a folder: name a file in it.")
    if uri.startswith(("http:", "https:")):  # database addresses are checked on connection
        check_address(uri)
    mlflow, place = load_mlflow(), shown_address(uri)
    if ("://" not in uri and uri != "databricks") or uri.startswith("file:"):
        raise TrackingError(
            f"the store {place} is a folder, which MLflow no longer writes to: name a database, "
            f"such as {DEFAULT_URI!r}; 'mlflow migrate-filestore' moves the content of the folder."
        )
    with (
        tracking_errors(f"the store {place} cannot be opened"),
        one_at_a_time(uri),
        quieted(logging.WARNING, "mlflow.store.db.utils"),  # it logs each new table
    ):
        if is_database(uri):
            load_mlflow_database()
        if path and not path.exists():
            _create_sqlite(path)
        _check_is_mlflow(uri)
        client = mlflow.MlflowClient(tracking_uri=uri)
        client.search_experiments(max_results=1)
    return client


def _create_sqlite(path: Path) -> None:
    """Create a SQLite store atomically: MLflow cannot use an incomplete one."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="tunekit-") as folder:
        draft = Path(folder) / path.name
        client = load_mlflow().MlflowClient(tracking_uri=f"sqlite:///{draft}")
        client.search_experiments(max_results=1)
        with contextlib.closing(sqlite3.connect(draft)) as connection:
            connection.execute("VACUUM INTO ?", (str(new),))
    with contextlib.closing(sqlite3.connect(new)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")  # persistent; readers do not block writers
    new.replace(path)


# See findings/optuna-study-and-mlflow-break-a-shared-database.sh.
def _check_is_mlflow(uri: str) -> None:
    """Reject a database that MLflow did not create, before MLflow adds its tables to it."""
    if not is_database(uri):
        return
    tables, place = tables_of(uri), shown_address(uri)
    if holds_optuna(tables) and not holds_mlflow(tables):
        raise TrackingError(
            f"{place} is an Optuna storage; MLflow and Optuna cannot share a database: name "
            f"another one for tracking_uri or for storage."
        )
    foreign = tables if database_path(uri) else tables & {"alembic_version"}
    if foreign and not holds_mlflow(tables):
        raise TrackingError(
            f"{place} is a database of another application, not an MLflow store: name another."
        )


@contextlib.contextmanager
def tracking_errors(what: str) -> Iterator[None]:
    """Convert errors of MLflow or its database to a TrackingError that begins with ``what``."""
    from sqlalchemy.exc import SQLAlchemyError

    failures = (load_mlflow().exceptions.MlflowException, SQLAlchemyError)
    try:
        yield
    except (*failures, sqlite3.Error, OSError, ImportError) as error:
        reason = in_short(error)
        if schema := _OTHER_SCHEMA.search(reason):
            reason = (
                f"another version of MLflow created it (schema {schema[1]}, this version has "
                f"{schema[2]}); back it up and run 'mlflow db upgrade' on it, or install the "
                f"newer MLflow"
            )
        raise TrackingError(f"{what}: {reason}") from shown_cause(error)


def check_name(name: object) -> str:
    """Return the name of a study if MLflow can store it.

    Raises
    ------
    ParameterError
        When it is empty, not a string, or too long.

    Examples
    --------
    >>> check_name("")
    Traceback (most recent call last):
    ...
    tunekit.exceptions.ParameterError: name must be a string of 1 to 500 characters, got ''.
    """
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_NAME:
        shown = f"{name[:20]}… ({len(name)} characters)" if isinstance(name, str) else name
        shown = name if isinstance(name, str) and len(name) <= _LONGEST_NAME else shown
        raise ParameterError(
            f"name must be a string of 1 to {_LONGEST_NAME} characters, got {shown!r}."
        )
    return name


def check_is_active(experiment: Any, uri: str) -> None:
    """Reject a deleted experiment: MLflow keeps it, and its name stays in use.

    Raises
    ------
    TrackingError
        With the command that restores it.
    """
    if experiment.lifecycle_stage != "active":
        raise TrackingError(
            f"the study {experiment.name!r} was deleted in MLflow: choose another name, or restore "
            f"it with 'MLFLOW_TRACKING_URI={shown_address(uri)} mlflow experiments restore "
            f"-x {experiment.experiment_id}'."
        )


def open_experiment(client: Any, uri: str, name: str, tags: Mapping[str, str]) -> str:
    """Return the ID of the experiment of a study, which is created if it does not exist.

    Parameters
    ----------
    client : MlflowClient
    uri : str
        Store of the client.
    name : str
        Name of the study.
    tags : mapping of str to str
        Tags to set on the experiment.

    Raises
    ------
    TrackingError
        When MLflow rejects the name, or the study was deleted there.
    """
    mlflow = load_mlflow()
    with tracking_errors(f"MLflow rejects the study name {name!r}; choose another"):
        experiment = client.get_experiment_by_name(name)
        if experiment is None:
            try:
                experiment = client.get_experiment(
                    client.create_experiment(name, artifact_location=_artifacts(uri, name))
                )
            except mlflow.exceptions.MlflowException:
                # Another process may have created it in the meantime.
                experiment = client.get_experiment_by_name(name)
                if experiment is None:
                    raise
    check_is_active(experiment, uri)
    for key, value in tags.items():
        if experiment.tags.get(key) != value:
            # Another process may set it at the same time, and it only affects the UI.
            with contextlib.suppress(mlflow.exceptions.MlflowException):
                client.set_experiment_tag(experiment.experiment_id, key, value)
    return str(experiment.experiment_id)


def _artifacts(uri: str, name: str) -> str | None:
    if not is_database(uri):
        return None  # the server chooses the artifact location
    path = database_path(uri)
    folder = Path.cwd() if path is None else path.parent
    word = re.sub(r"\W+", "-", name, flags=re.ASCII)[:40].strip("-")
    return (folder / "mlruns" / f"{word}-{short_digest(name)}").as_uri()


def search_all(client: Any, experiments: Sequence[str], condition: str) -> list[Any]:
    """Return all runs of some experiments that match a filter, newest first."""
    runs: list[Any] = []
    token = None
    while True:
        with uncollected():  # garbage collection would take a third of the time
            page = client.search_runs(
                list(experiments),
                filter_string=condition,
                order_by=["attributes.start_time DESC"],
                max_results=_PAGE,
                page_token=token,
            )
        runs += page
        token = page.token
        if not token:
            return runs


def other_names(client: Any, name: str) -> list[str]:
    """Return the names of all studies and comparisons of a store except ``name``."""
    names = [str(each.name) for each in client.search_experiments()]
    return [each for each in names if each not in ("Default", name)]


def newest_execution(client: Any, experiments: Sequence[str]) -> Any:
    """Return the newest parent run of a study in some experiments; None if there is none."""
    return newest_run(client, experiments, "execution")


def newest_run(client: Any, experiments: Sequence[str], kind: str) -> Any:
    """Return the newest run in some experiments with a tag ``tunekit.kind``; None if none."""
    runs = client.search_runs(
        list(experiments),
        filter_string=f"tags.`tunekit.kind` = '{kind}'",
        order_by=["attributes.start_time DESC"],
        max_results=1,
    )
    return runs[0] if runs else None
