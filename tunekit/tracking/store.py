"""Opening an MLflow store, and naming a study in it."""

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
from tunekit.core.runtime import load_mlflow, quieted, uncollected
from tunekit.core.secrets import shown_address, shown_cause
from tunekit.exceptions import NotFoundError, ParameterError, TrackingError

DEFAULT_URI = "sqlite:///mlflow.db"

_LONGEST_NAME = 500
_OTHER_SCHEMA = re.compile(r"out-of-date database schema \(found version (\w+), but expected (\w+)")


def resolve_uri(uri: str | None) -> str:
    """Return the address of a store, with a relative SQLite path made absolute.

    Parameters
    ----------
    uri : str or None
        None takes ``MLFLOW_TRACKING_URI`` from the environment, or else ``mlflow.db`` in the
        current folder.

    Returns
    -------
    str

    Raises
    ------
    ParameterError
        When it is not a text.
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
    """Return an ``MlflowClient`` on a store that is ready for use.

    Parameters
    ----------
    uri : str
        From :func:`resolve_uri`.
    create : bool, default=True
        Make a SQLite store that does not exist yet.

    Raises
    ------
    NotFoundError
        When there is no store and none may be made.
    ParameterError
        When a web address cannot be parsed as its author meant.
    TrackingError
        When the store cannot be opened.
    """
    path = database_path(uri)
    if path and not path.exists() and not create:
        raise NotFoundError(f"there is no store at {path}: run a study first, or name another.")
    if path and not path.parent.is_dir():
        raise TrackingError(f"the folder of the store, {path.parent}, does not exist: make it.")
    if path and path.is_dir():
        raise TrackingError(f"the store {path} is a folder: name a file in it.")
    if uri.startswith(("http:", "https:")):  # those of databases are checked when they connect
        check_address(uri)
    mlflow, place = load_mlflow(), shown_address(uri)
    if ("://" not in uri and uri != "databricks") or uri.startswith("file:"):
        raise TrackingError(
            f"the store {place} is a folder, which MLflow no longer writes to: name a database, "
            f"such as {DEFAULT_URI!r}; 'mlflow migrate-filestore' moves what the folder holds."
        )
    with (
        asked(f"the store {place} cannot be opened"),
        one_at_a_time(uri),
        quieted(logging.WARNING, "mlflow.store.db.utils"),  # which announces each table
    ):
        if path and not path.exists():
            _make(path)
        _check_is_ours(uri)
        client = mlflow.MlflowClient(tracking_uri=uri)
        client.search_experiments(max_results=1)
    return client


def _make(path: Path) -> None:
    """Make a SQLite store, whole or not at all: MLflow cannot use one that was half made."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="tunekit-") as folder:
        draft = Path(folder) / path.name
        client = load_mlflow().MlflowClient(tracking_uri=f"sqlite:///{draft}")
        client.search_experiments(max_results=1)
        with contextlib.closing(sqlite3.connect(draft)) as connection:
            connection.execute("VACUUM INTO ?", (str(new),))
    with contextlib.closing(sqlite3.connect(new)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")  # readers do not stop writers, for good
    new.replace(path)


def _check_is_ours(uri: str) -> None:
    """Refuse a database that MLflow did not make, before MLflow adds its tables to it."""
    if not is_database(uri):
        return
    tables, place = tables_of(uri), shown_address(uri)
    if holds_optuna(tables) and not holds_mlflow(tables):
        raise TrackingError(
            f"{place} holds Optuna's studies; MLflow and Optuna cannot share a database: name "
            f"another one for tracking_uri or for storage."
        )
    foreign = tables if database_path(uri) else tables & {"alembic_version"}
    if foreign and not holds_mlflow(tables):
        raise TrackingError(
            f"{place} is a database of something else, not an MLflow store: name another."
        )


@contextlib.contextmanager
def asked(what: str) -> Iterator[None]:
    """Turn what MLflow or its database raises into one sentence that begins with ``what``."""
    from sqlalchemy.exc import SQLAlchemyError

    failures = (load_mlflow().exceptions.MlflowException, SQLAlchemyError)
    try:
        yield
    except (*failures, sqlite3.Error, OSError, ImportError) as error:
        reason = in_short(error)
        if schema := _OTHER_SCHEMA.search(reason):
            reason = (
                f"another version of MLflow made it (schema {schema[1]}, this one has "
                f"{schema[2]}); back it up and run 'mlflow db upgrade' on it, or install the "
                f"newer MLflow"
            )
        raise TrackingError(f"{what}: {reason}") from shown_cause(error)


def check_name(name: object) -> str:
    """Return a study's name if MLflow can hold it.

    Raises
    ------
    ParameterError
        When it is empty, not a text, or too long.

    Examples
    --------
    >>> check_name("")
    Traceback (most recent call last):
    ...
    tunekit.exceptions.ParameterError: name must be a text of 1 to 500 characters, got ''.
    """
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_NAME:
        shown = f"{name[:20]}… ({len(name)} characters)" if isinstance(name, str) else name
        shown = name if isinstance(name, str) and len(name) <= _LONGEST_NAME else shown
        raise ParameterError(
            f"name must be a text of 1 to {_LONGEST_NAME} characters, got {shown!r}."
        )
    return name


def check_is_active(experiment: Any, uri: str) -> None:
    """Refuse an experiment that was deleted: MLflow keeps it, and its name is taken.

    Raises
    ------
    TrackingError
        With the command that brings it back.
    """
    if experiment.lifecycle_stage != "active":
        raise TrackingError(
            f"the study {experiment.name!r} was deleted in MLflow: choose another name, or bring "
            f"it back with 'MLFLOW_TRACKING_URI={shown_address(uri)} mlflow experiments restore "
            f"-x {experiment.experiment_id}'."
        )


def open_experiment(client: Any, uri: str, name: str, tags: Mapping[str, str]) -> str:
    """Return the identity of a study's experiment, made where there is none.

    Parameters
    ----------
    client : MlflowClient
    uri : str
        The client's store.
    name : str
        Name of the study.
    tags : mapping of str to str
        To set on it.

    Raises
    ------
    TrackingError
        When MLflow refuses the name, or the study was deleted there.
    """
    mlflow = load_mlflow()
    with asked(f"MLflow refuses the study name {name!r}; choose another"):
        found = client.get_experiment_by_name(name)
        if found is None:
            try:
                found = client.get_experiment(
                    client.create_experiment(name, artifact_location=_artifacts(uri, name))
                )
            except mlflow.exceptions.MlflowException:
                # Another process may have made it since.
                found = client.get_experiment_by_name(name)
                if found is None:
                    raise
    check_is_active(found, uri)
    for key, value in tags.items():
        if found.tags.get(key) != value:
            # Another process may set it, too; and it only shapes the UI.
            with contextlib.suppress(mlflow.exceptions.MlflowException):
                client.set_experiment_tag(found.experiment_id, key, value)
    return str(found.experiment_id)


def _artifacts(uri: str, name: str) -> str | None:
    if not is_database(uri):
        return None  # a server keeps artifacts where it chooses
    path = database_path(uri)
    folder = Path.cwd() if path is None else path.parent
    word = re.sub(r"\W+", "-", name, flags=re.ASCII)[:40].strip("-")
    return (folder / "mlruns" / f"{word}-{short_digest(name)}").as_uri()


#: MLflow's status of a trial's or an execution's run, by our word for it.
STATUS = {
    "complete": "FINISHED",
    "pruned": "FINISHED",
    "finished": "FINISHED",
    "failed": "FAILED",
    "killed": "KILLED",
}


_PAGE = 1000


def search_all(client: Any, experiments: Sequence[str], condition: str) -> list[Any]:
    """Return all runs of some experiments that a condition holds for, the newest first."""
    runs: list[Any] = []
    token = None
    while True:
        with uncollected():  # a third of the time goes into looking through 30,000 new objects
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
    """Return the names of a store's studies and comparisons other than ``name``."""
    known = [str(each.name) for each in client.search_experiments()]
    return [each for each in known if each not in ("Default", name)]


def newest_execution(client: Any, experiments: Sequence[str]) -> Any:
    """Return the parent run that was begun last in some experiments; None where there is none."""
    found = client.search_runs(
        list(experiments),
        filter_string="tags.`tunekit.kind` = 'execution'",
        order_by=["attributes.start_time DESC"],
        max_results=1,
    )
    return found[0] if found else None
