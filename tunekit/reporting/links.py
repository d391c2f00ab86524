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
    return f"{base_address(uri)}/#/experiments/{experiment_id}/runs/{run_id}"


def base_address(uri: str) -> str:
    """Return the address of the MLflow UI on a store, without what identifies who uses it.

    Examples
    --------
    >>> base_address("https://me:secret@mlflow/team/?token=secret")
    'https://mlflow/team'
    """
    if not uri.startswith(("http://", "https://")):
        return _HERE
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")
