"""Addresses of runs in the MLflow UI."""

from __future__ import annotations

from urllib.parse import urlsplit

_HERE = "http://127.0.0.1:5000"


def run_address(uri: str, experiment_id: str, run_id: str) -> str:
    """Return the address of a run's page.

    Parameters
    ----------
    uri : str
        The store. Of one that is no server, it is the page that ``tunekit ui`` serves.
    experiment_id, run_id : str

    Examples
    --------
    >>> run_address("http://mlflow:5000/", "1", "ab")
    'http://mlflow:5000/#/experiments/1/runs/ab'
    >>> run_address("sqlite:///mlflow.db", "1", "ab")
    'http://127.0.0.1:5000/#/experiments/1/runs/ab'
    >>> run_address("http://me:secret@mlflow", "1", "ab")
    'http://mlflow/#/experiments/1/runs/ab'
    """
    base = _HERE
    if uri.startswith(("http://", "https://")):
        parts = urlsplit(uri)  # a name and a password before the host are nobody else's
        base = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl().rstrip("/")
    return f"{base}/#/experiments/{experiment_id}/runs/{run_id}"
