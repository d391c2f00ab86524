"""Tells a store that will never take what it was given from one that does not work now."""

from __future__ import annotations

from tunekit.core.databases import code_of
from tunekit.core.runtime import load_mlflow
from tunekit.tracking.operations import Operation

# With these MLflow says that it will never take it.
_NEVER = {
    "BAD_REQUEST",
    "INVALID_PARAMETER_VALUE",
    "INVALID_STATE",
    "RESOURCE_ALREADY_EXISTS",
    "RESOURCE_DOES_NOT_EXIST",
}

# With these it says that files or models are not for us; parameters and metrics may be.
_NOT_HERE = {"CUSTOMER_UNAUTHORIZED", "ENDPOINT_NOT_FOUND", "PERMISSION_DENIED"}
_WITH_FILES = {"attach", "crown", "judge"}

_WAIT = {408, 429}  # of the statuses from 400 to 499, those that pass
_FIRST, _LAST = 400, 499


def is_refusal(error: Exception, operation: Operation) -> bool:
    """Tell whether trying again is in vain.

    Parameters
    ----------
    error : Exception
        What the store, or what lies before it, raised.
    operation : Operation
        What it was to do.

    Returns
    -------
    bool
        What is not known is tried again: it may be the error of some artifact store.
    """
    files = operation.do in _WITH_FILES
    if isinstance(error.__cause__ or error.__context__, UnicodeError):
        return True  # a text that is none, such as half of a character
    if isinstance(error, load_mlflow().exceptions.MlflowException):
        if files and error.error_code in _NOT_HERE:
            return True
        return error.error_code in _NEVER and not _is_the_database(error)
    if isinstance(error, PermissionError):
        return files
    if isinstance(error, OSError):
        status = getattr(getattr(error, "response", None), "status_code", 0)
        return files and _FIRST <= status <= _LAST and status not in _WAIT
    return isinstance(error, (TypeError, ValueError, LookupError, AttributeError, ImportError))


def _is_the_database(error: Exception) -> bool:
    """Tell whether a bad request is one of MLflow to its own database, such as a lost connection.

    MLflow calls all of these bad requests; over HTTP there is only the text.
    """
    from sqlalchemy import exc

    ours = (exc.DataError, exc.IntegrityError, exc.ProgrammingError)
    if isinstance(error.__cause__, exc.SQLAlchemyError):
        return not isinstance(error.__cause__, ours)
    return code_of(error) not in {None, *(each.code for each in ours)}
