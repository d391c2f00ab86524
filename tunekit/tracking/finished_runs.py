"""Write to a finished execution: the test score of its best estimator, and its report."""

from __future__ import annotations

from collections.abc import Mapping

from tunekit.core.predictions import Predictions
from tunekit.tracking.artifacts import TEST_PREDICTIONS, dump_predictions
from tunekit.tracking.encoding import test_key
from tunekit.tracking.operations import EXECUTION, Operation, OperationRunner
from tunekit.tracking.outbox import Outbox
from tunekit.tracking.store import open_store


def log_test(
    uri: str,
    run_id: str,
    predictions: Predictions,
    score: float,
    *,
    scoring: str,
    more: Mapping[str, bytes] | None = None,
) -> None:
    """Write the score of the best estimator on a test split that the search has not seen.

    Parameters
    ----------
    uri : str
        The store.
    run_id : str
        Parent run of the execution. It counts how often a test split was used.
    predictions : Predictions
        Predictions for the test split.
    score : float
        Score by the scorer of the study.
    scoring : str
        Name of this scorer.
    more : mapping of str to bytes or None, default=None
        More files, by name.
    """
    files = {TEST_PREDICTIONS: dump_predictions(predictions), **(more or {})}
    facts = {"key": test_key(scoring), "score": score}
    _send(uri, run_id, Operation("judge", EXECUTION, facts, files))


def log_report(uri: str, run_id: str, html: str) -> None:
    """Add a report to the artifacts of the parent run of an execution."""
    _send(uri, run_id, Operation("attach", EXECUTION, {}, {"report.html": html.encode()}))


def _send(uri: str, run_id: str, operation: Operation) -> None:
    """Apply an operation to a finished execution, or keep it for later if the store fails."""
    runner = OperationRunner(lambda: open_store(uri, create=False), "", {EXECUTION: run_id})
    with Outbox(uri, "", runner) as outbox:
        outbox.send(operation)
