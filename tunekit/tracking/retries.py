"""Distinguish writes that a store rejects for good from failures that may be temporary."""

from __future__ import annotations

from tunekit.core.databases import code_of
from tunekit.core.runtime import load_mlflow
from tunekit.tracking.operations import Operation

# Error codes of MLflow that are permanent.
_PERMANENT = {
    "BAD_REQUEST",
    "INVALID_PARAMETER_VALUE",
    "INVALID_STATE",
    "RESOURCE_ALREADY_EXISTS",
    "RESOURCE_DOES_NOT_EXIST",
}

# Error codes that are permanent for files and models, but not for parameters and metrics.
_PERMANENT_FOR_FILES = {"CUSTOMER_UNAUTHORIZED", "ENDPOINT_NOT_FOUND", "PERMISSION_DENIED"}
_WITH_FILES = {"attach", "crown", "judge"}

_FIRST, _LAST = 400, 499  # HTTP status codes of client errors
_TEMPORARY = {408, 429}  # exceptions among them


def is_refusal(error: Exception, operation: Operation) -> bool:
    """Return whether an error is permanent, so that retries are useless.

    Parameters
    ----------
    error : Exception
        Error of the store, or of a proxy in front of it.
    operation : Operation
        The operation that failed.

    Returns
    -------
    bool
        False for unknown errors, which may come from an artifact store.
    """
    files = operation.do in _WITH_FILES
    if isinstance(error.__cause__ or error.__context__, UnicodeError):
        return True  # invalid text, such as a lone surrogate
    if isinstance(error, load_mlflow().exceptions.MlflowException):
        if files and error.error_code in _PERMANENT_FOR_FILES:
            return True
        return error.error_code in _PERMANENT and not _is_database_failure(error)
    if isinstance(error, PermissionError):
        return files
    if isinstance(error, OSError):
        status = getattr(getattr(error, "response", None), "status_code", 0)
        return files and _FIRST <= status <= _LAST and status not in _TEMPORARY
    return isinstance(error, (TypeError, ValueError, LookupError, AttributeError, ImportError))


def _is_database_failure(error: Exception) -> bool:
    """Return whether MLflow reports a failure of its database, such as a lost connection.

    MLflow reports all database errors as bad requests; over HTTP there is only the message.
    """
    from sqlalchemy import exc

    permanent = (exc.DataError, exc.IntegrityError, exc.ProgrammingError)
    if isinstance(error.__cause__, exc.SQLAlchemyError):
        return not isinstance(error.__cause__, permanent)
    return code_of(error) not in {None, *(each.code for each in permanent)}
