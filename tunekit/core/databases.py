"""Databases: addresses, errors, tables, and locks for their creation by several processes."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock

from tunekit.core.secrets import password_like_a_port, shown_address, without_secrets
from tunekit.exceptions import ParameterError

_LOCK_TIMEOUT = 120.0  # seconds for other processes to create a database
_LONGEST_REASON = 300  # characters
_SQLITE, _POSTGRESQL = "sqlite:///", ("postgresql:", "postgresql+")
_DIALECTS = ("sqlite", "postgresql", "mysql", "mssql")
_PAGE = re.compile(r"sqlalche\.me/e/\d+/(\w+)")
_KEY = 0x74756E656B6974  # key of PostgreSQL's advisory lock: "tunekit"


def database_path(uri: str) -> Path | None:
    """Return the absolute path of a SQLite database, None for any other address."""
    return Path(uri.removeprefix(_SQLITE)).resolve() if uri.startswith(_SQLITE) else None


def check_address(uri: str) -> None:
    """Check that an address is parsed as intended.

    An unescaped ``@`` in a password, or a slash in a user name, ends it for SQLAlchemy. The rest
    would become a part of the host, which drivers include in their messages. In a web address, a
    password such as ``1/x`` would be parsed as a port and a path.

    Raises
    ------
    ParameterError
        If the address is ambiguous or invalid.

    Examples
    --------
    >>> check_address("postgresql://me:p@ss@host/studies")
    Traceback (most recent call last):
    ...
    tunekit.exceptions.ParameterError: 'postgresql://me:***@host/studies' is not a valid address: \
write user:password@host:port/database, and escape @ as %40, / as %2F and : as %3A in each part.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    if password_like_a_port(uri):
        raise ParameterError(
            f"{shown_address(uri)!r} is not a valid address: write user:password@host:port, and "
            f"elsewhere escape @ as %40, / as %2F, ? as %3F and # as %23."
        )
    if uri.startswith(("sqlite:", "http:", "https:")):
        return
    try:
        url = make_url(uri)
        named = url.host or url.username
        valid = "@" not in (url.host or "") and not (named and "@" in (url.database or ""))
    except (ArgumentError, ValueError):
        valid = False
    if not valid:
        # SQLAlchemy's message is omitted: it contains a part of the password.
        raise ParameterError(
            f"{shown_address(uri)!r} is not a valid address: write "
            f"user:password@host:port/database, and escape @ as %40, / as %2F and : as %3A in "
            f"each part."
        ) from None


def is_database(uri: str) -> bool:
    """Return whether an address is that of a database, not of a server or a folder."""
    return uri.split(":", maxsplit=1)[0].split("+", maxsplit=1)[0] in _DIALECTS


def in_short(error: Exception) -> str:
    """Return the message of a store's error in one line, with passwords masked."""
    line = without_secrets(str(error)).strip().split("\n")[0] or type(error).__name__
    if len(line) <= _LONGEST_REASON:
        return line
    half = _LONGEST_REASON // 2  # the operation comes first, the reason last
    return f"{line[:half]} … {line[-half:]}"


def code_of(error: Exception) -> str | None:
    """Return SQLAlchemy's code of a database error; None for other errors.

    It is the name of the documentation page in the message. Over HTTP, MLflow returns nothing but
    the message.

    Examples
    --------
    >>> code_of(ValueError("UNIQUE constraint failed (see: https://sqlalche.me/e/20/gkpj)"))
    'gkpj'
    """
    page = _PAGE.search(str(error))
    return page[1] if page else None


def is_collision(error: Exception) -> bool:
    """Return whether a database rejected a row because its key exists already.

    This happens if two processes look for a row before one of them creates it.
    """
    from sqlalchemy.exc import IntegrityError

    return code_of(error) == IntegrityError.code


@contextlib.contextmanager
def one_at_a_time(uri: Any) -> Iterator[None]:
    """Hold a lock that excludes other processes on this machine or this database server.

    Parameters
    ----------
    uri : object
        Address of a database. SQLite and PostgreSQL are locked; other addresses are not.

    Raises
    ------
    filelock.Timeout, sqlalchemy.exc.SQLAlchemyError
        If the lock cannot be acquired.
    """
    path = database_path(uri) if isinstance(uri, str) else None
    if path is not None:
        with FileLock(f"{path}.lock", timeout=_LOCK_TIMEOUT):
            yield
    elif isinstance(uri, str) and uri.startswith(_POSTGRESQL):
        with _advisory_lock(uri):
            yield
    else:
        yield


def tables_of(uri: str) -> set[str]:
    """Return the names of the tables of a database; empty if a SQLite file does not exist.

    Raises
    ------
    sqlalchemy.exc.SQLAlchemyError
        If the database cannot be read.
    """
    import sqlalchemy

    path = database_path(uri)
    if path is not None and not path.exists():
        return set()
    with _connected(uri) as connection:
        return set(sqlalchemy.inspect(connection).get_table_names())


def holds_mlflow(tables: set[str]) -> bool:
    """Return whether the tables include those of an MLflow store."""
    return {"experiments", "latest_metrics"} <= tables


def holds_optuna(tables: set[str]) -> bool:
    """Return whether the tables include those of an Optuna storage."""
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
        connection.execute(sqlalchemy.text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT:.0f}s'"))
        connection.execute(sqlalchemy.text(f"SELECT pg_advisory_xact_lock({_KEY})"))
        yield  # the server releases the lock when the transaction ends
