"""Store the best estimator of a search: model, architecture and worst mistakes."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

from tunekit.core.callbacks import Listener
from tunekit.core.predictions import Predictions
from tunekit.core.trial import TrialRecord
from tunekit.evaluation.metadata import Metadata
from tunekit.evaluation.objectives import Objective
from tunekit.evaluation.predict import classes_of, predict
from tunekit.exceptions import DataError
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


def test_score(estimator: Any, X: Any, y: Any, objective: Objective, metadata: Metadata) -> float:
    """Return the score of the best estimator for a test split.

    Parameters
    ----------
    estimator : estimator
        Fitted estimator.
    X, y : array-like
        The test split.
    objective : Objective
        The main objective of the study.
    metadata : mapping of str to object
        Of these rows.

    Raises
    ------
    DataError
        When the score is undefined for these rows, for example because of a new label.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        try:
            value = objective.measure(estimator, X, y, math.nan, metadata)
            problem = "" if math.isfinite(value) else f"the score is {value}"
        except ValueError as error:
            value, problem = math.nan, " ".join(str(error).split())
    if problem:
        raise DataError(
            f"scoring {objective.name!r} is not defined for this test split: "
            f"{_cause(estimator, y) or f'{problem}. Use other rows, or another scorer.'}"
        )
    return value


def _cause(estimator: Any, y: Any) -> str:
    """Return why the labels of a test split have no score, and the next step; empty if unknown."""
    labels = classes_of(estimator, y)
    if labels is None:
        return ""
    known = np.asarray(getattr(estimator, "classes_", labels)).tolist()
    unseen = [label for label in labels.tolist() if label not in known]
    if unseen:
        return (
            f"y has the label {unseen[0]!r}, which did not occur in the search. Leave out these "
            f"rows, or repeat the search with rows of this label."
        )
    if len(labels) == 1:
        return (
            f"all rows of y have the class {labels.tolist()[0]!r}. Use rows of every class, or "
            f"another scorer."
        )
    return ""


def track_test_score(
    uri: str, run_id: str, estimator: Any, X: Any, y: Any, *, objective: Objective, score: float
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
    objective : Objective
        The main objective of the study.
    score : float
        Score by its scorer.
    """
    predictions = predict(estimator, X, y, scorers=[objective.name], positive=objective.positive)
    mistakes = mistakes_file(TEST_MISTAKES, predictions, X)
    log_test(uri, run_id, predictions, score, scoring=objective.name, more=mistakes)
