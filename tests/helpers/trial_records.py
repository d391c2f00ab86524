"""A study, its trials and an operation, as a tracker gets them from a search."""

from __future__ import annotations

from tunekit.core.study_info import StudyInfo
from tunekit.core.trial import Evaluation, TrialRecord
from tunekit.tracking.operations import Operation

INFO = StudyInfo(
    name="unit",
    ledger="l1",
    engine="optuna",
    algorithm="tpe",
    pruner="none",
    estimator="E",
    scoring="accuracy",
    cv="2 folds",
    task="classification",
    n_trials=3,
    n_splits=2,
    split_ratio=1.0,
    n_rows=10,
    n_features=2,
    random_state=0,
    space={"x": {}},
)
CREATE = Operation(
    "create", "0", {"start": 1, "tags": {"tunekit.ledger": "a", "tunekit.trial": "0"}}
)


def record(number, score, **other):
    evaluation = Evaluation(scores=(score,), fit_times=(0.1,), score_times=(0.1,), **other)
    return TrialRecord(number, {"x": number}, evaluation, "optuna", 0.2)


def end(tracker, found):
    tracker.trial_measured(found)
    tracker.trial_finished(found)
