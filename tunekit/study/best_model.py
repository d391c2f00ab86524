"""What is kept of a search's winner, beside its score: model, make-up and worst mistakes."""

from __future__ import annotations

from typing import Any

from tunekit.core.trial import TrialRecord
from tunekit.evaluation.predict import predict
from tunekit.tracking.artifacts import (
    MISTAKES,
    TEST_MISTAKES,
    architecture_file,
    mistakes_file,
)
from tunekit.tracking.finished_runs import log_test
from tunekit.tracking.study_tracker import Tracker


def keep_best_model(tracker: Tracker, record: TrialRecord, estimator: Any, X: Any) -> None:
    """Write what a report tells of the winner, and keep it as a model.

    Parameters
    ----------
    tracker : Tracker
        Of the execution.
    record : TrialRecord
        The winning trial.
    estimator : estimator or None
        Fitted with its configuration on all rows; None where it was not.
    X : array-like of shape (n_samples, ...)
        The data of the search.
    """
    held = tracker.predictions_of_best(record.number)
    if held is not None:
        tracker.attach(mistakes_file(MISTAKES, held, X), record.number)
    if estimator is not None:
        tracker.attach(architecture_file(estimator))
        tracker.crown(record, estimator, X)


def track_test_score(
    uri: str, run_id: str, estimator: Any, X: Any, y: Any, *, scorer: str, score: float
) -> None:
    """Write what the winner scored on a test split, and what it said of its rows.

    Parameters
    ----------
    uri : str
        The store.
    run_id : str
        Parent run of the execution.
    estimator : estimator
        Fitted.
    X, y : array-like
        The test split.
    scorer : str
        Name of the study's own scorer.
    score : float
        By that scorer.
    """
    predictions = predict(estimator, X, y, scorers=[scorer])
    log_test(uri, run_id, predictions, score, mistakes_file(TEST_MISTAKES, predictions, X))
