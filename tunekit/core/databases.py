"""Databases: what is in them, and who makes them; several processes at once leave them broken."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock

from tunekit.core.secrets import password_like_a_port, shown_address, without_secrets
from tunekit.exceptions import ParameterError

_PATIENCE = 120.0  # seconds for other processes to make a database
_LONGEST_REASON = 300  # characters
_SQLITE, _POSTGRESQL = "sqlite:///", ("postgresql:", "postgresql+")
_DIALECTS = ("sqlite", "postgresql", "mysql", "mssql")
_PAGE = re.compile(r"sqlalche\.me/e/\d+/(\w+)")
_KEY = 0x74756E656B6974  # of PostgreSQL's advisory lock: "tunekit"


def database_path(uri: str) -> Path | None:
    """Return the absolute path of a SQLite database, None for any other address."""
    return Path(uri.removeprefix(_SQLITE)).resolve() if uri.startswith(_SQLITE) else None


def check_address(uri: str) -> None:
    """Check that an address is parsed as its author meant.

    An ``@`` in a password, and a slash in a user name, end what SQLAlchemy takes for them. The rest
    would be a part of the host, and drivers name hosts in their messages. In a web address, a
    password such as ``1/x`` would be parsed as a port and a path.

    Raises
    ------
    ParameterError
        If it is not.

    Examples
    --------
    >>> check_address("postgresql://me:p@ss@host/studies")
    Traceback (most recent call last):
    ...
    tunekit.exceptions.ParameterError: 'postgresql://me:***@host/studies' cannot be read as an \
address: write user:password@host:port/database, and in them %40 for @, %2F for / and %3A for :.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    if password_like_a_port(uri):
        raise ParameterError(
            f"{shown_address(uri)!r} cannot be read as an address: write user:password@host:port, "
            f"and elsewhere %40 for @, %2F for /, %3F for ? and %23 for #."
        )
    if uri.startswith(("sqlite:", "http:", "https:")):
        return
    try:
        url = make_url(uri)
        named = url.host or url.username
        right = "@" not in (url.host or "") and not (named and "@" in (url.database or ""))
    except (ArgumentError, ValueError):
        right = False
    if not right:
        # SQLAlchemy's message is left out: it contains a part of the password.
        raise ParameterError(
            f"{shown_address(uri)!r} cannot be read as an address: write "
            f"user:password@host:port/database, and in them %40 for @, %2F for / and %3A for :."
        ) from None


def is_database(uri: str) -> bool:
    """Return whether an address is one of a database, rather than of a server or a folder."""
    return uri.split(":", maxsplit=1)[0].split("+", maxsplit=1)[0] in _DIALECTS


def in_short(error: Exception) -> str:
    """Return what a store says went wrong, in one line, without passwords."""
    line = without_secrets(str(error)).strip().split("\n")[0] or type(error).__name__
    if len(line) <= _LONGEST_REASON:
        return line
    half = _LONGEST_REASON // 2  # what failed comes first, and why last
    return f"{line[:half]} … {line[-half:]}"


def code_of(error: Exception) -> str | None:
    """Return SQLAlchemy's code of what a database said, None where none said anything.

    It is the name of the page of its documentation, which stands in the text; over HTTP the text
    is all that MLflow passes on.

    Examples
    --------
    >>> code_of(ValueError("UNIQUE constraint failed (see: https://sqlalche.me/e/20/gkpj)"))
    'gkpj'
    """
    found = _PAGE.search(str(error))
    return found[1] if found else None


def is_collision(error: Exception) -> bool:
    """Return whether a database refused a row because there is one of its key.

    Two processes may have looked for it before one of them made it.
    """
    from sqlalchemy.exc import IntegrityError

    return code_of(error) == IntegrityError.code


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
        If the lock cannot be had.
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


def tables_of(uri: str) -> set[str]:
    """Return the names of the tables of a database; of a SQLite file that is not there, none.

    Raises
    ------
    sqlalchemy.exc.SQLAlchemyError
        If it cannot be read.
    """
    import sqlalchemy

    path = database_path(uri)
    if path is not None and not path.exists():
        return set()
    with _connected(uri) as connection:
        return set(sqlalchemy.inspect(connection).get_table_names())


def holds_mlflow(tables: set[str]) -> bool:
    """Return whether these are tables of an MLflow store."""
    return {"experiments", "latest_metrics"} <= tables


def holds_optuna(tables: set[str]) -> bool:
    """Return whether these are tables of an Optuna storage."""
    return {"studies", "trial_params"} <= tables


@contextlib.contextmanager
def _connected(uri: str) -> Iterator[Any]:
    import sqlalchemy
    from sqlalchemy.pool import NullPool

    check_address(uri)
    engine = sqlalchemy.create_engine(uri, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


@contextlib.contextmanager
def _advisory_lock(uri: str) -> Iterator[None]:
    import sqlalchemy

    with _connected(uri) as connection:
        connection.execute(sqlalchemy.text(f"SET LOCAL lock_timeout = '{_PATIENCE:.0f}s'"))
        connection.execute(sqlalchemy.text(f"SELECT pg_advisory_xact_lock({_KEY})"))
        yield  # the server frees it when the transaction ends, however that happens
