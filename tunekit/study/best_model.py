"""Store the best estimator of a search: model, architecture and worst mistakes."""

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


def store_best_model(tracker: Tracker, record: TrialRecord, estimator: Any, X: Any) -> None:
    """Store the best estimator as a model, and the files that a report shows.

    Parameters
    ----------
    tracker : Tracker
        Tracker of the execution.
    record : TrialRecord
        The best trial.
    estimator : estimator or None
        Fitted with the best configuration on all rows; None with ``refit=False``.
    X : array-like of shape (n_samples, ...)
        The data of the search.
    """
    predictions = tracker.predictions_of_best(record.number)
    if predictions is not None:
        tracker.attach(mistakes_file(MISTAKES, predictions, X), record.number)
    if estimator is not None:
        tracker.attach(architecture_file(estimator))
        tracker.register_best(record, estimator, X)


def track_test_score(
    uri: str, run_id: str, estimator: Any, X: Any, y: Any, *, scorer: str, score: float
) -> None:
    """Write the score and the predictions of the best estimator for a test split.

    Parameters
    ----------
    uri : str
        The store.
    run_id : str
        Parent run of the execution.
    estimator : estimator
        Fitted estimator.
    X, y : array-like
        The test split.
    scorer : str
        Name of the scorer of the study.
    score : float
        Score by this scorer.
    """
    predictions = predict(estimator, X, y, scorers=[scorer])
    log_test(uri, run_id, predictions, score, mistakes_file(TEST_MISTAKES, predictions, X))
