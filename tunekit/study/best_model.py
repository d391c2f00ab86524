"""Store the best estimator of a search: model, architecture and worst mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tunekit.core.callbacks import Listener
from tunekit.core.predictions import Predictions
from tunekit.core.trial import TrialRecord
from tunekit.evaluation.predict import predict
from tunekit.tracking.artifacts import (
    MISTAKES,
    TEST_MISTAKES,
    architecture_file,
    mistakes_file,
)
from tunekit.tracking.finished_runs import log_test
from tunekit.tracking.study_tracker import StudyTracker


class BestPredictions(Listener):
    """Listener that keeps the validation predictions of the best trial of a search."""

    def __init__(self) -> None:
        self._best: TrialRecord | None = None

    def trial_measured(self, record: TrialRecord) -> None:
        """Keep the record of a trial if it is the best; in a tie, that of the lowest number."""
        if np.isnan(record.evaluation.score):
            return
        if self._best is None or _rank(record) > _rank(self._best):
            self._best = record

    def of(self, number: int) -> Predictions | None:
        """Return the predictions of the best trial; None for any other number."""
        if self._best is None or self._best.number != number:
            return None
        return self._best.evaluation.predictions


def _rank(record: TrialRecord) -> tuple[float, int]:
    return record.evaluation.score, -record.number


def store_best_model(
    tracker: StudyTracker,
    record: TrialRecord,
    best_predictions: BestPredictions,
    estimator: Any,
    X: Any,
) -> None:
    """Store the best estimator as a model, and the files that a report shows.

    Parameters
    ----------
    tracker : StudyTracker
        Tracker of the execution.
    record : TrialRecord
        The best trial.
    best_predictions : BestPredictions
        Has the predictions of this trial, unless it belongs to an earlier execution.
    estimator : estimator or None
        Fitted with the best configuration on all rows; None with ``refit=False``.
    X : array-like of shape (n_samples, ...)
        The data of the search.
    """
    number = record.number
    predictions = best_predictions.of(number) or tracker.stored_predictions(number)
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
