"""Lets one process at a time make a database: several that do it together leave it broken."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock

_PATIENCE = 120.0  # seconds for other processes to make a database
_SQLITE, _POSTGRESQL = "sqlite:///", ("postgresql://", "postgresql+", "postgres://")
_KEY = 0x74756E656B6974  # of PostgreSQL's advisory lock: "tunekit"


def database_path(uri: str) -> Path | None:
    """Return the absolute path of a SQLite database, None for any other address."""
    return Path(uri.removeprefix(_SQLITE)).resolve() if uri.startswith(_SQLITE) else None


@contextlib.contextmanager
def one_at_a_time(uri: Any) -> Iterator[None]:
    """Hold what other processes on this machine, or on this server, wait for.

    Parameters
    ----------
    uri : object
        Address of a database. There is a lock for SQLite and for PostgreSQL; whatever else
        looks after itself.

    Raises
    ------
    filelock.Timeout, sqlalchemy.exc.SQLAlchemyError
        When the lock cannot be had.
    """
    path = database_path(uri) if isinstance(uri, str) else None
    if path is not None:
        with FileLock(f"{path}.lock", timeout=_PATIENCE):
            yield
    elif isinstance(uri, str) and uri.startswith(_POSTGRESQL):
        with _advisory_lock(uri):
            yield
    else:
        yield


@contextlib.contextmanager
def _advisory_lock(uri: str) -> Iterator[None]:
    import sqlalchemy
    from sqlalchemy.pool import NullPool

    engine = sqlalchemy.create_engine(uri, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"SELECT pg_advisory_lock({_KEY})"))
        yield  # the server frees it when the connection ends, however that happens
