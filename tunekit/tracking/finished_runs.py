"""Writing to an execution that has ended: what its winner scored, and its report."""

from __future__ import annotations

from collections.abc import Mapping

from tunekit.core.predictions import Predictions
from tunekit.tracking.artifacts import TEST_PREDICTIONS, dump_predictions
from tunekit.tracking.operations import EXECUTION, Operation, OperationRunner
from tunekit.tracking.outbox import Outbox
from tunekit.tracking.store import open_store


def log_test(
    uri: str,
    run_id: str,
    predictions: Predictions,
    score: float,
    more: Mapping[str, bytes] | None = None,
) -> None:
    """Write what a study's winner scored on a test split that the search never saw.

    Parameters
    ----------
    uri : str
        The store.
    run_id : str
        Parent run of the execution. It counts how often it was judged.
    predictions : Predictions
        Of the rows of the test split.
    score : float
        By the study's own scorer.
    more : mapping of str to bytes or None, default=None
        Other files, by name.
    """
    files = {TEST_PREDICTIONS: dump_predictions(predictions), **(more or {})}
    _send(uri, run_id, Operation("judge", EXECUTION, {"score": score}, files))


def log_report(uri: str, run_id: str, html: str) -> None:
    """Add a report to the parent run of an execution, where the MLflow UI shows it."""
    _send(uri, run_id, Operation("attach", EXECUTION, {}, {"report.html": html.encode()}))


def _send(uri: str, run_id: str, operation: Operation) -> None:
    """Do an operation on an execution that has ended, or keep it where the store fails."""
    desk = OperationRunner(lambda: open_store(uri, create=False), "", {EXECUTION: run_id})
    with Outbox(uri, "", desk) as outbox:
        outbox.send(operation)
